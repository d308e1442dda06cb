/** Hostile calls of every function of `tapegrad/optim`: a typed error, or a value, and nothing else. */
import * as api from '../../../optim/index.js';
import { testAttacks } from './attack.js';
import { optimCases } from './optim-cases.js';

testAttacks('tapegrad/optim', api, optimCases, {
  // These run models and losses of the caller's.
  ...Object.fromEntries(['evaluate', 'findLearningRate', 'fit', 'refreshState'].map((name) => [name, ['*']] as const)),
  onPlateau: ['reduceOnPlateau'],
  // It runs the transform.
  prepareUpdate: ['update', 'scaleByLearningRate'],
  sgdVelocity: ['scaleByLearningRate'],
});
