/** The hyperbolic sine. `d sinh x/dx = cosh x`, in both modes: of exponentials, the derivative after next would cancel near 0. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { cosh } from './cosh.js';
import { mul } from './mul.js';

export const sinhPrimitive: Primitive<'sinh', null> = defineUnary({
  name: 'sinh',
  docs: 'y = (eˣ − e⁻ˣ)/2',
  f: Math.sinh,
  saves: 'inputs',
  vjp: [({ g, x: [x] }) => mul(g, cosh(x))],
  jvp: [({ t, x: [x] }) => mul(cosh(x), t)],
});

/**
 * `sinh x`, element by element.
 * @example
 * sinh(tensor([0, 1])).toArray() // ≈ [0, 1.1752012]
 */
export const sinh = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(sinhPrimitive, [x], null) as Tensor<S>;
