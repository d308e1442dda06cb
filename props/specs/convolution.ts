/**
 * Specs of convolution and pooling. The oracles ask of every place of the result what reaches it, index by index, without
 * offsets, runs or valid ranges.
 */
import * as fc from 'fast-check';
import type { ConvFilterGradientParams } from '../../core/primitives/window/conv-filter-gradient.js';
import type { ConvInputGradientParams } from '../../core/primitives/window/conv-input-gradient.js';
import type { WindowSumTransposeParams } from '../../core/primitives/window/window-sum-transpose.js';
import type { ConvParams } from '../../core/rules/convolution.js';
import type { PoolParams } from '../../core/rules/pooling.js';
import type { Border } from '../../core/rules/window.js';
import { type Draw, draw, drawDistinct } from '../arbitraries/values.js';
import type { Case, OpSpec } from './spec.js';
import { at, indexLists, tabulate } from './tabulate.js';

/** One spatial axis: a kernel, how it slides, and sizes before and after. */
interface Axis {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: Border;
  readonly size: number;
  readonly outputs: number;
}

/** Padding on either side, a stride that may drop a remainder, and now and then nothing but padding. */
const axes = (maxKernel: number, maxExtra: number): fc.Arbitrary<Axis> =>
  fc
    .record({
      kernel: fc.integer({ min: 1, max: maxKernel }),
      stride: fc.integer({ min: 1, max: 3 }),
      dilation: fc.integer({ min: 1, max: 2 }),
      padding: fc.tuple(fc.nat(2), fc.nat(2)),
      extra: fc.nat(maxExtra),
    })
    .map(({ extra, ...axis }) => {
      const [low, high] = axis.padding;
      const span = axis.dilation * (axis.kernel - 1) + 1;
      const size = Math.max(span - low - high, 0) + extra;
      return { ...axis, size, outputs: Math.floor((size + low + high - span) / axis.stride) + 1 };
    });

/** One to three spatial axes, smaller where there are more. */
const spatialAxes: fc.Arbitrary<Axis[]> = fc.oneof(
  { weight: 2, arbitrary: fc.tuple(axes(3, 5)) },
  { weight: 3, arbitrary: fc.tuple(axes(3, 3), axes(2, 2)) },
  { weight: 1, arbitrary: fc.tuple(axes(2, 1), axes(2, 2), axes(2, 1)) },
);

const windowOf = (spatial: readonly Axis[]): Omit<ConvParams, 'groups'> => ({
  stride: spatial.map(({ stride }) => stride),
  padding: spatial.map(({ padding }) => padding),
  dilation: spatial.map(({ dilation }) => dilation),
});

/** Shapes of input, weight and output that meet in one convolution. */
interface Form {
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly y: readonly number[];
  readonly p: ConvParams;
}

/** Mostly 1 or 2, now and then 0. */
const few = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 2 }) },
  { weight: 1, arbitrary: fc.constant(0) },
);

/** Groups of all sorts, those of one channel each (depthwise convolution) among them. */
const forms: fc.Arbitrary<Form> = fc
  .record({ spatial: spatialAxes, samples: few, groups: fc.integer({ min: 1, max: 3 }), channels: few, filters: few })
  .map(({ spatial, samples, groups, channels, filters }) => ({
    x: [samples, channels * groups, ...spatial.map(({ size }) => size)],
    w: [filters * groups, channels, ...spatial.map(({ kernel }) => kernel)],
    y: [samples, filters * groups, ...spatial.map(({ outputs }) => outputs)],
    p: { ...windowOf(spatial), groups },
  }));

const convCases: fc.Arbitrary<Case<ConvParams>> = forms.chain(({ x, w, p }) =>
  fc.tuple(draw(x), draw(w)).map((inputs) => ({ inputs, params: p })),
);

const convInputGradientCases: fc.Arbitrary<Case<ConvInputGradientParams>> = forms.chain(({ x, w, y, p }) =>
  fc.tuple(draw(y), draw(w)).map((inputs) => ({ inputs, params: { ...p, inputSize: x.slice(2) } })),
);

