/**
 * Lowerings that do what the reference does, operation by operation, have its bits: at sizes that are not whole vectors, along any axis,
 * with special values, in every element type.
 */
import * as fc from 'fast-check';
import { referenceBackend } from '../../../core/backends/reference/backend.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import type { Dtype } from '../../../core/base/dtype.js';
import { bind, bindAll } from '../../../core/dispatch/interpreter.js';
import { fromData, primitives, type Tensor } from '../../../core/index.js';
import type { Backend } from '../../../core/program/backend.js';
import type { Primitive } from '../../../core/program/primitive.js';
import { onBackend } from '../../laws/backend.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const wasm = createWasmBackend();

const named = (name: string): Primitive => {
  const found = Object.values<Primitive>(primitives).find((primitive) => primitive.name === name);
  if (found === undefined) throw new Error(`there is no primitive ${name}`);
  return found;
};

/** The same bits; any NaN for a NaN. */
const assertSame = (name: string, args: readonly Tensor[], params: unknown = null): void => {
  const run = (backend: Backend): readonly Tensor[] =>
    onBackend(backend, () => bindAll(named(name), [...args], params));
  const results = run(wasm);
  run(referenceBackend).forEach((want, k) => {
    const got = results[k] as Tensor;
    assert.equal(got.shape, want.shape, name);
    assert.is(got.dtype, want.dtype, name);
    const [wanted, found] = [want.dataSync(), got.dataSync()];
    wanted.forEach((value, i) => {
      if (Object.is(found[i], value)) return;
      const here = args.map((x) => `${x.dtype} [${x.shape.join()}] … ${x.dataSync()[i]}`).join(', ');
      assert.unreachable(`${name}(${here}; ${JSON.stringify(params)})[${k}][${i}] is ${found[i]}, not ${value}`);
    });
  });
};

const specials = [
  0,
  -0,
  1,
  -1,
  2,
  0.5,
  -0.5,
  3,
  7,
  -7,
  1e-310,
  5e-324,
  2 ** -1022,
  1e300,
  1.7976931348623157e308,
].concat(
  [2 ** 53, 2 ** 31, -(2 ** 31), 2 ** 31 - 1, 1e-40, 3.4e38, 0.1, 1 / 3, 2.5, 1e15 + 0.5],
  [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN],
);

/** Doubles of every exponent and both signs: equally spaced bit patterns. */
const sweep = (count: number): Float64Array => {
  const step = (2n ** 64n / BigInt(count)) | 1n;
  return new Float64Array(
    BigUint64Array.from({ length: count }, (_, i) => BigInt.asUintN(64, BigInt(i) * step)).buffer,
  );
};
const between = (low: number, high: number, count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => low + ((high - low) * i) / count);

const vector = (data: Float64Array | readonly number[], dtype: Dtype = 'float64'): Tensor =>
  fromData(Float64Array.from(data), [data.length], dtype);

const unary = 'acos acosh asin asinh atan atanh cbrt cos cosh erf erfc erfinv log log10 log2 sin sinh tan sqrt rsqrt';

for (const name of unary.split(' '))
  test(`${name} of doubles: the bits of the reference over the whole range`, () => {
    for (const data of [sweep(4001), between(-40, 40, 4001), between(-1.2, 1.2, 2001), specials])
      assertSame(name, [vector(data)]);
  });

const pairs = (numbers: readonly number[], dtype: Dtype): Tensor[] => [
  vector(
    numbers.flatMap((x) => numbers.map(() => x)),
    dtype,
  ),
  vector(
    numbers.flatMap(() => numbers),
    dtype,
  ),
];

for (const name of 'atan2 hypot pow'.split(' '))
  test(`${name} of doubles: the bits of the reference over the whole plane`, () => {
    assertSame(name, pairs(specials, 'float64'));
    assertSame(name, [vector(sweep(3001)), vector(sweep(3001).toReversed())]);
    assertSame(name, [vector(between(0, 9, 3001)), vector(between(-20, 20, 3001))]);
  });

test('constantPow of doubles: the bits of the reference, whatever the exponent', () => {
  for (const exponent of [1, 2, 3, 0.5, -0.5, -1, -2, 1 / 3, 7.25, Number.POSITIVE_INFINITY, Number.NaN])
    assertSame('constantPow', [vector([...specials, ...sweep(501)])], { exponent });
});

for (const name of ['remainder', 'floorDivide'])
  test(`${name}: the bits of the reference, however far apart the exponents`, () => {
    for (const dtype of ['float64', 'float32'] as const) {
      assertSame(name, pairs(specials, dtype));
      assertSame(name, [vector(sweep(3001), dtype), vector(sweep(3001).toReversed(), dtype)]);
      assertSame(name, [vector(between(-50, 50, 3001), dtype), vector(between(0.1, 3, 3001), dtype)]);
    }
    const whole = [0, 1, -1, 2, -2, 3, 7, -7, 10, 2 ** 31 - 1, -(2 ** 31), 12_345, -99];
    assertSame(name, pairs(whole, 'int32'));
  });

