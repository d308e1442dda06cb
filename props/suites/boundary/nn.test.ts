/** Boundary points of layers, losses, initialisation and optimisers. */

import { grad, vjp } from '../../../autograd/index.js';
import {
  ArgumentError,
  add,
  fromData,
  key,
  mean,
  mul,
  ones,
  ShapeError,
  square,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '../../../core/index.js';
import * as nn from '../../../nn/index.js';
import { adam, adamw, applyUpdates, type GradientTransform, rmsprop, sgd } from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { fails } from '../../runner/fails.js';
import { test } from '../../runner/testing.js';

const float64 = (values: readonly number[], shape: readonly number[] = [values.length]): Tensor =>
  fromData(Float64Array.from(values), shape);
const classes = (...values: readonly number[]): Tensor => fromData(Int32Array.from(values), [values.length]);
const numbers = (x: Tensor): number[] => Array.from(x.dataSync());

/** f′ at each point. */
const slopes = (f: (x: Tensor) => Tensor, ...points: readonly number[]): number[] =>
  numbers(grad((x: Tensor) => sum(f(x)))(float64(points)));

/** f″ at each point. */
const curvatures = (f: (x: Tensor) => Tensor, ...points: readonly number[]): number[] =>
  numbers(grad((x: Tensor) => sum(grad((y: Tensor) => sum(f(y)))(x)))(float64(points)));

test("leakyRelu'(0), elu'(0): the left branch by default, the right one on request", () => {
  assert.equal(
    slopes((x) => nn.leakyRelu(x, { negativeSlope: 0.25 }), 0, -0),
    [0.25, 0.25],
  );
  assert.equal(
    slopes((x) => nn.leakyRelu(x, { negativeSlope: 0.25, atZero: 'right' }), 0),
    [1],
  );
  assert.equal(
    slopes((x) => nn.elu(x, { alpha: 0.5 }), 0),
    [0.5],
  );
  assert.equal(
    slopes((x) => nn.elu(x, { alpha: 0.5, atZero: 'right' }), 0),
    [1],
  );
  assert.equal(
    slopes((x) => nn.celu(x, { alpha: 0.5 }), 0),
    [1],
  );
});

test("leakyRelu'(0), elu'(0): far from 0 no branch turns the other into NaN, in any order", () => {
  const far = [1000, -1000, 1e300, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const f of [nn.elu, nn.selu, nn.celu] as const) {
    assert.ok(slopes(f, ...far).every(Number.isFinite), `${f.name} first`);
    assert.ok(curvatures(f, ...far).every(Number.isFinite), `${f.name} second`);
  }
  assert.equal(slopes(nn.elu, 1000, -1000), [1, 0]);
  assert.equal(
    slopes((x) => nn.leakyRelu(x, { negativeSlope: 0 }), Number.NEGATIVE_INFINITY),
    [0],
  );
});

test('relu6, hardtanh, hardsigmoid at their limits: 0; hardswish: x/3 + ½', () => {
  assert.equal(slopes(nn.relu6, 0, 3, 6), [0, 1, 0]);
  assert.equal(slopes(nn.hardtanh, -1, 0, 1), [0, 1, 0]);
  assertClose(float64(slopes(nn.hardsigmoid, -3, 0, 3)), float64([0, 1 / 6, 0]));
  assertClose(float64(slopes(nn.hardswish, -3, 0, 3)), float64([-0.5, 0.5, 1.5]));
  assert.equal(slopes(nn.hardswish, -1e300, 1e300, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY), [0, 1, 0, 1]);
});

test('relu6, hardtanh, hardsigmoid at their limits: NaN stays NaN', () => {
  for (const f of [nn.relu6, nn.hardtanh, nn.hardsigmoid, nn.hardswish, nn.leakyRelu, nn.elu] as const)
    assert.ok(Number.isNaN(f(float64([Number.NaN])).item()), f.name);
});

test('sigmoid, softplus, tanh, logsigmoid: finite values and slopes at ±1000', () => {
  assert.equal(numbers(nn.logSigmoid(float64([-1000, 1000]))), [-1000, -0]);
  assert.equal(slopes(nn.logSigmoid, -1000, 1000), [1, 0]);
  assert.equal(numbers(nn.softplus(float64([-1000, 1000]))), [0, 1000]);
  assert.equal(slopes(nn.softplus, -1000, 1000), [0, 1]);
});

test('a fully masked row of softmax or attention: zeros, with gradient 0', () => {
  const mask = fromData(Uint8Array.of(1, 0, 0, 0), [2, 2], 'bool');
  const x = float64([1, 2, 3, 4], [2, 2]);
  assert.equal(numbers(nn.functional.maskedSoftmax(x, mask)), [1, 0, 0, 0]);
  assert.equal(numbers(nn.functional.attention(x, x, x, { mask })), [1, 2, 0, 0]);
  const weights = (y: Tensor): Tensor => sum(square(nn.functional.attention(y, ones([2, 2], 'float64'), x, { mask })));
  assert.equal(numbers(grad(weights)(x)), [0, 0, 0, 0]);
});

test('what is masked: has no influence on values and gradients, whatever stands there', () => {
  const { NaN: nan } = Number;
  const mask = fromData(Uint8Array.of(1, 0), [1, 2], 'bool');
  const [q, k] = [float64([1, 2], [1, 2]), float64([1, 2, nan, nan], [2, 2])];
  assert.equal(numbers(nn.functional.attention(q, k, k, { mask })), [1, 2]);
  assert.equal(numbers(grad((v: Tensor) => sum(nn.functional.attention(q, v, v, { mask })))(k)), [1, 1, 0, 0]);
  const params = { weightIhL0: ones([1, 1], 'float64'), weightHhL0: ones([1, 1], 'float64') };
  const lengths = classes(1);
  const run = (p: typeof params, x: Tensor): Tensor =>
    sum(nn.functional.rnn(x, p, { nonlinearity: 'relu', lengths }).output);
  const x = float64([2, nan], [1, 2, 1]);
  assert.is(run(params, x).item(), 2);
  const [slopes, dx] = grad((all: [typeof params, Tensor]) => run(...all))([params, x]);
  assert.equal([numbers(slopes.weightIhL0), numbers(dx)], [[2], [1, 0]]);
  const scores = float64([1, 2, nan, nan], [2, 2]);
  const loss = (y: Tensor): Tensor => nn.crossEntropy(y, classes(0, -1), { ignoreIndex: -1 });
  assert.ok(Number.isFinite(loss(scores).item()));
  assert.equal(numbers(grad(loss)(scores)).slice(2), [0, 0]);
});

test('NaN in an activation or a loss: stays NaN, with a gradient that is not 0', () => {
  for (const f of [nn.hardshrink, nn.softshrink, nn.elu, nn.silu, nn.softsign] as const) {
    assert.ok(Number.isNaN(f(float64([Number.NaN])).item()), f.name);
    assert.is.not(slopes(f, Number.NaN)[0], 0, f.name);
  }
  const one = float64([1]);
  for (const loss of [nn.bceLoss, nn.bceWithLogits, nn.huberLoss, nn.klDiv] as const) {
    assert.ok(Number.isNaN(loss(float64([Number.NaN]), one).item()), loss.name);
    assert.is.not(slopes((x) => loss(x, one), Number.NaN)[0], 0, loss.name);
  }
});

test('an activation at −∞ and ∞: its limit, and the limit of its derivative', () => {
  const ends = float64([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  for (const f of [nn.silu, nn.gelu, nn.mish, nn.hardswish] as const) {
    assert.equal(numbers(add(f(ends), 0)), [0, Number.POSITIVE_INFINITY]);
    assert.equal(slopes(f, ...numbers(ends)), [0, 1]);
  }
  assert.equal(numbers(nn.softsign(ends)), [-1, 1]);
  assert.equal(slopes(nn.softsign, ...numbers(ends)), [0, 0]);
});

test('a share of 0 times an infinite loss: 0, with gradient 0', () => {
  const x = float64([Number.NEGATIVE_INFINITY, 0], [1, 2]);
  const loss = (y: Tensor): Tensor => nn.crossEntropy(y, float64([0, 1], [1, 2]));
  assert.is(loss(x).item() + 0, 0);
  assert.equal(numbers(add(grad(loss)(x), 0)), [0, 0]);
  assert.ok(Number.isNaN(loss(float64([Number.NaN, 0], [1, 2])).item()));
});

test('cosine of a vector of zeros: 0, with gradient 0', () => {
  const cosine = (x: Tensor): Tensor => nn.cosineSimilarity(x, float64([3, 4]), { axis: 0 });
  assert.is(cosine(float64([0, 0])).item(), 0);
  assert.equal(numbers(grad(cosine)(float64([0, 0]))), [0, 0]);
  assert.is(cosine(float64([4e-300, 3e-300])).item(), cosine(float64([4, 3])).item());
});

test('cross-entropy: the gradient is (p − target)/N', () => {
  const x = float64([1, 2, 3, -1, 0.5, 2], [2, 3]);
  const g = grad((y: Tensor) => nn.crossEntropy(y, classes(2, 0)))(x);
  const p = nn.softmax(x);
  assertClose(g, mul(add(p, float64([0, 0, -1, -1, 0, 0], [2, 3])), 0.5));
});

test('cross-entropy: scores of ±1000 give finite losses and gradients', () => {
  const x = float64([1000, -1000, 0, 1000], [2, 2]);
  assert.equal(numbers(nn.crossEntropy(x, classes(1, 1), { reduction: 'none' })), [2000, 0]);
  assert.ok(numbers(grad((y: Tensor) => nn.crossEntropy(y, classes(1, 1)))(x)).every(Number.isFinite));
});

test('cross-entropy: class numbers and one-hot probabilities agree', () => {
  const x = float64([1, 2, 3, -1, 0.5, 2], [2, 3]);
  const soft = float64([0, 0, 1, 1, 0, 0], [2, 3]);
  for (const labelSmoothing of [0, 0.1])
    assertClose(nn.crossEntropy(x, classes(2, 0), { labelSmoothing }), nn.crossEntropy(x, soft, { labelSmoothing }));
});

test('cross-entropy: ignored places take no gradient and do not count in the mean', () => {
  const x = float64([1, 2, 3, -1, 0.5, 2], [2, 3]);
  const [loss, pullback] = vjp((y: Tensor) => nn.crossEntropy(y, classes(2, -1), { ignoreIndex: -1 }), x);
  const [g] = pullback(float64([1], []));
  assertClose(loss, nn.crossEntropy(float64([1, 2, 3], [1, 3]), classes(2)));
  assert.equal(numbers(g).slice(3), [0, 0, 0]);
});

test('batch norm: normalises with the biased variance and remembers the unbiased one', () => {
  const norm = nn.batchNorm1d(1, { eps: 0 });
  const start = norm.init(key(0), { dtype: 'float64' });
  const [y, next] = norm.apply(start, float64([1, 3], [2, 1]), { training: true });
  assert.equal(numbers(y), [-1, 1]);
  assertClose(next.runningMean, float64([0.1 * 2]));
  assertClose(next.runningVariance, float64([0.9 * 1 + 0.1 * 2]));
});

test('batch norm: other conventions by option', () => {
  const x = float64([1, 3], [2, 1]);
  const state = (options: nn.BatchNormOptions): { mean: Tensor; variance: Tensor } => {
    const norm = nn.batchNorm1d(1, options);
    const [, next] = norm.apply(norm.init(key(0), { dtype: 'float64' }), x, { training: true });
    assert.ok(next !== null);
    return { mean: next.runningMean, variance: next.runningVariance };
  };
  assertClose(state({ decay: 0.75 }).mean, float64([0.25 * 2]));
  assertClose(state({ start: 'zeros', runningVariance: 'biased' }).variance, float64([0.1]));
  assertClose(state({ start: 'firstBatch', runningVariance: 'biased' }).variance, float64([1]));
  assertClose(state({ momentum: 'cumulative' }).mean, float64([2]));
});

test('batch norm: one value a channel in training is an error', () => {
  const net = nn.sequential(nn.linear(2, 2), nn.batchNorm1d(2));
  const { params, state } = net.init(key(0));
  fails(
    () => net.apply({ params, state }, ones([1, 2]), { training: true }),
    ShapeError,
    'batchNorm (1): training needs more than one value a channel, there is 1 (shape [1,2]); use a larger batch, or drop a last batch of one sample',
  );
});

test('batch norm: outside training it uses the running statistics and returns them as they are', () => {
  const norm = nn.batchNorm1d(2);
  const { params, state } = norm.init(key(0));
  const [y, next] = norm.apply({ params, state }, tensor([[3, 4]]));
  assertClose(y, tensor([[3, 4]]), 1e-4);
  assert.is(next, state);
});

test('dropout: inverted; p is the probability to drop, keep the probability to keep', () => {
  const x = ones([2000]);
  for (const probability of [{ p: 0.25 }, { keep: 0.75 }]) {
    const y = numbers(nn.functional.dropout(x, { ...probability, training: true, key: key(1) }));
    assert.equal([...new Set(y)].sort(), [0, Math.fround(1 / 0.75)]);
    const dropped = y.filter((value) => value === 0).length / y.length;
    assert.ok(Math.abs(dropped - 0.25) < 0.05, `${dropped} were dropped`);
  }
});

test('dropout: selects, so that p = 1 gives zeros and a dropped infinity is 0', () => {
  const x = tensor([1, Number.POSITIVE_INFINITY, Number.NaN]);
  const [y, pullback] = vjp((z: Tensor) => nn.functional.dropout(z, { p: 1, training: true, key: key(0) }), x);
  assert.equal(numbers(y), [0, 0, 0]);
  assert.equal(numbers(pullback(ones([3]))[0]), [0, 0, 0]);
});

test('dropout: a key is required in training, and none outside', () => {
  fails(
    () => nn.functional.dropout(ones([2]), { training: true }),
    ArgumentError,
    'dropout: training draws random numbers, and there is no key; pass { training: true, key: key(seed) }, a fresh key each step',
  );
  assert.equal(numbers(nn.functional.dropout(ones([2]))), [1, 1]);
});

test('L2: the loss term ½·λ‖w‖² has the gradient λw, and equals weight decay under plain descent', () => {
  const params = { weight: float64([3, -4]), bias: float64([1]) };
  const loss = (p: typeof params): Tensor => sum(square(add(p.weight, p.bias)));
  const weights = (path: string): boolean => path === 'weight';
  const penalty = (p: typeof params): Tensor => nn.l2Penalty(p, 0.1, { include: weights });
  assertClose(penalty(params), float64([0.5 * 0.1 * 25], []));
  assertClose(grad(penalty)(params).weight, mul(params.weight, 0.1));
  assertClose(grad(penalty)(params).bias, zeros([1], 'float64'));
  const step = (optimizer: GradientTransform, f: (p: typeof params) => Tensor): Tensor => {
    const [updates] = optimizer.update(grad(f)(params), optimizer.init(params), params);
    return applyUpdates(params, updates).weight;
  };
  assertClose(
    step(sgd({ lr: 0.5, weightDecay: 0.1 }), loss),
    step(sgd({ lr: 0.5 }), (p) => add(loss(p), penalty(p))),
  );
});

test('default initialisation: uniform within ±1/√fanIn, weight and bias, kernels counted', () => {
  const within = (x: Tensor | undefined, bound: number): void => {
    const data = numbers(x as Tensor);
    const largest = Math.max(...data.map(Math.abs));
    assert.ok(largest <= bound && largest > 0.9 * bound, `${largest} against ${bound}`);
    // The variance of U(±b) is b²/3.
    assertClose(mean(square(x as Tensor)), float64([bound ** 2 / 3], []), 0.1 * bound ** 2);
  };
  const dense = nn.linear(100, 400).init(key(0)).params;
  within(dense.weight, 0.1);
  within(dense.bias, 0.1);
  const [tall] = [nn.linear(100, 400, { weightLayout: 'in-out' }).init(key(0)).params];
  assert.equal(tall.weight.shape, [100, 400]);
  within(tall.weight, 0.1);
});

/** One step on a single parameter 0 with gradient g. */
const firstStep = (optimizer: GradientTransform, g: number): number => {
  const p = float64([0]);
  return applyUpdates(p, optimizer.update(float64([g]), optimizer.init(p), p)[0]).item();
};

test('optimisers: Adam corrects its bias and adds eps outside the root', () => {
  const eps = 1e-3;
  assert.ok(Math.abs(firstStep(adam({ lr: 0.1, eps }), 2) + (0.1 * 2) / (2 + eps)) < 1e-15);
});

test('optimisers: AdamW decays weights apart from the gradient', () => {
  const p = float64([5]);
  const optimizer = adamw({ lr: 0.1, weightDecay: 0.01 });
  const [updates] = optimizer.update(float64([0]), optimizer.init(p), p);
  assertClose(applyUpdates(p, updates), float64([5 * (1 - 0.1 * 0.01)]));
});

test('optimisers: RMSProp adds eps outside the root', () => {
  const eps = 1e-2;
  const root = Math.sqrt(0.01 * 4);
  assert.ok(Math.abs(firstStep(rmsprop({ lr: 0.1, alpha: 0.99, eps }), 2) + (0.1 * 2) / (root + eps)) < 1e-15);
});
