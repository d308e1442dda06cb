/** The place of the largest element, as int32. Piecewise constant: no derivative. */

import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { extremumIndex, requireElements } from '../../rules/extremum.js';
import { defineReduction, type ReductionParams } from '../../rules/reduction.js';
import { checkedOptions } from '../../tensor/arguments.js';
import { namedAxes, type OneAxis, singleAxis } from '../../tensor/axis.js';
import type { Tensor } from '../../tensor/tensor.js';
import { reductionParams } from './sum.js';

export const argmaxPrimitive: Primitive<'argmax', ReductionParams> = defineReduction({
  name: 'argmax',
  docs: 'y = the first k with x[k] = max x over the axes',
  accepts: 'any',
  result: 'int32',
  f: extremumIndex(1),
  checkLane: requireElements('argmax'),
  saves: 'none',
  vjp: [null],
  jvp: [null],
});

/** Which axis to search, and whether it stays as size 1. */
export interface ArgOptions {
  /** `null`, the default, searches the whole tensor and gives an index into it, row-major. */
  readonly axis?: OneAxis | null;
  /** Another name of `axis`. */
  readonly axes?: OneAxis | null;
  readonly keepDims?: boolean;
}

const argParamsNames = { axis: true, axes: true, keepDims: 'flag' } as const;

/** One axis, or all of them. */
export const argParams = (op: string, x: Tensor, options: ArgOptions): ReductionParams => {
  const { axis, axes, keepDims = false } = checkedOptions(op, options, argParamsNames);
  const one = namedAxes(op, axis, axes) ?? null;
  return reductionParams(op, x, { axis: one === null ? null : singleAxis(op, one), keepDims });
};

/**
 * The index of the largest element along `axis`, or in the flattened tensor. The first of equals; the first NaN, if any.
 * @throws AxisError for an axis out of range; ShapeError where there is no element.
 * @example
 * argmax(tensor([[1, 5], [4, 2]]), { axis: 1 }).toArray() // [1, 0]
 */
export const argmax = (x: Tensor, options: ArgOptions = {}): Tensor =>
  bind(argmaxPrimitive, [x], argParams('argmax', x, options));
