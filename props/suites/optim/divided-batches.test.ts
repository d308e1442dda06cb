/** Losses and metrics of every kind say the same of the same examples, however these are divided into batches. */
import * as fc from 'fast-check';
import {
  ArgumentError,
  abs,
  add,
  type Counted,
  cast,
  equal,
  key,
  logSoftmax,
  mean,
  mul,
  normal,
  notEqual,
  randomIntegers,
  sigmoid,
  softmax,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  uniform,
  where,
} from '../../../core/index.js';
import * as nn from '../../../nn/index.js';
import {
  accuracyMetric,
  adam,
  evaluate,
  exponentialAverage,
  type Figured,
  type FitOptions,
  type Fitted,
  fit,
  type Metric,
  type MetricOrMean,
  sgd,
} from '../../../optim/index.js';
import { assertLaw, dividedBatchesLaw } from '../../index.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { assertSameBits } from './support.js';

const float64 = { dtype: 'float64' } as const;
const signs = (i: number, shape: readonly number[]): Tensor =>
  sub(mul(cast(randomIntegers(key(i), shape, { max: 2 }), 'float64'), 2), 1);

/** Outputs and targets of n examples, with a loss over them. */
interface Family {
  readonly loss: (output: never, target: never) => Figured;
  readonly draw: (n: number, seed: number) => readonly [output: unknown, target: unknown];
}

const numbers = (n: number, seed: number): readonly [Tensor, Tensor] => [
  normal(key(seed), [n, 3], float64),
  normal(key(seed + 1), [n, 3], float64),
];
const probabilities = (n: number, seed: number): readonly [Tensor, Tensor] => [
  uniform(key(seed), [n, 3], { min: 0.2, max: 0.8, dtype: 'float64' }),
  uniform(key(seed + 1), [n, 3], float64),
];
const scores = (n: number, seed: number): readonly [Tensor, Tensor] => [
  normal(key(seed), [n, 4], float64),
  randomIntegers(key(seed + 1), [n], { max: 4 }),
];
/** Half of the class numbers are 1, which some losses ignore. */
const maps = (n: number, seed: number): readonly [Tensor, Tensor] => [
  normal(key(seed), [n, 4, 2], float64),
  where(
    equal(randomIntegers(key(seed + 2), [n, 2], { max: 2 }), 0),
    1,
    randomIntegers(key(seed + 1), [n, 2], { max: 4 }),
  ),
];
const shares = (n: number, seed: number): readonly [Tensor, Tensor] => [
  normal(key(seed), [n, 4], float64),
  softmax(normal(key(seed + 1), [n, 4], float64), -1),
];
const pairs = (n: number, seed: number): readonly [readonly [Tensor, Tensor], Tensor] => [
  numbers(n, seed),
  signs(seed + 2, [n]),
];
const many = (n: number, seed: number): readonly [readonly [Tensor, Tensor, Tensor], Tensor] => [
  [...numbers(n, seed), normal(key(seed + 3), [n, 3], float64)],
  signs(seed + 2, [n, 3]),
];
const single = (n: number, seed: number): readonly [Tensor, Tensor] => [
  normal(key(seed), [n, 3], float64),
  signs(seed + 1, [n, 3]),
];
const binary = (n: number, seed: number): readonly [Tensor, Tensor] => [
  normal(key(seed), [n, 3], float64),
  cast(randomIntegers(key(seed + 1), [n, 3], { max: 2 }), 'float64'),
];

const weight = tensor([0.5, 2, 1, 0.25], float64);
const perClass = tensor([0.5, 2, 1], float64);
type One = (y: Tensor, t: Tensor) => Figured;
type Two = (y: readonly [Tensor, Tensor], t: Tensor) => Figured;
type Three = (y: readonly [Tensor, Tensor, Tensor], t: Tensor) => Figured;
const family = <F extends (...args: never) => Figured>(draw: Family['draw'], loss: F): Family => ({
  loss: loss as unknown as Family['loss'],
  draw,
});

const counted = { reduction: 'counted' } as const;

