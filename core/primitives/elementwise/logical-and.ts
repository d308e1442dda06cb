/** Conjunction of truth values. No derivative. */
import { defineBinary } from '../families/binary.js';
import { bind } from '../interpreter.js';
import type { Primitive } from '../primitive.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import type { Broadcast, Check } from '../typed-shape.js';

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
