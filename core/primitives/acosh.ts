/** The inverse hyperbolic cosine. From `cosh y = x`: `dy/dx = 1/sinh y = 1/(√(x − 1)√(x + 1))`; +∞ at 1. */
import { along } from '../families/along.js';
import { defineUnary } from '../families/unary.js';
import { bind } from '../interpreter.js';
import type { Primitive } from '../primitive.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { add } from './add.js';
import { div } from './div.js';
import { mul } from './mul.js';
import { sinh } from './sinh.js';
import { sqrt } from './sqrt.js';
import { sub } from './sub.js';

export const acoshPrimitive: Primitive<'acosh', null> = defineUnary({
  name: 'acosh',
  docs: 'y = arcosh x = ln(x + √(x² − 1))',
  f: Math.acosh,
  saves: 'output',
  vjp: [({ g, y }) => div(g, sinh(y))],
  jvp: [({ t, x: [x] }) => along(t, div(1, mul(sqrt(sub(x, 1)), sqrt(add(x, 1)))))],
});

/**
 * `arcosh x`, element by element; NaN below 1.
 * @example
 * acosh(tensor([1, 2])).toArray() // ≈ [0, 1.316958]
 */
export const acosh = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(acoshPrimitive, [x], null) as Tensor<S>;
