/**
 * The inverse hyperbolic cosine. From `cosh y = x`: `dy/dx = 1/sinh y = (x − 1)^(−½)·(x + 1)^(−½)`, of x and not of the rounded
 * y; +∞ at 1. The terms of every higher derivative of that product have one sign, so that at 1 none is `∞ − ∞`.
 */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add } from './add.js';
import { mul } from './mul.js';
import { rsqrt } from './rsqrt.js';
import { sub } from './sub.js';

const slopeOf = (x: Tensor): Tensor => mul(rsqrt(sub(x, 1)), rsqrt(add(x, 1))) as Tensor;

export const acoshPrimitive: Primitive<'acosh', null> = defineUnary({
  name: 'acosh',
  docs: 'y = arcosh x = ln(x + √(x² − 1))',
  f: Math.acosh,
  saves: 'inputs',
  vjp: [({ g, x: [x] }) => mul(g, slopeOf(x))],
  jvp: [({ t, x: [x] }) => mul(t, slopeOf(x))],
});

/**
 * `arcosh x`, element by element; NaN below 1.
 * @example
 * acosh(tensor([1, 2])).toArray() // ≈ [0, 1.316958]
 */
export const acosh = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(acoshPrimitive, [x], null) as Tensor<S>;
