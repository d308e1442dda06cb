/** Options of pools, resizing and recurrent networks, alone and in pairs, against plain arithmetic. */
import { fromData, type Tensor, tensor } from '../../../core/index.js';
import * as nn from '../../../nn/index.js';
import { test } from '../../runner/testing.js';
import { optionsLaw, range, total, wave } from './options-law.js';

const { functional } = nn;
type Numbers = readonly number[];
const doubles = (values: Numbers, shape: Numbers = [values.length]): Tensor =>
  fromData(Float64Array.from(values), shape);
const numbers = (x: Tensor): number[] => Array.from(x.dataSync());

const x = wave(14, 0.4);
/** Two channels of seven places, channels first or last. */
const at = (layout: string | undefined, c: number, place: number): number =>
  x[layout === 'NHWC' ? place * 2 + c : c * 7 + place] ?? Number.NaN;
const shapeOf = (layout: string | undefined): Numbers => (layout === 'NHWC' ? [1, 7, 2] : [1, 2, 7]);

interface Sliding {
  readonly kernel: unknown;
  readonly stride?: unknown;
  readonly padding?: unknown;
  readonly dilation?: unknown;
  readonly ceilMode?: boolean;
  readonly layout?: string;
}

/** For each window of each channel, laid out as the output is: where it starts, and the places that it reads. */
const windowsOf = (o: Sliding): { readonly start: number; readonly c: number; readonly places: Numbers }[] => {
  const kernel = o.kernel as number;
  const [stride, dilation] = [(o.stride ?? kernel) as number, (o.dilation ?? 1) as number];
  const given = (o.padding ?? 0) as number | readonly [readonly [number, number]];
  const [low, high] = typeof given === 'number' ? [given, given] : given[0];
  const span = dilation * (kernel - 1) + 1;
  const starts: number[] = [];
  for (let start = -low; start + span <= 7 + high; start += stride) starts.push(start);
  const next = (starts.at(-1) ?? 0) + stride;
  if (o.ceilMode === true && (starts.at(-1) ?? 0) + span < 7 + high && next < 7) starts.push(next);
  const each = (start: number, c: number) => ({ start, c, places: range(kernel).map((k) => start + k * dilation) });
  return o.layout === 'NHWC'
    ? starts.flatMap((start) => [each(start, 0), each(start, 1)])
    : range(2).flatMap((c) => starts.map((start) => each(start, c)));
};

test('options: maxPool1d and avgPool1d', () => {
  const shared = {
    kernel: [2, 4],
    stride: [1, 2],
    padding: [1, [[0, 2]] as const],
    ceilMode: [true],
    layout: ['NHWC' as const],
  };
  optionsLaw<nn.functional.MaxPoolOptions>(
    'maxPool1d',
    { ...shared, padding: [1, [[0, 1]] as const], dilation: [2] },
    (o) => numbers(functional.maxPool1d(doubles(x, shapeOf(o.layout)), o)),
    (o) =>
      windowsOf(o).map(({ c, places }) =>
        Math.max(
          ...places.map((place) => (place < 0 || place >= 7 ? Number.NEGATIVE_INFINITY : at(o.layout, c, place))),
        ),
      ),
    { kernel: 3 },
  );
  optionsLaw<nn.functional.AvgPoolOptions>(
    'avgPool1d',
    { ...shared, padding: [1, [[0, 1]] as const], countIncludePad: [false], divisor: [2.5] },
    (o) => numbers(functional.avgPool1d(doubles(x, shapeOf(o.layout)), o)),
    (o) => {
      const given = o.padding ?? 0;
      const high = typeof given === 'number' ? given : ((given as readonly (readonly number[])[])[0]?.[1] ?? 0);
      return windowsOf(o).map(({ c, places }) => {
        const inside = places.filter((place) => place >= 0 && place < 7);
        const counted = o.countIncludePad === false ? inside.length : places.filter((place) => place < 7 + high).length;
        return total(inside.map((place) => at(o.layout, c, place))) / (o.divisor ?? counted);
      });
    },
    { kernel: 3 },
  );
});

