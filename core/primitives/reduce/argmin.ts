/** The place of the smallest element, as int32. Piecewise constant: no derivative. */

import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { extremumIndex, requireElements } from '../../rules/extremum.js';
import { defineReduction, type ReductionParams } from '../../rules/reduction.js';
import type { Tensor } from '../../tensor/tensor.js';
import { type ArgOptions, argParams } from './argmax.js';

export const argminPrimitive: Primitive<'argmin', ReductionParams> = defineReduction({
  name: 'argmin',
  docs: 'y = the first k with x[k] = min x over the axes',
  accepts: 'any',
  result: 'int32',
  f: extremumIndex(-1),
  checkLane: requireElements('argmin'),
  saves: 'none',
  vjp: [null],
  jvp: [null],
});

/**
 * The index of the smallest element along `axis`, or in the flattened tensor. The first of equals; the first NaN, if any.
 * @throws AxisError for an axis out of range; ShapeError where there is no element.
 * @example
 * argmin(tensor([[1, 5], [4, 2]]), { axis: 1 }).toArray() // [0, 1]
 */
export const argmin = (x: Tensor, options: ArgOptions = {}): Tensor =>
  bind(argminPrimitive, [x], argParams('argmin', x, options));
