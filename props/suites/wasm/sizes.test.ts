/** Sizes that are not whole vectors, larger than those of the specs, with broadcasting, views and special values. */
import * as fc from 'fast-check';
import { grad } from '../../../autograd/index.js';
import { defaultBackend, setDefaultBackend } from '../../../core/backends/default-backend.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import {
  add,
  conv,
  type Dtype,
  fromData,
  less,
  logSoftmax,
  logsumexp,
  matmul,
  max,
  maximum,
  min,
  mul,
  permute,
  prod,
  relu,
  slice,
  softmax,
  sum,
  type Tensor,
  where,
} from '../../../core/index.js';
import { backendLaw } from '../../laws/backend.js';
import { lawTally } from '../../laws/report.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test as register } from '../../runner/testing.js';

const backend = createWasmBackend();

const size = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 19 }) }, fc.constant(1), fc.constant(0));
const shape = fc.array(size, { minLength: 1, maxLength: 4 });
const dtype = fc.constantFrom<Dtype>('float32', 'float64');

/** Numbers between −1 and 1 without a pattern, as they are written into a float32. */
const noise = (shape: readonly number[], dtype: Dtype, seed: number): Tensor => {
  const length = shape.reduce((product, size) => product * size, 1);
  const data = Float32Array.from({ length }, (_, i) => (((i + seed) * 7919 + 104_729) % 1009) / 504.5 - 1);
  return fromData(data, shape, dtype);
};

const special = [0, -0, 1, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-40, -1e30, 3.5];

let tally = lawTally();

const holds = (f: (...x: Tensor[]) => Tensor, args: Tensor[], ulp: number): void =>
  tally.assert(backendLaw(f, args, { backend, ulp }));

/** A test among whose sizes are empty ones, and others. */
const test = (name: string, body: () => void): void =>
  register(name, () => {
    tally = lawTally();
    body();
    tally.end();
  });

/** Whole numbers: their sums are exact, so that the order of terms does not matter. */
const whole = (shape: readonly number[], seed: number): Tensor => {
  const length = shape.reduce((product, size) => product * size, 1);
  return fromData(
    Float32Array.from({ length }, (_, i) => ((i * 7 + seed) % 11) - 5),
    shape,
  );
};

/** A shape that broadcasts to another: some sizes become 1, some leading axes go. */
const stretched = (target: readonly number[], seed: number): number[] =>
  target.map((size, axis) => ((seed >> axis) & 1 ? 1 : size)).slice((seed >> 5) % (target.length + 1));

test('sizes: elementwise operations broadcast both ways', () => {
  check(
    fc.property(shape, dtype, fc.nat(255), fc.nat(255), (target, dtype, left, right) => {
      const [a, b] = [noise(stretched(target, left), dtype, 1), noise(target, dtype, 2)];
      const c = noise(stretched(target, right), dtype, 3);
      for (const f of [add, mul, maximum] as const) holds((x, y) => f(x, y) as Tensor, [a, b], 0);
      holds((x, y, z) => where(less(x, y), x, z) as Tensor, [a, b, c], 0);
    }),
    { numRuns: 60 },
  );
});

test('sizes: special values come out as on the reference', () => {
  const x = fromData(
    special.flatMap((value) => special.map(() => value)),
    [10, 10],
  );
  const y = fromData(
    special.flatMap(() => special),
    [10, 10],
  );
  for (const f of [add, mul, maximum, less] as const) holds((a, b) => f(a, b) as Tensor, [x, y], 0);
  for (const f of [relu, (a: Tensor) => max(a), (a: Tensor) => min(a, { axes: 1 }), (a: Tensor) => sum(a, { axes: 1 })])
    holds((a) => f(a) as Tensor, [x], 0);
});

test('sizes: reductions over any axes', () => {
  check(
    fc.property(shape, dtype, fc.nat(15), fc.boolean(), (target, dtype, mask, keepDims) => {
      const axes = target.flatMap((_, axis) => ((mask >> axis) & 1 ? [axis] : []));
      const x = noise(target, dtype, 5);
      holds((x) => sum(x, { axes, keepDims }), [x], dtype === 'float32' ? 1 : 4);
      holds((x) => prod(x, { axes, keepDims }), [x], dtype === 'float32' ? 1 : 4 + x.size);
      if (axes.every((axis) => target[axis] !== 0))
        for (const f of [max, min] as const) holds((x) => f(x, { axes, keepDims }), [x], 0);
    }),
    { numRuns: 80 },
  );
});

test('sizes: softmax over any axis', () => {
  check(
    fc.property(shape, dtype, fc.nat(3), (target, dtype, axis) => {
      const x = noise(target, dtype, 7);
      for (const f of [softmax, logSoftmax] as const) holds((x) => f(x, axis % target.length), [x], 4);
    }),
    { numRuns: 80 },
  );
});

