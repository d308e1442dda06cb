/** The registry of deliberately wrong rules. */
import { convolutionMutants } from './convolution.js';
import { elementwiseMutants } from './elementwise.js';
import { factorizationMutants } from './factorizations.js';
import { linearAlgebraMutants } from './linear-algebra.js';
import { movementMutants } from './movement.js';
import type { PrimitiveMutant } from './mutant.js';
import { reductionMutants } from './reductions.js';

export { type FunctionMutant, functionMutants } from './functions.js';
export type { PrimitiveMutant } from './mutant.js';

export const primitiveMutants: readonly PrimitiveMutant[] = [
  ...elementwiseMutants,
  ...reductionMutants,
  ...movementMutants,
  ...linearAlgebraMutants,
  ...factorizationMutants,
  ...convolutionMutants,
];
