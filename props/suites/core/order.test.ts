/** Sorting, top-k, quantiles: known values, stability, NaN, axes and errors. */
import * as fc from 'fast-check';
import { grad, vmap } from '../../../autograd/index.js';
import {
  ArgumentError,
  AxisError,
  argsort,
  fromData,
  median,
  quantile,
  ShapeError,
  sort,
  sum,
  type Tensor,
  tensor,
  topk,
  zeros,
} from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const f64 = (values: Parameters<typeof tensor>[0]): Tensor => tensor(values, { dtype: 'float64' });

test('sort: known values along any axis, both ways', () => {
  const x = f64([
    [3, 1, 2],
    [0, 5, 4],
  ]);
  assert.equal(sort(x).values.toArray(), [
    [1, 2, 3],
    [0, 4, 5],
  ]);
  assert.equal(sort(x).indices.toArray(), [
    [1, 2, 0],
    [0, 2, 1],
  ]);
  assert.equal(sort(x, { axis: 0 }).values.toArray(), [
    [0, 1, 2],
    [3, 5, 4],
  ]);
  assert.equal(sort(x, { axis: -2, descending: true }).indices.toArray(), [
    [0, 1, 1],
    [1, 0, 0],
  ]);
});

test('sort: agrees with the sorting of the language, is a permutation, and is stable', () => {
  check(
    fc.property(fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 12 }), fc.boolean(), (data, descending) => {
      const { values, indices } = sort(fromData(Float64Array.from(data), [data.length]), { descending });
      const sign = descending ? -1 : 1;
      const order = [...data.keys()].sort((i, j) => sign * ((data[i] ?? 0) - (data[j] ?? 0)));
      assert.equal([...indices.dataSync()], order);
      assert.equal(
        [...values.dataSync()],
        order.map((i) => data[i]),
      );
    }),
    { numRuns: 100 },
  );
});

test('sort: NaN counts as the largest number, infinities in their places', () => {
  const x = f64([Number.NaN, Number.POSITIVE_INFINITY, 1, Number.NaN, Number.NEGATIVE_INFINITY]);
  assert.equal(argsort(x).toArray(), [4, 2, 1, 0, 3]);
  assert.equal(argsort(x, { descending: true }).toArray(), [0, 3, 1, 2, 4]);
});

test('sort: integers and booleans keep their element type', () => {
  const integers = sort(tensor([3, -1, 2], { dtype: 'int32' }));
  assert.equal([integers.values.dtype, integers.values.toArray()], ['int32', [-1, 2, 3]]);
  const booleans = sort(tensor([true, false, true]));
  assert.equal([booleans.values.dtype, booleans.values.toArray()], ['bool', [0, 1, 1]]);
});

test('sort: an empty axis is sorted already', () => {
  assert.equal(sort(zeros([2, 0])).values.shape, [2, 0]);
  assert.equal(sort(zeros([0, 2])).indices.shape, [0, 2]);
  assert.throws(
    () => sort(f64(1)),
    (error: unknown) => error instanceof AxisError && error.message.startsWith('sort: '),
  );
});

test('topk: the best k, best first, either way, along any axis', () => {
  const x = f64([
    [3, 1, 2],
    [0, 5, 4],
  ]);
  assert.equal(topk(x, 2).values.toArray(), [
    [3, 2],
    [5, 4],
  ]);
  assert.equal(topk(x, 2).indices.toArray(), [
    [0, 2],
    [1, 2],
  ]);
  assert.equal(topk(x, 1, { axis: 0, largest: false }).values.toArray(), [[0, 1, 2]]);
  assert.equal(topk(x, 0).values.shape, [2, 0]);
  assert.equal(topk(x, 3).values.toArray(), sort(x, { descending: true }).values.toArray());
  for (const k of [4, -1, 1.5])
    assert.throws(
      () => topk(x, k),
      (error: unknown) => error instanceof ArgumentError && /^topk: cannot take .* of 3 elements/.test(error.message),
    );
});

test('median, quantile: between neighbours, linearly', () => {
  const x = f64([
    [4, 1, 3, 2],
    [10, 40, 20, 30],
  ]);
  assert.is(median(f64([7, 1, 3])).item(), 3);
  assert.equal(median(x, { axis: 1 }).toArray(), [2.5, 25]);
  assert.equal(median(x, { axis: 1, keepDims: true }).shape, [2, 1]);
  assert.equal(quantile(x, 0.25, { axis: -1 }).toArray(), [1.75, 17.5]);
  assert.equal(quantile(x, 1, { axis: -1 }).toArray(), [4, 40]);
  assert.is(quantile(x, 0).item(), 1);
  assert.equal(median(x, { keepDims: true }).toArray(), [[7]]);
  assert.is(median(tensor([1, 2], { dtype: 'int32' })).item(), 1.5);
  assert.equal(grad((z: Tensor) => sum(median(z, { axis: 1 })))(x).toArray(), [
    [0, 0, 0.5, 0.5],
    [0, 0, 0.5, 0.5],
  ]);
});

test('median, quantile: NaN is contagious, infinities are not', () => {
  assert.equal(median(f64([1, Number.NaN, 2])).item(), Number.NaN);
  const infinity = Number.POSITIVE_INFINITY;
  assert.is(median(f64([infinity, infinity, 1, infinity])).item(), infinity);
  assert.is(median(f64([infinity, 1, 2])).item(), 2);
});

test('median, quantile: errors', () => {
  assert.throws(
    () => median(zeros([0])),
    (error: unknown) => error instanceof ShapeError && error.message.startsWith('median: '),
  );
  for (const q of [-0.1, 1.1, Number.NaN])
    assert.throws(
      () => quantile(f64([1]), q),
      (error: unknown) => error instanceof ArgumentError && error.message.startsWith('quantile: '),
    );
});

test('sort, topk, median: batched, they treat each example', () => {
  const x = f64([
    [3, 1, 2],
    [0, 5, 4],
  ]);
  assert.equal(vmap((row: Tensor) => sort(row).values)(x).toArray(), sort(x).values.toArray());
  assert.equal(vmap((row: Tensor) => topk(row, 2).indices)(x).toArray(), topk(x, 2).indices.toArray());
  assert.equal(vmap((row: Tensor) => median(row))(x).toArray(), [2, 4]);
});