const convFilterGradientCases: fc.Arbitrary<Case<ConvFilterGradientParams>> = forms.chain(({ x, w, y, p }) =>
  fc.tuple(draw(x), draw(y)).map((inputs) => ({ inputs, params: { ...p, kernelSize: w.slice(2) } })),
);

/** 0 where an array has no such place. */
const orZero = (value: number): number => (Number.isNaN(value) ? 0 : value);

const total = (terms: readonly number[]): number => terms.reduce((sum, term) => sum + term, 0);

/** The position that output i and tap k read. */
const position = (
  i: readonly number[],
  k: readonly number[],
  { stride, padding, dilation }: Omit<ConvParams, 'groups'>,
): number[] =>
  i.map(
    (output, axis) => output * (stride[axis] ?? 1) + (k[axis] ?? 0) * (dilation[axis] ?? 1) - (padding[axis]?.[0] ?? 0),
  );

/** The output that reads `u` with tap k; NaN along an axis where the stride passes it by. */
const outputAt = (
  u: readonly number[],
  k: readonly number[],
  { stride, padding, dilation }: Omit<ConvParams, 'groups'>,
): number[] =>
  u.map((place, axis) => {
    const output = (place + (padding[axis]?.[0] ?? 0) - (k[axis] ?? 0) * (dilation[axis] ?? 1)) / (stride[axis] ?? 1);
    return Number.isInteger(output) ? output : Number.NaN;
  });

const groupOf = (filter: number, filters: number, groups: number): number => Math.floor((filter * groups) / filters);

const outputSizes = (spatial: readonly number[], kernel: readonly number[], p: Omit<ConvParams, 'groups'>): number[] =>
  spatial.map((size, axis) => {
    const [low, high] = p.padding[axis] ?? [0, 0];
    const [stride, dilation, taps] = [p.stride[axis] ?? 1, p.dilation[axis] ?? 1, kernel[axis] ?? 1];
    return Math.floor((size + low + high - dilation * (taps - 1) - 1) / stride) + 1;
  });

const convOracle = ([x, w]: readonly Draw[], p: ConvParams): number[] => {
  const [samples = 0, , ...spatial] = x?.shape ?? [];
  const [filters = 0, perGroup = 0, ...kernel] = w?.shape ?? [];
  return tabulate([samples, filters, ...outputSizes(spatial, kernel, p)], ([n = 0, o = 0, ...i]) =>
    total(
      indexLists([perGroup, ...kernel]).map(([c = 0, ...k]) => {
        const channel = groupOf(o, filters, p.groups) * perGroup + c;
        return at(w, [o, c, ...k]) * orZero(at(x, [n, channel, ...position(i, k, p)]));
      }),
    ),
  );
};

const convInputGradientOracle = ([g, w]: readonly Draw[], p: ConvInputGradientParams): number[] => {
  const [samples = 0] = g?.shape ?? [];
  const [filters = 0, perGroup = 0, ...kernel] = w?.shape ?? [];
  const perOutput = filters / p.groups;
  return tabulate([samples, perGroup * p.groups, ...p.inputSize], ([n = 0, channel = 0, ...u]) => {
    const group = Math.floor(channel / perGroup);
    return total(
      indexLists([perOutput, ...kernel]).map(([f = 0, ...k]) => {
        const o = group * perOutput + f;
        return at(w, [o, channel % perGroup, ...k]) * orZero(at(g, [n, o, ...outputAt(u, k, p)]));
      }),
    );
  });
};

const convFilterGradientOracle = ([x, g]: readonly Draw[], p: ConvFilterGradientParams): number[] => {
  const [samples = 0, filters = 0, ...outputs] = g?.shape ?? [];
  const perGroup = (x?.shape[1] ?? 0) / p.groups;
  return tabulate([filters, perGroup, ...p.kernelSize], ([o = 0, c = 0, ...k]) =>
    total(
      indexLists([samples, ...outputs]).map(([n = 0, ...i]) => {
        const channel = groupOf(o, filters, p.groups) * perGroup + c;
        return at(g, [n, o, ...i]) * orZero(at(x, [n, channel, ...position(i, k, p)]));
      }),
    ),
  );
};