test('options: upsample', () => {
  const run = (o: nn.functional.UpsampleOptions): Numbers =>
    numbers(functional.upsample(doubles(x, shapeOf(o.layout)), o));
  const shared = { mode: ['linear' as const], layout: ['NHWC' as const] };
  optionsLaw<Omit<nn.functional.UpsampleOptions, 'size' | 'alignCorners'>>(
    'upsample by scale',
    { ...shared, scale: [3, 1.5, 0.5, 1.1] },
    run,
    resized,
    { scale: 2 },
  );
  optionsLaw<Omit<nn.functional.UpsampleOptions, 'scale' | 'alignCorners'>>(
    'upsample by size',
    { ...shared, size: [3, 7, 20] },
    run,
    resized,
    { size: 10 },
  );
  // Corners go with lines only.
  optionsLaw<Pick<nn.functional.UpsampleOptions, 'size' | 'alignCorners' | 'layout'>>(
    'upsample by lines',
    { size: [3, 7, 20], alignCorners: [true], layout: ['NHWC'] },
    (o) => run({ ...o, mode: 'linear' }),
    (o) => resized({ ...o, mode: 'linear' }),
    { size: 10 },
  );
});

const resized = (o: nn.functional.UpsampleOptions): number[] => {
  const size = o.size === undefined ? Math.floor(7 * (o.scale as number)) : (o.size as number);
  const per = o.size === undefined ? (o.scale as number) : size / 7;
  const value = (c: number, i: number): number => {
    if (size === 7) return at(o.layout, c, i);
    if (o.mode !== 'linear') return at(o.layout, c, Math.min(6, Math.floor(i / per + 1e-9)));
    const place = o.alignCorners === true ? (i * 6) / (size - 1) : Math.min(6, Math.max(0, (i + 0.5) / per - 0.5));
    const low = Math.min(6, Math.floor(place + 1e-12));
    return at(o.layout, c, low) * (1 - (place - low)) + at(o.layout, c, Math.min(6, low + 1)) * (place - low);
  };
  return o.layout === 'NHWC'
    ? range(size).flatMap((i) => [value(0, i), value(1, i)])
    : range(2).flatMap((c) => range(size).map((i) => value(c, i)));
};

test('options: rnn', () => {
  const inputs = wave(12, 0.1);
  const params = { weightIhL0: doubles([0.5, -1], [1, 2]), weightHhL0: doubles([0.75], [1, 1]) };
  optionsLaw<Pick<nn.functional.RnnOptions, 'batchFirst' | 'h' | 'lengths' | 'nonlinearity'>>(
    'rnn',
    {
      batchFirst: [false],
      h: [doubles([0.5, -0.5], [1, 2, 1])],
      lengths: [tensor([1, 3], { dtype: 'int32' })],
      nonlinearity: ['relu'],
    },
    (o) => {
      const shape = o.batchFirst === false ? [3, 2, 2] : [2, 3, 2];
      const { output, h } = functional.rnn(doubles(inputs, shape), params, o);
      return [output, h].flatMap(numbers);
    },
    (o) => {
      const outputs = new Array<number>(6).fill(0);
      const last = range(2).map((n) => {
        let h = o.h === undefined || o.h === null ? 0 : (numbers(o.h)[n] ?? 0);
        for (const t of range(3)) {
          const place = o.batchFirst === false ? t * 2 + n : n * 3 + t;
          if (o.lengths !== undefined && o.lengths !== null && t >= (numbers(o.lengths)[n] ?? 0)) continue;
          const z = 0.5 * (inputs[place * 2] ?? 0) - (inputs[place * 2 + 1] ?? 0) + 0.75 * h;
          h = o.nonlinearity === 'relu' ? Math.max(0, z) : Math.tanh(z);
          outputs[place] = h;
        }
        return h;
      });
      return [...outputs, ...last];
    },
  );
});
