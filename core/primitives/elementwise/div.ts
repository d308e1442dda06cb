/** Division. `∂(a/b)/∂a = 1/b`, `∂(a/b)/∂b = −a/b² = −(1/b)·y`: the quotient is read back, because `b²` may overflow. */

import type { Shape } from '../../base/shape.js';
import type { Broadcast, Check } from '../../base/typed-shape.js';
import type { Primitive } from '../../program/primitive.js';
import { defineBinary } from '../../rules/binary.js';
import { bindPair } from '../../rules/literals.js';
import type { Operand } from '../../tensor/operand.js';
import type { Tensor } from '../../tensor/tensor.js';
import { mul } from './mul.js';
import { neg } from './neg.js';

export const divPrimitive: Primitive<'div', null> = defineBinary({
  name: 'div',
  docs: 'y = a/b',
  f: (a, b) => a / b,
  saves: 'both',
  vjp: [({ g, x: [, b] }) => div(g, b), ({ g, x: [, b], y }) => neg(mul(div(g, b), y))],
  jvp: [({ t, x: [, b] }) => div(t, b), ({ t, x: [a, b] }) => neg(mul(div(a, b), div(t, b)))],
});

/**
 * `a / b`, element by element, with broadcasting, on floats. A number takes the tensor's element type.
 * @throws ShapeError when the shapes do not broadcast; DtypeError when the element types differ.
 * @example
 * div(tensor([1, 2, 3]), 2).toArray() // [0.5, 1, 1.5]
 */
export const div = <A extends Shape = readonly [], B extends Shape = readonly []>(
  a: Operand<A>,
  b: Operand<B> & Check<Broadcast<A, B>, 'div: shapes do not broadcast', [A, B]>,
): Tensor<Broadcast<A, B>> => bindPair(divPrimitive, 'div', a, b) as Tensor<Broadcast<A, B>>;
