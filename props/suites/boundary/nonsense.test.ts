/** Boundary points of sense: numbers that are no probability, no variance, no margin and no moment of a run. */

import { compile, grad, vmap } from '../../../autograd/index.js';
import { bernoulli, categorical, key, sum, type Tensor, tensor, zeros } from '../../../core/index.js';
import { normalize } from '../../../data/index.js';
import {
  bceLoss,
  cosineEmbeddingLoss,
  cosineSimilarity,
  crossEntropyOfProbabilities,
  gaussianNllLoss,
  hingeEmbeddingLoss,
  marginRankingLoss,
} from '../../../nn/index.js';
import { byEpoch, stepDecay } from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const nan = Number.NaN;
const isNan = (x: Tensor): boolean => Number.isNaN(x.item());

test('a probability or a variance out of range is an error where it is known, and NaN in a compiled program: losses', () => {
  const bce = (p: Tensor, t: Tensor): Tensor => bceLoss(p, t);
  const nll = (x: Tensor, v: Tensor): Tensor => gaussianNllLoss(x, zeros(x.shape, { dtype: x.dtype }), v);
  const one = tensor([1]);
  for (const p of [2, -0.1, 1.001, Infinity, -Infinity]) {
    assert.throws(() => bce(tensor([p]), one), /bceLoss: the probability \[0\] is /);
    assert.throws(() => grad((x: Tensor) => bce(x, one))(tensor([p])), /bceLoss: the probability/);
    for (const target of [0, 1]) assert.ok(isNan(compile(bce)(tensor([p]), tensor([target]))), `compiled ${p}`);
  }
  for (const v of [-1, -1e-9, -Infinity]) {
    assert.throws(() => nll(one, tensor([v])), /gaussianNllLoss: the variance \[0\] is /);
    assert.ok(isNan(compile(nll)(one, tensor([v]))), `compiled ${v}`);
  }
  // In float64, too.
  const double = (value: number): Tensor => tensor([value], { dtype: 'float64' });
  assert.ok(isNan(compile(bce)(double(2), double(1))));
  assert.is(compile(bce)(double(1), double(1)).item(), 0);
  assert.ok(isNan(compile(nll)(double(1), double(-1))));
  assert.is(compile(nll)(double(1), double(1)).item(), 0.5);
  // The ends are in range, NaN makes the loss NaN, and what a weight of 0 leaves out may be anything.
  for (const run of [bce, compile(bce)]) {
    assert.is(run(tensor([0, 1]), tensor([0, 1])).item(), 0);
    assert.ok(isNan(run(tensor([nan]), one)));
  }
  assert.is(nll(tensor([0]), tensor([0])).item(), compile(nll)(tensor([0]), tensor([0])).item());
  const weighed = (p: Tensor, weight: Tensor): Tensor => bceLoss(p, tensor([1, 1]), { weight, reduction: 'sum' });
  for (const run of [weighed, compile(weighed)]) {
    assert.is(run(tensor([1, 2]), tensor([1, 0])).item(), 0);
    assert.is(run(tensor([1, nan]), tensor([1, 0])).item(), 0);
  }
  assert.throws(() => weighed(tensor([1, 2]), tensor([0, 1])), /bceLoss: the probability \[1\] is 2/);
});

