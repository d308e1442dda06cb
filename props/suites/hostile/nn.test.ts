/** Hostile calls of every function of `tapegrad/nn`: a typed error, or a value, and nothing else. */
import * as api from '../../../nn/index.js';
import { testAttacks } from './attack.js';
import { functionalCases, initialiserCases, nnCases } from './nn-cases.js';

testAttacks('tapegrad/nn', api, nnCases);
testAttacks('functional', api.functional, functionalCases);
testAttacks('initialisers', api.initialisers, initialiserCases);
