/**
 * Activations and losses at the ends of the numbers: NaN is never swallowed, infinities have limits, shares of nothing count for nothing, and
 * options that mean nothing are refused. Every exported function has a case, or this file does not compile.
 */
import * as fc from 'fast-check';
import { compile, grad, vjp, vmap } from '../../../autograd/index.js';
import {
  ArgumentError,
  cast,
  type Dtype,
  fromData,
  mul,
  reshape,
  sum,
  type Tensor,
  tensor,
} from '../../../core/index.js';
import type * as activations from '../../../nn/activations.js';
import type * as cosine from '../../../nn/functional/cosine-similarity.js';
import type * as crossEntropies from '../../../nn/functional/cross-entropy.js';
import type * as likelihoods from '../../../nn/functional/likelihood-losses.js';
import type * as margins from '../../../nn/functional/margin-losses.js';
import type * as pairs from '../../../nn/functional/pair-losses.js';
import type * as probabilities from '../../../nn/functional/probability-losses.js';
import type * as regressions from '../../../nn/functional/regression-losses.js';
import * as nn from '../../../nn/index.js';
import type * as shrinking from '../../../nn/shrinking-activations.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { fails, refuses } from '../../runner/fails.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const { NaN: nan, POSITIVE_INFINITY: infinity, NEGATIVE_INFINITY: minusInfinity } = Number;
const doubles = (values: readonly number[], shape: readonly number[] = [values.length]): Tensor =>
  fromData(Float64Array.from(values), shape);
const classes = (...values: readonly number[]): Tensor => fromData(Int32Array.from(values), [values.length]);
const numbers = (x: Tensor): number[] => Array.from(x.dataSync());
const slopes = (f: (x: Tensor) => Tensor, x: Tensor): number[] => numbers(grad((y: Tensor) => sum(f(y)))(x));

type Unary = (x: Tensor) => Tensor;
type Names<Module> = { readonly [name in keyof Module]: readonly Unary[] };

/** Each activation with defaults, and away from them, on pairs of numbers. */
const activationCases: Names<typeof activations & typeof shrinking> = {
  leakyRelu: [(x) => nn.leakyRelu(x), (x) => nn.leakyRelu(x, { negativeSlope: 0, atZero: 'right' })],
  prelu: [(x) => nn.functional.prelu(x, doubles([0.25])), (x) => nn.functional.prelu(x, doubles([0.25, 0.5]))],
  elu: [(x) => nn.elu(x), (x) => nn.elu(x, { alpha: 0, atZero: 'right' })],
  selu: [(x) => nn.selu(x)],
  celu: [(x) => nn.celu(x), (x) => nn.celu(x, { alpha: 0.5 })],
  gelu: [(x) => nn.gelu(x), (x) => nn.gelu(x, { approximate: 'tanh' })],
  silu: [(x) => nn.silu(x)],
  mish: [(x) => nn.mish(x)],
  softplus: [
    (x) => nn.softplus(x),
    (x) => nn.softplus(x, { beta: 2, threshold: infinity }),
    (x) => nn.softplus(x, { threshold: minusInfinity }),
  ],
  logSigmoid: [(x) => nn.logSigmoid(x)],
  hardtanh: [(x) => nn.hardtanh(x), (x) => nn.hardtanh(x, { min: minusInfinity, max: infinity })],
  relu6: [(x) => nn.relu6(x)],
  hardsigmoid: [(x) => nn.hardsigmoid(x)],
  hardswish: [(x) => nn.hardswish(x)],
  softsign: [(x) => nn.softsign(x)],
  maxout: [(x) => nn.maxout(reshape(x, [-1, 1]) as Tensor, { pieces: 1 })],
  glu: [(x) => nn.glu(x), (x) => nn.glu(x, { axis: 0 })],
  softmin: [(x) => nn.softmin(x), (x) => nn.softmin(x, 0)],
  hardshrink: [
    (x) => nn.hardshrink(x),
    (x) => nn.hardshrink(x, { lambda: 0 }),
    (x) => nn.hardshrink(x, { lambda: infinity }),
  ],
  softshrink: [
    (x) => nn.softshrink(x),
    (x) => nn.softshrink(x, { lambda: 0 }),
    (x) => nn.softshrink(x, { lambda: infinity }),
  ],
  tanhshrink: [(x) => nn.tanhshrink(x)],
  threshold: [
    (x) => nn.threshold(x, { threshold: 1, value: 2 }),
    (x) => nn.threshold(x, { threshold: infinity, value: 0 }),
    (x) => nn.threshold(x, { threshold: minusInfinity, value: 0 }),
  ],
};

