/** Conjunction of truth values. No derivative. */

import type { Shape } from '../../base/shape.js';
import type { Broadcast, Check } from '../../base/typed-shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineBinary } from '../../rules/binary.js';
import type { Tensor } from '../../tensor/tensor.js';

export const logicalAndPrimitive: Primitive<'logicalAnd', null> = defineBinary({
  name: 'logicalAnd',
  docs: 'y = a ∧ b',
  accepts: 'bool',
  f: (a, b) => a & b,
  saves: 'none',
  vjp: [null, null],
  jvp: [null, null],
});

/**
 * `a ∧ b`, element by element, with broadcasting, on bool tensors.
 * @throws ShapeError when the shapes do not broadcast; DtypeError when an operand is not bool.
 * @example
 * logicalAnd(tensor([true, true]), tensor([true, false])).toArray() // [1, 0]
 */
export const logicalAnd = <A extends Shape, B extends Shape>(
  a: Tensor<A>,
  b: Tensor<B> & Check<Broadcast<A, B>, 'logicalAnd: shapes do not broadcast', [A, B]>,
): Tensor<Broadcast<A, B>> => bind(logicalAndPrimitive, [a, b], null) as Tensor<Broadcast<A, B>>;
