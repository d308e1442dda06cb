/** Comparison `a = b`. Piecewise constant: no derivative. NaN equals nothing, not even itself. */

import type { Shape } from '../../base/shape.js';
import type { Broadcast, Check } from '../../base/typed-shape.js';
import type { Primitive } from '../../program/primitive.js';
import { defineBinary } from '../../rules/binary.js';
import { bindPair } from '../../rules/literals.js';
import type { Operand } from '../../tensor/operand.js';
import type { Tensor } from '../../tensor/tensor.js';

export const equalPrimitive: Primitive<'equal', null> = defineBinary({
  name: 'equal',
  docs: 'y = (a = b)',
  accepts: 'any',
  result: 'bool',
  f: (a, b) => Number(a === b),
  saves: 'none',
  vjp: [null, null],
  jvp: [null, null],
});

/**
 * Where `a = b`, as a bool tensor, with broadcasting. NaN equals nothing, not even itself.
 * @throws ShapeError when the shapes do not broadcast; DtypeError when the element types differ.
 * @example
 * equal(tensor([1, 2, 3]), 2).toArray() // [0, 1, 0]
 */
export const equal = <A extends Shape = readonly [], B extends Shape = readonly []>(
  a: Operand<A>,
  b: Operand<B> & Check<Broadcast<A, B>, 'equal: shapes do not broadcast', [A, B]>,
): Tensor<Broadcast<A, B>> => bindPair(equalPrimitive, 'equal', a, b) as Tensor<Broadcast<A, B>>;
