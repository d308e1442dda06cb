/** Optimisers, schedules, norms and thresholds at their limits: finite, NaN where a NaN went in, and refused where nothing can be right. */

import { compile } from '../../../autograd/index.js';
import { ArgumentError, add, DtypeError, key, mean, type Tensor, TreeError, tensor } from '../../../core/index.js';
import { standardize } from '../../../data/index.js';
import {
  accumulateMomentum,
  adadelta,
  adagrad,
  adam,
  adamax,
  adamw,
  addDecayedWeights,
  chain,
  clipByGlobalNorm,
  clipByValue,
  constant,
  constantThenBase,
  cosineAnnealing,
  cosineWarmRestarts,
  cyclic,
  earlyStopping,
  exponentialAverage,
  exponentialDecay,
  findLearningRate,
  type GradientTransform,
  globalNorm,
  type History,
  linearWarmup,
  multiStep,
  nadam,
  oneCycle,
  partition,
  polynomialDecay,
  prepareUpdate,
  radam,
  reduceOnPlateau,
  rmsprop,
  type Schedule,
  scale,
  scaleByAdam,
  scaleByLearningRate,
  sgd,
  sgdVelocity,
  stepDecay,
  stochasticAverage,
  verdict,
} from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { refuses } from '../../runner/fails.js';
import { test } from '../../runner/testing.js';

const [nan, infinity] = [Number.NaN, Number.POSITIVE_INFINITY];

const optimizers: Readonly<Record<string, GradientTransform>> = {
  sgd: sgd({ lr: 0.1, momentum: 0.9, nesterov: true }),
  sgdVelocity: sgdVelocity({ lr: 0.1, momentum: 0.9 }),
  adam: adam(),
  amsgrad: adam({ amsgrad: true }),
  adamw: adamw({ weightDecay: 0 }),
  adamax: adamax(),
  nadam: nadam(),
  radam: radam(),
  rmsprop: rmsprop(),
  'rmsprop, centred': rmsprop({ centered: true, momentum: 0.9 }),
  adagrad: adagrad(),
  adadelta: adadelta(),
};

for (const [name, optimizer] of Object.entries(optimizers))
  test(`${name}: 5,000 steps along a constant gradient stay finite, without parameters`, () => {
    const gradient = tensor([0.1, -0.3, 1e-3, 7, 0, 1e-20, 1e10]);
    const step = compile((state: unknown) => optimizer.update(gradient, state));
    let state: unknown = optimizer.init(gradient);
    for (let i = 0; i < 5000; i++) {
      const [updates, next] = step(prepareUpdate(optimizer, state));
      state = next;
      if (i % 100 < 2)
        assert.ok(
          updates.dataSync().every((u) => Number.isFinite(u)),
          `step ${i + 1}: ${updates}`,
        );
    }
  });

test('rmsprop: centred, a constant gradient has the variance αᵗ(1 − αᵗ)g², which never falls below 0', () => {
  const optimizer = rmsprop({ lr: 1, centered: true, eps: 0.01 });
  const gradient = tensor([0.1]);
  let state = optimizer.init(gradient);
  for (let t = 1; t <= 1500; t++) {
    const [updates, next] = optimizer.update(gradient, state);
    state = next;
    if (t % 300 !== 0 && t > 3) continue;
    const share = 0.99 ** t;
    const want = -0.1 / (0.1 * Math.sqrt(share * (1 - share)) + 0.01);
    assert.ok(Math.abs((updates.dataSync()[0] as number) / want - 1) < 1e-4, `step ${t}: ${updates}, not ${want}`);
  }
});

test('update: works without parameters, but where they count', () => {
  const g = { w: tensor([1, 2]) };
  const without = chain(
    clipByGlobalNorm(1),
    clipByValue(1),
    partition({ all: sgd({ lr: 0.1, momentum: 0.9 }) }, () => 'all'),
  );
  assert.equal(
    without.update(g, without.init(g))[0].w.toArray(),
    without.update(g, without.init(g), { w: tensor([5, 6]) })[0].w.toArray(),
  );
  for (const optimizer of [sgd({ lr: 0.1, weightDecay: 0.1 }), adamw(), addDecayedWeights(0.1)] as GradientTransform[])
    assert.throws(
      () => optimizer.update(g, optimizer.init(g)),
      (error: unknown) => error instanceof TreeError && /update\(gradients, state, params\)/.test(error.message),
    );
});