const bothTypes = ['float32', 'float64'] as const;

/** A case of float64 constants, on numbers of either type. */
const inType =
  (f: Unary, dtype: Dtype): Unary =>
  (x) =>
    cast(f(cast(x, 'float64')), dtype);

test('activations: NaN gives NaN, and no gradient of 0, with every option', () => {
  for (const [name, cases] of Object.entries(activationCases))
    for (const [i, f] of cases.entries())
      for (const dtype of bothTypes) {
        const x = cast(doubles([nan, nan, nan, nan], [2, 2]), dtype);
        const g = name === 'prelu' ? inType(f, dtype) : f;
        assert.ok(numbers(g(x)).every(Number.isNaN), `${name} ${i}, value`);
        assert.ok(!slopes(g, x).includes(0), `${name} ${i}, gradient`);
        assert.equal(numbers(compile(g)(x)), numbers(g(x)), `${name} ${i}, compiled`);
      }
});

test('activations: at −∞ and ∞ stand limits, in values and gradients', () => {
  const ends = (f: Unary): readonly [number[], number[]] => {
    const x = doubles([minusInfinity, infinity]);
    return [numbers(f(x)).map((y) => y + 0), slopes(f, x).map((y) => y + 0)];
  };
  const gated: readonly [number[], number[]] = [
    [0, infinity],
    [0, 1],
  ];
  for (const f of [
    nn.silu,
    nn.mish,
    nn.gelu,
    nn.hardswish,
    (x: Tensor) => nn.gelu(x, { approximate: 'tanh' }),
  ] as Unary[])
    assert.equal(ends(f), gated);
  assert.equal(
    ends((x) => nn.leakyRelu(x, { negativeSlope: 0 })),
    gated,
  );
  assert.equal(ends(nn.softsign), [
    [-1, 1],
    [0, 0],
  ]);
  assert.equal(ends(nn.logSigmoid), [
    [minusInfinity, 0],
    [1, 0],
  ]);
  assert.equal(ends(nn.tanhshrink), [
    [minusInfinity, infinity],
    [1, 1],
  ]);
  assert.equal(ends(nn.elu), [
    [-1, infinity],
    [0, 1],
  ]);
});

/** Scores and targets that fit each loss, with one number of x given; `k` places. */
type LossCases<Module> = { readonly [name in keyof Module]: readonly ((x: Tensor) => Tensor)[] };

const shares = doubles([0.25, 0.75, 1, 0], [2, 2]);
const zero = doubles([0, 0, 0, 0], [2, 2]);

/** Each loss of four numbers x, [2, 2], of which every one counts. */
const lossCases: LossCases<
  Omit<
    typeof crossEntropies &
      typeof likelihoods &
      typeof margins &
      typeof pairs &
      typeof probabilities &
      typeof regressions &
      typeof cosine,
    never
  >
