/** The complementary error function `1 − erf x`, without cancellation for large x. `d erfc x/dx = −2/√π·e^(−x²)`. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { complementaryErrorFunction, twoOverRootPi } from '../../rules/scalar/error-function.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { exp } from './exp.js';
import { mul } from './mul.js';
import { neg } from './neg.js';

export const erfcPrimitive: Primitive<'erfc', null> = defineUnary({
  name: 'erfc',
  docs: 'y = 2/√π ∫ₓ^∞ e^(−t²) dt',
  f: complementaryErrorFunction,
  saves: 'inputs',
  vjp: [({ g, x: [x] }) => mul(g, mul(-twoOverRootPi, exp(neg(mul(x, x)))))],
  jvp: [({ t, x: [x] }) => neg(mul(mul(t, twoOverRootPi), exp(mul(x, neg(x)))))],
});

/**
 * The complementary error function `1 − erf x`, element by element; small results keep all their digits.
 * @example
 * erfc(tensor([0, 1])).toArray() // ≈ [1, 0.1572992]
 */
export const erfc = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(erfcPrimitive, [x], null) as Tensor<S>;
