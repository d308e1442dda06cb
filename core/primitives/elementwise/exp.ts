/** The exponential. `d eˣ/dx = eˣ`, read from the output. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { mul } from './mul.js';

export const expPrimitive: Primitive<'exp', null> = defineUnary({
  name: 'exp',
  docs: 'y = eˣ',
  f: Math.exp,
  saves: 'output',
  vjp: [({ g, y }) => mul(g, y)],
  jvp: [({ t, x: [x] }) => mul(t, exp(x))],
});

/**
 * `eˣ`, element by element.
 * @example
 * exp(tensor([0, Math.log(2)])).toArray() // ≈ [1, 2]
 */
export const exp = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(expPrimitive, [x], null) as Tensor<S>;
