/** Pools of one to three axes and resizing, as functions and as layers. */
import type * as nn from '../../../nn/index.js';
import { input, listOf, tensorOf } from './convolution.js';
import {
  type Block,
  blockOf,
  bordersOf,
  channelsFirst,
  channelsLast,
  each,
  get,
  placesOf,
  sized,
} from './convolved.js';
import { at, type Numbers, type Row, range, total, whole } from './law.js';

const inLayout = (layout: string | undefined, x: Block, f: (x: Block) => Block): Numbers =>
  listOf(layout === 'NHWC' ? channelsLast(f(channelsFirst(x))) : f(x));

interface Pooling {
  readonly kernel: unknown;
  readonly stride?: unknown;
  readonly padding?: unknown;
  readonly dilation?: unknown;
  readonly ceilMode?: boolean;
  readonly countIncludePad?: boolean;
  readonly divisor?: number;
  readonly layout?: string;
}

/** What `reduce` makes of the places that each window reads; a place outside is `null`. */
const pooled = (
  x: Block,
  o: Pooling,
  reduce: (values: readonly (number | null)[], counted: { readonly all: number; readonly inside: number }) => number,
): Block => {
  const [samples = 0, channels = 0, ...spatial] = x.shape;
  const axes = spatial.length;
  const kernel = each(o.kernel, axes, 1);
  const [strides, dilations] = [o.stride === undefined ? kernel : each(o.stride, axes, 1), each(o.dilation, axes, 1)];
  const borders = bordersOf(spatial, kernel, { ...o, stride: strides });
  const sizes = spatial.map((size, axis) => {
    const [low, high] = borders[axis] ?? [0, 0];
    const span = at(dilations, axis) * (at(kernel, axis) - 1) + 1;
    const fits = range(size + low + high).filter(
      (i) => i % at(strides, axis) === 0 && i + span <= size + low + high,
    ).length;
    const next = fits * at(strides, axis);
    const hasRest = (fits - 1) * at(strides, axis) + span < size + low + high;
    return o.ceilMode === true && hasRest && next < size + low ? fits + 1 : fits;
  });
  return blockOf([samples, channels, ...sizes], ([n = 0, c = 0, ...place]) => {
    const starts = place.map((i, axis) => i * at(strides, axis) - (borders[axis]?.[0] ?? 0));
    const reads = placesOf(kernel).map((tap) =>
      starts.map((start, axis) => start + at(tap, axis) * at(dilations, axis)),
    );
    const within = (places: readonly Numbers[], more: number): number =>
      places.filter((read) => read.every((i, axis) => i < at(spatial, axis) + more * (borders[axis]?.[1] ?? 0))).length;
    const inside = reads.filter((read) => get(x, [n, c, ...read]) !== null);
    return reduce(
      reads.map((read) => get(x, [n, c, ...read])),
      { all: within(reads, 1), inside: inside.length },
    );
  });
};

const maxOf = (x: Block, o: Pooling): Block =>
  pooled(x, o, (values) => Math.max(...values.map((value) => value ?? Number.NEGATIVE_INFINITY)));
const meanOf = (x: Block, o: Pooling): Block =>
  pooled(
    x,
    o,
    (values, { all, inside }) =>
      total(values.map((value) => value ?? 0)) / (o.divisor ?? (o.countIncludePad === false ? inside : all)),
  );

const sliding = (axes: number) => ({
  kernel: [2, range(axes).map((axis) => 3 - (axis % 2))],
  stride: [1, range(axes).map((axis) => 2 - (axis % 2))],
  padding: ['same' as const, 1, range(axes).map((axis): readonly [number, number] => [axis % 2, 1])],
  ceilMode: [true],
  layout: ['NHWC' as const],
});
const { min } = Math;
/** Dilated windows may not be padded by more than half of what they span, others by less than the kernel. */
const tooPadded = (axes: number, o: Pooling): boolean => {
  const spatial = input('NCHW', axes, 1).shape.slice(2);
  const kernel = each(o.kernel, axes, 1);
  const [strides, dilations] = [o.stride === undefined ? kernel : each(o.stride, axes, 1), each(o.dilation, axes, 1)];
  return bordersOf(spatial, kernel, { ...o, stride: strides }).some(([low, high], axis) => {
    const [k, d] = [at(kernel, axis), at(dilations, axis)];
    const span = d * (k - 1) + 1;
    return Math.max(low, high) > (d > 1 ? Math.floor(span / 2) : k - 1) || span > at(spatial, axis) + low + high;
  });
};

