/**
 * The lowering of every primitive; total by its type, so that a new primitive must say how it is computed. What is not the library's
 * runs its own loop on linear memory.
 */
import type { Primitive } from '../../../program/primitive.js';
import type { Aval, ProgramNode } from '../../../program/program.js';
import * as primitives from '../../../primitives/table.js';
import { convolutionLowerings } from './convolution.js';
import { countingLowerings } from './counting.js';
import { divisionLowerings } from './division.js';
import { elementaryLowerings } from './elementary.js';
import { controlLowerings } from './control.js';
import { dynamicLowerings } from './dynamic.js';
import { elementwiseLowerings } from './elementwise.js';
import { exponentialSumLowerings } from './exponential-sums.js';
import { extremaLowerings } from './extrema.js';
import { factorizationLowerings } from './factorizations.js';
import { matmul } from './gemm.js';
import { indexedLowerings } from './indexed.js';
import { joiningLowerings } from './joining.js';
import { linearAlgebraLowerings } from './linear-algebra.js';
import { type Lowered, type Lowering, type Lowerings, onReference, type PrimitiveName, type Site } from './lowering.js';
import { randomLowerings } from './random.js';
import { reductionLowerings } from './reductions.js';
import { scanLowerings } from './scans.js';
import { softmaxLowerings } from './softmax.js';
import { sortingLowerings } from './sorting.js';
import { viewLowerings } from './views.js';
import { windowLowerings } from './windows.js';

export const lowerings: Lowerings = {
  ...controlLowerings,
  ...convolutionLowerings,
  ...countingLowerings,
  ...divisionLowerings,
  ...dynamicLowerings,
  ...elementaryLowerings,
  ...elementwiseLowerings,
  ...exponentialSumLowerings,
  ...extremaLowerings,
  ...factorizationLowerings,
  ...indexedLowerings,
  ...joiningLowerings,
  ...linearAlgebraLowerings,
  ...randomLowerings,
  ...reductionLowerings,
  ...scanLowerings,
  ...softmaxLowerings,
  ...sortingLowerings,
  ...viewLowerings,
  ...windowLowerings,
  matmul,
};

/** Whether this is the library's own primitive, and not another one, or an altered copy, of the same name. */
export const isOwn = (primitive: Primitive): boolean => {
  own ??= new Map(Object.values(primitives).map((each) => [each.name, each]));
  return own.get(primitive.name) === primitive;
};

/** Made when it is first asked for: while modules load, not every primitive is there yet. */
let own: ReadonlyMap<string, Primitive> | undefined;

/** A primitive that has no entry yet runs its own loop, as one that is not the library's does. */
const loweringOf = (primitive: Primitive): Lowering =>
  isOwn(primitive) ? ((lowerings as Partial<Lowerings>)[primitive.name as PrimitiveName] ?? onReference) : onReference;

/** What an operation becomes. A primitive that is not the library's runs its own loop. */
export const lower = (node: ProgramNode, inputs: readonly Aval[], originOf?: Site['originOf']): Lowered => {
  const lowering = loweringOf(node.primitive);
  return lowering({
    inputs,
    output: node.outputs[0] as Aval,
    outputs: node.outputs,
    params: node.params as never,
    ...(originOf === undefined ? {} : { originOf }),
  });
};
