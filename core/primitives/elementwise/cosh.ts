/** The hyperbolic cosine. `d cosh x/dx = sinh x`. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { mul } from './mul.js';
import { sinh } from './sinh.js';

export const coshPrimitive: Primitive<'cosh', null> = defineUnary({
  name: 'cosh',
  docs: 'y = (eˣ + e⁻ˣ)/2',
  f: Math.cosh,
  saves: 'inputs',
  vjp: [({ g, x: [x] }) => mul(g, sinh(x))],
  jvp: [({ t, x: [x] }) => mul(sinh(x), t)],
});

/**
 * `cosh x`, element by element.
 * @example
 * cosh(tensor([0, 1])).toArray() // ≈ [1, 1.5430806]
 */
export const cosh = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(coshPrimitive, [x], null) as Tensor<S>;
