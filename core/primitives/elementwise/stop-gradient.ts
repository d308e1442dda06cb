/** The identity whose derivative is declared 0: what flows into it is a constant to every derivative. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';

export const stopGradientPrimitive: Primitive<'stopGradient', null> = defineUnary({
  name: 'stopGradient',
  docs: 'y = x, a constant to derivatives',
  widening: 'kept',
  accepts: 'any element',
  f: (x) => x,
  saves: 'none',
  vjp: [null],
  jvp: [null],
});

/**
 * `x` itself, as a constant: no derivative of any mode or order passes.
 * @example
 * stopGradient(tensor([1, 2])).toArray() // [1, 2]
 */
export const stopGradient = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
  bind(stopGradientPrimitive, [x], null) as Tensor<S>;
