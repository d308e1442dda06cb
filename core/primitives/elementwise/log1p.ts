/** `ln(1 + x)` without cancellation near 0. `d ln(1 + x)/dx = 1/(1 + x)`. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add } from './add.js';
import { div } from './div.js';
import { mul } from './mul.js';

export const log1pPrimitive: Primitive<'log1p', null> = defineUnary({
  name: 'log1p',
  docs: 'y = ln(1 + x)',
  f: Math.log1p,
  saves: 'inputs',
  vjp: [({ g, x: [x] }) => div(g, add(x, 1))],
  jvp: [({ t, x: [x] }) => mul(t, div(1, add(1, x)))],
});

/**
 * `ln(1 + x)`, element by element, exact near 0; −∞ at −1, NaN below.
 * @example
 * log1p(tensor([0, Math.E - 1])).toArray() // ≈ [0, 1]
 */
export const log1p = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(log1pPrimitive, [x], null) as Tensor<S>;
