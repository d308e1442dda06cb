/** The sign: −1, 0 or 1. Piecewise constant: its derivative is 0, also at the jump. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';

export const signPrimitive: Primitive<'sign', null> = defineUnary({
  name: 'sign',
  docs: 'y = sign x',
  accepts: 'number',
  f: Math.sign,
  saves: 'none',
  vjp: [null],
  jvp: [null],
});

/**
 * −1, 0 or 1, element by element; NaN for NaN. No gradient passes.
 * @example
 * sign(tensor([-2, 0, 3])).toArray() // [-1, 0, 1]
 */
export const sign = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(signPrimitive, [x], null) as Tensor<S>;
