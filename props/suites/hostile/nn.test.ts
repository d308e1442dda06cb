/** Hostile calls of every function of `tapegrad/nn`: a typed error, or a value, and nothing else. */
import * as api from '../../../nn/index.js';
import { testAttacks } from './attack.js';
import { functionalCases, initialiserCases, nnCases } from './nn-cases.js';

testAttacks('tapegrad/nn', api, nnCases, {
  // It runs the model of the caller's.
  summary: ['*'],
  // Layers within layers.
  maxoutLinear: ['linear'],
  ...Object.fromEntries(
    ['transformerDecoder', 'transformerDecoderLayer', 'transformerEncoder', 'transformerEncoderLayer'].map(
      (name) => [name, ['multiheadAttention', 'dropout', 'layerNorm', 'transformer']] as const,
    ),
  ),
});
testAttacks('functional', api.functional, functionalCases);
testAttacks('initialisers', api.initialisers, initialiserCases, {
  // Instances of others.
  ones: ['constant'],
  zeros: ['constant'],
  standard: ['varianceScaling', 'uniform'],
});
