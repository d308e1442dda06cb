/** The inverse hyperbolic tangent. From `tanh y = x`: `dy/dx = 1/(1 − tanh²y) = 1/((1 − x)(1 + x))`. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { oneLessSquare } from '../../rules/one-less-square.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { div } from './div.js';
import { mul } from './mul.js';

export const atanhPrimitive: Primitive<'atanh', null> = defineUnary({
  name: 'atanh',
  docs: 'y = artanh x = ½ ln((1 + x)/(1 − x))',
  f: Math.atanh,
  saves: 'inputs',
  vjp: [({ g, x: [x] }) => div(g, oneLessSquare(x))],
  jvp: [({ t, x: [x] }) => mul(t, div(1, oneLessSquare(x)))],
});

/**
 * `artanh x`, element by element; ±∞ at ±1, NaN beyond.
 * @example
 * atanh(tensor([0, 0.5])).toArray() // ≈ [0, 0.5493061]
 */
export const atanh = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(atanhPrimitive, [x], null) as Tensor<S>;
