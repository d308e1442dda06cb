/**
 * `ln(1 + eˣ) = max(x, 0) + ln(1 + e^(−|x|))`, the form that neither overflows nor cancels.
 * `d ln(1 + eˣ)/dx = eˣ/(1 + eˣ) = σ(x)`, exactly ½ at 0; of a rounded output, `1 − e^(−y)` would lose its digits.
 */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { mul } from './mul.js';
import { sigmoid } from './sigmoid.js';

export const softplusPrimitive: Primitive<'softplus', null> = defineUnary({
  name: 'softplus',
  docs: 'y = ln(1 + eˣ)',
  f: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  saves: 'inputs',
  vjp: [({ g, x: [x] }) => mul(g, sigmoid(x))],
  jvp: [({ t, x: [x] }) => mul(sigmoid(x), t)],
});

/**
 * `ln(1 + eˣ)`, element by element, stable for every `x`.
 * @example
 * softplus(tensor([0, 1000])).toArray() // ≈ [0.6931472, 1000]
 */
export const softplus = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(softplusPrimitive, [x], null) as Tensor<S>;