export const maxPoolRow = (axes: number): Row<typeof nn.functional.maxPool2d> => ({
  values: { ...sliding(axes), dilation: [2, range(axes).map((axis) => 2 - (axis % 2))] },
  base: { kernel: axes === 1 ? 3 : 2 },
  refused: (o) => tooPadded(axes, o as Pooling),
  run: (f, o) => whole(f(tensorOf(input(o.layout, axes, 2)), o)),
  want: (o) => inLayout(o.layout, input(o.layout, axes, 2), (x) => maxOf(x, o)),
});

export const avgPoolRow = (axes: number): Row<typeof nn.functional.avgPool2d> => ({
  values: { ...sliding(axes), countIncludePad: [false], divisor: [2.5] },
  base: [{ kernel: 2, padding: 1 }, { kernel: 2 }],
  refused: (o) => tooPadded(axes, o as Pooling),
  run: (f, o) => whole(f(tensorOf(input(o.layout, axes, 2)), o)),
  want: (o) => inLayout(o.layout, input(o.layout, axes, 2), (x) => meanOf(x, o)),
});

// As layers the kernel stands in front of the options.
export const maxPoolLayerRow = (axes: number): Row<typeof nn.maxPool2d> => {
  const { kernel: _, ...values } = sliding(axes);
  return {
    values: { ...values, dilation: [2] },
    refused: (o) => tooPadded(axes, { ...o, kernel: 2 } as Pooling),
    run: (f, o) => whole(f(2, o)(tensorOf(input(o.layout, axes, 2)))),
    want: (o) => inLayout(o.layout, input(o.layout, axes, 2), (x) => maxOf(x, { ...o, kernel: 2 })),
  };
};

export const avgPoolLayerRow = (axes: number): Row<typeof nn.avgPool2d> => {
  const { kernel: _, ...values } = sliding(axes);
  return {
    values: { ...values, countIncludePad: [false], divisor: [2.5] },
    base: [{ padding: 1 }, {}],
    refused: (o) => tooPadded(axes, { ...o, kernel: 2 } as Pooling),
    run: (f, o) => whole(f(2, o)(tensorOf(input(o.layout, axes, 2)))),
    want: (o) => inLayout(o.layout, input(o.layout, axes, 2), (x) => meanOf(x, { ...o, kernel: 2 })),
  };
};

/** The numbers of the window that each place of the output has: ⌊i·in/out⌋ … ⌈(i + 1)·in/out⌉ along each axis. */
const adapted = (x: Block, outputs: Numbers, reduce: (values: Numbers) => number): Block => {
  const [samples = 0, channels = 0, ...spatial] = x.shape;
  return blockOf([samples, channels, ...outputs], ([n = 0, c = 0, ...place]) => {
    const starts = place.map((i, axis) => Math.floor((i * at(spatial, axis)) / at(outputs, axis)));
    const ends = place.map((i, axis) => Math.ceil(((i + 1) * at(spatial, axis)) / at(outputs, axis)));
    return reduce(
      placesOf(starts.map((start, axis) => at(ends, axis) - start)).map(
        (offset) => get(x, [n, c, ...offset.map((i, axis) => i + at(starts, axis))]) ?? Number.NaN,
      ),
    );
  });
};

const mean = (values: Numbers): number => total(values) / values.length;
const most = (values: Numbers): number => Math.max(...values);
const reducing = { avg: mean, max: most } as const;

export const adaptiveRow = (kind: 'avg' | 'max', axes: number): Row<typeof nn.functional.adaptiveAvgPool2d> => ({
  values: { layout: ['NHWC'] },
  run: (f, o) => whole(f(tensorOf(input(o.layout, axes, 2)), 2, o)),
  want: (o) =>
    inLayout(o.layout, input(o.layout, axes, 2), (x) =>
      adapted(
        x,
        range(axes).map(() => 2),
        reducing[kind],
      ),
    ),
});

