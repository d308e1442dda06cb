/** Pooling on the WebAssembly backend: every way in which windows can lie, against the reference, eager and compiled. */
import * as fc from 'fast-check';
import { compile, grad } from '../../../autograd/index.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import { avgPool, type Dtype, fromData, maxPool, mul, sum, type Tensor } from '../../../core/index.js';
import { backendLaw } from '../../laws/backend.js';
import { assertLaw } from '../../laws/report.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const backend = createWasmBackend();

/** Whole numbers, many of them equal, so that sums are exact and ties are there to be broken. */
const whole = (shape: readonly number[], seed: number, dtype: Dtype): Tensor => {
  const length = shape.reduce((product, size) => product * size, 1);
  return fromData(
    Float32Array.from({ length }, (_, i) => (((i + seed) * 7919) % 23) - 11),
    shape,
    dtype,
  );
};

const holds = (f: (...x: Tensor[]) => Tensor, args: Tensor[]): void => {
  assertLaw(backendLaw(f, args, { backend, ulp: 0 }));
  const compiled = compile(f);
  assertLaw(backendLaw(compiled, args, { backend, ulp: 0 }));
};

const small = fc.integer({ min: 1, max: 3 });
const axis = fc.record({
  size: fc.integer({ min: 5, max: 21 }),
  kernel: small,
  stride: fc.integer({ min: 1, max: 4 }),
  padding: fc.nat(1),
  dilation: fc.integer({ min: 1, max: 2 }),
});

test('pooling: values and gradients, with strides, padding, dilation and ceil mode', () => {
  check(
    fc.property(
      fc.array(axis, { minLength: 1, maxLength: 3 }),
      small,
      fc.boolean(),
      fc.constantFrom<Dtype>('float32', 'float64'),
      (axes, channels, ceilMode, dtype) => {
        const x = whole([2, channels, ...axes.map(({ size }) => size)], 1, dtype);
        const common = {
          kernel: axes.map(({ kernel }) => kernel),
          stride: axes.map(({ stride }) => stride),
          padding: axes.map(({ padding, kernel }) => Math.min(padding, kernel >> 1)),
          ceilMode,
        };
        const max = (x: Tensor): Tensor => maxPool(x, { ...common, dilation: axes.map(({ dilation }) => dilation) });
        const mean = (x: Tensor): Tensor => avgPool(x, { ...common, divisor: 1 });
        for (const pool of [max, mean]) {
          holds(pool, [x]);
          holds((x: Tensor) => grad((x: Tensor) => sum(mul(pool(x), pool(x))))(x) as Tensor, [x]);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('pooling: windows that tile the plane, of every width', () => {
  for (let size = 1; size < 24; size++)
    for (const kernel of [1, 2, 3]) {
      if (size < kernel) continue;
      const x = whole([1, 2, 3 * kernel, size], size, 'float32');
      const g = whole([1, 2, 3, Math.floor(size / kernel)], size + 1, 'float32');
      for (const pool of [maxPool, (x: Tensor, options: { kernel: number }) => avgPool(x, { ...options, divisor: 1 })])
        holds((x, g) => grad((x: Tensor) => sum(mul(pool(x, { kernel }), g)))(x) as Tensor, [x, g]);
    }
});

test('pooling: NaN leads, infinities compare, and ties go to the first', () => {
  const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1, 1, -1e30];
  const data = Float32Array.from({ length: 6 * 11 * 13 }, (_, i) => values[(i * 31 + (i >> 3)) % values.length] ?? 0);
  for (const dtype of ['float32', 'float64'] as const) {
    const x = fromData(data, [2, 3, 11, 13], dtype);
    for (const kernel of [2, 3])
      for (const stride of [1, 2, 3]) holds((x) => maxPool(x, { kernel, stride, padding: 1 }), [x]);
  }
});

test('pooling: kernels of many taps', () => {
  const x = whole([1, 2, 24, 25], 3, 'float32');
  for (const kernel of [15, 24]) {
    holds((x) => maxPool(x, { kernel, stride: 2, padding: 7 }), [x]);
    holds((x) => avgPool(x, { kernel, stride: 1, padding: 7, divisor: 1 }), [x]);
  }
});
