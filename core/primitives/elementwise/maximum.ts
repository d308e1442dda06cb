/**
 * The larger of two numbers; NaN wins. The larger one takes the cotangent, and at a tie each takes half: of all
 * subgradients (s, 1 − s) the one of least norm. The cotangent is selected, never multiplied by a mask.
 */

import type { Shape } from '../../base/shape.js';
import type { Broadcast, Check } from '../../base/typed-shape.js';
import type { Primitive } from '../../program/primitive.js';
import { defineBinary } from '../../rules/binary.js';
import { bindPair } from '../../rules/literals.js';
import type { Operand } from '../../tensor/operand.js';
import type { Tensor } from '../../tensor/tensor.js';
import { equal } from './equal.js';
import { less } from './less.js';
import { mul } from './mul.js';
import { where } from './where.js';

/** The part of `g` that goes to an operand: nothing where it loses, half where it ties, all of it otherwise. */
const share = (g: Tensor, loses: Tensor, ties: Tensor): Tensor => where(loses, 0, where(ties, mul(g, 0.5), g));

export const maximumPrimitive: Primitive<'maximum', null> = defineBinary({
  name: 'maximum',
  docs: 'y = max(a, b)',
  accepts: 'number',
  f: Math.max,
  saves: 'inputs',
  vjp: [
    ({ g, x: [a, b] }) => share(g, less(a, b), equal(a, b)),
    ({ g, x: [a, b] }) => share(g, less(b, a), equal(a, b)),
  ],
  jvp: [
    ({ t, x: [a, b], y }) => where(equal(a, b), mul(t, 0.5), where(less(a, y), 0, t)),
    ({ t, x: [a, b], y }) => where(equal(a, b), mul(t, 0.5), where(less(b, y), 0, t)),
  ],
});

/**
 * The larger of `a` and `b`, element by element, with broadcasting. NaN in either gives NaN. At a tie each operand
 * receives half of the cotangent; for `max(x, 0)` as an activation use `relu`, whose derivative at 0 is 0.
 * @throws ShapeError when the shapes do not broadcast; DtypeError when the element types differ.
 * @example
 * maximum(tensor([1, 5]), 3).toArray() // [3, 5]
 */
export const maximum = <A extends Shape = readonly [], B extends Shape = readonly []>(
  a: Operand<A>,
  b: Operand<B> & Check<Broadcast<A, B>, 'maximum: shapes do not broadcast', [A, B]>,
): Tensor<Broadcast<A, B>> => bindPair(maximumPrimitive, 'maximum', a, b) as Tensor<Broadcast<A, B>>;
