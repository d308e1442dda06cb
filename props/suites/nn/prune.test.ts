/** Pruning masks, parameter counts and accuracy. */
import * as fc from 'fast-check';
import { grad, key, mul, normal, ones, sum, type Tensor, tensor, zeros } from '../../../autograd/index.js';
import {
  accuracy,
  applyMasks,
  countParameters,
  magnitudeMask,
  sliceMask,
  sliceNorms,
  sparsity,
} from '../../../nn/index.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const amounts = fc.double({ min: 0, max: 1, noNaN: true });

test('magnitudeMask: one threshold over the whole tree, so that a leaf of small weights loses more', () => {
  const masks = magnitudeMask({ a: tensor([[5, -0.1]]), b: { c: tensor([0.2, -0.3, 4]) } }, 0.6);
  assert.equal(masks.a.toArray(), [[1, 0]]);
  assert.equal(masks.b.c.toArray(), [0, 0, 1]);
  assert.is(masks.a.dtype, 'bool');
});

test('magnitudeMask: drops exactly the rounded number, halves to even, also among equals', () => {
  const dropped = (amount: number): number =>
    magnitudeMask(ones([5]), amount)
      .dataSync()
      .filter((kept) => kept === 0).length;
  assert.equal([0, 0.1, 0.3, 0.5, 0.7, 1].map(dropped), [0, 0, 2, 2, 4, 5]);
  assert.equal(magnitudeMask(ones([4]), 0.5).toArray(), [0, 0, 1, 1]);
});

test('magnitudeMask: leaves that are not included stay whole and do not count', () => {
  const params = { weight: tensor([1, 2, 3, 4]), bias: tensor([0, 0]) };
  const masks = magnitudeMask(params, 0.5, { include: (path) => path === 'weight' });
  assert.equal(masks.weight.toArray(), [0, 0, 1, 1]);
  assert.equal(masks.bias.toArray(), [1, 1]);
  const pair = { dense: ones([1, 2]), norm: ones([2]) };
  const { dense, norm } = magnitudeMask(pair, 1, { include: (_, leaf) => leaf.rank > 1 });
  assert.equal([dense.toArray(), norm.toArray()], [[[0, 0]], [1, 1]]);
  assert.equal(magnitudeMask(params, 0.5, { include: () => false }).weight.toArray(), [1, 1, 1, 1]);
});

test('magnitudeMask: no weight that stays is smaller than one that goes', () => {
  check(
    fc.property(amounts, fc.nat(100), (amount, seed) => {
      const weights = normal(key(seed), [3, 4]);
      const kept = magnitudeMask(weights, amount).dataSync();
      const sizes = Array.from(weights.dataSync(), Math.abs);
      const stay = sizes.filter((_, i) => kept[i] === 1);
      const go = sizes.filter((_, i) => kept[i] === 0);
      assert.ok(Math.min(...stay, Number.POSITIVE_INFINITY) >= Math.max(...go, 0));
    }),
    { numRuns: 100 },
  );
});

test('magnitudeMask: scalars, empty leaves and empty trees', () => {
  const masks = magnitudeMask({ a: tensor(3), b: zeros([0, 2]), c: null }, 1);
  assert.equal([masks.a.dtype, masks.a.toArray()], ['bool', 0]);
  assert.equal([masks.b.dtype, masks.b.shape], ['bool', [0, 2]]);
  assert.is(masks.c, null);
  assert.equal(magnitudeMask({}, 0.5), {});
});

test('magnitudeMask: an amount outside [0, 1] is refused', () => {
  assert.throws(() => magnitudeMask(ones([2]), 1.5), /the amount 1.5 is not a share/);
  assert.throws(() => sliceMask(ones([2]), Number.NaN), /not a share/);
});

test('sliceMask: whole slices go, chosen by any norm and along any axis', () => {
  const weight = tensor([
    [3, 0],
    [2, 2],
    [0, 1],
  ]);
  assert.equal(sliceNorms(weight).toArray(), [3, 4, 1]);
  assert.equal(sliceNorms(weight, { p: 'inf' }).toArray(), [3, 2, 1]);
  assert.equal(sliceMask(weight, 1 / 3).toArray(), [
    [1, 1],
    [1, 1],
    [0, 0],
  ]);
  assert.equal(sliceMask(weight, 2 / 3, { p: 'inf' }).toArray(), [
    [1, 1],
    [0, 0],
    [0, 0],
  ]);
  assert.equal(sliceMask(weight, 0.5, { axis: -1 }).toArray(), [
    [1, 0],
    [1, 0],
    [1, 0],
  ]);
  assert.throws(() => sliceMask(weight, 0.5, { axis: 2 }), /sliceMask: axis 2 is out of range for rank 2/);
});

test('applyMasks: pruned weights are 0 whatever they were, and take no gradient', () => {
  const masks = { a: tensor([true, false]) };
  assert.equal(applyMasks({ a: tensor([2, Number.POSITIVE_INFINITY]) }, masks).a.toArray(), [2, 0]);
  const loss = (p: { readonly a: Tensor }): Tensor => sum(mul(applyMasks(p, masks).a, tensor([5, 7])));
  assert.equal(grad(loss)({ a: tensor([1, 1]) }).a.toArray(), [5, 0]);
});

test('sparsity: the share of zeros; 0 for a tree without numbers', () => {
  assert.is(sparsity({ a: tensor([0, 1, 2]), b: tensor(0) }), 0.5);
  assert.is(sparsity({}), 0);
});

test('countParameters: adds up the sizes of all leaves', () => {
  assert.is(countParameters({ a: zeros([3, 4]), b: [zeros([]), null, zeros([0, 9])] }), 13);
});

test('accuracy: the share of samples whose largest score is the target; a tie is the first class', () => {
  const target = tensor([0, 1, 0, 1], { dtype: 'int32' });
  const scores = tensor([
    [2, 1],
    [0, 3],
    [1, 5],
    [4, 4],
  ]);
  assert.is(accuracy(scores, target).item(), 0.5);
  assert.throws(() => accuracy(scores, tensor([0, 1], { dtype: 'int32' })), /scores and class numbers do not fit/);
});
