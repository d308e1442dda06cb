/** Subtraction. `∂(a − b)/∂a = 1`, `∂(a − b)/∂b = −1`. */

import type { Shape } from '../../base/shape.js';
import type { Broadcast, Check } from '../../base/typed-shape.js';
import type { Primitive } from '../../program/primitive.js';
import { defineBinary } from '../../rules/binary.js';
import { bindPair } from '../../rules/literals.js';
import type { Operand } from '../../tensor/operand.js';
import type { Tensor } from '../../tensor/tensor.js';
import { neg } from './neg.js';

export const subPrimitive: Primitive<'sub', null> = defineBinary({
  name: 'sub',
  docs: 'y = a − b',
  widening: 'modular',
  accepts: 'number',
  f: (a, b) => a - b,
  saves: 'none',
  vjp: [({ g }) => g, ({ g }) => neg(g)],
  jvp: 'linear',
});

/**
 * `a − b`, element by element, with broadcasting. A number takes the tensor's element type.
 * @throws ShapeError when the shapes do not broadcast; DtypeError when the element types differ.
 * @example
 * sub(tensor([1, 2, 3]), 1).toArray() // [0, 1, 2]
 */
export const sub = <A extends Shape = readonly [], B extends Shape = readonly []>(
  a: Operand<A>,
  b: Operand<B> & Check<Broadcast<A, B>, 'sub: shapes do not broadcast', [A, B]>,
): Tensor<Broadcast<A, B>> => bindPair(subPrimitive, 'sub', a, b) as Tensor<Broadcast<A, B>>;
