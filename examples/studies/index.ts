/** All studies, in the order in which they are listed. */
import type { Example } from '../support/example.js';
import { apiLevels, apiLevelsNhwc } from './api-levels.js';
import { batchNormStudy } from './batch-norm.js';
import { batchSize } from './batch-size.js';
import { bestDense } from './best-dense.js';
import { byHand } from './by-hand.js';
import { challenge, challengeNhwc } from './challenge.js';
import { convEpoch } from './conv-epoch.js';
import { convOverfit } from './conv-overfit.js';
import { dropoutStudy } from './dropout.js';
import { fashionPerceptron, fourBlocks } from './fashion-nets.js';
import { imageFilters } from './image-filters.js';
import { masks } from './masks.js';
import { mnistExploration } from './mnist-exploration.js';
import { overfit } from './overfit.js';
import { pruning } from './pruning.js';
import { twoLayer } from './two-layer.js';
import { updateRules } from './update-rules.js';
import { weightScale } from './weight-scale.js';

export const studies: readonly Example[] = [
  mnistExploration,
  masks,
  twoLayer,
  overfit,
  updateRules,
  bestDense,
  batchNormStudy,
  weightScale,
  batchSize,
  dropoutStudy,
  convOverfit,
  convEpoch,
  imageFilters,
  apiLevels,
  apiLevelsNhwc,
  challenge,
  challengeNhwc,
  pruning,
  byHand,
  fashionPerceptron,
  fourBlocks,
];
