/**
 * The angle of the point (b, a). With r² = a² + b²: `∂/∂a = b/r²`, `∂/∂b = −a/r²`; the division is done in two steps by
 * `r = hypot(a, b)`, because r² may overflow. NaN at the origin, where no angle is a limit.
 */

import type { Shape } from '../../base/shape.js';
import type { Broadcast, Check } from '../../base/typed-shape.js';
import type { Primitive } from '../../program/primitive.js';
import { defineBinary } from '../../rules/binary.js';
import { bindPair } from '../../rules/literals.js';
import type { Operand } from '../../tensor/operand.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add } from './add.js';
import { div } from './div.js';
import { equal } from './equal.js';
import { hypot } from './hypot.js';
import { mul } from './mul.js';
import { neg } from './neg.js';
import { where } from './where.js';

/** `side/r²`, and at the origin NaN with derivatives NaN: those of the length are 0 there. */
const over = (side: Tensor, r: Tensor, a: Tensor, b: Tensor): Tensor =>
  where(equal(r, 0), add(div(a, a), div(b, b)), div(div(side, r), r)) as Tensor;

export const atan2Primitive: Primitive<'atan2', null> = defineBinary({
  name: 'atan2',
  docs: 'y = angle of (b, a)',
  f: Math.atan2,
  saves: 'inputs',
  vjp: [
    ({ g, x: [a, b] }) => mul(g, over(b, hypot(a, b), a, b)),
    ({ g, x: [a, b] }) => neg(mul(g, over(a, hypot(a, b), a, b))),
  ],
  jvp: [
    ({ t, x: [a, b] }) => mul(over(b, hypot(b, a), a, b), t),
    ({ t, x: [a, b] }) => mul(over(a, hypot(b, a), a, b), neg(t)),
  ],
});

/**
 * The angle in (−π, π] of the point with ordinate `a` and abscissa `b`, element by element, with broadcasting.
 * @throws ShapeError when the shapes do not broadcast; DtypeError when the element types differ.
 * @example
 * atan2(tensor([1, -1]), tensor([0, 0])).toArray() // ≈ [1.5707964, -1.5707964]
 */
export const atan2 = <A extends Shape = readonly [], B extends Shape = readonly []>(
  a: Operand<A>,
  b: Operand<B> & Check<Broadcast<A, B>, 'atan2: shapes do not broadcast', [A, B]>,
): Tensor<Broadcast<A, B>> => bindPair(atan2Primitive, 'atan2', a, b) as Tensor<Broadcast<A, B>>;
