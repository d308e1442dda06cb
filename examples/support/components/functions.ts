/** The library's activations and losses by name. One that is added to the library has to be added here. */
import { add, mul, oneHot, type Tensor } from '../../../autograd/index.js';
import * as nn from '../../../nn/index.js';
import type { NamesOf } from './entry.js';

/** Functions of one tensor that are no activations. */
type Otherwise = 'flatten' | 'globalAvgPool' | 'globalMaxPool' | 'identity' | 'sliceNorms';
type ActivationName = Exclude<NamesOf<typeof nn, (x: Tensor) => Tensor>, Otherwise>;

/** By name; `linear` is none. */
export const activationTable: Readonly<Record<ActivationName | 'linear', (x: Tensor) => Tensor>> = {
  linear: (x) => x,
  relu: nn.relu,
  sigmoid: nn.sigmoid,
  tanh: nn.tanh,
  softmax: nn.softmax,
  logSoftmax: nn.logSoftmax,
  leakyRelu: nn.leakyRelu,
  elu: nn.elu,
  celu: nn.celu,
  selu: nn.selu,
  gelu: nn.gelu,
  glu: nn.glu,
  silu: nn.silu,
  mish: nn.mish,
  softplus: nn.softplus,
  softsign: nn.softsign,
  softmin: nn.softmin,
  softshrink: nn.softshrink,
  hardshrink: nn.hardshrink,
  tanhshrink: nn.tanhshrink,
  hardtanh: nn.hardtanh,
  hardsigmoid: nn.hardsigmoid,
  hardswish: nn.hardswish,
  relu6: nn.relu6,
  logSigmoid: nn.logSigmoid,
};

export type Loss = (output: Tensor, labels: Tensor) => Tensor;

/** Functions of two tensors that are no losses. */
type NoLoss = 'accuracy' | 'applyMasks' | 'cosineSimilarity' | Otherwise | ActivationName;
type LossName = Exclude<NamesOf<typeof nn, Loss>, NoLoss>;

/** Labels as 1 for the class and `others` for the rest, for losses of whole outputs. */
const toEach =
  (loss: Loss, others: 0 | -1 = 0): Loss =>
  (output, labels) => {
    const ones = oneHot(labels, output.shape.at(-1) ?? 1, output.dtype === 'float64' ? 'float64' : 'float32');
    return loss(output, others === 0 ? ones : add(mul(ones, 2), -1));
  };

/** Losses of outputs `[N, classes]` and whole-numbered labels `[N]`. */
export const lossTable: Readonly<Record<LossName, Loss>> = {
  /** On scores: softmax is part of it. */
  crossEntropy: nn.crossEntropy,
  /** On the output of a softmax. */
  crossEntropyOfProbabilities: nn.crossEntropyOfProbabilities,
  /** On the output of a log-softmax. */
  nllLoss: nn.nllLoss,
  klDiv: toEach(nn.klDiv),
  hingeLoss: nn.hingeLoss,
  multiMarginLoss: nn.multiMarginLoss,
  multiLabelSoftMarginLoss: toEach(nn.multiLabelSoftMarginLoss),
  /** On the output of a sigmoid. */
  bceLoss: toEach(nn.bceLoss),
  bceWithLogits: toEach(nn.bceWithLogits),
  softMarginLoss: toEach(nn.softMarginLoss, -1),
  hingeEmbeddingLoss: toEach(nn.hingeEmbeddingLoss, -1),
  mseLoss: toEach(nn.mseLoss),
  l1Loss: toEach(nn.l1Loss),
  huberLoss: toEach(nn.huberLoss),
  smoothL1Loss: toEach(nn.smoothL1Loss),
  poissonNllLoss: toEach(nn.poissonNllLoss),
};
