/**
 * Kernels first, options second: for every kernel that a convolution, a product or a pool may be given, every option that it may meet, on
 * operands that may be views, against the reference.
 */
import * as fc from 'fast-check';
import { compile, vjp } from '../../../autograd/index.js';
import {
  abs,
  avgPool,
  conv,
  type Dtype,
  fromData,
  matmul,
  maxPool,
  permute,
  type Tensor,
} from '../../../core/index.js';
import { referenceBackend } from '../../../core/reference/backend.js';
import { createWasmBackend } from '../../../core/wasm/backend.js';
import { backendLaw, onBackend } from '../../laws/backend.js';
import { assertLaw, reportOf } from '../../laws/report.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { viewed, views } from './reading.js';

const backend = createWasmBackend();

/** Whole numbers: their sums are exact, so that the order of terms does not matter; their maxima have ties. */
const whole = (shape: readonly number[], seed: number, dtype: Dtype = 'float32'): Tensor => {
  const length = shape.reduce((product, size) => product * size, 1);
  return fromData(
    Float32Array.from({ length }, (_, i) => ((i * 7 + (i >> 3) + seed) % 11) - 5),
    shape,
    dtype,
  );
};

type Seen = { readonly kind: typeof import('./reading.js').viewKinds[number]; readonly axis: number };

/** Value and gradients of `f`, compiled, its operands read through views: as on the reference. */
const holds = (
  f: (...x: Tensor[]) => Tensor,
  operands: readonly Tensor[],
  seen: readonly Seen[],
  { ulp = 0, transformed = false } = {},
): void => {
  const read = operands.map((x, i) => viewed(x, seen[i] ?? { kind: 'whole', axis: 0 }));
  const of = (...bases: Tensor[]): Tensor => f(...read.map(({ view }, i) => view(bases[i] as Tensor)));
  const shape = of(...read.map(({ base }) => base)).shape;
  const g = whole(shape, 4, operands[0]?.dtype);
  const both = (...given: Tensor[]): readonly Tensor[] => {
    const [y, pull] = vjp((...x: Tensor[]) => f(...x), ...read.map(({ view }, i) => view(given[i] as Tensor)));
    return [y, ...pull(given.at(-1) as Tensor)];
  };
  const args = [...read.map(({ base }) => base), g];
  const compiled = (...x: Tensor[]): readonly Tensor[] => compile(both)(...x);
  if (!transformed) {
    assertLaw(backendLaw(compiled, args, { backend, ulp, sums: ulp > 0 }));
    return;
  }
  // A transform spreads the rounding of a tile's largest terms over the tile.
  const numbers = (y: readonly Tensor[]): readonly (readonly number[])[] => y.map((x) => Array.from(x.dataSync()));
  const got = onBackend(backend, () => numbers(compiled(...args)));
  const [want, sizes] = onBackend(referenceBackend, () => [numbers(both(...args)), numbers(both(...args.map(abs)))]);
  const deviations = want.flatMap((values, k) => {
    const largest = Math.max(...(sizes[k] ?? []));
    return values.map((value, i) => ({
      where: `output [${k}], element ${i}`,
      got: got[k]?.[i] ?? Number.NaN,
      want: value,
      error: Math.abs((got[k]?.[i] ?? Number.NaN) - value) / Math.max(largest, 1),
    }));
  });
  assertLaw(reportOf('law 11, relative to the largest sum of terms', 2 ** -18, deviations));
};

const small = fc.integer({ min: 1, max: 3 });
const two = fc.array(views, { minLength: 2, maxLength: 2 });

interface ConvKernel {
  readonly channels: fc.Arbitrary<number>;
  readonly filters: fc.Arbitrary<number>;
  readonly groups: fc.Arbitrary<number>;
  readonly taps: fc.Arbitrary<readonly number[]>;
  readonly dtype?: Dtype;
  readonly plain?: true;
}

const among = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const square = (n: number): fc.Arbitrary<readonly number[]> => fc.constant([n, n]);

