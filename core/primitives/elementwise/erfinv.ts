/** The inverse of the error function. From `erf y = x`: `dy/dx = 1/erf′(y) = √π/2·e^(y²)`. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { inverseErrorFunction, twoOverRootPi } from '../../rules/scalar/error-function.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { exp } from './exp.js';
import { mul } from './mul.js';

export const erfinvPrimitive: Primitive<'erfinv', null> = defineUnary({
  name: 'erfinv',
  docs: 'y = erf⁻¹ x',
  f: inverseErrorFunction,
  saves: 'output',
  vjp: [({ g, y }) => mul(g, mul(1 / twoOverRootPi, exp(mul(y, y))))],
  jvp: [({ t, y }) => mul(t, mul(exp(mul(y, y)), 1 / twoOverRootPi))],
});

/**
 * The `y` with `erf y = x`, element by element; ±∞ at ±1, NaN beyond.
 * @example
 * erfinv(tensor([0, 0.5])).toArray() // ≈ [0, 0.4769363]
 */
export const erfinv = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(erfinvPrimitive, [x], null) as Tensor<S>;