> = {
  crossEntropy: [
    (x) => nn.crossEntropy(x, classes(0, 1)),
    (x) => nn.crossEntropy(x, shares, { labelSmoothing: 0.1, weight: doubles([1, 2]) }),
    (x) => nn.crossEntropy(x, classes(0, 1), { ignoreIndex: -1, labelSmoothing: 1 }),
  ],
  nllLoss: [
    (x) => sum(mul(nn.nllLoss(x, classes(0, 1)), 1)),
    (x) => nn.nllLoss(x, classes(1, 0), { weight: doubles([1, 2]) }),
  ],
  crossEntropyOfProbabilities: [
    (x) => nn.crossEntropyOfProbabilities(x, shares, { clip: 0 }),
    (x) => nn.crossEntropyOfProbabilities(x, shares),
  ],
  gaussianNllLoss: [
    (x) => nn.gaussianNllLoss(x, zero, doubles([1])),
    (x) => nn.gaussianNllLoss(zero, zero, x, { full: true }),
  ],
  poissonNllLoss: [
    (x) => nn.poissonNllLoss(x, shares, { full: true }),
    (x) => nn.poissonNllLoss(x, zero, { logInput: false, eps: 0 }),
  ],
  multiLabelSoftMarginLoss: [(x) => nn.multiLabelSoftMarginLoss(x, doubles([0, 1, 1, 0], [2, 2]))],
  hingeLoss: [(x) => nn.hingeLoss(x, classes(0, 1)), (x) => nn.hingeLoss(x, classes(0, 1), { p: 2, margin: 0 })],
  multiMarginLoss: [(x) => nn.multiMarginLoss(x, classes(0, 1), { weight: doubles([1, 2]) })],
  marginRankingLoss: [(x) => nn.marginRankingLoss(x, zero, doubles([1, -1, 1, -1], [2, 2]))],
  hingeEmbeddingLoss: [(x) => nn.hingeEmbeddingLoss(x, doubles([1, -1, 1, -1], [2, 2]))],
  cosineEmbeddingLoss: [
    (x) => nn.cosineEmbeddingLoss(x, shares, doubles([1, -1])),
    (x) => nn.cosineEmbeddingLoss(reshape(x, [4]) as Tensor, doubles([1, 2, 3, 4]), tensor(-1, { dtype: 'float64' })),
  ],
  tripletMarginLoss: [
    (x) => nn.tripletMarginLoss(x, zero, shares),
    (x) => nn.tripletMarginLoss(zero, zero, x, { swap: true, p: 3 }),
  ],
  softMarginLoss: [(x) => nn.softMarginLoss(x, doubles([1, -1, 1, -1], [2, 2]))],
  bceLoss: [(x) => nn.bceLoss(x, shares), (x) => nn.bceLoss(x, zero)],
  bceWithLogits: [(x) => nn.bceWithLogits(x, shares, { posWeight: doubles([2]) }), (x) => nn.bceWithLogits(x, zero)],
  klDiv: [(x) => nn.klDiv(x, shares), (x) => nn.klDiv(x, zero), (x) => nn.klDiv(x, zero, { logTarget: true })],
  mseLoss: [(x) => nn.mseLoss(x, zero)],
  l1Loss: [(x) => nn.l1Loss(x, zero)],
  huberLoss: [(x) => nn.huberLoss(x, zero), (x) => nn.huberLoss(x, zero, { delta: infinity })],
  smoothL1Loss: [(x) => nn.smoothL1Loss(x, zero), (x) => nn.smoothL1Loss(x, zero, { beta: 0 })],
  l2Penalty: [(x) => nn.l2Penalty({ x }, 1)],
  cosineSimilarity: [(x) => nn.cosineSimilarity(x, shares), (x) => nn.cosineSimilarity(x, shares, { eps: 1e-8 })],
};

test('losses: a number that is NaN makes the loss NaN, and its gradient is not 0', () => {
  for (const [name, cases] of Object.entries(lossCases))
    for (const [i, loss] of cases.entries()) {
      const places = name === 'nllLoss' ? (i === 0 ? [0, 3] : [1, 2]) : [0, 1, 2, 3];
      for (const place of places) {
        const x = doubles([0.25, 0.5, 0.375, 0.75].with(place, nan), [2, 2]);
        const [y, pullback] = vjp((z: Tensor) => sum(loss(z)), x);
        assert.ok(Number.isNaN(y.item()), `${name} ${i}: ${y.item()} with NaN at ${place}`);
        assert.is.not(numbers(pullback(doubles([1], []))[0])[place], 0, `${name} ${i}: the gradient at ${place}`);
        assert.ok(Number.isNaN(compile((z: Tensor) => sum(loss(z)))(x).item()), `${name} ${i}, compiled`);
      }
    }
});

