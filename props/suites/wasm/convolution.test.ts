/** Convolutions of every geometry on the WebAssembly backend, whichever kernel takes them, against the reference. */
import * as fc from 'fast-check';
import { grad } from '../../../autograd/index.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import { conv, type Dtype, fromData, mul, sum, type Tensor } from '../../../core/index.js';
import { backendLaw } from '../../laws/backend.js';
import { assertLaw } from '../../laws/report.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const backend = createWasmBackend();

/** Whole numbers: their sums are exact, so that the order of terms does not matter. */
const whole = (
  shape: readonly number[],
  seed: number,
  dtype: Dtype = 'float32',
  changed: Readonly<Record<number, number>> = {},
): Tensor => {
  const length = shape.reduce((product, size) => product * size, 1);
  const data = Float32Array.from({ length }, (_, i) => ((i * 7 + seed) % 11) - 5);
  for (const [place, value] of Object.entries(changed)) data[Number(place) % length] = value;
  return fromData(data, shape, dtype);
};

type Options = Parameters<typeof conv>[2];

/** Output and both gradients, exactly as on the reference. */
const holds = (x: Tensor, w: Tensor, options: Options, changed: Readonly<Record<number, number>> = {}): void => {
  const y = (x: Tensor, w: Tensor): Tensor => conv(x, w, options);
  const law = (f: (...args: Tensor[]) => Tensor, args: Tensor[]): void =>
    assertLaw(backendLaw(f, args, { backend, ulp: 0 }));
  const g = whole(y(x, w).shape, 4, x.dtype, changed);
  law(y as (...args: Tensor[]) => Tensor, [x, w]);
  for (const argnums of [0, 1])
    law(
      (x, w, g) =>
        grad((x: Tensor, w: Tensor) => sum(mul(y(x, w), g as Tensor)), { argnums })(x as Tensor, w as Tensor) as Tensor,
      [x, w, g],
    );
};

const small = fc.integer({ min: 1, max: 3 });
const axis = fc.record({
  size: fc.integer({ min: 1, max: 20 }),
  taps: fc.integer({ min: 1, max: 6 }),
  stride: small,
  dilation: small,
  low: fc.nat(3),
  high: fc.nat(3),
});

/** Axes long enough for their kernels. */
const axes = (most: number) =>
  fc
    .array(axis, { minLength: 1, maxLength: most })
    .map((all) =>
      all.map((one) => ({ ...one, size: Math.max(one.size, one.dilation * (one.taps - 1) + 1 - one.low - one.high) })),
    );

const optionsOf = (
  all: readonly { stride: number; dilation: number; low: number; high: number }[],
  groups: number,
) => ({
  stride: all.map(({ stride }) => stride),
  dilation: all.map(({ dilation }) => dilation),
  padding: all.map(({ low, high }): [number, number] => [low, high]),
  groups,
});

test('convolution: few channels, with strides, dilation, groups and unequal padding', () => {
  check(
    fc.property(
      axes(2),
      fc.record({ samples: small, channels: small, filters: fc.integer({ min: 1, max: 19 }), groups: small }),
      fc.constantFrom<Dtype>('float32', 'float32', 'float64'),
      (all, { samples, channels, filters, groups }, dtype) => {
        const x = whole([samples, channels * groups, ...all.map(({ size }) => size)], 1, dtype);
        const w = whole([filters * groups, channels, ...all.map(({ taps }) => taps)], 2, dtype);
        holds(x, w, optionsOf(all, groups));
      },
    ),
    { numRuns: 60 },
  );
});

test('convolution: depthwise', () => {
  check(
    fc.property(
      axes(2),
      fc.record({ samples: small, groups: fc.integer({ min: 2, max: 11 }) }),
      (all, { samples, groups }) => {
        const x = whole([samples, groups, ...all.map(({ size }) => size)], 1);
        holds(x, whole([groups, 1, ...all.map(({ taps }) => taps)], 2), optionsOf(all, groups));
      },
    ),
    { numRuns: 60 },
  );
});

