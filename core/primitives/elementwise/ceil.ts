/** The least integer that is not below x. Piecewise constant: its derivative is 0, also at the jumps. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';

export const ceilPrimitive: Primitive<'ceil', null> = defineUnary({
  name: 'ceil',
  docs: 'y = ⌈x⌉',
  accepts: 'number',
  f: Math.ceil,
  saves: 'none',
  vjp: [null],
  jvp: [null],
});

/**
 * `⌈x⌉`, element by element. No gradient passes.
 * @example
 * ceil(tensor([1.5, -1.5])).toArray() // [2, -1]
 */
export const ceil = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(ceilPrimitive, [x], null) as Tensor<S>;
