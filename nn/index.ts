/** The public face of `nn/`: layers, activations, losses and initialisers. */

// Functions that stand in `sequential` as they are.
export { logSoftmax, relu, sigmoid, softmax, tanh } from '../core/index.js';
export {
  celu,
  elu,
  gelu,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSigmoid,
  mish,
  relu6,
  selu,
  silu,
  softplus,
  softsign,
} from './activations.js';
// Losses.
export {
  type CrossEntropyOptions,
  crossEntropy,
  crossEntropyOfProbabilities,
  nllLoss,
} from './functional/cross-entropy.js';
// Everything as bare functions, and how parameters start.
export * as functional from './functional/index.js';
export { flatten } from './functional/linear.js';
export { cosineSimilarity, type HingeOptions, hingeLoss, multiMarginLoss } from './functional/margin-losses.js';
export { bceLoss, bceWithLogits, klDiv } from './functional/probability-losses.js';
export type { Reduction } from './functional/reduce.js';
export { huberLoss, l1Loss, l2Penalty, mseLoss, smoothL1Loss } from './functional/regression-losses.js';
export * as initialisers from './initialisers.js';
// Composition.
export type {
  ApplyOptions,
  ApplyVariables,
  Child,
  Context,
  InitOptions,
  Layer,
  ParamsOf,
  StateOf,
  Variables,
} from './layer.js';
export { defineLayer, statelessLayer } from './layer.js';
// Layers with parameters, state or randomness.
export { dropout, dropout2d } from './layers/dropout.js';
export {
  type EmbeddingOptions,
  embedding,
  type InitialiserOptions,
  type LinearOptions,
  linear,
  type PreluOptions,
  prelu,
  type WeightAndBias,
} from './layers/linear.js';
export {
  type AffineLayerOptions,
  type BatchNormOptions,
  batchNorm1d,
  batchNorm2d,
  batchNorm3d,
  type GroupNormLayerOptions,
  groupNorm,
  instanceNorm,
  layerNorm,
  type ScaleAndShift,
} from './layers/norm.js';
export { accuracy } from './metrics.js';
export { type Bound, type ModuleParams, type ModuleState, module } from './module.js';
export { countParameters } from './parameters.js';
export {
  applyMasks,
  type MagnitudeMaskOptions,
  magnitudeMask,
  type SliceMaskOptions,
  sliceMask,
  sliceNorms,
  sparsity,
} from './prune.js';
export { type SequentialState, sequential } from './sequential.js';