/** Every loss and metric of the library: as it is, with options, and as sum and count. */
const families: Readonly<Record<string, Family>> = {
  mseLoss: family(numbers, nn.mseLoss),
  'mseLoss counted': family<One>(numbers, (y, t) => nn.mseLoss(y, t, counted)),
  l1Loss: family(numbers, nn.l1Loss),
  huberLoss: family(numbers, nn.huberLoss),
  'huberLoss counted': family<One>(numbers, (y, t) => nn.huberLoss(y, t, { delta: 0.5, reduction: 'counted' })),
  smoothL1Loss: family(numbers, nn.smoothL1Loss),
  'smoothL1Loss beta 0': family<One>(numbers, (y, t) => nn.smoothL1Loss(y, t, { beta: 0 })),
  bceLoss: family(probabilities, nn.bceLoss),
  'bceLoss weight': family<One>(probabilities, (y, t) => nn.bceLoss(y, t, { weight: perClass })),
  bceWithLogits: family(binary, nn.bceWithLogits),
  'bceWithLogits weights': family<One>(binary, (y, t) =>
    nn.bceWithLogits(y, t, { weight: perClass, posWeight: perClass }),
  ),
  klDiv: family<One>(shares, (y, t) => nn.klDiv(logSoftmax(y, -1), t)),
  'klDiv mean': family<One>(shares, (y, t) => nn.klDiv(logSoftmax(y, -1), t, { reduction: 'mean' })),
  'klDiv counted': family<One>(shares, (y, t) => nn.klDiv(logSoftmax(y, -1), t, counted)),
  crossEntropy: family(scores, nn.crossEntropy),
  'crossEntropy counted': family<One>(scores, (y, t) => nn.crossEntropy(y, t, counted)),
  'crossEntropy ignoreIndex': family<One>(scores, (y, t) => nn.crossEntropy(y, t, { ignoreIndex: 1 })),
  'crossEntropy of maps': family<One>(maps, (y, t) => nn.crossEntropy(y, t, { ignoreIndex: 1 })),
  'crossEntropy of maps counted': family<One>(maps, (y, t) =>
    nn.crossEntropy(y, t, { ignoreIndex: 1, reduction: 'counted' }),
  ),
  'crossEntropy weight': family<One>(scores, (y, t) => nn.crossEntropy(y, t, { weight })),
  'crossEntropy of everything': family<One>(maps, (y, t) =>
    nn.crossEntropy(y, t, { weight, ignoreIndex: 1, labelSmoothing: 0.2 }),
  ),
  'crossEntropy shares': family<One>(shares, (y, t) => nn.crossEntropy(y, t, { weight })),
  nllLoss: family<One>(scores, (y, t) => nn.nllLoss(logSoftmax(y, 1), t)),
  'nllLoss ignoreIndex': family<One>(maps, (y, t) => nn.nllLoss(logSoftmax(y, 1), t, { ignoreIndex: 1, weight })),
  crossEntropyOfProbabilities: family<One>(scores, (y, t) => nn.crossEntropyOfProbabilities(softmax(y, 1), t)),
  gaussianNllLoss: family<One>(numbers, (y, t) => nn.gaussianNllLoss(y, t, tensor(0.5, float64))),
  poissonNllLoss: family<One>(probabilities, nn.poissonNllLoss),
  multiLabelSoftMarginLoss: family<One>(binary, (y, t) => nn.multiLabelSoftMarginLoss(y, t, { weight: perClass })),
  hingeLoss: family(scores, nn.hingeLoss),
  'hingeLoss weight': family<One>(scores, (y, t) => nn.hingeLoss(y, t, { weight, p: 2 })),
  multiMarginLoss: family(scores, nn.multiMarginLoss),
  marginRankingLoss: family<Three>(many, ([a, b], t) => nn.marginRankingLoss(a, b, t)),
  hingeEmbeddingLoss: family(single, nn.hingeEmbeddingLoss),
  cosineEmbeddingLoss: family<Two>(pairs, ([a, b], t) => nn.cosineEmbeddingLoss(a, b, t)),
  tripletMarginLoss: family<Three>(many, ([a, b, c]) => nn.tripletMarginLoss(a, b, c, { swap: true })),
  softMarginLoss: family(single, nn.softMarginLoss),
  accuracy: family(scores, nn.accuracy),
  'accuracy ignoreIndex': family<One>(scores, (y, t) => nn.accuracy(y, t, { ignoreIndex: 1 })),
  'accuracy counted': family<One>(scores, (y, t) => nn.accuracy(y, t, { ignoreIndex: 1, reduction: 'counted' })),
  'one’s own, masked': family<One>(binary, (y, t) => ({ sum: sum(mul(square(y), t)), count: sum(t) })),
  'one’s own, with a count in int32': family<One>(scores, (y, t) => ({
    sum: sum(where(notEqual(t, 1), sum(sigmoid(y), { axes: 1 }), 0)),
    count: sum(cast(notEqual(t, 1), 'int32')),
  })),
  'one’s own, with a plain number': family<One>(numbers, (y) => ({ sum: sum(abs(y)), count: y.size })),
  'one’s own, a scalar': family<One>(numbers, (y, t) => mean(square(sub(y, t)))),
};

