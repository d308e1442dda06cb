/** The logarithm to base 10. `d log₁₀x/dx = 1/(x ln 10)`. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { div } from './div.js';
import { mul } from './mul.js';

export const log10Primitive: Primitive<'log10', null> = defineUnary({
  name: 'log10',
  docs: 'y = log₁₀ x',
  f: Math.log10,
  saves: 'inputs',
  vjp: [({ g, x: [x] }) => div(g, mul(x, Math.LN10))],
  jvp: [({ t, x: [x] }) => mul(div(t, x), Math.LOG10E)],
});

/**
 * `log₁₀ x`, element by element, exact at powers of 10.
 * @example
 * log10(tensor([1, 1000])).toArray() // [0, 3]
 */
export const log10 = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(log10Primitive, [x], null) as Tensor<S>;
