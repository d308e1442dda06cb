/** The identity whose derivative is declared 0: what flows into it is a constant to every derivative. */
import { defineUnary } from '../families/unary.js';
import { bind } from '../interpreter.js';
import type { Primitive } from '../primitive.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';

export const stopGradientPrimitive: Primitive<'stopGradient', null> = defineUnary({
  name: 'stopGradient',
  docs: 'y = x, a constant to derivatives',
  accepts: 'any',
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
