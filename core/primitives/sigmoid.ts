/**
 * The logistic function `σ(x) = 1/(1 + e⁻ˣ)`, written for each sign so that `eˣ` never overflows.
 * `σ'(x) = e⁻ˣ/(1 + e⁻ˣ)² = σ(x)σ(−x)` in both modes, which keeps its digits where `1 − σ(x)` cancels.
 */
import { defineUnary } from '../families/unary.js';
import { bind } from '../interpreter.js';
import type { Primitive } from '../primitive.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { mul } from './mul.js';
import { neg } from './neg.js';

const logistic = (x: number): number => {
  const small = Math.exp(-Math.abs(x));
  return (x < 0 ? small : 1) / (1 + small);
};

export const sigmoidPrimitive: Primitive<'sigmoid', null> = defineUnary({
  name: 'sigmoid',
  docs: 'y = 1/(1 + e⁻ˣ)',
  f: logistic,
  saves: 'both',
  vjp: [({ g, x: [x], y }) => mul(g, mul(y, sigmoid(neg(x))))],
  jvp: [({ t, x: [x] }) => mul(mul(t, sigmoid(x)), sigmoid(neg(x)))],
});

/**
 * The logistic function `1/(1 + e⁻ˣ)`, element by element, without overflow for any `x`.
 * @example
 * sigmoid(tensor([0, 1000])).toArray() // [0.5, 1]
 */
export const sigmoid = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(sigmoidPrimitive, [x], null) as Tensor<S>;
