/**
 * The length of (a, b) without overflow. `∂r/∂a = a/r`, `∂r/∂b = b/r`; 0 at the origin, the subgradient of least norm, and so is every
 * higher derivative there, as those of `abs` are at 0.
 */
import { defineBinary } from '../families/binary.js';
import { bind } from '../interpreter.js';
import { type Operand, operands } from '../operand.js';
import type { Primitive } from '../primitive.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import type { Broadcast, Check } from '../typed-shape.js';
import { div } from './div.js';
import { equal } from './equal.js';
import { mul } from './mul.js';
import { where } from './where.js';

/** `side/y`, and at the origin the constant 0: no derivative passes the guard there, of any order. */
const cosine = (side: Tensor, y: Tensor): Tensor => {
  const origin = equal(y, 0);
  return where(origin, 0, div(side, where(origin, 1, y))) as Tensor;
};

export const hypotPrimitive: Primitive<'hypot', null> = defineBinary({
  name: 'hypot',
  docs: 'y = √(a² + b²)',
  f: Math.hypot,
  saves: 'both',
  vjp: [({ g, x: [a], y }) => mul(g, cosine(a, y)), ({ g, x: [, b], y }) => mul(g, cosine(b, y))],
  jvp: [({ t, x: [a], y }) => mul(cosine(a, y), t), ({ t, x: [, b], y }) => mul(cosine(b, y), t)],
});

/**
 * `√(a² + b²)`, element by element, with broadcasting, without overflow on the way. The gradient at the origin is 0.
 * @throws ShapeError when the shapes do not broadcast; DtypeError when the element types differ.
 * @example
 * hypot(tensor([3, 5]), tensor([4, 12])).toArray() // [5, 13]
 */
export const hypot = <A extends Shape = readonly [], B extends Shape = readonly []>(
  a: Operand<A>,
  b: Operand<B> & Check<Broadcast<A, B>, 'hypot: shapes do not broadcast', [A, B]>,
): Tensor<Broadcast<A, B>> => bind(hypotPrimitive, operands('hypot', a, b), null) as Tensor<Broadcast<A, B>>;
