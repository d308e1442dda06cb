/** The reciprocal square root. `d x^(−½)/dx = −½x^(−3/2) = −½y³`. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { div } from './div.js';
import { mul } from './mul.js';

export const rsqrtPrimitive: Primitive<'rsqrt', null> = defineUnary({
  name: 'rsqrt',
  docs: 'y = 1/√x',
  f: (x) => 1 / Math.sqrt(x),
  saves: 'output',
  vjp: [({ g, y }) => mul(g, mul(mul(y, -0.5), mul(y, y)))],
  jvp: [({ t, x: [x], y }) => mul(t, div(mul(y, -0.5), x))],
});

/**
 * `1/√x`, element by element; +∞ at 0, NaN below.
 * @example
 * rsqrt(tensor([4, 16])).toArray() // [0.5, 0.25]
 */
export const rsqrt = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(rsqrtPrimitive, [x], null) as Tensor<S>;