export const adaptiveLayerRow = (kind: 'avg' | 'max', axes: number): Row<typeof nn.adaptiveAvgPool2d> => ({
  values: { layout: ['NHWC'] },
  run: (f, o) => whole(f(2, o)(tensorOf(input(o.layout, axes, 2)))),
  want: (o) =>
    inLayout(o.layout, input(o.layout, axes, 2), (x) =>
      adapted(
        x,
        range(axes).map(() => 2),
        reducing[kind],
      ),
    ),
});

export const globalRow = (kind: 'avg' | 'max'): Row<typeof nn.globalAvgPool> => ({
  values: { layout: ['NHWC'] },
  run: (f, o) => whole(f(tensorOf(input(o.layout, 2, 2)), o)),
  want: (o) => {
    const x = input(o.layout, 2, 2);
    const first = o.layout === 'NHWC' ? channelsFirst(x) : x;
    const plane = sized(first.shape.slice(2));
    return [1, 2, ...range(2).map((c) => reducing[kind](first.data.slice(c * plane, (c + 1) * plane)))];
  },
});

interface Resizing {
  readonly scale?: number | readonly number[];
  readonly size?: number | readonly number[];
  readonly mode?: string;
  readonly alignCorners?: boolean;
  readonly layout?: string;
}

/** For each place along an axis, which it reads and with which weights. */
const readsOf = (size: number, to: number, per: number, o: Resizing): readonly (readonly [number, number])[][] =>
  range(to).map((i) => {
    if (size === to) return [[i, 1]];
    if (o.mode !== 'linear') return [[min(size - 1, Math.floor(i / per + 1e-9)), 1]];
    const place =
      o.alignCorners === true ? (i * (size - 1)) / (to - 1) : min(size - 1, Math.max(0, (i + 0.5) / per - 0.5));
    const low = min(size - 1, Math.floor(place + 1e-12));
    return [
      [low, 1 - (place - low)],
      [min(size - 1, low + 1), place - low],
    ];
  });

const resized = (x: Block, o: Resizing): Block => {
  const [samples = 0, channels = 0, ...spatial] = x.shape;
  const axes = spatial.length;
  const scales = o.scale === undefined ? null : each(o.scale, axes, 1);
  const sizes =
    scales === null ? each(o.size, axes, 1) : spatial.map((size, axis) => Math.floor(size * at(scales, axis)));
  const reads = spatial.map((size, axis) =>
    readsOf(size, at(sizes, axis), scales === null ? at(sizes, axis) / size : at(scales, axis), o),
  );
  return blockOf([samples, channels, ...sizes], ([n = 0, c = 0, ...place]) => {
    const along = place.map((i, axis) => reads[axis]?.[i] ?? []);
    return total(
      along
        .reduce<readonly (readonly [Numbers, number])[]>(
          (all, next) => all.flatMap(([from, w]) => next.map(([i, v]) => [[...from, i], w * v] as const)),
          [[[], 1]],
        )
        .map(([from, weight]) => weight * (get(x, [n, c, ...from]) ?? Number.NaN)),
    );
  });
};

const resizing = {
  scale: [3, 1.5, [0.5, 2]],
  size: [3, [7, 4], [10, 3]],
  mode: ['linear' as const],
  alignCorners: [true],
  layout: ['NHWC' as const],
};
const bases = [{ scale: 2 }, { size: 10 }, { size: 10, mode: 'linear' }] as const;
/** One of scale and size; corners go with lines only. */
const unclear = (o: Resizing): boolean =>
  (o.scale === undefined) === (o.size === undefined) || (o.alignCorners === true && o.mode !== 'linear');
const resizedImages = (o: Resizing): Numbers => inLayout(o.layout, input(o.layout, 2, 2), (x) => resized(x, o));

export const upsampleRow: Row<typeof nn.functional.upsample> = {
  values: resizing,
  base: bases,
  refused: unclear,
  run: (f, o) => whole(f(tensorOf(input(o.layout, 2, 2)), o)),
  want: resizedImages,
};
export const upsampleLayerRow: Row<typeof nn.upsample> = {
  values: resizing,
  base: bases,
  refused: unclear,
  run: (f, o) => whole(f(o)(tensorOf(input(o.layout, 2, 2)))),
  want: resizedImages,
};
