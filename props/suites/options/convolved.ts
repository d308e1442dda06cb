/** Convolutions, their transposes and padded images, written down place by place. */
import { at, type Numbers, range, total } from './law.js';

/** Numbers with their shape. */
export interface Block {
  readonly shape: Numbers;
  readonly data: Numbers;
}

/** How many numbers there are of a shape. */
export const sized = (shape: Numbers): number => shape.reduce((a, b) => a * b, 1);

/** All places of a shape, in order. */
export const placesOf = (shape: Numbers): Numbers[] =>
  shape.reduce<Numbers[]>((places, size) => places.flatMap((place) => range(size).map((i) => [...place, i])), [[]]);

/** The number at a place; `null` outside. */
export const get = ({ shape, data }: Block, place: Numbers): number | null => {
  let index = 0;
  for (let axis = 0; axis < place.length; axis++) {
    const [i, size] = [place[axis] as number, shape[axis] as number];
    if (i < 0 || i >= size) return null;
    index = index * size + i;
  }
  return at(data, index);
};

export const blockOf = (shape: Numbers, value: (place: Numbers) => number): Block => ({
  shape,
  data: placesOf(shape).map(value),
});

/** The axes in another order. */
export const turned = (block: Block, order: Numbers): Block =>
  blockOf(
    order.map((axis) => at(block.shape, axis)),
    (place) => {
      const from = new Array<number>(order.length).fill(0);
      for (const [i, axis] of order.entries()) from[axis] = at(place, i);
      return get(block, from) ?? Number.NaN;
    },
  );

/** Channels first of channels last, and back: `[N, …, C]` → `[N, C, …]`. */
export const channelsFirst = (x: Block): Block => {
  const rank = x.shape.length;
  return turned(x, [0, rank - 1, ...range(rank - 2).map((i) => i + 1)]);
};
export const channelsLast = (x: Block): Block => turned(x, [0, ...range(x.shape.length - 2).map((i) => i + 2), 1]);

/** `[…kernel, b, a]` → `[a, b, …kernel]`. */
export const kernelFirst = (w: Block): Block => {
  const rank = w.shape.length;
  return turned(w, [rank - 1, rank - 2, ...range(rank - 2)]);
};

export interface Sliding {
  readonly stride?: unknown;
  readonly padding?: unknown;
  readonly dilation?: unknown;
}

/** One number an axis. */
export const each = (given: unknown, axes: number, otherwise: number): Numbers =>
  given === undefined
    ? range(axes).map(() => otherwise)
    : Array.isArray(given)
      ? given
      : range(axes).map(() => given as number);

/** Low and high borders an axis; those of `same` leave ⌈size/stride⌉ outputs, the odd place behind. */
export const bordersOf = (spatial: Numbers, kernel: Numbers, o: Sliding): (readonly [number, number])[] => {
  const [strides, dilations] = [each(o.stride, spatial.length, 1), each(o.dilation, spatial.length, 1)];
  return spatial.map((size, axis) => {
    if (o.padding === 'same') {
      const span = at(dilations, axis) * (at(kernel, axis) - 1) + 1;
      const all = Math.max(0, (Math.ceil(size / at(strides, axis)) - 1) * at(strides, axis) + span - size);
      return [Math.floor(all / 2), Math.ceil(all / 2)];
    }
    const given: unknown = Array.isArray(o.padding) ? o.padding[axis] : (o.padding ?? 0);
    if (Array.isArray(given)) return [given[0], given[1]];
    return given === 'valid' ? [0, 0] : [given as number, given as number];
  });
};

/** Where a place beyond the border reads from. */
const modes: Readonly<Record<string, (i: number, size: number) => number>> = {
  zeros: (i) => i,
  reflect: (i, size) => (i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i),
  replicate: (i, size) => Math.min(size - 1, Math.max(0, i)),
  circular: (i, size) => ((i % size) + size) % size,
};

