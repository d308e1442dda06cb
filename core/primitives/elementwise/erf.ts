/** The error function `2/√π ∫₀ˣ e^(−t²) dt`. `d erf x/dx = 2/√π·e^(−x²)`. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { errorFunction, twoOverRootPi } from '../../rules/scalar/error-function.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { exp } from './exp.js';
import { mul } from './mul.js';
import { neg } from './neg.js';

export const erfPrimitive: Primitive<'erf', null> = defineUnary({
  name: 'erf',
  docs: 'y = 2/√π ∫₀ˣ e^(−t²) dt',
  f: errorFunction,
  saves: 'inputs',
  vjp: [({ g, x: [x] }) => mul(g, mul(twoOverRootPi, exp(neg(mul(x, x)))))],
  jvp: [({ t, x: [x] }) => mul(mul(t, twoOverRootPi), exp(mul(x, neg(x))))],
});

/**
 * The error function `2/√π ∫₀ˣ e^(−t²) dt`, element by element.
 * @example
 * erf(tensor([0, 1])).toArray() // ≈ [0, 0.8427008]
 */
export const erf = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(erfPrimitive, [x], null) as Tensor<S>;