test('optimisers: options that cannot be are refused', () => {
  const bad: readonly (() => unknown)[] = [
    ...[-1, nan, infinity, -1e-12].flatMap((value) => [
      () => sgd(value),
      () => sgd({ lr: 0.1, momentum: value }),
      () => sgd({ lr: 0.1, weightDecay: value }),
      () => sgd({ lr: 0.1, momentum: 0.9, dampening: value }),
      () => sgdVelocity({ lr: value, momentum: 0.9 }),
      () => sgdVelocity({ lr: 0.1, momentum: value }),
      () => accumulateMomentum({ momentum: value }),
      () => adam(value),
      () => adam({ eps: value }),
      () => adam({ betas: [value, 0.9] }),
      () => adam({ betas: [0.9, value] }),
      () => adamw({ weightDecay: value }),
      () => adamax({ eps: value }),
      () => nadam({ momentumDecay: value }),
      () => radam({ betas: [value, 0.9] }),
      () => rmsprop({ alpha: value }),
      () => rmsprop({ eps: value }),
      () => rmsprop({ momentum: value }),
      () => adagrad({ lrDecay: value }),
      () => adagrad({ initialAccumulator: value }),
      () => adadelta({ rho: value }),
      () => scaleByAdam({ eps: value }),
      () => scaleByLearningRate(value),
      () => addDecayedWeights(value),
    ]),
    () => adam({ betas: [1, 0.9] }),
    () => radam({ betas: [0.9, 1] }),
    () => scaleByAdam({ betas: [0.9, 1.5] }),
    () => rmsprop({ alpha: 1 }),
    () => adadelta({ rho: 1.1 }),
    () => sgd({ lr: 0.1, momentum: 1.1 }),
    () => sgd({ lr: 0.1, nesterov: true }),
    () => sgd({ lr: 0.1, dampening: 0.5 }),
    () => adam({ amsgrad: 1 as unknown as boolean }),
    () => adam({ eps: true as unknown as number }),
    () => adam({ betas: [0.9] as unknown as [number, number] }),
    () => scale(nan),
    () => clipByValue(-1),
    () => clipByValue(nan),
    () => clipByGlobalNorm(-1),
    () => clipByGlobalNorm(nan),
    () => clipByGlobalNorm(1, { p: 0 }),
    () => clipByGlobalNorm(1, { p: nan }),
    () => globalNorm(tensor([1]), -2),
  ];
  for (const [i, make] of bad.entries())
    assert.throws(make, (e: unknown) => e instanceof ArgumentError, `${i}: ${make}`);
});

const schedules: Readonly<Record<string, Schedule>> = {
  constant: constant(0.1),
  stepDecay: stepDecay(0.1, { stepSize: 1 }),
  multiStep: multiStep(0.1, { milestones: [0, 1, 1] }),
  exponentialDecay: exponentialDecay(0.1, { gamma: 0 }),
  cosineAnnealing: cosineAnnealing(0.1, { period: 1 }),
  cosineWarmRestarts: cosineWarmRestarts(0.1, { period: 1 }),
  'cosineWarmRestarts, growing': cosineWarmRestarts(0.1, { period: 1, factor: 2, min: 0.01 }),
  linearWarmup: linearWarmup(0.1, { start: 0, end: 0, duration: 1 }),
  constantThenBase: constantThenBase(0.1, { duration: 0, factor: 0 }),
  polynomialDecay: polynomialDecay(0.1, { duration: 1, power: 0.5 }),
  cyclic: cyclic(0.1, { max: 1, up: 1, down: 1 }),
  triangular2: cyclic(0.1, { max: 1, up: 1, mode: 'triangular2' }),
  expRange: cyclic(0.1, { max: 1, up: 1, mode: 'expRange', gamma: 0 }),
  ...Object.fromEntries(
    [1, 2, 3, 10, 11].flatMap((total) =>
      [0, 0.1, 0.3, 1 / 3, 0.5, 1].flatMap((rise) =>
        (['cos', 'linear'] as const).flatMap((anneal) =>
          [false, true]
            .filter((threePhase) => !threePhase || rise <= 0.5)
            .map((threePhase) => {
              const options = { max: 1, total, rise, anneal, threePhase };
              return [`oneCycle ${JSON.stringify(options)}`, oneCycle(options)] as const;
            }),
        ),
      ),
    ),
  ),
};