test('losses: a share of nothing counts for nothing, even of an infinity', () => {
  const x = doubles([minusInfinity, 0], [1, 2]);
  const sharp = doubles([0, 1], [1, 2]);
  const quiet = (f: (x: Tensor) => Tensor, at: Tensor, want: number): void => {
    const [y, pullback] = vjp((z: Tensor) => sum(f(z)), at);
    assert.is(y.item() + 0, want);
    assert.ok(numbers(pullback(doubles([1], []))[0]).every(Number.isFinite));
  };
  quiet((z) => nn.crossEntropy(z, sharp), x, 0);
  quiet((z) => nn.crossEntropy(z, sharp, { weight: doubles([2, 3]) }), x, 0);
  quiet((z) => nn.crossEntropy(z, doubles([0.5, 0.5], [1, 2]), { weight: doubles([0, 1]) }), x, 0);
  quiet((z) => nn.crossEntropy(z, classes(0), { weight: doubles([0, 1]), reduction: 'sum' }), x, 0);
  quiet((z) => nn.nllLoss(z, classes(0), { weight: doubles([0, 1]), reduction: 'sum' }), x, 0);
  quiet((z) => nn.crossEntropyOfProbabilities(z, sharp, { clip: 0 }), sharp, 0);
  quiet((z) => nn.klDiv(z, sharp), x, 0);
  quiet((z) => nn.klDiv(z, x, { logTarget: true }), x, 0);
  quiet((z) => nn.bceLoss(z, sharp), sharp, 0);
  const ends = doubles([minusInfinity, infinity], [1, 2]);
  quiet((z) => nn.bceWithLogits(z, sharp), ends, 0);
  quiet((z) => nn.multiLabelSoftMarginLoss(z, sharp), ends, 0);
  quiet((z) => nn.softMarginLoss(z, doubles([-1, 1], [1, 2])), ends, 0);
  quiet((z) => nn.poissonNllLoss(z, doubles([0, 0], [1, 2]), { reduction: 'sum' }), x, 1);
  quiet((z) => nn.poissonNllLoss(z, doubles([0, 0], [1, 2]), { logInput: false, eps: 0 }), doubles([0, 0], [1, 2]), 0);
  assert.is(nn.gaussianNllLoss(doubles([1]), doubles([2]), doubles([infinity])).item(), infinity);
});

test('losses: what a weight of 0 leaves out has no influence, even NaN', () => {
  const weight = doubles([1, 0]);
  const target = doubles([1, 1]);
  for (const spoilt of [nan, infinity, minusInfinity])
    for (const loss of [
      (x: Tensor) => nn.bceLoss(x, target, { weight, reduction: 'sum' }),
      (x: Tensor) => nn.bceWithLogits(x, target, { weight, reduction: 'sum' }),
      (x: Tensor) => nn.multiLabelSoftMarginLoss(reshape(x, [1, 2]) as Tensor, doubles([1, 1], [1, 2]), { weight }),
    ]) {
      const [clean, dirty] = [doubles([0.5, 0.5]), doubles([0.5, spoilt])];
      assert.is(loss(dirty).item(), loss(clean).item());
      assert.equal(slopes(loss, dirty), slopes(loss, clean));
    }
  const rows = doubles([1, 2, nan, nan], [2, 2]);
  const loss = (x: Tensor): Tensor => nn.crossEntropy(x, doubles([0.5, 0.5, 0, 0], [2, 2]), { reduction: 'sum' });
  assert.ok(Number.isFinite(loss(rows).item()));
  assert.equal(slopes(loss, rows).slice(2), [0, 0]);
});

test('huberLoss: without a limit it is half the square, with its gradient', () => {
  const [x, target] = [doubles([-3, 0, 1e6]), doubles([0, 0, 0])];
  const loss = (y: Tensor): Tensor => nn.huberLoss(y, target, { delta: infinity, reduction: 'sum' });
  assert.is(loss(x).item(), (9 + 1e12) / 2);
  assert.equal(slopes(loss, x), [-3, 0, 1e6]);
});

test('losses and activations: class numbers and targets that are none are errors, and never train silently when compiled', () => {
  const x = doubles([0.25, 0.5, 0.375, 0.75], [2, 2]);
  const byClass: readonly ((y: Tensor) => Tensor)[] = [
    (y) => nn.crossEntropy(x, y),
    (y) => nn.crossEntropy(x, y, { ignoreIndex: -100 }),
    (y) => nn.crossEntropy(x, y, { labelSmoothing: 0.1, weight: doubles([1, 2]) }),
    (y) => nn.crossEntropyOfProbabilities(x, y),
    (y) => nn.nllLoss(x, y),
    (y) => nn.hingeLoss(x, y),
    (y) => nn.multiMarginLoss(x, y, { weight: doubles([1, 2]) }),
  ];
  for (const [i, loss] of byClass.entries())
    for (const wrong of [-1, -2, 2, 2 ** 31 - 1, -(2 ** 31)]) {
      refuses(() => loss(classes(1, wrong)), ArgumentError);
      refuses(() => compile(loss)(classes(1, wrong)), ArgumentError);
      assert.ok(Number.isFinite(compile(loss)(classes(1, 0)).item()), `${i}`);
    }
  fails(
    () => nn.crossEntropy(x, classes(0, -1)),
    ArgumentError,
    'crossEntropy: the class number -1 at [1] is out of range (shape [2]); the scores are of 2 classes: use whole numbers from 0 to 1, and ignoreIndex for what does not count',
  );
  assert.ok(Number.isFinite(nn.crossEntropy(x, classes(0, -1), { ignoreIndex: -1 }).item()));
  assert.ok(Number.isFinite(compile((y: Tensor) => nn.crossEntropy(x, y, { ignoreIndex: -1 }))(classes(0, -1)).item()));
  const each = vmap((row: Tensor, y: Tensor) => nn.crossEntropy(row, y));
  assert.ok(numbers(each(x, classes(1, 0))).every(Number.isFinite));
  refuses(() => each(x, classes(1, -1)), ArgumentError);
  refuses(() => nn.accuracy(x, classes(0, -1)), ArgumentError);
  const row = doubles([0.5, 2]);
  const bySign: readonly ((y: Tensor) => Tensor)[] = [
    (y) => nn.hingeEmbeddingLoss(row, y),
    (y) => nn.marginRankingLoss(row, doubles([1, 1]), y),
    (y) => nn.softMarginLoss(row, y),
    (y) => nn.cosineEmbeddingLoss(x, shares, y),
  ];
  for (const loss of bySign)
    for (const wrong of [0, 2, nan, 0.5]) {
      refuses(() => loss(doubles([1, wrong])), ArgumentError);
      assert.ok(Number.isNaN(compile(loss)(doubles([1, wrong])).item()));
      assert.is(compile(loss)(doubles([1, -1])).item(), loss(doubles([1, -1])).item());
    }
});