test('a probability or a variance out of range: samplers refuse what is known, and say in a compiled program what they draw', () => {
  const draw = (p: Tensor): Tensor => bernoulli(key(0), p, [3]);
  for (const p of [nan, -1, 2, 1.0001])
    for (const dtype of ['float32', 'float64'] as const)
      assert.throws(() => draw(tensor([p], { dtype })), /bernoulli: .* is not a probability/);
  assert.equal(compile(draw)(tensor([nan, -1, 2])).toArray(), [0, 0, 1]);
  assert.equal(draw(tensor([0, 1, 1])).toArray(), [0, 1, 1]);

  const choose = (logits: Tensor): Tensor => categorical(key(0), logits);
  assert.throws(() => categorical(key(0), tensor([nan, 0]), [4]), /categorical: a logit is NaN/);
  assert.throws(
    () =>
      choose(
        tensor([
          [0, 1],
          [-Infinity, -Infinity],
        ]),
      ),
    /categorical: all logits of a line are −∞/,
  );
  // Of two that are certain neither is; one is.
  assert.throws(() => choose(tensor([Infinity, Infinity, 0])), /categorical: 2 logits of a line are ∞/);
  assert.is(compile(choose)(tensor([0, Infinity, Infinity])).item(), -1);
  for (const run of [choose, compile(choose)]) assert.is(run(tensor([0, Infinity, 5])).item(), 1);
  const logits = tensor([
    [nan, 0],
    [-Infinity, -Infinity],
    [-Infinity, 0],
    [Infinity, 0],
  ]);
  for (const run of [compile(choose), vmap(choose)]) assert.equal(run(logits).toArray(), [-1, -1, 1, 0]);
  const sound = tensor([[0.3, -Infinity, 1]]);
  assert.equal(compile(choose)(sound).toArray(), choose(sound).toArray());
});

test('margins, deviations and moments that are no numbers are errors', () => {
  const [a, y] = [tensor([[1, 0]]), tensor([1])];
  assert.throws(() => marginRankingLoss(y, y, y, { margin: nan }), /marginRankingLoss: margin is NaN/);
  assert.throws(() => hingeEmbeddingLoss(y, y, { margin: nan }), /hingeEmbeddingLoss: margin is NaN/);
  assert.throws(() => cosineEmbeddingLoss(a, a, y, { margin: nan }), /cosineEmbeddingLoss: margin is NaN/);
  for (const std of [nan, -1, Infinity])
    assert.throws(() => normalize({ mean: [0], std: [std] }), /normalize: a deviation/);
  assert.throws(() => normalize({ mean: [nan], std: [1] }), /normalize: a mean is NaN/);
  const factor = byEpoch(stepDecay(1, { stepSize: 1 }));
  const history = { losses: [], checks: [] };
  for (const epoch of [0, -2, nan, 1.5])
    assert.throws(() => factor({ epoch, step: 0, history }), /byEpoch: the epoch is /);
  assert.throws(() => factor(1 as never), /byEpoch: the epoch is undefined/);
  assert.ok(Number.isFinite(factor({ epoch: 1, step: 0, history })));
});

test('cosine of a vector of zeros is 0, but NaN beside NaN', () => {
  const cosine = (a: Tensor, b: Tensor): Tensor => cosineSimilarity(a, b);
  const zero = tensor([[0, 0]]);
  for (const run of [cosine, compile(cosine)]) {
    for (const other of [
      [nan, 0],
      [0, nan],
      [nan, nan],
    ]) {
      assert.ok(Number.isNaN(run(tensor([other]), zero).dataSync()[0]));
      assert.ok(Number.isNaN(run(zero, tensor([other])).dataSync()[0]));
    }
    assert.equal(run(zero, tensor([[1, 2]])).toArray(), [0]);
    assert.equal(run(zero, zero).toArray(), [0]);
  }
  assert.equal(grad((x: Tensor) => sum(cosine(x, tensor([[1, 2]]))))(zero).toArray(), [[0, 0]]);
});

test('what a loss does not read has gradient 0, even if it is NaN', () => {
  const target = tensor([1], { dtype: 'int32' });
  for (const clip of [0, 1e-7]) {
    const loss = (p: Tensor): Tensor => crossEntropyOfProbabilities(p, target, { clip });
    for (const other of [nan, 0, Infinity]) {
      const p = tensor([[other, 0.5]]);
      for (const run of [loss, compile(loss)]) assert.is(run(p).item(), Math.fround(Math.LN2));
      for (const slope of [grad(loss), compile(grad(loss))]) assert.equal(slope(p).toArray(), [[0, -2]]);
    }
  }
});
