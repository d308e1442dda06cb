/** Hostile calls of every function of `tapegrad/optim`: a typed error, or a value, and nothing else. */
import * as api from '../../../optim/index.js';
import { testAttacks } from './attack.js';
import { optimCases } from './optim-cases.js';

testAttacks('tapegrad/optim', api, optimCases);