const division = fc
  .array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 })
  .chain((sizes) => fc.tuple(fc.constant(sizes), fc.integer({ min: 1, max: 1000 })));

for (const [name, { loss, draw }] of Object.entries(families))
  test(`divided batches: ${name} is the same for every division, in figure and gradient`, () => {
    check(
      fc.property(division, ([sizes, seed]) => {
        const [output, target] = draw(
          sizes.reduce((all, size) => all + size, 0),
          seed,
        );
        assertLaw(dividedBatchesLaw(loss as (y: unknown, t: unknown) => Figured, output, target, sizes));
      }),
      { numRuns: 4 },
    );
  });

test('divided batches: no loss of the library is left out', () => {
  const losses = Object.keys(nn).filter((name) => /Loss$|^crossEntropy|^bce|^klDiv$|^accuracy$/.test(name));
  assert.ok(losses.length >= 20);
  assert.equal(
    losses.filter((name) => !Object.keys(families).some((known) => known.split(' ')[0] === name)),
    [],
  );
});

test('divided batches: the law is broken by a mean of means', () => {
  const masked = (y: Tensor, t: Tensor): Tensor => add(nn.crossEntropy(y, t, { ignoreIndex: 1 }), 0);
  const [output, target] = maps(6, 3);
  assert.not.ok(dividedBatchesLaw(masked, output, target, [1, 5]).holds);
});

test('counted: a loss gives its sum and its count, whose quotient is its mean', () => {
  const [y, t] = maps(5, 9);
  const options = { weight, ignoreIndex: 1, labelSmoothing: 0.1 };
  const { sum: total, count }: Counted = nn.crossEntropy(y, t, { ...options, reduction: 'counted' });
  assert.is(total.item() / count.item(), nn.crossEntropy(y, t, options).item());
  assert.equal([nn.mseLoss(y, y, counted).count.item(), nn.klDiv(y, mul(y, y), counted).count.item()], [40, 5]);
});

const labels = (...classes: readonly number[]): Tensor => tensor(classes, { dtype: 'int32' });
const rowsOfScores = normal(key(4), [8, 3]);
const some = labels(0, -100, -100, -100, 2, -100, 1, 1);
const ignoring = (y: Tensor, t: Tensor): Tensor => nn.crossEntropy(y, t, { ignoreIndex: -100 });
const right = (y: Tensor, t: Tensor): Tensor => nn.accuracy(y, t, { ignoreIndex: -100 });

test('evaluate: validation figures do not depend on the size of the batches', async () => {
  const net = nn.linear(3, 3);
  const variables = net.init(key(1));
  const metrics: Readonly<Record<string, MetricOrMean<Tensor, Tensor>>> = {
    right,
    top: accuracyMetric({ top: 2, ignoreIndex: -100 }) as Metric<unknown>,
  };
  for (const compile of [true, false]) {
    const figures = [];
    for (const batchSize of [8, 4, 2, 1, 3])
      figures.push(
        await evaluate({ model: net, loss: ignoring, metrics, batchSize, compile }, variables, {
          x: rowsOfScores,
          y: some,
        }),
      );
    const want = ignoring(net.apply(variables, rowsOfScores)[0], some).item();
    for (const { loss = Number.NaN, right: share, top } of figures) {
      assert.ok(Math.abs(loss - want) < 1e-6, `${loss} instead of ${want}`);
      assert.equal([share, top], [figures[0]?.right, figures[0]?.top]);
    }
  }
});