export interface Convolving extends Sliding {
  readonly groups?: number;
  readonly flipKernel?: boolean;
  readonly paddingMode?: string;
}

/** Cross-correlation of `[N, C, …]` with `[O, C/groups, …kernel]`. */
export const convolved = (x: Block, w: Block, bias: Numbers | null, o: Convolving): Block => {
  const [samples = 0, , ...spatial] = x.shape;
  const [outputs = 0, inside = 0, ...kernel] = w.shape;
  const axes = spatial.length;
  const [strides, dilations] = [each(o.stride, axes, 1), each(o.dilation, axes, 1)];
  const borders = bordersOf(spatial, kernel, o);
  const read = modes[o.paddingMode ?? 'zeros'];
  if (read === undefined) throw new RangeError('no such mode');
  const sizes = spatial.map((size, axis) => {
    const [low, high] = borders[axis] ?? [0, 0];
    return Math.floor((size + low + high - at(dilations, axis) * (at(kernel, axis) - 1) - 1) / at(strides, axis)) + 1;
  });
  const taps = placesOf(kernel);
  const each1 = outputs / (o.groups ?? 1);
  return blockOf([samples, outputs, ...sizes], ([n = 0, f = 0, ...place]) => {
    const first = Math.floor(f / each1) * inside;
    const sum = total(
      taps.flatMap((tap) =>
        range(inside).map((c) => {
          const from = place.map((i, axis) => {
            const k = at(tap, axis);
            return read(i * at(strides, axis) + k * at(dilations, axis) - (borders[axis]?.[0] ?? 0), at(spatial, axis));
          });
          const weightAt = o.flipKernel === true ? tap.map((k, axis) => at(kernel, axis) - 1 - k) : tap;
          return (get(x, [n, first + c, ...from]) ?? 0) * (get(w, [f, c, ...weightAt]) ?? Number.NaN);
        }),
      ),
    );
    return sum + (bias === null ? 0 : at(bias, f));
  });
};

export interface Transposed extends Sliding {
  readonly groups?: number;
  readonly outputPadding?: unknown;
}

/** Each number of `[N, C, …]` writes a copy of the kernel `[C, O/groups, …kernel]`, scaled by it. */
export const transposed = (x: Block, w: Block, bias: Numbers | null, o: Transposed): Block => {
  const [samples = 0, channels = 0, ...spatial] = x.shape;
  const [, inside = 0, ...kernel] = w.shape;
  const axes = spatial.length;
  const groups = o.groups ?? 1;
  const [strides, dilations, extra] = [
    each(o.stride, axes, 1),
    each(o.dilation, axes, 1),
    each(o.outputPadding, axes, 0),
  ];
  const borders = bordersOf(spatial, kernel, { padding: o.padding });
  const sizes = spatial.map((size, axis) => {
    const [low, high] = borders[axis] ?? [0, 0];
    return (
      (size - 1) * at(strides, axis) - low - high + at(dilations, axis) * (at(kernel, axis) - 1) + at(extra, axis) + 1
    );
  });
  const shape = [samples, inside * groups, ...sizes];
  const data = placesOf(shape).map(([, f = 0]) => (bias === null ? 0 : at(bias, f)));
  for (const [n = 0, c = 0, ...place] of placesOf(x.shape))
    for (const [o1 = 0, ...tap] of placesOf([inside, ...kernel])) {
      const to = place.map(
        (i, axis) => i * at(strides, axis) + at(tap, axis) * at(dilations, axis) - (borders[axis]?.[0] ?? 0),
      );
      if (to.some((i, axis) => i < 0 || i >= at(sizes, axis))) continue;
      const f = Math.floor(c / (channels / groups)) * inside + o1;
      const index = [n, f, ...to].reduce((sum, i, axis) => sum * at(shape, axis) + i, 0);
      data[index] = at(data, index) + (get(x, [n, c, ...place]) ?? 0) * (get(w, [c, o1, ...tap]) ?? Number.NaN);
    }
  return { shape, data };
};
