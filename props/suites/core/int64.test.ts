/** int64: read, written, moved, converted and an index; nothing is computed with it, and no bit of it goes through a double. */
import * as fc from 'fast-check';
import { compile, vmap } from '../../../autograd/index.js';
import { referenceBackend } from '../../../core/backends/reference/backend.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import type { Dtype } from '../../../core/base/dtype.js';
import {
  ArgumentError,
  add,
  argmax,
  broadcastTo,
  cast,
  concat,
  DtypeError,
  equal,
  flip,
  fromData,
  full,
  gather,
  iota,
  mean,
  pad,
  permute,
  reshape,
  slice,
  sort,
  stack,
  sum,
  type Tensor,
  take,
  tensor,
  where,
  zeros,
} from '../../../core/index.js';
import { onBackend } from '../../laws/backend.js';
import * as assert from '../../runner/assert.js';
import { fails } from '../../runner/fails.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const wasm = createWasmBackend();
const onBoth = (f: () => void): void => {
  for (const backend of [wasm, referenceBackend]) onBackend(backend, f);
};
const int64 = (values: readonly bigint[]): Tensor => fromData(BigInt64Array.from(values), [values.length]);
const read = (x: Tensor): bigint[] => Array.from(x.dataSync('int64'));
const beyond = 2n ** 53n + 1n;

test('int64: data are bigints, items and lists are numbers, and one that no number is for certain is refused', async () => {
  const x = int64([1n, -2n, 2n ** 53n - 1n]);
  assert.is(x.dtype, 'int64');
  assert.equal(x.toArray(), [1, -2, 2 ** 53 - 1]);
  assert.is(x.dataSync().constructor, BigInt64Array);
  assert.equal(Array.from(await x.data('int64')), [1n, -2n, 2n ** 53n - 1n]);
  assert.equal(read(int64([beyond, -(2n ** 63n)])), [beyond, -(2n ** 63n)]);
  assert.is(String(int64([beyond, 3n])), 'Tensor(int64[2] ["9007199254740993",3])');
  assert.equal(int64([beyond, 3n]).toJSON().data, ['9007199254740993', 3]);
  assert.equal(int64([-1n]).bytes(), new Uint8Array(8).fill(255));
  fails(
    () => int64([beyond]).item(),
    DtypeError,
    'item: element 0 is 9007199254740993, which no number holds for certain; data() and dataSync() give a BigInt64Array',
  );
  assert.throws(
    () => int64([0n, -beyond]).toArray(),
    (error) => error instanceof DtypeError,
  );
  fails(
    () => tensor([1]).dataSync('int64'),
    DtypeError,
    'dataSync: the tensor is float32, not "int64" (shape [1]); give no type, or convert with cast(x, \'int64\')',
  );
});

test('int64: tensors are made of numbers and of bigints, and cannot hold what is beyond', () => {
  onBoth(() => {
    assert.equal(read(tensor([1.9, -1.9, 2 ** 62], { dtype: 'int64' })), [1n, -1n, 2n ** 62n]);
    assert.equal(read(zeros([2], { dtype: 'int64' })), [0n, 0n]);
    assert.equal(read(full([2], -(2 ** 63), { dtype: 'int64' })), [-(2n ** 63n), -(2n ** 63n)]);
    assert.equal(fromData(BigInt64Array.of(-7n), [1], { dtype: 'int32' }).toArray(), [-7]);
    assert.throws(
      () => fromData(BigInt64Array.of(2n ** 32n + 7n), [1], { dtype: 'int32' }),
      (error) => error instanceof DtypeError,
    );
    assert.throws(
      () => tensor([2 ** 63], { dtype: 'int64' }),
      (error) => error instanceof DtypeError,
    );
    assert.throws(
      () => tensor([Number.NaN], { dtype: 'int64' }),
      (error) => error instanceof DtypeError,
    );
  });
});

const anyBigint = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -300n, max: 300n }),
  // Half way between neighbours of float32 and of halves, and just beside it.
  fc
    .tuple(fc.nat(2 ** 24), fc.integer({ min: 1, max: 38 }), fc.constantFrom(-1n, 0n, 1n))
    .map(([x, shift, off]) => (BigInt(2 * x + 1) << BigInt(shift - 1)) + off),
);

/** The nearest float32, ties to even, in whole numbers. */
const nearestFloat32 = (value: bigint): number => {
  const size = value < 0n ? -value : value;
  const dropped = BigInt(Math.max(0, size.toString(2).length - 24));
  const [low, rest, half] = [
    size >> dropped,
    size & ((1n << dropped) - 1n),
    dropped === 0n ? 0n : 1n << (dropped - 1n),
  ];
  const up = dropped > 0n && (rest > half || (rest === half && (low & 1n) === 1n));
  return Number((low + (up ? 1n : 0n)) << dropped) * (value < 0n ? -1 : 1);
};

