/** Hostile calls of every function of `tapegrad`: a typed error, or a value, and nothing else. */
import * as api from '../../../autograd/index.js';
import { testAttacks } from './attack.js';
import { coreCases } from './core-cases.js';

testAttacks('tapegrad', api, coreCases, {
  // These run functions of the caller's, whose mistakes are named after what they call.
  ...Object.fromEntries(
    [
      'gradcheck',
      'hvp',
      'linearize',
      'jvp',
      'vjp',
      'traceTree',
      'treeMap',
      'recompute',
      'withInterpreter',
      'call',
      'cond',
      'forLoop',
      'scan',
      'switchCase',
      'whileLoop',
      'odeint',
      'associativeScan',
      'map',
      'customRoot',
      'customLinearSolve',
      'fixedPoint',
      'linearTranspose',
    ].map((name) => [name, ['*']] as const),
  ),
  // The primitive is the operation that was called.
  bind: ['*'],
  bindAll: ['*'],
});