interface WeightAndBias {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

type Options = FitOptions<WeightAndBias, null, Tensor, Tensor, Tensor>;
const run = (options: Partial<Options>): Promise<Fitted<WeightAndBias, null>> =>
  fit({
    model: nn.linear(3, 3) as unknown as Options['model'],
    loss: ignoring,
    metrics: { right },
    optimizer: sgd({ lr: 0.5, momentum: 0.9 }),
    train: { x: rowsOfScores, y: some },
    validation: { x: rowsOfScores, y: some },
    order: 'sequential',
    batchSize: 8,
    epochs: 3,
    key: key(5),
    ...options,
  });

test('fit: however a step is divided into accumulated batches, the run is that of whole batches', async () => {
  const penalty = (params: WeightAndBias): Tensor => nn.l2Penalty(params, 0.1);
  const whole = await run({ penalty });
  for (const [batchSize, accumulate] of [
    [1, 8],
    [2, 4],
    [3, 3],
    [5, 2],
  ] as const)
    for (const compile of [true, false]) {
      const parts = await run({ penalty, batchSize, accumulate, compile, evaluationBatchSize: batchSize });
      assertClose(parts.params.weight, whole.params.weight, 1e-5);
      assertClose(parts.params.bias, whole.params.bias, 1e-5);
      for (const [i, check] of parts.history.checks.entries()) {
        const other = whole.history.checks[i];
        for (const part of ['train', 'validation'] as const)
          for (const name of ['loss', 'right'])
            assert.ok(Math.abs((check[part]?.[name] ?? 0) - (other?.[part]?.[name] ?? 1)) < 1e-5, `${part} ${name}`);
      }
    }
});

test('fit: the loss of a step is its mean and the penalty, once, however the step is divided', async () => {
  const penalty = (params: WeightAndBias): Tensor => nn.l2Penalty(params, 0.1);
  const scalar = (scores: Tensor): Tensor => mean(square(scores));
  for (const loss of [ignoring, scalar]) {
    const whole = await run({ penalty, loss });
    for (const division of [
      { batchSize: 2, accumulate: 4 },
      { batchSize: 3, accumulate: 3, compile: false },
    ]) {
      const { losses } = (await run({ penalty, loss, ...division })).history;
      assert.is(losses.length, whole.history.losses.length);
      for (const [i, one] of losses.entries())
        assert.ok(
          Math.abs(one - (whole.history.losses[i] ?? 0)) < 1e-5,
          `${one} instead of ${whole.history.losses[i]}`,
        );
    }
  }
});

test('fit: training figures of an epoch do not depend on how it is divided', async () => {
  const still = { optimizer: sgd(0), epochs: 1 };
  const whole = (await run(still)).history.checks[0]?.train;
  const parts = (await run({ ...still, batchSize: 3 })).history.checks[0]?.train;
  assert.ok(Math.abs((whole?.loss ?? 0) - (parts?.loss ?? 1)) < 1e-6);
  assert.is(whole?.right, parts?.right);
});

const none = labels(...new Array<number>(8).fill(-100));

test('fit: where nothing counts the loss is 0, and parameters, optimiser and average stay, bit by bit', async () => {
  const options = { optimizer: adam({ lr: 0.1, weightDecay: 0.1 }), averaging: exponentialAverage(0.5), epochs: 2 };
  const before = await run({ ...options, epochs: 0 });
  for (const division of [{ batchSize: 8 }, { batchSize: 2, accumulate: 4 }, { batchSize: 8, compile: false }]) {
    const { params, averaged, history, final } = await run({
      ...options,
      ...division,
      train: { x: rowsOfScores, y: none },
      validation: { x: rowsOfScores, y: none },
    });
    assertSameBits([params, averaged], [before.params, before.params]);
    assert.equal(history.losses, [0, 0]);
    assert.ok(Number.isNaN(history.checks[0]?.train?.loss), 'a mean over nothing is not a number');
    assert.ok(Number.isNaN(history.checks[0]?.validation?.right));
    assert.is(final.best, null);
    assert.is(final.step, 2);
  }
});

test('fit: a batch in which nothing counts says nothing among others', async () => {
  const y = labels(0, 1, 2, 1, -100, -100, -100, -100);
  const [all, first] = [
    await run({ train: { x: rowsOfScores, y }, batchSize: 4, accumulate: 2 }),
    await run({ train: { x: rowsOfScores, y }, batchSize: 8 }),
  ];
  assertClose(all.params.weight, first.params.weight, 1e-6);
  const apart = await run({ train: { x: rowsOfScores, y }, batchSize: 4, epochs: 1, optimizer: sgd(0.1) });
  assert.is(apart.history.losses[1], 0);
  assert.ok(Number.isFinite(apart.history.checks[0]?.train?.loss));
});

test('fit: what a loss returns is checked', async () => {
  for (const [wrong, message] of [
    [{ sum: tensor([1, 2]), count: 2 }, /fit: the loss returned the sum a tensor of shape \[2\]/],
    [{ sum: tensor(1), count: tensor([2]) }, /fit: the loss returned the count a tensor of shape \[1\]/],
    [{ sum: tensor(1) }, /fit: the loss returned an object; return a scalar tensor, or \{ sum, count \}/],
    [undefined, /fit: the loss returned undefined/],
  ] as const) {
    const error: unknown = await run({ loss: (() => wrong) as unknown as Options['loss'] }).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    assert.instance(error, ArgumentError);
    assert.match(String(error), message);
  }
});