test('schedules: are finite and not negative at 0, at the ends of their phases and beyond', () => {
  for (const [name, schedule] of Object.entries(schedules))
    for (const t of [0, 0.5, 1, 1.5, 2, 3, 4, 5, 9, 10, 11, 1e3, 1e9, 2 ** 31 - 1]) {
      const rate = schedule(t);
      assert.ok(Number.isFinite(rate) && rate >= 0 && rate <= 1, `${name} at ${t}: ${rate}`);
    }
});

test('oneCycle: a phase of no length is at its end, and what comes after the last step stays', () => {
  assert.is(oneCycle({ max: 1, total: 10, rise: 0.1 })(0), 1);
  assert.is(oneCycle({ max: 1, total: 10, rise: 1 })(9), 1);
  assert.is(oneCycle({ max: 1, total: 10, rise: 1 })(99), 1);
  assert.is(oneCycle({ max: 1, total: 10 })(99), oneCycle({ max: 1, total: 10 })(9));
});

test('schedules: options that cannot be are refused', () => {
  const bad: readonly (() => unknown)[] = [
    ...[-1, nan, infinity].flatMap((value) => [
      () => constant(value),
      () => stepDecay(value, { stepSize: 1 }),
      () => stepDecay(1, { stepSize: value }),
      () => stepDecay(1, { stepSize: 1, gamma: value }),
      () => multiStep(1, { milestones: [value] }),
      () => exponentialDecay(1, { gamma: value }),
      () => cosineAnnealing(1, { period: value }),
      () => cosineAnnealing(1, { period: 1, min: value }),
      () => cosineWarmRestarts(1, { period: 1, factor: value }),
      () => linearWarmup(1, { start: value }),
      () => linearWarmup(1, { duration: value }),
      () => constantThenBase(1, { duration: value }),
      () => polynomialDecay(1, { power: value }),
      () => oneCycle({ max: value, total: 10 }),
      () => oneCycle({ max: 1, total: value }),
      () => oneCycle({ max: 1, total: 10, rise: value }),
      () => cyclic(1, { max: 1, up: value }),
      () => reduceOnPlateau({ base: value }),
      () => reduceOnPlateau({ base: 1, threshold: value }),
      () => reduceOnPlateau({ base: 1, patience: value }),
    ]),
    () => oneCycle({ max: 1, total: 0 }),
    () => oneCycle({ max: 1, total: 10, rise: 1.1 }),
    () => oneCycle({ max: 1, total: 10, rise: 0.6, threePhase: true }),
    () => stepDecay(1, { stepSize: 0 }),
    () => cosineAnnealing(1, { period: 0 }),
    () => polynomialDecay(1, { duration: 0 }),
    () => linearWarmup(1, { duration: 0 }),
    () => cyclic(1, { max: 1, down: 0 }),
    () => reduceOnPlateau({ base: 1, factor: 1 }),
  ];
  for (const [i, make] of bad.entries())
    assert.throws(make, (e: unknown) => e instanceof ArgumentError, `${i}: ${make}`);
});

test('scaleByLearningRate: values of schedules and factors are checked like rates', () => {
  const g = tensor([1]);
  for (const value of [nan, infinity, -1]) {
    const optimizer = sgd(() => value);
    assert.throws(() => optimizer.update(g, optimizer.init(g)), /the schedule gives .* at step 0; give a schedule/);
    refuses(() => prepareUpdate(optimizer, optimizer.init(g)), ArgumentError);
    refuses(() => prepareUpdate(sgd(0.1), sgd(0.1).init(g), value), ArgumentError);
  }
});

/** How often the rate fell while the metric took these values. */
const reductions = (
  options: Omit<Parameters<typeof reduceOnPlateau>[0], 'base'>,
  metrics: readonly number[],
): number => {
  const plateau = reduceOnPlateau({ base: 1, patience: 0, factor: 0.5, ...options });
  return -Math.log2(metrics.reduce((state, metric) => plateau.next(state, metric), plateau.initial).rate);
};

test('reduceOnPlateau: a relative threshold is a share of the size of a negative best, too', () => {
  for (const mode of ['min', 'max'] as const)
    for (const size of [10, -10]) {
      assert.is(reductions({ mode }, Array(6).fill(size)), 5);
      const better = mode === 'min' ? -1 : 1;
      assert.is(reductions({ mode }, [size, size + better * 5e-4]), 1, `${mode} ${size}`);
      assert.is(reductions({ mode }, [size, size + better * 2e-3]), 0, `${mode} ${size}`);
      assert.is(reductions({ mode }, [size, size - better]), 1);
    }
  assert.is(reductions({}, [-10, -9.9951]), 1);
  assert.is(reductions({ threshold: 1 }, [5, 4, 3]), 2);
  assert.is(reductions({ mode: 'max', threshold: 1 }, [5, 11, 23]), 0);
  assert.is(reductions({}, [nan, nan]), 2);
});

