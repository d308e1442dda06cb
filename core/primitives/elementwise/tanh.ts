/**
 * The hyperbolic tangent. `d tanh x/dx = sech²x = 4/(eˣ + e⁻ˣ)² = 4σ(2x)σ(−2x)`, which keeps its digits where `1 − tanh²x`
 * cancels (and so does `(1 − y)(1 + y)`, of a y that was rounded to 1), and stays finite at every order where `1/cosh²x` would meet `0·∞`.
 * `d sech²x/dx = −2·tanh x·sech²x`, which keeps its digits near 0, where the derivative of the product is a difference of equal numbers.
 */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { ownSlope } from '../../rules/own-slope.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { mul } from './mul.js';
import { sigmoid } from './sigmoid.js';

const sechSquared = ownSlope<[Tensor]>({
  name: 'tanh',
  value: (x) => mul(4, mul(sigmoid(mul(x, 2)), sigmoid(mul(x, -2)))),
  slopes: [([x], y) => mul(mul(tanh(x), y), -2)],
});

export const tanhPrimitive: Primitive<'tanh', null> = defineUnary({
  name: 'tanh',
  docs: 'y = tanh x',
  f: Math.tanh,
  saves: 'inputs',
  vjp: [({ g, x: [x] }) => mul(g, sechSquared(x))],
  jvp: [({ t, x: [x] }) => mul(sechSquared(x), t)],
});

/**
 * `tanh x`, element by element.
 * @example
 * tanh(tensor([0, 1])).toArray() // ≈ [0, 0.7615942]
 */
export const tanh = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(tanhPrimitive, [x], null) as Tensor<S>;
