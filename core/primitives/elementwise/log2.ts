/** The logarithm to base 2. `d log₂x/dx = 1/(x ln 2)`. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { div } from './div.js';
import { mul } from './mul.js';

export const log2Primitive: Primitive<'log2', null> = defineUnary({
  name: 'log2',
  docs: 'y = log₂ x',
  f: Math.log2,
  saves: 'inputs',
  vjp: [({ g, x: [x] }) => div(g, mul(x, Math.LN2))],
  jvp: [({ t, x: [x] }) => mul(div(t, x), Math.LOG2E)],
});

/**
 * `log₂ x`, element by element, exact at powers of 2.
 * @example
 * log2(tensor([1, 8])).toArray() // [0, 3]
 */
export const log2 = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(log2Primitive, [x], null) as Tensor<S>;
