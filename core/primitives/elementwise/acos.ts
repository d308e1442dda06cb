/** The inverse cosine. From `cos y = x`: `dy/dx = −1/sin y = −1/√((1 − x)(1 + x))`; −∞ at ±1. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { oneLessSquare } from '../../rules/one-less-square.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { mul } from './mul.js';
import { neg } from './neg.js';
import { rsqrt } from './rsqrt.js';

export const acosPrimitive: Primitive<'acos', null> = defineUnary({
  name: 'acos',
  docs: 'y = arccos x',
  f: Math.acos,
  saves: 'inputs',
  vjp: [({ g, x: [x] }) => neg(mul(g, rsqrt(oneLessSquare(x))))],
  jvp: [({ t, x: [x] }) => mul(neg(t), rsqrt(oneLessSquare(x)))],
});

/**
 * `arccos x` in [0, π], element by element; NaN outside [−1, 1].
 * @example
 * acos(tensor([1, 0])).toArray() // ≈ [0, 1.5707964]
 */
export const acos = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(acosPrimitive, [x], null) as Tensor<S>;
