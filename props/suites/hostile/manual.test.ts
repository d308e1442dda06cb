/** Hostile calls of every function of `tapegrad/nn/manual`: a typed error, or a value, and nothing else. */
import * as api from '../../../nn/manual/index.js';
import { testAttacks } from './attack.js';
import { forwardCases, manualCases } from './manual-cases.js';

testAttacks('tapegrad/nn/manual', api, manualCases);
testAttacks(
  'forward of',
  Object.fromEntries(
    Object.entries(api).flatMap(([name, part]) => ('forward' in part ? [[name, part.forward] as const] : [])),
  ),
  forwardCases,
);
