/** Every hand derivation. */
import { activations } from './activations.js';
import { attention } from './attention.js';
import { batchNorm1d, batchNorm2d } from './batch-norm.js';
import { conv2d } from './convolution.js';
import type { Derivation } from './derivation.js';
import { elementwiseLosses } from './elementwise-losses.js';
import { linear } from './linear.js';
import { embedding, prelu } from './lookup.js';
import { crossEntropy, hinge, mse } from './losses.js';
import { manualLayers } from './manual.js';
import { avgPool2d, maxPool2d } from './pooling.js';
import { lstmCell } from './recurrent.js';
import { dropout, flatten } from './reshaping.js';
import { groupNorm, layerNorm } from './sample-norm.js';
import { logSoftmax, softmax } from './softmax.js';

export type { Derivation, DerivationCase } from './derivation.js';

export const derivations: readonly Derivation[] = [
  linear,
  ...activations,
  prelu,
  conv2d,
  maxPool2d,
  avgPool2d,
  batchNorm1d,
  batchNorm2d,
  layerNorm,
  groupNorm,
  dropout,
  flatten,
  embedding,
  attention,
  lstmCell,
  softmax,
  logSoftmax,
  crossEntropy,
  hinge,
  mse,
  ...elementwiseLosses,
  ...manualLayers,
];
