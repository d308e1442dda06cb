/** The absolute value. `d|x|/dx = sign x`, 0 at 0: the subgradient of least norm. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { less } from './less.js';
import { mul } from './mul.js';
import { neg } from './neg.js';
import { sign } from './sign.js';
import { where } from './where.js';

export const absPrimitive: Primitive<'abs', null> = defineUnary({
  name: 'abs',
  docs: 'y = |x|',
  accepts: 'number',
  f: Math.abs,
  saves: 'inputs',
  vjp: [({ g, x: [x] }) => mul(g, sign(x))],
  jvp: [({ t, x: [x] }) => where(less(x, 0), neg(t), mul(t, sign(x)))],
});

/**
 * `|x|`, element by element. The derivative at 0 is 0.
 * @example
 * abs(tensor([-2, 3])).toArray() // [2, 3]
 */
export const abs = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(absPrimitive, [x], null) as Tensor<S>;
