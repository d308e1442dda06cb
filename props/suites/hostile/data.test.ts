/** Hostile calls of every function of `tapegrad/data`: a typed error, or a value, and nothing else. */
import * as api from '../../../data/index.js';
import { testAttacks } from './attack.js';
import { dataCases } from './data-cases.js';

testAttacks('tapegrad/data', api, dataCases);
