/** Keys and samplers: published test vectors, JAX's streams, moments, and purity. */
import * as fc from 'fast-check';
import { vmap } from '../../../autograd/index.js';
import {
  ArgumentError,
  bernoulli,
  categorical,
  exponential,
  foldIn,
  fromData,
  gumbel,
  type Key,
  key,
  normal,
  permutation,
  rademacher,
  randomIntegers,
  splitKey,
  type Tensor,
  tensor,
  threefry,
  truncatedNormal,
  uniform,
} from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const pair = (high: number, low: number): Tensor => fromData(Int32Array.of(high, low), [2]);
const hex = (words: Tensor): string[] =>
  Array.from(words.dataSync(), (word) => (word >>> 0).toString(16).padStart(8, '0'));

const mean = (data: ArrayLike<number>): number => Array.from(data).reduce((sum, x) => sum + x, 0) / data.length;
const deviation = (data: ArrayLike<number>): number => {
  const centre = mean(data);
  return Math.sqrt(mean(Array.from(data, (x) => (x - centre) ** 2)));
};

test('threefry: the published known-answer vectors', () => {
  assert.equal(hex(threefry(pair(0, 0), pair(0, 0))), ['6b200159', '99ba4efe']);
  assert.equal(hex(threefry(pair(-1, -1), pair(-1, -1))), ['1cb996fc', 'bb002be7']);
  assert.equal(hex(threefry(pair(0x13198a2e, 0x03707344), pair(0x243f6a88, 0x85a308d3 | 0))), ['c4923a9c', '483df7a0']);
});

test('splitKey, foldIn: the streams of JAX', () => {
  const words = splitKey(key(0), 3).map((k) => Array.from(k.dataSync(), (word) => word >>> 0));
  assert.equal(words, [
    [1797259609, 2579123966],
    [928981903, 3453687069],
    [4146024105, 2718843009],
  ]);
  assert.equal(foldIn(key(0), 2).toArray(), splitKey(key(0), 3)[2]?.toArray());
});

test('uniform: the stream of JAX, bit for bit', () => {
  const expected = [
    0.48870956897735596, 0.6797971725463867, 0.6162714958190918, 0.5610160827636719, 0.4506446123123169,
    0.58586585521698,
  ];
  assert.equal([...uniform(key(42), [6]).dataSync()], expected);
});

test('normal: the stream of JAX, as its documentation prints it', () => {
  assert.is(normal(key(42), []).item().toFixed(9), '-0.028304616');
});

test('samplers: moments over 20,000 draws', () => {
  const n = 20_000;
  const near = (name: string, got: number, want: number, within: number): void =>
    assert.ok(Math.abs(got - want) < within, `${name}: ${got}, not ${want}`);
  const moments = (name: string, sample: Tensor, wantMean: number, wantDeviation: number): void => {
    const data = sample.dataSync();
    near(`${name} mean`, mean(data), wantMean, (5 * wantDeviation) / Math.sqrt(n));
    near(`${name} deviation`, deviation(data), wantDeviation, 0.05 * wantDeviation);
  };
  for (const dtype of ['float32', 'float64'] as const) {
    moments('uniform', uniform(key(1), [n], { min: -3, max: 5, dtype }), 1, 8 / Math.sqrt(12));
    moments('normal', normal(key(2), [n], { mean: 1, std: 2, dtype }), 1, 2);
    moments('exponential', exponential(key(3), [n], { dtype }), 1, 1);
    moments('gumbel', gumbel(key(4), [n], { dtype }), 0.5772156649, Math.PI / Math.sqrt(6));
    moments('truncatedNormal', truncatedNormal(key(5), [n], { dtype }), 0, 0.87962566103423978);
    moments('rademacher', rademacher(key(6), [n], { dtype }), 0, 1);
  }
  near('bernoulli', mean(bernoulli(key(7), 0.3, [n]).dataSync()), 0.3, 0.02);
  moments('randomIntegers', randomIntegers(key(8), [n], { min: -2, max: 4 }), 0.5, Math.sqrt(35 / 12));
});

test('truncatedNormal: stays within its bounds', () => {
  const data = truncatedNormal(key(0), [5000], { min: -1, max: 0.5, dtype: 'float64' }).dataSync();
  assert.ok(data.every((x) => x >= -1 && x <= 0.5));
});

test('permutation: every number once, another order for another key, slices move whole', () => {
  check(
    fc.property(fc.nat(200), fc.nat(1000), (n, seed) => {
      const order = [...permutation(key(seed), n).dataSync()];
      assert.equal(
        order.toSorted((a, b) => a - b),
        Array.from({ length: n }, (_, i) => i),
      );
    }),
    { numRuns: 30 },
  );
  assert.is.not(permutation(key(0), 50).toString(), permutation(key(1), 50).toString());
  const rows = permutation(
    key(3),
    tensor([
      [1, 10],
      [2, 20],
      [3, 30],
    ]),
  ).toArray() as number[][];
  assert.ok(rows.every(([a = 0, b = 0]) => b === 10 * a));
});

test('categorical: frequencies follow softmax(logits)', () => {
  const p = [0.1, 0.2, 0.7];
  const drawn = categorical(key(0), tensor(p.map(Math.log)), [20_000]).dataSync();
  for (const [label, want] of p.entries()) {
    const share = drawn.filter((x) => x === label).length / drawn.length;
    assert.ok(Math.abs(share - want) < 0.02, `class ${label}: ${share}, not ${want}`);
  }
});

test('samplers: pure functions of the key, and batched like one by one', () => {
  assert.equal(normal(key(9), [3, 4]).toArray(), normal(key(9), [3, 4]).toArray());
  const keys = splitKey(key(5), 4);
  const stacked = fromData(
    keys.flatMap((k) => [...k.dataSync()]),
    [4, 2],
    'int32',
  );
  const batched = vmap((k: Tensor) => normal(k as Key, [3]))(stacked).toArray();
  assert.equal(
    batched,
    keys.map((k) => normal(k, [3]).toArray()),
  );
});

test('keys: misuse', () => {
  assert.throws(
    () => key(1.5),
    (error: unknown) =>
      error instanceof ArgumentError &&
      error.message ===
        'key: the seed 1.5 is not a whole number below 2^53 in size; give an integer from −(2^53 − 1) to 2^53 − 1; beyond, numbers no longer tell neighbours apart',
  );
  assert.throws(
    () => foldIn(key(0), 0.5),
    (error: unknown) => error instanceof ArgumentError,
  );
  assert.throws(
    () => splitKey(key(0), -1),
    (error: unknown) => error instanceof ArgumentError,
  );
  assert.throws(
    () => bernoulli(key(0), 1.5, [2]),
    (error: unknown) => error instanceof ArgumentError,
  );
  assert.throws(
    () => uniform(key(0), [2], { min: 1, max: 0 }),
    (error: unknown) => error instanceof ArgumentError,
  );
  assert.throws(
    () => randomIntegers(key(0), [2], { min: 1, max: 1 }),
    (error: unknown) => error instanceof ArgumentError,
  );
});
