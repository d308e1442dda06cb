/** Comparison `a < b`. Piecewise constant: no derivative. A comparison with NaN is false. */

import type { Shape } from '../../base/shape.js';
import type { Broadcast, Check } from '../../base/typed-shape.js';
import type { Primitive } from '../../program/primitive.js';
import { defineBinary } from '../../rules/binary.js';
import { bindPair } from '../../rules/literals.js';
import type { Operand } from '../../tensor/operand.js';
import type { Tensor } from '../../tensor/tensor.js';

export const lessPrimitive: Primitive<'less', null> = defineBinary({
  name: 'less',
  docs: 'y = (a < b)',
  accepts: 'number',
  result: 'bool',
  f: (a, b) => Number(a < b),
  saves: 'none',
  vjp: [null, null],
  jvp: [null, null],
});

/**
 * Where `a < b`, as a bool tensor, with broadcasting. A comparison with NaN is false.
 * @throws ShapeError when the shapes do not broadcast; DtypeError when the element types differ.
 * @example
 * less(tensor([1, 2, 3]), 2).toArray() // [1, 0, 0]
 */
export const less = <A extends Shape = readonly [], B extends Shape = readonly []>(
  a: Operand<A>,
  b: Operand<B> & Check<Broadcast<A, B>, 'less: shapes do not broadcast', [A, B]>,
): Tensor<Broadcast<A, B>> => bindPair(lessPrimitive, 'less', a, b) as Tensor<Broadcast<A, B>>;
