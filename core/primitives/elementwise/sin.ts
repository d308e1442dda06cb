/** Sine. `d sin x/dx = cos x`. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { cos } from './cos.js';
import { mul } from './mul.js';

export const sinPrimitive: Primitive<'sin', null> = defineUnary({
  name: 'sin',
  docs: 'y = sin x',
  f: Math.sin,
  saves: 'inputs',
  vjp: [({ g, x: [x] }) => mul(g, cos(x))],
  jvp: [({ t, x: [x] }) => mul(cos(x), t)],
});

/**
 * `sin x`, element by element, in radians.
 * @example
 * sin(tensor([0, Math.PI / 2])).toArray() // ≈ [0, 1]
 */
export const sin = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(sinPrimitive, [x], null) as Tensor<S>;
