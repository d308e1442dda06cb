/** The greatest integer that is not above x. Piecewise constant: its derivative is 0, also at the jumps. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';

export const floorPrimitive: Primitive<'floor', null> = defineUnary({
  name: 'floor',
  docs: 'y = ⌊x⌋',
  accepts: 'number',
  f: Math.floor,
  saves: 'none',
  vjp: [null],
  jvp: [null],
});

/**
 * `⌊x⌋`, element by element. No gradient passes.
 * @example
 * floor(tensor([1.5, -1.5])).toArray() // [1, -2]
 */
export const floor = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(floorPrimitive, [x], null) as Tensor<S>;