const size = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 9 }) }, fc.constant(1), fc.constant(0));
const shapes = fc.array(size, { minLength: 1, maxLength: 4 });
const numeric = fc.constantFrom<Dtype>('float32', 'float64', 'int32');
const any = fc.constantFrom<Dtype>('float32', 'float64', 'int32', 'bool');

/** Few different numbers, so that there are ties; now and then a special one. */
const numbers = (shape: readonly number[], dtype: Dtype, seed: number): Tensor => {
  const length = shape.reduce((product, n) => product * n, 1);
  const data = Float64Array.from({ length }, (_, i) => {
    const drawn = ((i + 1) * 7919 + seed * 104_729) % 1009;
    if (dtype === 'bool') return drawn % 2;
    if (dtype === 'int32') return drawn % 7 === 0 ? drawn * 2_000_003 : (drawn % 11) - 5;
    return drawn % 17 === 0 ? (specials[drawn % specials.length] ?? 0) : (drawn % 13) / 4 - 1.5;
  });
  return fromData(data, shape, dtype);
};

test('scans: the bits of the reference along any axis, both ways', () => {
  check(
    fc.property(shapes, numeric, fc.nat(3), fc.boolean(), fc.nat(99), (shape, dtype, axis, reverse, seed) => {
      const params = { axis: axis % shape.length, reverse };
      const [a, b] = [numbers(shape, dtype, seed), numbers(shape, dtype, seed + 1)];
      assertSame('cumsum', [a], params);
      assertSame('cumprod', [a], params);
      assertSame('recurrence', [a, b], params);
    }),
    { numRuns: 60 },
  );
});

test('argsort: the order of the reference along any axis, with ties, NaN and both zeros', () => {
  check(
    fc.property(shapes, any, fc.nat(3), fc.boolean(), fc.nat(99), (shape, dtype, axis, descending, seed) => {
      assertSame('argsort', [numbers(shape, dtype, seed)], { axis: axis % shape.length, descending });
    }),
    { numRuns: 60 },
  );
  for (const dtype of ['float32', 'float64', 'int32'] as const)
    for (const descending of [false, true])
      assertSame('argsort', [numbers([3, 1000], dtype, 5)], { axis: 1, descending });
});

test('sorted: values and places of the reference, of all elements and of the first few', () => {
  check(
    fc.property(
      shapes,
      any,
      fc.nat(3),
      fc.boolean(),
      fc.nat(99),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (shape, dtype, along, descending, seed, share) => {
        const axis = along % shape.length;
        const count = Math.round(share * (shape[axis] as number));
        assertSame('sorted', [numbers(shape, dtype, seed)], { axis, count, descending });
      },
    ),
    { numRuns: 100 },
  );
  // Selection and merging, on lines that ascend, descend and repeat.
  for (const dtype of ['float32', 'float64', 'int32', 'bool'] as const)
    for (const count of [1, 3, 20, 23, 500, 1000])
      for (const descending of [false, true]) {
        assertSame('sorted', [numbers([2, 1000], dtype, 5)], { axis: 1, count, descending });
        const ramp = Float64Array.from({ length: 2000 }, (_, i) => Math.floor(i / 7));
        assertSame('sorted', [fromData(ramp, [1000, 2], dtype)], { axis: 0, count, descending });
      }
});

test('argmax and argmin: the places of the reference over any axes', () => {
  check(
    fc.property(shapes, any, fc.nat(15), fc.nat(99), (shape, dtype, mask, seed) => {
      const axes = shape.flatMap((_, axis) => ((mask >> axis) & 1 ? [axis] : []));
      if (axes.some((axis) => shape[axis] === 0)) return;
      for (const name of ['argmax', 'argmin'])
        assertSame(name, [numbers(shape, dtype, seed)], { axes, keepDims: false });
    }),
    { numRuns: 60 },
  );
});

test('iota: counts along any axis', () => {
  check(
    fc.property(shapes, numeric, fc.nat(3), (shape, dtype, axis) => {
      assertSame('iota', [], { shape, axis: axis % shape.length, dtype });
    }),
  );
});

test('threefry and unitInterval: the words and numbers of the reference, keys and counters broadcast', () => {
  const words = (shape: readonly number[], seed: number): Tensor => {
    const length = shape.reduce((product, n) => product * n, 2);
    return fromData(
      Int32Array.from({ length }, (_, i) => Math.imul(i + seed, 0x9e3779b1)),
      [...shape, 2],
      'int32',
    );
  };
  check(
    fc.property(shapes, fc.nat(255), fc.nat(255), fc.nat(99), (shape, left, right, seed) => {
      const part = (mask: number): number[] =>
        shape.map((n, axis) => ((mask >> axis) & 1 ? 1 : n)).slice((mask >> 5) % (shape.length + 1));
      const [key, counter] = [words(part(left), seed), words(part(right), seed + 1)];
      assertSame('threefry', [key, counter]);
      for (const dtype of ['float32', 'float64'] as const) assertSame('unitInterval', [key], { dtype });
    }),
    { numRuns: 60 },
  );
});

