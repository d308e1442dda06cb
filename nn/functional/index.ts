/** Layers as bare functions: everything they compute with is an argument. */

export * from '../activations.js';
export * from '../shrinking-activations.js';
export {
  type AttentionFunctionOptions,
  type AttentionOptions,
  attention,
  attentionWeights,
} from './attention.js';
export { type BatchNormOptions, type BatchNormState, batchNorm, initialBatchNormState } from './batch-norm.js';
export {
  type ConvFunctionOptions,
  type ConvTransposeFunctionOptions,
  channelsFirst,
  channelsLast,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type LayoutOptions,
} from './convolution.js';
export * from './cosine-similarity.js';
export * from './cross-entropy.js';
export {
  alphaDropout,
  type ChannelDropoutOptions,
  channelDropout,
  type DropoutFunctionOptions,
  type DropoutProbability,
  dropout,
} from './dropout.js';
export { type EmbeddingFunctionOptions, embedding } from './embedding.js';
export { flatten, type LinearFunctionOptions, linear } from './linear.js';
export * from './instance-norm.js';
export * from './likelihood-losses.js';
export * from './margin-losses.js';
export { maskedSoftmax } from './masking.js';
export {
  type MultiheadOptions,
  type MultiheadOutput,
  type MultiheadParameters,
  multiheadAttention,
  multiheadAttentionWithWeights,
} from './multihead-attention.js';
export * from './pair-losses.js';
export * from './pooling.js';
export * from './probability-losses.js';
export {
  type CellParameters,
  gruCell,
  lstmCell,
  type RnnCellOptions,
  rnnCell,
} from './recurrent.js';
export * from './recurrent-sequence.js';
export * from './regression-losses.js';
export * from './resizing.js';
export { type GroupNormOptions, groupNorm, type InstanceNormOptions, instanceNorm, layerNorm } from './sample-norm.js';
