/** The inverse tangent. From `tan y = x`: `dy/dx = cos²y = 1/(1 + x²)`. */
import { defineUnary } from '../families/unary.js';
import { bind } from '../interpreter.js';
import type { Primitive } from '../primitive.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { add } from './add.js';
import { cos } from './cos.js';
import { div } from './div.js';
import { mul } from './mul.js';

export const atanPrimitive: Primitive<'atan', null> = defineUnary({
  name: 'atan',
  docs: 'y = arctan x',
  f: Math.atan,
  saves: 'inputs',
  vjp: [({ g, x: [x] }) => div(g, add(mul(x, x), 1))],
  jvp: [({ t, y }) => mul(t, mul(cos(y), cos(y)))],
});

/**
 * `arctan x` in (−π/2, π/2), element by element.
 * @example
 * atan(tensor([0, 1])).toArray() // ≈ [0, 0.7853982]
 */
export const atan = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(atanPrimitive, [x], null) as Tensor<S>;
