/** Addition. `∂(a + b)/∂a = 1`, `∂(a + b)/∂b = 1`: each operand receives the cotangent as it is. */
import { defineBinary } from '../families/binary.js';
import { bind } from '../interpreter.js';
import { type Operand, operands } from '../operand.js';
import type { Primitive } from '../primitive.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import type { Broadcast, Check } from '../typed-shape.js';

export const addPrimitive: Primitive<'add', null> = defineBinary({
  name: 'add',
  docs: 'y = a + b',
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
): Tensor<Broadcast<A, B>> => bind(addPrimitive, operands('add', a, b), null) as Tensor<Broadcast<A, B>>;
