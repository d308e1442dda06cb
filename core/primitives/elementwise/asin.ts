/** The inverse sine. From `sin y = x`: `dy/dx = 1/cos y = 1/√((1 − x)(1 + x))`; +∞ at ±1. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { oneLessSquare } from '../../rules/one-less-square.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { mul } from './mul.js';
import { rsqrt } from './rsqrt.js';

export const asinPrimitive: Primitive<'asin', null> = defineUnary({
  name: 'asin',
  docs: 'y = arcsin x',
  f: Math.asin,
  saves: 'inputs',
  vjp: [({ g, x: [x] }) => mul(g, rsqrt(oneLessSquare(x)))],
  jvp: [({ t, x: [x] }) => mul(t, rsqrt(oneLessSquare(x)))],
});

/**
 * `arcsin x` in [−π/2, π/2], element by element; NaN outside [−1, 1].
 * @example
 * asin(tensor([0, 1])).toArray() // ≈ [0, 1.5707964]
 */
export const asin = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(asinPrimitive, [x], null) as Tensor<S>;
