/** The public face of `optim/`: what moves parameters. */
export { type AdamaxOptions, type AdamOptions, adam, adamax, adamw, scaleByAdam } from './adam.js';
export { type NadamOptions, nadam, radam } from './adam-variants.js';
export {
  type AdadeltaOptions,
  type AdagradOptions,
  adadelta,
  adagrad,
  type RmspropOptions,
  rmsprop,
} from './adaptive.js';
export { fit } from './fit.js';
export {
  type LearningRate,
  type LearningRateState,
  preparedRates,
  type RateOr,
  scaleByLearningRate,
} from './learning-rate.js';
export { defineMoments, type LeafContext, type LeafResult, type MomentState } from './moments.js';
export { partition } from './partition.js';
export { type Plateau, type PlateauOptions, type PlateauState, reduceOnPlateau } from './plateau.js';
export {
  addDecayedWeights,
  type ClipNormOptions,
  clipByGlobalNorm,
  clipByValue,
  globalNorm,
  scale,
} from './scaling.js';
export {
  type CyclicOptions,
  constant,
  constantThenBase,
  cosineAnnealing,
  cosineWarmRestarts,
  cyclic,
  exponentialDecay,
  linearWarmup,
  multiStep,
  type OneCycleOptions,
  oneCycle,
  polynomialDecay,
  type Schedule,
  stepDecay,
} from './schedules.js';
export {
  accumulateMomentum,
  type MomentumOptions,
  type SgdOptions,
  sgd,
  sgdVelocity,
  type VelocityOptions,
} from './sgd.js';
export { type TrainingPlan, type TrainingPlanOptions, trainingPlan } from './training-plan.js';
export {
  applyUpdates,
  chain,
  type Direction,
  defineTransform,
  firstStep,
  type GradientTransform,
  prepareUpdate,
} from './transform.js';

// The training loop and what belongs to it.
export {
  type AverageState,
  exponentialAverage,
  type StochasticAverageOptions,
  stochasticAverage,
  type WeightAverage,
} from './training/averaging.js';
export type { Callbacks, Checked, EpochEnd, EpochStart, Plan, RunEnd, StepEnd } from './training/callbacks.js';
export { type EvaluateOptions, type EvaluateSampleOptions, evaluate } from './training/evaluate.js';
export { type FindRateOptions, type FoundRate, findLearningRate } from './training/find-rate.js';
export type { Figured } from './training/figures.js';
export { type Frozen, type Thawed, thaw } from './training/freezing.js';
export {
  type Check,
  checkedValues,
  type EarlyStoppingOptions,
  earlyStopping,
  type History,
  type Measurement,
  type Monitor,
  type MonitorOptions,
  type SkippedStep,
} from './training/history.js';
export {
  type AccuracyOptions,
  accuracyMetric,
  type MeanState,
  type Metric,
  type MetricOrMean,
  meanOf,
} from './training/metrics.js';
export type { Batch, Batches, BatchLoader, Loss, Model, Source, Variables } from './training/model.js';
export type { FitOptions, Fitted } from './training/options.js';
export {
  byEpoch,
  type Moment,
  onPlateau,
  type PlateauFactorOptions,
  type RateFactor,
} from './training/rate-factors.js';
export { refreshState } from './training/refresh.js';
export { type ReporterOptions, reporter } from './training/reporter.js';
export type { BatchOrder } from './training/source.js';
export type { NonFiniteRecord } from './training/soundness.js';
export type { Best, TrainingState } from './training/state.js';
export { type Verdict, type VerdictThresholds, verdict } from './training/verdict.js';
