/** The spec of every primitive. */
import type * as primitives from '../../core/primitives/table.js';
import { convolutionSpecs } from './convolution.js';
import { elementwiseSpecs } from './elementwise.js';
import { factorizationSpecs } from './factorizations.js';
import { indexingSpecs } from './indexing.js';
import { linearAlgebraSpecs } from './linear-algebra.js';
import { randomSpecs } from './random.js';
import { reductionSpecs } from './reductions.js';
import { shapeSpecs } from './shapes.js';
import type { OpSpec } from './spec.js';

/** Operations that hold programs: their laws are drawn over programs (`props/suites/control`), not over operands. */
export type ControlName = 'call' | 'checkpoint' | 'cond' | 'scan' | 'whileLoop';

export type PrimitiveName = Exclude<keyof typeof primitives, ControlName>;

/** Total by its type: a primitive without a spec does not compile. */
export const specs: Readonly<Record<PrimitiveName, OpSpec>> = {
  ...convolutionSpecs,
  ...elementwiseSpecs,
  ...factorizationSpecs,
  ...indexingSpecs,
  ...linearAlgebraSpecs,
  ...randomSpecs,
  ...reductionSpecs,
  ...shapeSpecs,
};
