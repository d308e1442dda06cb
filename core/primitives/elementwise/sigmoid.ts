/**
 * The logistic function `σ(x) = 1/(1 + e⁻ˣ)`, written for each sign so that `eˣ` never overflows.
 * `σ'(x) = e⁻ˣ/(1 + e⁻ˣ)² = σ(x)σ(−x)` in both modes, which keeps its digits where `1 − σ(x)` cancels.
 * `σ''(x) = σ'(x)(σ(−x) − σ(x)) = −σ'(x)·tanh(x/2)`, which keeps its digits near 0, where that difference cancels.
 */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { ownSlope } from '../../rules/own-slope.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { mul } from './mul.js';
import { neg } from './neg.js';
import { tanh } from './tanh.js';

const logistic = (x: number): number => {
  const small = Math.exp(-Math.abs(x));
  return (x < 0 ? small : 1) / (1 + small);
};

/** `σ'(x)`, of x and of `σ(x)`, which is there already. */
const logisticSlope = ownSlope<[Tensor, Tensor]>({
  name: 'sigmoid',
  value: (x, y) => mul(y, sigmoid(neg(x))),
  slopes: [([x], y) => neg(mul(y, tanh(mul(x, 0.5)))), null],
});

export const sigmoidPrimitive: Primitive<'sigmoid', null> = defineUnary({
  name: 'sigmoid',
  docs: 'y = 1/(1 + e⁻ˣ)',
  f: logistic,
  saves: 'both',
  vjp: [({ g, x: [x], y }) => mul(g, logisticSlope(x, y))],
  jvp: [({ t, x: [x], y }) => mul(logisticSlope(x, y), t)],
});

/**
 * The logistic function `1/(1 + e⁻ˣ)`, element by element, without overflow for any `x`.
 * @example
 * sigmoid(tensor([0, 1000])).toArray() // [0.5, 1]
 */
export const sigmoid = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(sigmoidPrimitive, [x], null) as Tensor<S>;
