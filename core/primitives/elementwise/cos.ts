/** Cosine. `d cos x/dx = −sin x`. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { mul } from './mul.js';
import { neg } from './neg.js';
import { sin } from './sin.js';

export const cosPrimitive: Primitive<'cos', null> = defineUnary({
  name: 'cos',
  docs: 'y = cos x',
  f: Math.cos,
  saves: 'inputs',
  vjp: [({ g, x: [x] }) => neg(mul(g, sin(x)))],
  jvp: [({ t, x: [x] }) => mul(neg(sin(x)), t)],
});

/**
 * `cos x`, element by element, in radians.
 * @example
 * cos(tensor([0, Math.PI])).toArray() // ≈ [1, -1]
 */
export const cos = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(cosPrimitive, [x], null) as Tensor<S>;
