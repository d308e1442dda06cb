/** Every hand derivation. */
import { activations } from './activations.js';
import { attention } from './attention.js';
import { batchNorm1d, batchNorm2d } from './batch-norm.js';
import { combinations } from './combine.js';
import { conv2d } from './convolution.js';
import { convolutions } from './convolution-axes.js';
import type { Derivation } from './derivation.js';
import { elementwiseLosses } from './elementwise-losses.js';
import { linear } from './linear.js';
import { embedding, prelu } from './lookup.js';
import { crossEntropy, hinge, mse } from './losses.js';
import { manualLayers } from './manual.js';
import { avgPool2d, maxPool2d } from './pooling.js';
import { lstmCell } from './recurrent.js';
import { gruCell, rnnCell } from './recurrent-cells.js';
import { gru, rnn } from './recurrent-sequence.js';
import { dropout, flatten } from './reshaping.js';
import { groupNorm, layerNorm } from './sample-norm.js';
import { logSoftmax, softmax } from './softmax.js';
import { encoderLayer, multiheadAttention } from './transformer.js';
import { adaptiveAvgPool2d, instanceNorm } from './windows.js';

export type { Derivation, DerivationCase } from './derivation.js';

export const derivations: readonly Derivation[] = [
  linear,
  ...activations,
  prelu,
  conv2d,
  ...convolutions,
  maxPool2d,
  avgPool2d,
  adaptiveAvgPool2d,
  batchNorm1d,
  batchNorm2d,
  layerNorm,
  groupNorm,
  instanceNorm,
  dropout,
  flatten,
  embedding,
  attention,
  multiheadAttention,
  encoderLayer,
  rnnCell,
  lstmCell,
  gruCell,
  rnn,
  gru,
  ...combinations,
  softmax,
  logSoftmax,
  crossEntropy,
  hinge,
  mse,
  ...elementwiseLosses,
  ...manualLayers,
];
