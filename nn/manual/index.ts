/**
 * The public face of `tapegrad/nn/manual`: layers whose gradients were worked out by hand, as pairs of a forward and a backward pass, and as objects that keep
 * their parameters, gradients and caches.
 */
export {
  elu,
  type InputGradient,
  leakyRelu,
  linearActivation,
  type ManualActivation,
  relu,
  type SlopedActivation,
  type SlopeOptions,
  sigmoid,
  softmax,
  tanh,
} from './activations.js';
export { type AffineCache, type AffineGradients, type AffineOptions, affine } from './affine.js';
export { type ConvCache, type ConvOptions, conv, fastConv, type ManualConv } from './convolution.js';
export { type DropoutCache, type DropoutOptions, dropout } from './dropout.js';
export { type ActivationName, type AnyActivation, activationNamed, type LayerObject } from './layer-object.js';
export { crossEntropyLoss, type ManualLoss, mseLoss, softmaxLoss, svmLoss } from './losses.js';
export { type Network, type NetworkOptions, network } from './network.js';
export {
  type BatchNormOptions,
  batchNorm,
  type LayerNormOptions,
  layerNorm,
  type ManualBatchNorm,
  type NormCache,
  type NormGradients,
  type RunningStatistics,
} from './norm.js';
export {
  batchNormalisation,
  type ConvolutionOptions,
  convolution,
  elementwise,
  type FullyConnectedOptions,
  flattening,
  fullyConnected,
  type PoolingOptions,
  pooling,
} from './objects.js';
export type { Gradients, ManualPair } from './pair.js';
export {
  type AveragePoolCache,
  averagePool,
  fastMaxPool,
  type ManualPool,
  type MaxPoolCache,
  maxPool,
  type PoolOptions,
  type TilingCache,
} from './pooling.js';
export {
  type AffineNormCache,
  affineNormRelu,
  affineRelu,
  convNormRelu,
  convRelu,
  convReluPool,
  type NormChoice,
} from './sandwich.js';
export { type GroupNormCache, spatialBatchNorm, spatialGroupNorm } from './spatial-norm.js';
export type { WindowOptions } from './windows.js';