test('sizes: logarithms of sums of exponentials over any axes', () => {
  check(
    fc.property(shape, dtype, fc.nat(15), fc.boolean(), (target, dtype, mask, keepDims) => {
      const axes = target.flatMap((_, axis) => ((mask >> axis) & 1 ? [axis] : []));
      holds((x) => logsumexp(x, { axes, keepDims }), [mul(noise(target, dtype, 3), 30) as Tensor], 8);
    }),
    { numRuns: 80 },
  );
});

test('sizes: exponential sums with infinities and NaN', () => {
  const rows = special.flatMap((value) => [value, 0.5, value, -1, Number.NEGATIVE_INFINITY]);
  const endless = [...Array<number>(5).fill(Number.NEGATIVE_INFINITY), ...Array<number>(5).fill(Infinity)];
  for (const dtype of ['float32', 'float64'] as const) {
    const x = fromData([...rows, ...endless], [special.length + 2, 5], dtype);
    for (const axis of [0, 1])
      for (const f of [softmax, logSoftmax, (x: Tensor) => logsumexp(x, { axes: axis })] as const)
        holds((x) => f(x, axis), [x], 4);
  }
});

test('sizes: views of views, read by what comes after them', () => {
  check(
    fc.property(shape, dtype, fc.nat(20), (target, dtype, choice) => {
      const x = noise(target, dtype, 11);
      const turned = target.map((_, i) => (i + choice) % target.length);
      holds((x) => mul(permute(x, turned), 2) as Tensor, [x], 0);
      holds((x) => slice(permute(x, turned), [[null, null, choice % 2 === 0 ? 2 : -1]]), [x], 0);
      holds((x) => sum(permute(x, turned), { axes: -1 }), [x], 1);
    }),
    { numRuns: 60 },
  );
});

test('sizes: matrix products, transposed and batched, with leading axes that broadcast', () => {
  const dims = fc.tuple(size, size, size);
  check(
    fc.property(
      dims,
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      fc.nat(3),
      ([m, k, n], b, c, t) => {
        const product = (x: Tensor, y: Tensor): Tensor => matmul(x, y) as Tensor;
        holds(product, [whole([b, 1, m, k], 1), whole([c, k, n], 2)], 0);
        holds(product, [whole([m, k], 1), whole([b, c, k, n], 2)], 0);
        if (t === 0) holds(product, [whole([c, b, m, k], 1), whole([c, b, k, n], 2)], 0);
      },
    ),
    { numRuns: 40 },
  );
});

test('sizes: convolutions and their gradients, with strides, padding, dilation and groups', () => {
  const small = fc.integer({ min: 1, max: 3 });
  check(
    fc.property(
      fc.record({ batch: small, channels: small, filters: small, groups: small, stride: small, dilation: small }),
      fc.array(fc.tuple(fc.integer({ min: 7, max: 13 }), small), { minLength: 1, maxLength: 2 }),
      fc.nat(2),
      ({ batch, channels, filters, groups, stride, dilation }, axes, padding) => {
        const x = whole([batch, channels * groups, ...axes.map(([size]) => size)], 1);
        const w = whole([filters * groups, channels, ...axes.map(([, taps]) => taps)], 2);
        const all = (value: number): number[] => axes.map(() => value);
        const options = { stride: all(stride), padding: all(padding), dilation: all(dilation), groups };
        const y = (x: Tensor, w: Tensor): Tensor => conv(x, w, options);
        holds(y, [x, w], 0);
        for (const argument of [0, 1]) {
          const gradient = grad((x: Tensor, w: Tensor) => sum(mul(y(x, w), y(x, w))), { argnums: argument });
          holds((x, w) => gradient(x, w) as Tensor, [x, w], 0);
        }
      },
    ),
    { numRuns: 30 },
  );
});

register('sizes: nothing is read beyond memory, though the last vector of a strided line is not whole', () => {
  for (const [rows, columns] of [
    [2, 62_000],
    [3, 41_000],
    [5, 25_000],
    [1, 120_000],
  ] as const) {
    // The tensor stands at the end of linear memory, and the result in the hole before it.
    const own = createWasmBackend();
    const before = defaultBackend();
    setDefaultBackend(own);
    try {
      const hole = own.write(new Float32Array(rows * columns), 'float32');
      const x = noise([rows, columns], 'float32', 3);
      own.free(hole);
      const numbers = x.dataSync();
      const turned = permute(x, [1, 0]).dataSync();
      assert.ok(turned.every((value, i) => value === numbers[(i % rows) * columns + Math.floor(i / rows)]));
      const picked = slice(x, [null, [null, null, 23_000]]).dataSync();
      const perRow = Math.ceil(columns / 23_000);
      assert.ok(
        picked.every((value, i) => value === numbers[Math.floor(i / perRow) * columns + (i % perRow) * 23_000]),
      );
    } finally {
      setDefaultBackend(before);
    }
  }
});
