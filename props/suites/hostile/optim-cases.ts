/** A valid call of every function of `tapegrad/optim`. */
import { mean, mul, neg, ones, type Tensor, tensor, treeMap } from '../../../autograd/index.js';
import { linear, mseLoss } from '../../../nn/index.js';
import * as api from '../../../optim/index.js';
import { type Case, type CasesOf, call, calledWith, key, vector } from './case.js';

const tree = () => ({ w: vector() });
/** An optimiser, used for a step. */
const optimizer = (...options: readonly unknown[]): Case =>
  call(
    () => options,
    (made) => {
      const it = made as api.GradientTransform;
      const state = api.prepareUpdate(it, it.init(tree()), 0.5);
      return api.applyUpdates(tree(), it.update(tree(), state, tree())[0]);
    },
  );
const adaptive = { lr: 0.1, betas: [0.9, 0.99], eps: 1e-8, weightDecay: 0.1 };
const schedule = (options: object): Case => call(() => [0.1, options], calledWith(3));
const history: api.History = {
  losses: [1, 0.5],
  checks: [
    {
      kind: 'epoch',
      epoch: 1,
      step: 1,
      train: { loss: 2, accuracy: 0.5 },
      validation: { loss: 1, accuracy: 0.5 },
      learningRate: 0.1,
    },
    {
      kind: 'epoch',
      epoch: 2,
      step: 2,
      train: { loss: 1, accuracy: 0.5 },
      validation: { loss: 1, accuracy: 0.5 },
      learningRate: 0.1,
    },
  ],
} as unknown as api.History;
const moment = { epoch: 3, step: 7, history } as unknown as api.Moment;
const examples = () => ({ x: ones([2, 2]), y: ones([2, 1]) });
const model = linear(2, 1);
const averaged = (made: never): unknown => {
  const it = made as api.WeightAverage;
  return it.update(it.init(tree()), tree());
};
const metric = (made: never): unknown => {
  const it = made as api.Metric<unknown>;
  return it.result(
    it.update(
      it.init(),
      tensor([
        [1, 3],
        [2, 0],
      ]),
      tensor([1, 1], { dtype: 'int32' }),
      2,
    ),
  );
};

