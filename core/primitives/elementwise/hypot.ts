/**
 * The length of (a, b) without overflow. `∂r/∂a = a/r`, `∂r/∂b = b/r`; 0 at the origin, the subgradient of least norm, and so is every
 * higher derivative there, as those of `abs` are at 0.
 */

import type { Shape } from '../../base/shape.js';
import type { Broadcast, Check } from '../../base/typed-shape.js';
import type { Primitive } from '../../program/primitive.js';
import { defineBinary } from '../../rules/binary.js';
import { bindPair } from '../../rules/literals.js';
import { ownSlope } from '../../rules/own-slope.js';
import type { Operand } from '../../tensor/operand.js';
import type { Tensor } from '../../tensor/tensor.js';
import { broadcastTo } from '../shape/broadcast-to.js';
import { div } from './div.js';
import { equal } from './equal.js';
import { mul } from './mul.js';
import { neg } from './neg.js';
import { where } from './where.js';

/** What divides by the length, and 0 at the origin: a constant, so that no derivative passes the guard there, of any order. */
const guarded = (r: Tensor, quotient: (r: Tensor) => Tensor): Tensor => {
  const origin = equal(r, 0);
  return where(origin, 0, quotient(where(origin, 1, r) as Tensor)) as Tensor;
};

/**
 * `c = side/r`, of the length r that is there already. `∂c/∂side = (other/r)²/r` and `∂c/∂other = −c·(other/r)/r`: by the rule of the
 * quotient the first would be `(1 − c²)/r`, which cancels where the side is the longer one.
 */
const cosineOf: (side: Tensor, other: Tensor, r: Tensor) => Tensor = ownSlope<[Tensor, Tensor, Tensor]>({
  name: 'hypot',
  value: (side, _, r) => guarded(r, (length) => div(side, length)),
  slopes: [
    ([side, other, r]) =>
      guarded(r, (length) => {
        const sine = cosineOf(other, side, r);
        return div(mul(sine, sine), length) as Tensor;
      }),
    ([side, other, r], c) => guarded(r, (length) => neg(div(mul(c, cosineOf(other, side, r)), length)) as Tensor),
    null,
  ],
});

/** The same with arguments that broadcast. */
const cosine = (side: Tensor, other: Tensor, r: Tensor): Tensor =>
  cosineOf(broadcastTo(side, r.shape), broadcastTo(other, r.shape), r);

export const hypotPrimitive: Primitive<'hypot', null> = defineBinary({
  name: 'hypot',
  docs: 'y = √(a² + b²)',
  f: Math.hypot,
  saves: 'both',
  vjp: [({ g, x: [a, b], y }) => mul(g, cosine(a, b, y)), ({ g, x: [a, b], y }) => mul(g, cosine(b, a, y))],
  jvp: [({ t, x: [a, b], y }) => mul(cosine(a, b, y), t), ({ t, x: [a, b], y }) => mul(cosine(b, a, y), t)],
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
): Tensor<Broadcast<A, B>> => bindPair(hypotPrimitive, 'hypot', a, b) as Tensor<Broadcast<A, B>>;
