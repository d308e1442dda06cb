/**
 * The inverse tangent. From `tan y = x`: `dy/dx = cos²y = 1/(1 + x²)`, of x and not of the rounded y, and divided in two steps by
 * `√(1 + x²)`, because x² may overflow where the result does not vanish.
 */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { div } from './div.js';
import { hypot } from './hypot.js';

/** `t/(1 + x²)`. */
const overSquare = (t: Tensor, x: Tensor): Tensor => {
  const r = hypot(1, x) as Tensor;
  return div(div(t, r), r) as Tensor;
};

export const atanPrimitive: Primitive<'atan', null> = defineUnary({
  name: 'atan',
  docs: 'y = arctan x',
  f: Math.atan,
  saves: 'inputs',
  vjp: [({ g, x: [x] }) => overSquare(g, x)],
  jvp: [({ t, x: [x] }) => overSquare(t, x)],
});

/**
 * `arctan x` in (−π/2, π/2), element by element.
 * @example
 * atan(tensor([0, 1])).toArray() // ≈ [0, 0.7853982]
 */
export const atan = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(atanPrimitive, [x], null) as Tensor<S>;
