/** What a compiled program goes through before a backend plans it. Every pass keeps each result's bits. */
import type { Program } from '../program.js';
import type { Tensor } from '../../tensor/tensor.js';
import { simplifyAlgebra } from './algebra.js';
import { inlineCalls } from './inline.js';
import { mergeCommonSubexpressions } from './common-subexpressions.js';
import { removeDeadCode } from './dead-code.js';
import { hoistConstants } from './hoist.js';

/** The same function in fewer operations. */
export const tidied = (program: Program): Program =>
  removeDeadCode(mergeCommonSubexpressions(simplifyAlgebra(mergeCommonSubexpressions(program))));

/** The same function in fewer operations; `run` computes what depends on no input. */
export const simplify = (program: Program, run: (fixed: Program) => readonly Tensor[]): Program =>
  removeDeadCode(hoistConstants(tidied(inlineCalls(program)), run));
