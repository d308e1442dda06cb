/** Negation. `∂(−x)/∂x = −1`. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';

export const negPrimitive: Primitive<'neg', null> = defineUnary({
  name: 'neg',
  docs: 'y = −x',
  widening: 'modular',
  accepts: 'number',
  f: (x) => -x,
  saves: 'none',
  vjp: [({ g }) => neg(g)],
  jvp: 'linear',
});

/**
 * `−x`, element by element.
 * @example
 * neg(tensor([1, -2])).toArray() // [-1, 2]
 */
export const neg = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(negPrimitive, [x], null) as Tensor<S>;