/** Channels and filters are those of a group. */
const convolutions: Readonly<Record<string, ConvKernel>> = {
  'many channels, 3×3': { channels: among(12, 17), filters: among(12, 17), groups: among(1, 2), taps: square(3) },
  'many channels, by transforms': {
    channels: among(12, 17),
    filters: among(12, 17),
    groups: among(1, 2),
    taps: square(3),
    plain: true,
  },
  'many channels, other filters': {
    channels: among(11, 14),
    filters: among(12, 14),
    groups: fc.constant(1),
    taps: fc.constantFrom([2, 2], [1, 3], [5, 2], [4]),
  },
  'one channel a filter': {
    channels: fc.constant(1),
    filters: fc.constant(1),
    groups: among(2, 9),
    taps: fc.constantFrom([3, 3], [2, 5], [1, 1], [3]),
  },
  'one channel, several filters': {
    channels: fc.constant(1),
    filters: among(2, 3),
    groups: among(1, 9),
    taps: square(3),
  },
  'one tap': {
    channels: among(1, 17),
    filters: among(1, 17),
    groups: among(1, 2),
    taps: fc.constantFrom([1, 1], [1], [1, 1, 1]),
  },
  'few channels': {
    channels: among(1, 3),
    filters: among(1, 9),
    groups: among(1, 3),
    taps: fc.constantFrom([3, 3], [5, 5], [2, 4], [6]),
  },
  'long filters': {
    channels: among(1, 2),
    filters: among(1, 2),
    groups: among(1, 2),
    taps: fc.constantFrom([40], [70], [9, 9], [1, 66]),
  },
  'three axes': {
    channels: among(1, 13),
    filters: among(1, 5),
    groups: among(1, 2),
    taps: fc.constantFrom([2, 2, 2], [1, 3, 2]),
  },
  doubles: {
    channels: among(1, 13),
    filters: among(1, 13),
    groups: among(1, 2),
    taps: fc.constantFrom([3, 3], [1, 1], [4]),
    dtype: 'float64',
  },
};

for (const [name, { channels, filters, groups, taps, dtype = 'float32', plain }] of Object.entries(convolutions))
  test(`kernels: a convolution with ${name} is the reference's, whatever its options`, () => {
    const axis = fc.record({ more: fc.nat(8), stride: small, dilation: small, low: fc.nat(3), high: fc.nat(3) });
    check(
      fc.property(
        fc.record({ channels, filters, groups, taps, samples: among(1, 2) }),
        fc.array(axis, { minLength: 3, maxLength: 3 }),
        fc.constantFrom('NCHW', 'NCHW', 'NHWC'),
        two,
        (sizes, drawn, layout, seen) => {
          const all = sizes.taps.map((count, i) => {
            const { more, low, high, ...steps } = drawn[i] ?? { more: 0, stride: 1, dilation: 1, low: 0, high: 0 };
            const { stride, dilation } = plain === true ? { stride: 1, dilation: 1 } : steps;
            return {
              taps: count,
              stride,
              dilation,
              low,
              high,
              size: Math.max(1, dilation * (count - 1) + 1 + more - low - high),
            };
          });
          const options = {
            stride: all.map(({ stride }) => stride),
            dilation: all.map(({ dilation }) => dilation),
            padding: all.map(({ low, high }): [number, number] => [low, high]),
            groups: sizes.groups,
          };
          const image = [sizes.samples, sizes.channels * sizes.groups, ...all.map(({ size }) => size)];
          const weights = whole([sizes.filters * sizes.groups, sizes.channels, ...sizes.taps], 2, dtype);
          const how = { transformed: Math.min(sizes.channels, sizes.filters) >= 12 && sizes.taps.join() === '3,3' };
          const inward = image.map((_, i) => (i < 2 ? i * (image.length - 1) : i - 1));
          if (layout === 'NCHW')
            holds((x, w) => conv(x as Tensor, w as Tensor, options), [whole(image, 1, dtype), weights], seen, how);
          else {
            const x = whole([image[0] ?? 1, ...image.slice(2), image[1] ?? 1], 1, dtype);
            holds((y, w) => conv(permute(y as Tensor, inward), w as Tensor, options), [x, weights], seen, how);
          }
        },
      ),
      { numRuns: 9 },
    );
  });