test('convolution: three axes, large kernels and long lines', () => {
  holds(whole([2, 2, 6, 5, 7], 1), whole([5, 2, 3, 2, 4], 2), { padding: 1, stride: [1, 2, 1] });
  holds(whole([1, 1, 6, 8, 9], 1), whole([4, 1, 4, 5, 6], 2), { padding: 2, dilation: [1, 1, 2] });
  holds(whole([2, 3, 19, 23], 1), whole([6, 3, 11, 11], 2), { padding: 5, stride: 4 });
  holds(whole([1, 2, 3, 50], 1), whole([9, 2, 3, 7], 2), {
    padding: [
      [1, 1],
      [3, 2],
    ],
  });
  holds(whole([2, 1, 257], 1), whole([4, 1, 31], 2), { stride: 2 });
  holds(whole([40, 1, 5, 5], 1), whole([6, 1, 3, 3], 2), { padding: 1 });
});

test('convolution: more taps than are code of their own, on one, two and three axes', () => {
  for (const dtype of ['float32', 'float64'] as const) {
    const long = (x: readonly number[], w: readonly number[], options: Options = {}): void =>
      holds(whole(x, 1, dtype), whole(w, 2, dtype), options);
    long([2, 3, 700], [4, 3, 450]);
    long([2, 4, 520], [6, 2, 403], { padding: 7, stride: 3, groups: 2 });
    long([1, 1, 900], [2, 1, 401], { padding: [[50, 3]], dilation: 2 });
    long([2, 2, 25, 27], [3, 2, 20, 21], {
      padding: [
        [0, 2],
        [3, 0],
      ],
      stride: [1, 2],
    });
    long([1, 2, 9, 60, 11], [2, 2, 5, 19, 5], { padding: 1, dilation: [1, 2, 1], stride: [2, 1, 1] });
  }
});

test('convolution: padding is nothing where long filters are not finite, nor is what strides leave out', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
    for (const stride of [1, 2]) {
      const options = { padding: 2, stride };
      holds(whole([1, 2, 430], 1), whole([2, 2, 405], 2, 'float32', { 3: value }), options);
      holds(whole([1, 2, 430], 1, 'float32', { 5: value }), whole([2, 2, 405], 2), options);
      holds(whole([1, 2, 430], 1), whole([2, 2, 405], 2), options, { 1: value });
    }
});

/** A number that is not finite, and where it stands: among the filters or in the cotangent. */
const notFinite = fc.record({
  value: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  place: fc.nat(1000),
  inFilters: fc.boolean(),
});

test('convolution: padding is nothing, also where it would meet what is not finite', () => {
  check(
    fc.property(
      axes(2),
      fc.record({
        samples: small,
        channels: fc.constantFrom(1, 2, 13),
        filters: fc.constantFrom(1, 3, 14),
        groups: small,
      }),
      fc.constantFrom<Dtype>('float32', 'float32', 'float64'),
      notFinite,
      (all, { samples, channels, filters, groups }, dtype, { value, place, inFilters }) => {
        const changed = { [place]: value };
        const x = whole([samples, channels * groups, ...all.map(({ size }) => size)], 1, dtype);
        const w = whole(
          [filters * groups, channels, ...all.map(({ taps }) => taps)],
          ...([2, dtype, inFilters ? changed : {}] as const),
        );
        holds(x, w, optionsOf(all, groups), inFilters ? {} : changed);
      },
    ),
    { numRuns: 60 },
  );
});

test('convolution: what is not finite among the inputs or the filters of one channel each', () => {
  for (const [filters, groups] of [
    [6, 1],
    [1, 5],
  ] as const)
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const [xShape, wShape] = [
        [2, groups, 7, 6],
        [filters * groups, 1, 3, 3],
      ];
      const options = { padding: 1, groups };
      holds(whole(xShape, 1), whole(wShape, 2, 'float32', { 4: value }), options);
      holds(whole(xShape, 1, 'float32', { 20: value }), whole(wShape, 2), options);
      holds(whole(xShape, 1), whole(wShape, 2), options, { 0: value });
    }
});