const historyOf = (values: readonly number[], accuracy: readonly number[] = values.map(() => 0.9)): History => ({
  losses: [],
  checks: values.map((loss, i) => ({
    kind: 'epoch',
    epoch: i + 1,
    step: i + 1,
    train: { loss: -i, accuracy: accuracy[i] as number },
    validation: { loss, accuracy: accuracy[i] as number },
    learningRate: 0.1,
  })),
});

test('verdict: a negative validation loss that stays has not risen', () => {
  assert.is(verdict(historyOf([-10, -10])), 'generalizing');
  assert.is(verdict(historyOf([-10, -9.5])), 'generalizing');
  assert.is(verdict(historyOf([-10, -8])), 'overfitting');
  assert.is(verdict(historyOf([10, 12])), 'overfitting');
});

test('earlyStopping: improvements are amounts, whatever the sign', () => {
  for (const [values, stops] of [
    [[-10, -10, -10], true],
    [[-10, -10.5, -11], true],
    [[-10, -11.5, -13], false],
    [[10, 10.5, 11], true],
    [[10, 8, 6], false],
  ] as const)
    assert.is(earlyStopping({ patience: 1, minDelta: 1 })(historyOf(values)), stops, values.join());
});

test('findLearningRate: a negative loss is no divergence', async () => {
  const { rates } = await findLearningRate({
    model: {
      init: () => ({ params: { w: tensor([0]) }, state: null }),
      apply: ({ params, state }: { params: { w: Tensor }; state: null }, x: Tensor) =>
        [add(params.w, x), state] as const,
    },
    loss: (y: Tensor) => add(mean(y), -10),
    optimizer: () => sgd(0),
    train: { x: tensor([[0], [0]]), y: tensor([[0], [0]]) },
    key: key(0),
    steps: 5,
    batchSize: 2,
  } as never);
  assert.is(rates.length, 5);
});

test('globalNorm: a NaN in any leaf spreads through every norm, and infinities stay', () => {
  for (const p of [0.5, 1, 2, 3, infinity])
    for (let at = 0; at < 3; at++) {
      const tree = (value: number): Tensor[] => [0, 1, 2].map((i) => tensor([1, i === at ? value : 2]));
      assert.ok(Number.isNaN(globalNorm(tree(nan), p).item()), `p = ${p}, leaf ${at}`);
      assert.is(globalNorm(tree(-infinity), p).item(), infinity, `p = ${p}, leaf ${at}`);
      const [clipped] = clipByGlobalNorm(1, { p }).update(tree(nan), null);
      assert.ok(clipped.every((leaf) => leaf.dataSync().every((x) => Number.isNaN(x))));
    }
});

test('clipByGlobalNorm: divides by the norm plus 1e-6, whatever its size', () => {
  for (const size of [1e-7, 1e-3, 1, 3e5, 1e12, 1e200]) {
    const limit = size / 10;
    const [[got]] = clipByGlobalNorm(limit).update([tensor([3 * size, 4 * size], { dtype: 'float64' })], null);
    const want = 3 * size * (limit / (5 * size + 1e-6));
    assert.ok(Math.abs(((got as Tensor).dataSync()[0] as number) / want - 1) < 1e-13, `${size}: ${got}, not ${want}`);
  }
});

