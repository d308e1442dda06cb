/** Multiplication. `∂(ab)/∂a = b`, `∂(ab)/∂b = a`. A literal 0 is never folded: `0·NaN = NaN`, `0·∞ = NaN`. */
import { defineBinary } from '../families/binary.js';
import { bind } from '../interpreter.js';
import { type Operand, operands } from '../operand.js';
import type { Primitive } from '../primitive.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import type { Broadcast, Check } from '../typed-shape.js';

export const mulPrimitive: Primitive<'mul', null> = defineBinary({
  name: 'mul',
  docs: 'y = a·b',
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
): Tensor<Broadcast<A, B>> => bind(mulPrimitive, operands('mul', a, b), null) as Tensor<Broadcast<A, B>>;
