/** Addition. `∂(a + b)/∂a = 1`, `∂(a + b)/∂b = 1`: each operand receives the cotangent as it is. */

import type { Shape } from '../../base/shape.js';
import type { Broadcast, Check } from '../../base/typed-shape.js';
import type { Primitive } from '../../program/primitive.js';
import { defineBinary } from '../../rules/binary.js';
import { bindPair } from '../../rules/literals.js';
import type { Operand } from '../../tensor/operand.js';
import type { Tensor } from '../../tensor/tensor.js';

export const addPrimitive: Primitive<'add', null> = defineBinary({
  name: 'add',
  docs: 'y = a + b',
  widening: 'modular',
  accepts: 'number',
  f: (a, b) => a + b,
  saves: 'none',
  vjp: [({ g }) => g, ({ g }) => g],
  jvp: 'linear',
});

/**
 * `a + b`, element by element, with broadcasting. A number takes the tensor's element type.
 * @throws ShapeError when the shapes do not broadcast; DtypeError when the element types differ.
 * @example
 * add(tensor([[1, 2], [3, 4]]), tensor([10, 20])).toArray() // [[11, 22], [13, 24]]
 */
export const add = <A extends Shape = readonly [], B extends Shape = readonly []>(
  a: Operand<A>,
  b: Operand<B> & Check<Broadcast<A, B>, 'add: shapes do not broadcast', [A, B]>,
): Tensor<Broadcast<A, B>> => bindPair(addPrimitive, 'add', a, b) as Tensor<Broadcast<A, B>>;