test('globalNorm, clipByGlobalNorm: right at every size, in both float types and in trees of both', () => {
  for (const [dtype, exponents] of [
    ['float32', [-44, -38, -30, -20, -10, 0, 10, 20, 30, 37]],
    ['float64', [-320, -300, -200, -30, 0, 30, 200, 300, 307]],
  ] as const)
    for (const exponent of exponents) {
      const size = 10 ** exponent;
      // A subnormal number has few digits.
      const within = exponent < (dtype === 'float32' ? -37 : -307) ? 0.2 : 1e-5;
      const tree = { a: tensor([3 * size], { dtype }), b: tensor([4 * size], { dtype }) };
      for (const [p, want] of [
        [1, 7],
        [2, 5],
        [3, 91 ** (1 / 3)],
        [infinity, 4],
      ] as const) {
        const norm = globalNorm(tree, p).item() / size;
        assert.ok(Math.abs(norm / want - 1) < within, `${dtype} 1e${exponent}, p = ${p}: ${norm}`);
        const [{ a, b }] = clipByGlobalNorm(1, { p }).update(tree, null);
        const [x, y] =
          exponent < 0
            ? [a.item() / tree.a.item(), b.item() / tree.b.item()]
            : [(a.item() * want) / 3, (b.item() * want) / 4];
        for (const ratio of [x, y])
          assert.ok(Math.abs(ratio - 1) < 1e-5, `${dtype} 1e${exponent}, p = ${p}: ${x}, ${y}`);
      }
    }
  const [huge] = clipByGlobalNorm(1).update(tensor([3e38, 3e38]), null);
  assert.ok(huge.dataSync().every((x) => Math.abs(x - Math.SQRT1_2) < 1e-6));
  const mixed = { a: tensor([3]), b: tensor([4e200], { dtype: 'float64' }) };
  assert.is(globalNorm(mixed).dtype, 'float64');
  assert.is(globalNorm({ a: tensor([3]), b: tensor([4], { dtype: 'float64' }) }).item(), 5);
  const [clipped] = clipByGlobalNorm(1).update(mixed, null);
  assert.equal([clipped.a.dtype, clipped.b.dtype, clipped.a.item()], ['float32', 'float64', 0]);
  assert.ok(Math.abs(clipped.b.item() - 1) < 1e-5);
  refuses(() => globalNorm(tensor([1], { dtype: 'int32' })), DtypeError);
});

test('clipByGlobalNorm: no limit passes gradients on, a limit of 0 stops them', () => {
  const g = tensor([3, 4]);
  assert.equal(clipByGlobalNorm(infinity).update(g, null)[0].toArray(), [3, 4]);
  assert.equal(clipByGlobalNorm(0).update(g, null)[0].toArray(), [0, 0]);
});

test('standardize: features that never vary are only shifted, to 0; others of any size are standardised', () => {
  for (const dtype of ['float32', 'float64'] as const)
    for (const value of [0.1, 1 / 3, 1e10, -1e-30, 0, 16_777_217])
      for (const rows of [1, 3, 7, 10]) {
        const x = tensor(Array(rows).fill([value]), { dtype });
        assert.ok(
          standardize(x)(x)
            .dataSync()
            .every((v) => v === 0),
        );
        const moved = standardize(x)(add(x, 1)).dataSync()[0] as number;
        assert.ok(Math.abs(moved) < 3, `${value}: ${moved}`);
      }
  const off = standardize(tensor([[0.1], [0.1], [0.1]]))(tensor([[0.101]])).item();
  assert.ok(Math.abs(off - 0.001) < 1e-7, `${off}`);
  for (const size of [1e-30, 1e-20, 1e-5, 1, 1e10, 1e30]) {
    const z = standardize(tensor([[size], [3 * size]]))(tensor([[5 * size]])).item();
    assert.ok(Math.abs(z - 3) < 1e-4, `${size}: ${z}`);
  }
});

test('averages, thresholds and searches: options that cannot be are refused', async () => {
  for (const decay of [-0.1, 1.1, nan]) refuses(() => exponentialAverage(decay), ArgumentError);
  for (const value of [0, -1, 0.5, nan, infinity]) {
    refuses(() => stochasticAverage({ every: value }), ArgumentError);
    refuses(() => stochasticAverage({ start: value }), ArgumentError);
  }
  for (const value of [-1, nan]) {
    refuses(() => earlyStopping({ patience: value }), ArgumentError);
    refuses(() => earlyStopping({ minDelta: value }), ArgumentError);
  }
  refuses(() => verdict(historyOf([1]), { rise: nan }), ArgumentError);
});

test('cosineWarmRestarts: periods that hardly grow are no walk of a billion', () => {
  const slow = cosineWarmRestarts(0.1, { period: 1, factor: 1 + 1e-12, min: 0.01 });
  for (const t of [1e3, 1e9, 2 ** 31]) assert.ok(slow(t) >= 0.01 && slow(t) <= 0.1);
  // Before and after the sum of many the rates are those of the walk.
  const factor = 1.001;
  const schedule = cosineWarmRestarts(1, { period: 1, factor });
  for (const t of [500.3, 1700.2, 5000.7, 40_000.4]) {
    let [start, length] = [0, 1];
    while (t >= start + length) [start, length] = [start + length, length * factor];
    assert.ok(Math.abs(schedule(t) - Math.cos((Math.PI * (t - start)) / length / 2) ** 2) < 1e-7, `${t}`);
  }
});