export const optimCases: CasesOf<typeof api> = {
  accumulateMomentum: optimizer({ momentum: 0.9, dampening: 0, nesterov: true }),
  accuracyMetric: call(() => [{ axis: 1, top: 1 }], metric),
  adadelta: optimizer({ lr: 0.1, rho: 0.9, eps: 1e-6, weightDecay: 0.1 }),
  adagrad: optimizer({ lr: 0.1, eps: 1e-6, weightDecay: 0.1 }),
  adam: optimizer(adaptive),
  adamax: optimizer(adaptive),
  adamw: optimizer(adaptive),
  addDecayedWeights: optimizer(0.1),
  applyUpdates: call(() => [tree(), tree()]),
  byEpoch: call(() => [(epoch: number) => 0.5 ** epoch], calledWith(moment)),
  chain: call(
    () => [api.scale(-1), api.clipByValue(1)],
    (made) => {
      const it = made as api.GradientTransform;
      return it.update(tree(), it.init(tree()), tree());
    },
  ),
  checkedValues: call(() => [history, 'loss']),
  clipByGlobalNorm: optimizer(1, {}),
  clipByValue: optimizer(1),
  constant: call(() => [0.1], calledWith(3)),
  constantThenBase: schedule({ factor: 0.3, duration: 5 }),
  cosineAnnealing: schedule({ period: 10, min: 0 }),
  cosineWarmRestarts: schedule({ period: 10, factor: 2, min: 0 }),
  cyclic: schedule({ max: 1, up: 5, down: 5 }),
  defineMoments: optimizer({
    name: 'mine',
    start: { mean: 0 },
    rule: ({ g, m }: { g: Tensor; m: { mean: Tensor } }) => ({ update: g, moments: { mean: m.mean } }),
  }),
  defineTransform: optimizer({
    init: () => null,
    update: (g: unknown) => [treeMap((leaf) => neg(leaf), g), null],
  }),
  earlyStopping: call(() => [{ patience: 1, metric: 'loss', mode: 'min', part: 'train' }], calledWith(history)),
  evaluate: call(() => [
    { model, loss: mseLoss, metrics: {}, batchSize: 2, compile: false },
    model.init(key),
    examples(),
  ]),
  exponentialAverage: call(() => [0.9], averaged),
  exponentialDecay: schedule({ gamma: 0.5 }),
  findLearningRate: call(() => [
    {
      model,
      loss: mseLoss,
      optimizer: (lr: number) => api.sgd(lr),
      train: examples(),
      key,
      from: 1e-3,
      to: 1,
      steps: 3,
    },
  ]),
  firstStep: call(() => []),
  fit: call(() => [
    {
      model,
      loss: mseLoss,
      optimizer: api.sgd(0.1),
      train: examples(),
      validation: examples(),
      epochs: 1,
      key,
      batchSize: 2,
      metrics: { size: (y: Tensor) => mean(y) },
      callbacks: [{ onEpochEnd: () => undefined }],
      compile: false,
      stopWhen: () => false,
      rateFactor: () => 1,
      penalty: (p: unknown) => mul(api.globalNorm(p), 0),
    },
  ]),
  globalNorm: call(() => [tree(), 2]),
  linearWarmup: schedule({ start: 0.3, end: 1, duration: 5 }),
  meanOf: call(
    () => [(y: Tensor) => mean(y)],
    (made) => {
      const it = made as api.Metric<api.MeanState>;
      return it.result(it.update(it.init(), vector(), vector(), 2));
    },
  ),
  multiStep: schedule({ milestones: [2, 5], gamma: 0.1 }),
  nadam: optimizer(adaptive),
  onPlateau: call(() => [{ patience: 1, factor: 0.1 }], calledWith(moment)),
  oneCycle: call(() => [{ max: 1, total: 10 }], calledWith(3)),
  partition: optimizer({ fast: api.scale(-1) }, (path: string) => (path === 'w' ? 'fast' : null)),
  polynomialDecay: schedule({ duration: 5, power: 1 }),
  prepareUpdate: call(() => [api.sgd(0.1), api.sgd(0.1).init(tree()), 0.5]),
  preparedRates: call(() => [api.prepareUpdate(api.sgd(0.5), api.sgd(0.5).init(tree()), 0.5)]),
  radam: optimizer({ lr: 0.1 }),
  reduceOnPlateau: call(
    () => [{ base: 1, mode: 'min', factor: 0.1, patience: 0, threshold: 1e-4, thresholdMode: 'relative' }],
    (made) => (made as api.Plateau).next({ rate: 1, best: 0.5, badEpochs: 0, cooldownLeft: 0 } as never, 0.6),
  ),
  refreshState: call(() => [model, model.init(key), examples(), { batchSize: 2, key }]),
  reporter: call(() => [{ write: () => undefined, everySteps: 1, everyEpochs: 1 }]),
  rmsprop: optimizer({ lr: 0.1, eps: 1e-6, weightDecay: 0.1 }),
  scale: optimizer(-1),
  scaleByAdam: optimizer({ betas: [0.9, 0.99], eps: 1e-8 }),
  scaleByLearningRate: optimizer(0.1),
  sgd: optimizer({ lr: 0.1, momentum: 0.9, dampening: 0, nesterov: true, weightDecay: 0.1 }),
  sgdVelocity: optimizer({ lr: 0.1, momentum: 0.9, nesterov: true }),
  stepDecay: schedule({ stepSize: 2, gamma: 0.5 }),
  stochasticAverage: call(() => [{ start: 1, every: 1 }], averaged),
  thaw: call(
    () => [tree(), (path: string) => path === 'b'],
    (made) => (made as api.Thawed<unknown>).trainable,
  ),
  trainingPlan: call(() => [{ examples: 50, batchSize: 20, epochs: 2 }]),
  verdict: call(() => [history, { goal: 0.9 }]),
};
