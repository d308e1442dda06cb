/** The natural logarithm. `d ln x/dx = 1/x`. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { div } from './div.js';
import { mul } from './mul.js';

export const logPrimitive: Primitive<'log', null> = defineUnary({
  name: 'log',
  docs: 'y = ln x',
  f: Math.log,
  saves: 'inputs',
  vjp: [({ g, x: [x] }) => div(g, x)],
  jvp: [({ t, x: [x] }) => mul(t, div(1, x))],
});

/**
 * `ln x`, element by element; −∞ at 0, NaN below.
 * @example
 * log(tensor([1, Math.E])).toArray() // ≈ [0, 1]
 */
export const log = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(logPrimitive, [x], null) as Tensor<S>;
