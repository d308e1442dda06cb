/** int8, uint8 and uint32: what is stored, conversions between all types, and arithmetic that wraps. */
import * as fc from 'fast-check';
import { compile, grad, vmap } from '../../../autograd/index.js';
import { referenceBackend } from '../../../core/backends/reference/backend.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import { type Dtype, dtypes, type IntegerDtype, isFloat, rangeOf } from '../../../core/base/dtype.js';
import {
  ArgumentError,
  add,
  argmax,
  argsort,
  cast,
  concat,
  cumsum,
  DtypeError,
  equal,
  exp,
  flip,
  floorDivide,
  fromData,
  full,
  GradientError,
  gather,
  iota,
  less,
  lessEqual,
  matmul,
  max,
  maximum,
  mean,
  min,
  mul,
  neg,
  remainder,
  slice,
  sub,
  sum,
  type Tensor,
  take,
  tensor,
  transpose,
  where,
} from '../../../core/index.js';
import { onBackend } from '../../laws/backend.js';
import * as assert from '../../runner/assert.js';
import { fails } from '../../runner/fails.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const wasm = createWasmBackend();
type Computed = Exclude<IntegerDtype, 'int64'>;
const integers: readonly Computed[] = ['int8', 'uint8', 'int32', 'uint32'];
const bits: Readonly<Record<Computed, number>> = { int8: 8, uint8: 8, int32: 32, uint32: 32 };

/** The number of the type that is equal modulo 2ⁿ, in whole numbers of any size. */
const wrapped = (value: bigint, dtype: Computed): number =>
  Number(dtype.startsWith('u') ? BigInt.asUintN(bits[dtype], value) : BigInt.asIntN(bits[dtype], value));

const numbersOf = (x: Tensor): number[] => Array.from(x.dataSync());
const onBoth = (f: () => void): void => {
  for (const backend of [wasm, referenceBackend]) onBackend(backend, f);
};

const special = [
  0,
  -0,
  1,
  -1,
  127,
  128,
  255,
  256,
  -128,
  -129,
  2 ** 31,
  2 ** 31 - 1,
  -(2 ** 31),
  2 ** 32 - 1,
  2 ** 32,
  3e9,
  1.5,
  -1.5,
  1e20,
  16777217,
  4294967041,
  3000000001,
  Number.NaN,
  Number.POSITIVE_INFINITY,
];

test('integers: every type becomes every other as its definition says, alike on both backends, in place and through views', () => {
  for (const from of dtypes)
    for (const to of dtypes)
      for (const count of [1, 3, special.length]) {
        const results = [wasm, referenceBackend].map((backend) =>
          onBackend(backend, () => {
            const x = cast(fromData(Float64Array.from(special.slice(0, count)), [count]), from);
            return [cast(x, to), cast(flip(x, [0]), to), flip(cast(x, to), [0])].map((y) => [...y.bytes()].join());
          }),
        );
        assert.equal(results[0], results[1], `${from} to ${to}`);
      }
  for (const dtype of integers) {
    const finite = special.filter(Number.isFinite);
    const want = finite.map((x) => wrapped(BigInt(Math.trunc(x)), dtype));
    assert.equal(numbersOf(cast(fromData(Float64Array.from(finite), [finite.length]), dtype)), want);
    assert.equal(numbersOf(cast(tensor([Number.NaN, Number.POSITIVE_INFINITY, -1 / 0]), dtype)), [0, 0, 0]);
    const ends = fromData([...rangeOf(dtype)], [2], { dtype });
    assert.equal(numbersOf(cast(ends, 'float64')), [...rangeOf(dtype)]);
  }
});

