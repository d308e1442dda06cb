/** Multiplication. `∂(ab)/∂a = b`, `∂(ab)/∂b = a`. A literal 0 is never folded: `0·NaN = NaN`, `0·∞ = NaN`. */

import type { Shape } from '../../base/shape.js';
import type { Broadcast, Check } from '../../base/typed-shape.js';
import type { Primitive } from '../../program/primitive.js';
import { defineBinary } from '../../rules/binary.js';
import { bindPair } from '../../rules/literals.js';
import type { Operand } from '../../tensor/operand.js';
import type { Tensor } from '../../tensor/tensor.js';

export const mulPrimitive: Primitive<'mul', null> = defineBinary({
  name: 'mul',
  docs: 'y = a·b',
  widening: 'modular',
  accepts: 'number',
  f: (a, b) => a * b,
  onIntegers: Math.imul,
  saves: 'inputs',
  vjp: [({ g, x: [, b] }) => mul(g, b), ({ g, x: [a] }) => mul(g, a)],
  jvp: 'multilinear',
});

/**
 * `a · b`, element by element, with broadcasting. A number takes the tensor's element type.
 * @throws ShapeError when the shapes do not broadcast; DtypeError when the element types differ.
 * @example
 * mul(tensor([1, 2, 3]), 2).toArray() // [2, 4, 6]
 */
export const mul = <A extends Shape = readonly [], B extends Shape = readonly []>(
  a: Operand<A>,
  b: Operand<B> & Check<Broadcast<A, B>, 'mul: shapes do not broadcast', [A, B]>,
): Tensor<Broadcast<A, B>> => bindPair(mulPrimitive, 'mul', a, b) as Tensor<Broadcast<A, B>>;