test('options that mean nothing are refused', () => {
  const x = doubles([0.25, 0.5]);
  const image = doubles([1, 2, 3, 4], [1, 2, 2]);
  const refused: readonly (() => unknown)[] = [
    ...[nan, infinity, minusInfinity].flatMap((value) => [
      () => nn.leakyRelu(x, { negativeSlope: value }),
      () => nn.elu(x, { alpha: value }),
      () => nn.celu(x, { alpha: value }),
      () => nn.softplus(x, { beta: value }),
      () => nn.poissonNllLoss(x, x, { eps: value }),
      () => nn.gaussianNllLoss(x, x, x, { eps: value }),
      () => nn.cosineSimilarity(x, x, { axis: 0, eps: value }),
      () => nn.functional.layerNorm(x, [2], { eps: value }),
      () => nn.functional.groupNorm(image, { groups: 1, eps: value }),
      () => nn.functional.batchNorm(image, nn.functional.initialBatchNormState(2), { eps: value }),
      () => nn.functional.attention(image, image, image, { scale: value }),
      () => nn.functional.upsample(image, { scale: value }),
      () => nn.functional.upsample(image, { size: value }),
      () => nn.sinusoidalPositions(2, 2, { base: value }),
    ]),
    () => nn.celu(x, { alpha: 0 }),
    () => nn.softplus(x, { beta: 0 }),
    () => nn.softplus(x, { threshold: nan }),
    () => nn.hardshrink(x, { lambda: -1 }),
    () => nn.softshrink(x, { lambda: -0.1 }),
    () => nn.softshrink(x, { lambda: nan }),
    () => nn.hardtanh(x, { min: 0.5, max: -0.5 }),
    () => nn.hardtanh(x, { min: nan }),
    () => nn.threshold(x, { threshold: nan, value: 0 }),
    () => nn.huberLoss(x, x, { delta: -1 }),
    () => nn.smoothL1Loss(x, x, { beta: -1 }),
    () => nn.crossEntropyOfProbabilities(image, image, { clip: -1 }),
    () => nn.crossEntropyOfProbabilities(image, image, { clip: 0.5 }),
    () => nn.functional.layerNorm(x, [2], { eps: -1 }),
    () => nn.functional.upsample(image, { scale: 2, alignCorners: true }),
    () => nn.functional.upsample(image, { scale: 0.1 }),
    () => nn.gru({ in: 2, hidden: 2, dropout: 2 }),
    () =>
      nn.functional.rnn(
        image,
        { weightIhL0: doubles([1, 1], [1, 2]), weightHhL0: doubles([1], [1, 1]) },
        { dropout: -1 },
      ),
    () => nn.tripletMarginLoss(x, x, x, { margin: nan }),
    () => nn.hingeLoss(doubles([1, 2], [1, 2]), classes(0), { margin: nan }),
    () => nn.crossEntropy(doubles([1, 2], [1, 2]), classes(0), { ignoreIndex: 0.5 }),
  ];
  for (const [i, f] of refused.entries())
    assert.throws(f, (error: unknown) => error instanceof ArgumentError, `refusal ${i} was not: ${String(f)}`);
});