test('integers: sums, differences and products wrap, also inside a compiled chain', () => {
  const uint8 = (...values: number[]): Tensor => tensor(values, { dtype: 'uint8' });
  onBoth(() => {
    assert.equal(numbersOf(sub(uint8(5, 200, 250, 0), uint8(10, 100, 10, 50)) as Tensor), [251, 100, 240, 206]);
    const chain = compile((a: Tensor, b: Tensor) => cast(add(sub(a, b), 3) as Tensor, 'int32'));
    assert.equal(numbersOf(chain(uint8(5, 0), uint8(10, 1))), [254, 2]);
  });
  check(
    fc.property(
      fc.constantFrom(...integers),
      fc.array(fc.tuple(fc.integer(), fc.integer()), { minLength: 1 }),
      (dtype, pairs) => {
        const [a, b] = [0, 1].map((k) => pairs.map((pair) => wrapped(BigInt(pair[k] as number), dtype))) as [
          number[],
          number[],
        ];
        const x: Tensor = fromData(a, [a.length], { dtype });
        const y: Tensor = fromData(b, [b.length], { dtype });
        const exact = (f: (p: bigint, q: bigint) => bigint): number[] =>
          a.map((p, i) => wrapped(f(BigInt(p), BigInt(b[i] as number)), dtype));
        const floored = (p: bigint, q: bigint): bigint => (q === 0n ? 0n : (p - (((p % q) + q) % q)) / q);
        assert.equal(
          numbersOf(add(x, y)),
          exact((p, q) => p + q),
        );
        assert.equal(
          numbersOf(sub(x, y)),
          exact((p, q) => p - q),
        );
        assert.equal(
          numbersOf(mul(x, y)),
          exact((p, q) => p * q),
        );
        assert.equal(
          numbersOf(neg(x)),
          exact((p) => -p),
        );
        assert.equal(numbersOf(floorDivide(x, y)), exact(floored));
        assert.equal(
          numbersOf(remainder(x, y)),
          exact((p, q) => (q === 0n ? 0n : p - floored(p, q) * q)),
        );
        assert.equal(
          numbersOf(maximum(x, y)),
          exact((p, q) => (p > q ? p : q)),
        );
        assert.equal(
          numbersOf(less(x, y)),
          a.map((p, i) => Number(p < (b[i] as number))),
        );
        assert.equal(
          numbersOf(lessEqual(x, y)),
          a.map((p, i) => Number(p <= (b[i] as number))),
        );
        assert.equal(
          numbersOf(equal(x, y)),
          a.map((p, i) => Number(p === b[i])),
        );
        assert.is(max(x).item(), Math.max(...a));
        assert.is(min(x).item(), Math.min(...a));
        assert.is(argmax(x).item(), a.indexOf(Math.max(...a)));
        assert.equal(
          numbersOf(take(x, argsort(x))),
          a.toSorted((p, q) => p - q),
        );
        const product = matmul(fromData(a, [1, a.length], { dtype }), fromData(b, [a.length, 1], { dtype }));
        assert.equal(numbersOf(product), [
          wrapped(
            a.reduce((so, p, i) => so + BigInt(p) * BigInt(b[i] as number), 0n),
            dtype,
          ),
        ]);
      },
    ),
    { numRuns: 60 },
  );
});

test('integers: sums of 8-bit integers are int32, those of uint32 wrap, and means are float32', () => {
  onBoth(() => {
    const bytes = tensor([200, 100, 255], { dtype: 'uint8' });
    assert.equal([sum(bytes).dtype, sum(bytes).item()], ['int32', 555]);
    assert.equal([cumsum(bytes, 0).dtype, numbersOf(cumsum(bytes, 0))], ['int32', [200, 300, 555]]);
    assert.equal([mean(bytes).dtype, mean(bytes).item()], ['float32', 185]);
    const large = tensor([4e9, 4e9], { dtype: 'uint32' });
    assert.equal([sum(large).dtype, sum(large).item()], ['uint32', 8e9 % 2 ** 32]);
    assert.equal([mean(large).dtype, mean(large).item()], ['float32', 4e9]);
  });
});

