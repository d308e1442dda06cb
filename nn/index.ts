/** The public face of `nn/`: layers, activations, losses and initialisers. */

// Composition.
export {
  type AnyLayer,
  type ApplyOptions,
  type ApplyVariables,
  type Child,
  type Context,
  defineLayer,
  type InitOptions,
  type Layer,
  type ParamsOf,
  type StateOf,
  statelessLayer,
  type Variables,
} from './layer.js';
export { type Bound, type ModuleOptions, type ModuleParams, type ModuleState, module } from './module.js';
export type { ListParams, ListState, TensorChild } from './children.js';
export {
  denseBlock,
  type EnsembleOptions,
  ensemble,
  identity,
  type Join,
  type ParallelOptions,
  parallel,
  type ResidualOptions,
  residual,
} from './combine.js';
export { sequential } from './sequential.js';

// Figures about models, and making them smaller.
export { accuracy, type ClassAccuracyOptions } from './metrics.js';
export {
  countParameters,
  type ParameterCountOptions,
  type ParameterCounts,
  parameterCounts,
} from './parameters.js';
export {
  applyMasks,
  type MagnitudeMaskOptions,
  magnitudeMask,
  type SliceMaskOptions,
  sliceMask,
  sliceNorms,
  sparsity,
} from './prune.js';
export { type Summary, type SummaryOptions, type SummaryRow, summary } from './summary.js';

// Layers.
export {
  type ConvLayerOptions,
  type ConvTransposeLayerOptions,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
} from './layers/convolution.js';
export { alphaDropout, dropout, dropout1d, dropout2d, dropout3d } from './layers/dropout.js';
export {
  type EmbeddingOptions,
  embedding,
  type InitialiserOptions,
  type LinearOptions,
  linear,
  type MaxoutLinearOptions,
  maxoutLinear,
  type ParametersFor,
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
  type InstanceNormLayerOptions,
  instanceNorm,
  layerNorm,
  type ScaleAndShift,
} from './layers/norm.js';
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
} from './layers/pooling.js';
export { type AttentionInputs, type MultiheadLayerOptions, multiheadAttention } from './layers/attention.js';
export {
  type CellOptions,
  gruCell,
  type LstmStep,
  lstmCell,
  type RnnCellOptions,
  rnnCell,
  type Step,
} from './layers/cells.js';
export {
  type LearnedPositionsOptions,
  learnedPositions,
  positionalEncoding,
  type SinusoidOptions,
  sinusoidalPositions,
} from './layers/positions.js';
export {
  gru,
  type LstmInputs,
  type LstmLayerOptions,
  lstm,
  type RecurrentLayerOptions,
  type RnnLayerOptions,
  rnn,
  type SequenceInputs,
} from './layers/recurrent.js';
export { pixelShuffle, pixelUnshuffle, upsample } from './layers/resizing.js';
export {
  type DecoderInputs,
  type DecoderLayerParameters,
  type EncoderInputs,
  type EncoderLayerParameters,
  type StackParameters,
  type TransformerLayerOptions,
  type TransformerStackOptions,
  transformerDecoder,
  transformerDecoderLayer,
  transformerEncoder,
  transformerEncoderLayer,
} from './layers/transformer.js';

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
  maxout,
  mish,
  relu6,
  selu,
  silu,
  softplus,
  softsign,
} from './activations.js';
export { glu, hardshrink, softmin, softshrink, tanhshrink, threshold } from './shrinking-activations.js';
export { flatten } from './functional/linear.js';
export { globalAvgPool, globalMaxPool } from './functional/pooling.js';

// Losses.
export {
  type CrossEntropyOptions,
  crossEntropy,
  crossEntropyOfProbabilities,
  nllLoss,
} from './functional/cross-entropy.js';
export { type CosineSimilarityOptions, cosineSimilarity } from './functional/cosine-similarity.js';
export { type HingeOptions, hingeLoss, multiMarginLoss } from './functional/margin-losses.js';
export {
  gaussianNllLoss,
  multiLabelSoftMarginLoss,
  poissonNllLoss,
} from './functional/likelihood-losses.js';
export {
  cosineEmbeddingLoss,
  hingeEmbeddingLoss,
  marginRankingLoss,
  softMarginLoss,
  tripletMarginLoss,
} from './functional/pair-losses.js';
export { bceLoss, bceWithLogits, klDiv } from './functional/probability-losses.js';
export type { Reducing, Reduction } from './functional/reduce.js';
export { huberLoss, l1Loss, l2Penalty, mseLoss, smoothL1Loss } from './functional/regression-losses.js';

// Everything as bare functions, and how parameters start.
export * as functional from './functional/index.js';
export * as initialisers from './initialisers.js';
