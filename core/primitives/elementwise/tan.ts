/** The tangent. `d tan x/dx = 1/cos²x = 1 + tan²x`. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add } from './add.js';
import { cos } from './cos.js';
import { div } from './div.js';
import { mul } from './mul.js';

export const tanPrimitive: Primitive<'tan', null> = defineUnary({
  name: 'tan',
  docs: 'y = tan x',
  f: Math.tan,
  saves: 'output',
  vjp: [({ g, y }) => mul(g, add(mul(y, y), 1))],
  jvp: [({ t, x: [x] }) => div(t, mul(cos(x), cos(x)))],
});

/**
 * `tan x`, element by element, in radians.
 * @example
 * tan(tensor([0, Math.PI / 4])).toArray() // ≈ [0, 1]
 */
export const tan = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(tanPrimitive, [x], null) as Tensor<S>;
