/**
 * The lowering of every primitive; total by its type, so that a new primitive must say how it is computed. Those that stand
 * with `onReference` run the reference's own loop on linear memory.
 */
import type { Primitive } from '../../primitive.js';
import type { Aval, ProgramNode } from '../../program.js';
import * as primitives from '../../table.js';
import { convolutionLowerings } from './convolution.js';
import { elementaryLowerings } from './elementary.js';
import { elementwiseLowerings } from './elementwise.js';
import { matmul } from './gemm.js';
import { indexedLowerings } from './indexed.js';
import { joiningLowerings } from './joining.js';
import { type Lowered, type Lowerings, onReference, type PrimitiveName } from './lowering.js';
import { reductionLowerings } from './reductions.js';
import { softmaxLowerings } from './softmax.js';
import { viewLowerings } from './views.js';
import { windowLowerings } from './windows.js';

export const lowerings: Lowerings = {
  ...convolutionLowerings,
  ...elementaryLowerings,
  ...elementwiseLowerings,
  ...indexedLowerings,
  ...joiningLowerings,
  ...reductionLowerings,
  ...softmaxLowerings,
  ...viewLowerings,
  ...windowLowerings,
  matmul,
  argmax: onReference,
  argmin: onReference,
  argsort: onReference,
  cholesky: onReference,
  cofactor: onReference,
  cumprod: onReference,
  cumsum: onReference,
  det: onReference,
  floorDivide: onReference,
  inverse: onReference,
  iota: onReference,
  logabsdet: onReference,
  logsumexp: onReference,
  recurrence: onReference,
  remainder: onReference,
  solve: onReference,
  threefry: onReference,
  triangularSolve: onReference,
  unitInterval: onReference,
};

/** Primitives without a lowering of their own. */
export const onReferenceNames: readonly string[] = Object.entries(lowerings)
  .filter(([, lowering]) => lowering === onReference)
  .map(([name]) => name);

/** Whether this is the library's own primitive, and not another one, or an altered copy, of the same name. */
export const isOwn = (primitive: Primitive): boolean => {
  own ??= new Map(Object.values(primitives).map((each) => [each.name, each]));
  return own.get(primitive.name) === primitive;
};

/** Made when it is first asked for: while modules load, not every primitive is there yet. */
let own: ReadonlyMap<string, Primitive> | undefined;

/** What an operation becomes. A primitive that is not the library's runs its own loop. */
export const lower = (node: ProgramNode, inputs: readonly Aval[]): Lowered => {
  const lowering = isOwn(node.primitive) ? lowerings[node.primitive.name as PrimitiveName] : onReference;
  return lowering({ inputs, output: node, params: node.params as never });
};
