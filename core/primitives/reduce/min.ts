/** The smallest element over axes. Its derivative goes to the elements that attain it, in equal shares. */

import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { extremumJvp, extremumValue, extremumVjp, requireElements } from '../../rules/extremum.js';
import { defineReduction, type ReductionParams } from '../../rules/reduction.js';
import type { Tensor } from '../../tensor/tensor.js';
import { type ReduceOptions, reductionParams } from './sum.js';

export const minPrimitive: Primitive<'min', ReductionParams> = defineReduction({
  name: 'min',
  docs: 'y = min x over the axes',
  accepts: 'any',
  f: extremumValue(-1),
  checkLane: requireElements('min'),
  saves: 'both',
  vjp: [extremumVjp],
  jvp: [extremumJvp],
});

/**
 * The smallest element over `axes` (all by default). NaN if one of them is NaN. Ties share the gradient equally.
 * @throws AxisError for an axis out of range or named twice; ShapeError where there is no element.
 * @example
 * min(tensor([[1, 5], [4, 2]]), { axis: 1 }).toArray() // [1, 2]
 */
export const min = (x: Tensor, options: ReduceOptions = {}): Tensor =>
  bind(minPrimitive, [x], reductionParams('min', x, options));
