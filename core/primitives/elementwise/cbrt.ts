/** The cube root. `d ∛x/dx = 1/(3y²)`; +∞ at 0, and 0 at ±∞: where y = 2y, y/x is no number. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { abs } from './abs.js';
import { div } from './div.js';
import { equal } from './equal.js';
import { mul } from './mul.js';
import { where } from './where.js';

export const cbrtPrimitive: Primitive<'cbrt', null> = defineUnary({
  name: 'cbrt',
  docs: 'y = ∛x',
  f: Math.cbrt,
  saves: 'output',
  vjp: [({ g, y }) => div(g, mul(mul(y, y), 3))],
  jvp: [({ t, x: [x], y }) => where(equal(y, mul(y, 2)), div(t, abs(y)), mul(t, div(div(y, x), 3)))],
});

/**
 * `∛x`, element by element, negative for negative x.
 * @example
 * cbrt(tensor([27, -8])).toArray() // ≈ [3, -2]
 */
export const cbrt = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(cbrtPrimitive, [x], null) as Tensor<S>;