const products: Readonly<Record<string, fc.Arbitrary<readonly [m: number, n: number, k: number]>>> = {
  'a row': fc.tuple(fc.constant(1), among(1, 40), among(1, 40)),
  'a column': fc.tuple(among(1, 40), fc.constant(1), among(1, 40)),
  'the sizes of tiles and one more or less': fc.tuple(
    fc.constantFrom(3, 4, 5, 7, 8, 9, 12, 13),
    fc.constantFrom(3, 4, 5, 15, 16, 17),
    among(1, 9),
  ),
  'more terms than a block': fc.tuple(among(1, 6), among(1, 6), fc.constantFrom(255, 256, 257, 511, 512, 513, 1030)),
  nothing: fc.tuple(fc.constantFrom(0, 2), fc.constantFrom(0, 3), fc.constantFrom(0, 1)),
};

for (const [name, sizes] of Object.entries(products))
  test(`kernels: a product of ${name} is the reference's, transposed, in batches and through views`, () => {
    check(
      fc.property(
        sizes,
        fc.constantFrom([[], []], [[3], []], [[], [9]], [[2, 1], [3]], [[10], [10]]),
        fc.constantFrom<Dtype>('float32', 'float32', 'float64'),
        fc.tuple(fc.boolean(), fc.boolean()),
        two,
        ([m, n, k], [left = [], right = []], dtype, [turnA, turnB], seen) => {
          const turned = (x: Tensor, is: boolean): Tensor =>
            is
              ? permute(
                  x,
                  x.shape.map((_, i) => (i < x.rank - 2 ? i : 2 * x.rank - 3 - i)),
                )
              : x;
          const a = whole([...left, ...(turnA ? [k, m] : [m, k])], 1, dtype);
          const b = whole([...right, ...(turnB ? [n, k] : [k, n])], 2, dtype);
          fc.pre(m * n > 0);
          holds((x, y) => matmul(turned(x as Tensor, turnA), turned(y as Tensor, turnB)) as Tensor, [a, b], seen);
        },
      ),
      { numRuns: 14 },
    );
  });

const pools: Readonly<Record<string, fc.Arbitrary<{ kernel: number[]; stride?: number[] }>>> = {
  'tiles of two': fc.constant({ kernel: [2, 2] }),
  'tiles of other sizes': fc.constantFrom({ kernel: [3, 3] }, { kernel: [1, 4] }, { kernel: [2, 3] }, { kernel: [3] }),
  'overlapping windows': fc.constantFrom(
    { kernel: [3, 3], stride: [2, 2] },
    { kernel: [3, 2], stride: [1, 1] },
    { kernel: [4], stride: [3] },
  ),
  'windows of many taps': fc.constantFrom({ kernel: [9, 9], stride: [2, 3] }, { kernel: [70], stride: [1] }),
  'three axes': fc.constantFrom({ kernel: [2, 2, 2] }, { kernel: [2, 1, 3], stride: [1, 2, 1] }),
};

for (const [name, drawn] of Object.entries(pools))
  test(`kernels: a pool of ${name} is the reference's, whatever its options`, () => {
    check(
      fc.property(
        drawn,
        fc.record({
          channels: among(1, 17),
          more: fc.nat(7),
          dilation: fc.constantFrom(1, 1, 2),
          ceilMode: fc.boolean(),
          padded: fc.boolean(),
        }),
        fc.constantFrom<Dtype>('float32', 'float32', 'float64'),
        fc.constantFrom('NCHW', 'NCHW', 'NHWC'),
        views,
        ({ kernel, stride }, { channels, more, dilation, ceilMode, padded }, dtype, layout, seen) => {
          const spatial = kernel.map((taps, i) => dilation * (taps - 1) + 1 + ((more + i) % 8));
          const padding = padded ? kernel.map((taps) => Math.floor(taps / 2)) : kernel.map(() => 0);
          const options = { kernel, padding, ceilMode, ...(stride === undefined ? {} : { stride }) };
          const inward = [0, kernel.length + 1, ...kernel.map((_, i) => i + 1)];
          const image = layout === 'NCHW' ? [2, channels, ...spatial] : [2, ...spatial, channels];
          const given = (x: Tensor): Tensor => (layout === 'NCHW' ? x : permute(x, inward));
          holds(
            (x) => maxPool(given(x as Tensor), { ...options, dilation: kernel.map(() => dilation) }),
            [whole(image, 1, dtype)],
            [seen],
          );
          holds((x) => avgPool(given(x as Tensor), options), [whole(image, 1, dtype)], [seen], { ulp: 4 });
        },
      ),
      { numRuns: 9 },
    );
  });
