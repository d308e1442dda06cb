/**
 * The rectified linear unit. Its derivative is 1 above 0 and 0 at and below it: the subgradient of least norm at 0, which
 * `maximum(x, 0)` would put at ½. NaN stays NaN (`Math.max` passes it on).
 */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';
import { lessEqual } from './less-equal.js';
import { where } from './where.js';

export const reluPrimitive: Primitive<'relu', null> = defineUnary({
  name: 'relu',
  docs: 'y = x where x > 0, else 0',
  accepts: 'number',
  f: (x) => Math.max(x, 0),
  saves: 'output',
  vjp: [({ g, y }) => where(lessEqual(y, 0), 0, g)],
  jvp: [({ t, x: [x] }) => where(lessEqual(x, 0), 0, t)],
});

/**
 * `x` where it is positive, 0 elsewhere. The derivative at 0 is 0; NaN stays NaN.
 * @example
 * relu(tensor([-1, 0, 2])).toArray() // [0, 0, 2]
 */
export const relu = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(reluPrimitive, [x], null) as Tensor<S>;
