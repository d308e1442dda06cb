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
export { applyUpdates, chain, defineTransform, firstStep, type GradientTransform, prepareUpdate } from './transform.js';