/** Planes under any number of leading axes. */
interface Pooling {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly p: PoolParams;
}

const poolings: fc.Arbitrary<Pooling> = fc
  .record({ spatial: spatialAxes, leading: fc.array(few, { maxLength: 2 }) })
  .map(({ spatial, leading }) => ({
    x: [...leading, ...spatial.map(({ size }) => size)],
    y: [...leading, ...spatial.map(({ outputs }) => outputs)],
    p: { ...windowOf(spatial), kernel: spatial.map(({ kernel }) => kernel) },
  }));

const poolCases = (numbers: (shape: readonly number[]) => fc.Arbitrary<Draw>): fc.Arbitrary<Case<PoolParams>> =>
  poolings.chain(({ x, p }) => numbers(x).map((drawn) => ({ inputs: [drawn], params: p })));

const windowSumTransposeCases: fc.Arbitrary<Case<WindowSumTransposeParams>> = poolings.chain(({ x, y, p }) =>
  draw(y).map((g) => ({ inputs: [g], params: { ...p, inputSize: x.slice(x.length - p.kernel.length) } })),
);

/** `f` of each window, which is given as the places it reads and what stands there. */
const overWindows = (
  x: Draw | undefined,
  p: PoolParams,
  f: (window: readonly { readonly place: number; readonly value: number }[]) => number,
): number[] => {
  const shape = x?.shape ?? [];
  const leading = shape.slice(0, shape.length - p.kernel.length);
  const spatial = shape.slice(leading.length);
  return tabulate([...leading, ...outputSizes(spatial, p.kernel, p)], (list) => {
    const plane = list.slice(0, leading.length);
    const read = indexLists(p.kernel).map((k) => position(list.slice(leading.length), k, p));
    return f(
      read
        .filter((u) => u.every((place, axis) => place >= 0 && place < (spatial[axis] ?? 0)))
        .map((u) => ({
          place: u.reduce((sum, place, axis) => sum * (spatial[axis] ?? 1) + place, 0),
          value: at(x, [...plane, ...u]),
        })),
    );
  });
};

const windowSumTransposeOracle = ([g]: readonly Draw[], p: WindowSumTransposeParams): number[] => {
  const shape = g?.shape ?? [];
  const leading = shape.slice(0, shape.length - p.kernel.length);
  return tabulate([...leading, ...p.inputSize], (list) => {
    const [plane, u] = [list.slice(0, leading.length), list.slice(leading.length)];
    return total(indexLists(p.kernel).map((k) => orZero(at(g, [...plane, ...outputAt(u, k, p)]))));
  });
};

const sliding = <P>(
  cases: fc.Arbitrary<Case<P>>,
  oracle: (inputs: readonly Draw[], p: P) => readonly number[],
  ulp: number,
): OpSpec => ({
  cases,
  derivative: 'smooth',
  oracle: ({ inputs, params }) => oracle(inputs, params as P),
  ulp,
  sums: true,
});

export const convolutionSpecs: Record<
  'conv' | 'convInputGradient' | 'convFilterGradient' | 'windowArgmax' | 'windowSum' | 'windowSumTranspose',
  OpSpec
> = {
  conv: sliding(convCases, convOracle, 8),
  convInputGradient: sliding(convInputGradientCases, convInputGradientOracle, 8),
  convFilterGradient: sliding(convFilterGradientCases, convFilterGradientOracle, 8),
  windowArgmax: {
    ...sliding(
      poolCases(drawDistinct),
      ([x], p) =>
        overWindows(x, p, (window) => {
          const most = Math.max(...window.map(({ value }) => value));
          return window.find(({ value }) => value === most)?.place ?? -1;
        }),
      0,
    ),
    derivative: 'none',
  },
  windowSum: sliding(
    poolCases((shape) => draw(shape)),
    ([x], p) => overWindows(x, p, (window) => total(window.map(({ value }) => value))),
    8,
  ),
  windowSumTranspose: sliding(windowSumTransposeCases, windowSumTransposeOracle, 8),
};