/** A stack of matrices; some columns repeat, some elements are zero, so that now and then one is singular. */
const matrices = (shape: readonly number[], dtype: Dtype, seed: number): Tensor => {
  const length = shape.reduce((product, n) => product * n, 1);
  const data = Float64Array.from({ length }, (_, i) => {
    const drawn = ((i + 1) * 7919 + seed * 104_729) % 1009;
    return drawn % 5 === 0 ? 0 : drawn / 250 - 2;
  });
  return fromData(data, shape, dtype);
};

const floats = fc.constantFrom<Dtype>('float32', 'float64');
const order = fc.integer({ min: 0, max: 7 });
const stack = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 });

/** The same result, or the same error. */
const assertSameOrThrows = (name: string, args: readonly Tensor[], params: unknown = null): void => {
  const attempt = (backend: Backend): string => {
    try {
      onBackend(backend, () => bind(named(name), [...args], params).dataSync());
      return 'no error';
    } catch (error) {
      return String(error);
    }
  };
  const want = attempt(referenceBackend);
  assert.is(attempt(wasm), want);
  if (want === 'no error') assertSame(name, args, params);
};

test('linear algebra of one matrix: the bits of the reference, or its error', () => {
  check(
    fc.property(stack, order, floats, fc.nat(999), (batch, n, dtype, seed) => {
      const a = matrices([...batch, n, n], dtype, seed);
      for (const name of ['det', 'logabsdet', 'cofactor', 'inverse']) assertSameOrThrows(name, [a]);
      const positive = fromData(
        a.dataSync().map((x, i) => ((i % (n * n || 1)) % (n + 1) === 0 ? x + 9 : x)),
        a.shape,
        dtype,
      );
      assertSameOrThrows('cholesky', [seed % 3 === 0 ? a : positive]);
    }),
    { numRuns: 60 },
  );
});

test('factorisations: the bits of the reference, for stacks of any shape, of any rank and of any size', () => {
  check(
    fc.property(
      stack,
      order,
      order,
      floats,
      fc.nat(999),
      fc.constantFrom(1, 0, 1e30, 1e-30),
      (batch, m, n, dtype, seed, scale) => {
        const drawn = matrices([...batch, m, n], dtype, seed);
        const a = fromData(
          drawn.dataSync().map((x) => x * scale),
          drawn.shape,
          dtype,
        );
        for (const name of ['lu', 'qr', 'svd']) assertSame(name, [a]);
        const square = matrices([...batch, n, n], dtype, seed);
        for (const name of ['eigh', 'matrixExp']) assertSame(name, [square]);
        assertSame('pinv', [a], { relative: 1e-12 });
      },
    ),
    { numRuns: 100 },
  );
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1e308, 5e-324])
    for (const place of [0, 4, 5]) {
      const a = fromData([1, 2, 3, 4, 0.5, 6, 7, 8, 10].with(place, value), [3, 3], 'float64');
      for (const name of ['eigh', 'lu', 'matrixExp', 'qr', 'svd']) assertSame(name, [a]);
      assertSame('pinv', [a], { relative: 1e-12 });
    }
});

test('linear systems: the bits of the reference, or its error, for stacks that broadcast', () => {
  const flags = fc.record({ lower: fc.boolean(), transpose: fc.boolean(), unitDiagonal: fc.boolean() });
  check(
    fc.property(
      stack,
      fc.nat(15),
      order,
      fc.nat(5),
      floats,
      flags,
      fc.nat(999),
      (batch, mask, n, k, dtype, p, seed) => {
        const part = (bits: number): number[] => batch.map((size, i) => ((bits >> i) & 1 ? 1 : size)).slice(bits % 2);
        const a = matrices([...part(mask), n, n], dtype, seed);
        const b = matrices([...part(mask >> 2), n, k], dtype, seed + 1);
        assertSameOrThrows('solve', [a, b], { transpose: p.transpose });
        assertSameOrThrows('triangularSolve', [a, b], p);
      },
    ),
    { numRuns: 200 },
  );
});

test('linear algebra: NaN and infinities spread as on the reference', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const a = fromData([1, 2, 3, 4, value, 6, 7, 8, 10], [3, 3], 'float64');
    for (const name of ['det', 'logabsdet', 'cofactor', 'inverse', 'cholesky']) assertSameOrThrows(name, [a]);
    assertSameOrThrows('solve', [a, a], { transpose: false });
  }
});
