/** The square root. `d√x/dx = 1/(2√x)`, read from the output; +∞ at 0. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { div } from './div.js';
import { mul } from './mul.js';

export const sqrtPrimitive: Primitive<'sqrt', null> = defineUnary({
  name: 'sqrt',
  docs: 'y = √x',
  f: Math.sqrt,
  saves: 'output',
  vjp: [({ g, y }) => div(g, mul(y, 2))],
  jvp: [({ t, x: [x] }) => mul(t, div(0.5, sqrt(x)))],
});

/**
 * `√x`, element by element; NaN below 0. The derivative at 0 is +∞; see `safeSqrt` for one that is 0 there.
 * @example
 * sqrt(tensor([4, 9])).toArray() // [2, 3]
 */
export const sqrt = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(sqrtPrimitive, [x], null) as Tensor<S>;
