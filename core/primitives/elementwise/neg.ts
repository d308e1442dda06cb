/** Negation. `∂(−x)/∂x = −1`. */
import { defineUnary } from '../families/unary.js';
import { bind } from '../interpreter.js';
import type { Primitive } from '../primitive.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';

export const negPrimitive: Primitive<'neg', null> = defineUnary({
  name: 'neg',
  docs: 'y = −x',
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