test('int64: integers keep the last bits, floats are the nearest, and bools say what is not 0', () => {
  check(
    fc.property(fc.array(anyBigint, { minLength: 1, maxLength: 20 }), (values) => {
      onBoth(() => {
        const x = int64(values);
        const as = (dtype: Dtype): number[] => Array.from(cast(x, dtype).dataSync());
        assert.equal(
          as('int8'),
          values.map((v) => Number(BigInt.asIntN(8, v))),
        );
        assert.equal(
          as('uint8'),
          values.map((v) => Number(BigInt.asUintN(8, v))),
        );
        assert.equal(
          as('int32'),
          values.map((v) => Number(BigInt.asIntN(32, v))),
        );
        assert.equal(
          as('uint32'),
          values.map((v) => Number(BigInt.asUintN(32, v))),
        );
        assert.equal(
          as('bool'),
          values.map((v) => Number(v !== 0n)),
        );
        assert.equal(as('float64'), values.map(Number));
        assert.equal(
          as('float32'),
          values.map((v) => nearestFloat32(v) + 0),
        );
        for (const dtype of ['int8', 'uint8', 'int32', 'uint32', 'float16', 'bfloat16', 'float32', 'bool'] as const)
          assert.equal(
            read(cast(cast(x, dtype), 'int64')),
            as(dtype).map((v) => (Number.isFinite(v) ? BigInt.asIntN(64, BigInt(v)) : 0n)),
          );
      });
    }),
    { numRuns: 60 },
  );
});

test('int64: shape operations keep every bit, eager, compiled and batched', () => {
  check(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 7 }), (m, n) => {
      // Numbers, and integers whose bits are far from those of a double of theirs: NaN among them.
      const values = Array.from({ length: m * n }, (_, i) => 2n ** 62n + 2n ** 52n * BigInt(i * 29) + BigInt(i));
      const places = Array.from({ length: m * n }, (_, i) => i);
      const moved = (x: Tensor): Tensor[] =>
        [
          permute(x, [1, 0]),
          reshape(permute(x, [1, 0]), [m * n]),
          flip(x, [1]),
          slice(x, [null, [0, n, 2]]),
          broadcastTo(slice(x, [[0, 1, 1], null]), [3, n]),
          concat([x, flip(x, [0])], 0),
          stack([x, x]),
          take(x, tensor([m - 1, 0], { dtype: 'int32' }), { axis: 0 }),
          gather(x, zeros([m, 1], { dtype: 'int32' }), 1),
          vmap((line: Tensor) => flip(line, [0]) as Tensor)(x),
        ] as Tensor[];
      onBoth(() => {
        const want = moved(fromData(places, [m, n], { dtype: 'int32' })).map((y) =>
          Array.from(y.dataSync(), (i) => values[i]),
        );
        const x = fromData(BigInt64Array.from(values), [m, n]);
        assert.equal(moved(x).map(read), want);
        assert.equal(compile(moved)(x).map(read), want);
      });
    }),
    { numRuns: 30 },
  );
});

test('int64: an index of any size is one, and what int32 does not hold is out of range', () => {
  onBoth(() => {
    assert.equal(take(tensor([5, 6, 7]), int64([2n, -3n])).toArray(), [7, 5]);
    // Their last 32 bits are those of 1.
    for (const value of [2n ** 32n + 1n, 1n - 2n ** 32n])
      assert.throws(
        () => take(tensor([5, 6, 7]), int64([value])),
        (error) => error instanceof ArgumentError,
      );
  });
});

test('int64: arithmetic is refused in the name of the operation, with the cast that helps', () => {
  const x = int64([1n, 2n]);
  const refused = (op: string): string =>
    `${op}: does not compute with int64 (shape [2]); convert with cast(x, 'int32') or cast(x, 'float64')`;
  fails(
    () => add(x, x),
    DtypeError,
    "add: does not compute with int64 (shapes [2] · [2]); convert with cast(x, 'int32') or cast(x, 'float64')",
  );
  onBoth(() => {
    fails(() => sum(x), DtypeError, refused('sum'));
    fails(() => argmax(x), DtypeError, refused('argmax'));
    fails(() => pad(x, [[1, 1]]), DtypeError, refused('pad'));
    for (const f of [
      () => equal(x, x),
      () => where(tensor([true, false]), x, x),
      () => mean(x),
      () => sort(x),
      () => iota([2], { dtype: 'int64' }),
      () => compile((y: Tensor) => add(y, 1))(x),
    ])
      assert.throws(f, (error) => error instanceof DtypeError && /cast\(x, 'int32'\)/.test(error.message));
  });
});
