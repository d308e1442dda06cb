/** Negation of truth values. No derivative. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';

export const logicalNotPrimitive: Primitive<'logicalNot', null> = defineUnary({
  name: 'logicalNot',
  docs: 'y = ¬x',
  accepts: 'bool',
  f: (x) => 1 - x,
  saves: 'none',
  vjp: [null],
  jvp: [null],
});

/**
 * `¬x`, element by element, on bool tensors.
 * @throws DtypeError when `x` is not bool.
 * @example
 * logicalNot(tensor([true, false])).toArray() // [0, 1]
 */
export const logicalNot = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
  bind(logicalNotPrimitive, [x], null) as Tensor<S>;
