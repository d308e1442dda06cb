/** Hostile calls of every function of `tapegrad`: a typed error, or a value, and nothing else. */
import * as api from '../../../autograd/index.js';
import { testAttacks } from './attack.js';
import { coreCases } from './core-cases.js';

testAttacks('tapegrad', api, coreCases);
