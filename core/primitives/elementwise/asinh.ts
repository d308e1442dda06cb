/** The inverse hyperbolic sine. From `sinh y = x`: `dy/dx = 1/cosh y = 1/√(1 + x²)`, of x and not of the rounded y, by `hypot`, whose square does not overflow. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { div } from './div.js';
import { hypot } from './hypot.js';

export const asinhPrimitive: Primitive<'asinh', null> = defineUnary({
  name: 'asinh',
  docs: 'y = arsinh x = ln(x + √(x² + 1))',
  f: Math.asinh,
  saves: 'inputs',
  vjp: [({ g, x: [x] }) => div(g, hypot(1, x))],
  jvp: [({ t, x: [x] }) => div(t, hypot(x, 1))],
});

/**
 * `arsinh x`, element by element.
 * @example
 * asinh(tensor([0, 1])).toArray() // ≈ [0, 0.8813736]
 */
export const asinh = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(asinhPrimitive, [x], null) as Tensor<S>;