test('integers: all are indices, and what is out of range stays so', () => {
  const table = tensor([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  onBoth(() => {
    for (const dtype of integers) {
      const places = tensor([2, 0], { dtype });
      assert.equal(take(table, places).toArray(), [
        [5, 6],
        [1, 2],
      ]);
      assert.equal(gather(table, tensor([[1, 0]], { dtype }), 1).toArray(), [[2, 1]]);
    }
    assert.equal(take(table, tensor([-1], { dtype: 'int8' })).toArray(), [[5, 6]]);
    // As int32 it would be −1, the last row.
    assert.throws(
      () => take(table, tensor([2 ** 32 - 1], { dtype: 'uint32' })),
      (error) => error instanceof ArgumentError,
    );
  });
});

test('integers: views, selections and loops keep type and numbers', () => {
  check(
    fc.property(
      fc.constantFrom(...integers),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 11 }),
      (dtype, m, n) => {
        const data = Float64Array.from({ length: m * n }, (_, i) => (i * 7) % 120);
        const results = (type: Dtype): unknown =>
          [wasm, referenceBackend].map((backend) =>
            onBackend(backend, () => {
              const x = fromData(data, [m, n], { dtype: type });
              const turned = transpose(x) as Tensor;
              const all = [
                turned,
                flip(x, [1]),
                slice(x, [null, [0, n, 2]]),
                concat([turned, turned], 0),
                where(less(x, 50), x, 7),
                vmap((line: Tensor) => add(line, 1) as Tensor)(x),
                max(turned, { axis: 1 }),
              ];
              for (const y of all) assert.is((y as Tensor).dtype, type);
              return all.map((y) => numbersOf(y as Tensor));
            }),
          );
        assert.equal(results(dtype), results('float64'));
      },
    ),
    { numRuns: 50 },
  );
});

test('integers: what they do not hold is refused, and messages say how to convert', () => {
  const bytes = tensor([1], { dtype: 'uint8' });
  const refusals: readonly (readonly [() => unknown, string])[] = [
    [
      () => tensor([256], { dtype: 'uint8' }),
      "tensor: element 0 is 256, which does not fit uint8; give a number from 0 to 255, or use 'float64'",
    ],
    [
      () => fromData([-129], [1], { dtype: 'int8' }),
      "fromData: element 0 is -129, which does not fit int8; give a number from −128 to 127, or use 'float64'",
    ],
    [
      () => fromData(Uint8Array.of(128), [1], { dtype: 'int8' }),
      "fromData: element 0 is 128, which does not fit int8; give a number from −128 to 127, or use 'float64'",
    ],
    [
      () => full([1], -1, { dtype: 'uint32' }),
      "full: the value is -1, which does not fit uint32; give a number from 0 to 2^32 − 1, or use 'float64'",
    ],
    [
      () => add(bytes, 300),
      "add: the literal 300 does not fit uint8 (shape [1]); convert the tensor with cast(x, 'float32')",
    ],
    [
      () => add(bytes, tensor([1])),
      "add: uint8 and float32 do not mix (shapes [1] · [1]); convert one of them with cast(x, 'float32')",
    ],
    [() => exp(bytes), "exp: does not take uint8 (shape [1]); convert with cast(x, 'float32') or cast(x, 'float64')"],
    [() => iota([300], { dtype: 'uint8' }), "iota: uint8 does not hold 299 (shape [300]); use 'int32'"],
  ];
  for (const [f, message] of refusals) fails(f, DtypeError, message);
  for (const dtype of integers) {
    assert.ok(!isFloat(dtype));
    assert.throws(
      () => grad((x: Tensor) => sum(cast(x, 'float32')) as Tensor)(tensor([1], { dtype })),
      (e) => e instanceof GradientError,
    );
  }
  assert.is(fromData(Int8Array.of(-1), [1]).dtype, 'int8');
  assert.is(fromData(Uint32Array.of(2 ** 32 - 1), [1]).item(), 2 ** 32 - 1);
  assert.is(fromData(Uint8Array.of(255), [1]).dtype, 'int32');
});
