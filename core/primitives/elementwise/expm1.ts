/** `eˣ − 1` without cancellation near 0. `d(eˣ − 1)/dx = eˣ`, not `y + 1`: y is rounded to −1 for large negative x. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { exp } from './exp.js';
import { mul } from './mul.js';

export const expm1Primitive: Primitive<'expm1', null> = defineUnary({
  name: 'expm1',
  docs: 'y = eˣ − 1',
  f: Math.expm1,
  saves: 'inputs',
  vjp: [({ g, x: [x] }) => mul(g, exp(x))],
  jvp: [({ t, x: [x] }) => mul(exp(x), t)],
});

/**
 * `eˣ − 1`, element by element, exact near 0.
 * @example
 * expm1(tensor([0, Math.log(3)])).toArray() // ≈ [0, 2]
 */
export const expm1 = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(expm1Primitive, [x], null) as Tensor<S>;