test('cosineSimilarity: does not depend on lengths, stays within −1 and 1, and its gradient falls with the length', () => {
  check(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), {
        minLength: 1,
        maxLength: 5,
      }),
      fc.integer({ min: -100, max: 100 }),
      fc.integer({ min: -100, max: 100 }),
      fc.constantFrom(...bothTypes),
      (entries, j, k, dtype) => {
        const [left, right] = [entries.map(([a]) => a / 8), entries.map(([, b]) => b / 8)];
        const of = (values: readonly number[], exponent: number): Tensor =>
          cast(doubles(values.map((value) => value * 2 ** exponent)), dtype);
        const f = (a: Tensor, b: Tensor): Tensor => nn.cosineSimilarity(a, b, { axis: 0 });
        const [plain, scaled] = [f(of(left, 0), of(right, 0)).item(), f(of(left, j), of(right, k)).item()];
        assert.is(scaled, plain);
        assert.ok(Math.abs(plain) <= 1, `${plain}`);
        if (Math.abs(j) > 30) return;
        const slope = (exponent: number): number[] =>
          numbers(grad((a: Tensor) => f(a, of(right, 0)))(of(left, exponent)));
        assert.equal(
          slope(j).map((value) => value * 2 ** j),
          slope(0),
        );
      },
    ),
    { numRuns: 60 },
  );
  for (const length of [1e-5, 1e-30, 1, 1e20, 1e30]) {
    const x = tensor([[length, -2 * length, length / 3]]);
    const same = nn.cosineSimilarity(x, x).item();
    assert.ok(same <= 1 && same > 1 - 1e-6, `${length}: ${same}`);
  }
  const zeros = doubles([0, 0]);
  assert.equal(
    slopes((a) => nn.cosineSimilarity(a, doubles([1, 2]), { axis: 0 }), zeros),
    [0, 0],
  );
  assert.is(nn.cosineSimilarity(zeros, zeros, { axis: 0 }).item(), 0);
  assertClose(nn.cosineSimilarity(doubles([3, 4]), doubles([3, 4]), { axis: 0, eps: 10 }), doubles([0.25], []));
});

test('tripletMarginLoss and embedding: lengths neither overflow nor vanish', () => {
  for (const length of [1e-25, 1e25]) {
    const [zero2, far] = [tensor([[0, 0]]), tensor([[3 * length, 4 * length]])];
    const loss = nn.tripletMarginLoss(far, zero2, zero2, { eps: 0, margin: 0 });
    assert.is(loss.item(), 0);
    const near = nn.tripletMarginLoss(zero2, far, zero2, { eps: 0, margin: 0 });
    assert.ok(Math.abs(near.item() / (5 * length) - 1) < 1e-6);
    const row = nn.functional.embedding(far, classes(0), { maxNorm: length });
    assertClose(mul(row, 1 / length), tensor([[0.6, 0.8]]), length > 1 ? 1e-6 : 1);
  }
});

test('accuracy: a sample whose scores hold NaN has no right answer', () => {
  const scores = doubles([nan, nan, nan, 1, 0, 1], [3, 2]);
  assert.ok(Math.abs(nn.accuracy(scores, classes(0, 0, 1)).item() - 1 / 3) < 1e-12);
  assert.is(nn.accuracy(doubles([nan, nan], [1, 2]), classes(0)).item(), 0);
});

test('activations: integers and booleans are refused in the name of the activation, which wants floats, or taken where they can be', () => {
  const floats: Readonly<Record<string, (x: Tensor) => Tensor>> = {
    celu: nn.celu,
    elu: nn.elu,
    gelu: nn.gelu,
    glu: nn.glu,
    hardsigmoid: nn.hardsigmoid,
    hardswish: nn.hardswish,
    logSigmoid: nn.logSigmoid,
    mish: nn.mish,
    selu: nn.selu,
    silu: nn.silu,
    softmin: nn.softmin,
    softplus: nn.softplus,
    softsign: nn.softsign,
    tanhshrink: nn.tanhshrink,
  };
  for (const [name, f] of Object.entries(floats))
    for (const dtype of ['int32', 'bool'] as const)
      assert.throws(
        () => f(tensor([1, 0], { dtype })),
        new RegExp(`^${name}: does not take ${dtype} \\(shape \\[2\\]\\); convert with cast\\(x, 'float32'\\)`),
      );
});
