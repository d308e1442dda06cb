/**
 * The smaller of two numbers; NaN wins. The smaller one takes the cotangent, and at a tie each takes half: of all
 * supergradients (s, 1 − s) the one of least norm. The cotangent is selected, never multiplied by a mask.
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

export const minimumPrimitive: Primitive<'minimum', null> = defineBinary({
  name: 'minimum',
  docs: 'y = min(a, b)',
  accepts: 'number',
  f: Math.min,
  saves: 'inputs',
  vjp: [
    ({ g, x: [a, b] }) => share(g, less(b, a), equal(a, b)),
    ({ g, x: [a, b] }) => share(g, less(a, b), equal(a, b)),
  ],
  jvp: [
    ({ t, x: [a, b], y }) => where(equal(a, b), mul(t, 0.5), where(less(y, a), 0, t)),
    ({ t, x: [a, b], y }) => where(equal(a, b), mul(t, 0.5), where(less(y, b), 0, t)),
  ],
});

/**
 * The smaller of `a` and `b`, element by element, with broadcasting. NaN in either gives NaN. At a tie each operand
 * receives half of the cotangent; for `max(x, 0)` as an activation use `relu`, whose derivative at 0 is 0.
 * @throws ShapeError when the shapes do not broadcast; DtypeError when the element types differ.
 * @example
 * minimum(tensor([1, 5]), 3).toArray() // [1, 3]
 */
export const minimum = <A extends Shape = readonly [], B extends Shape = readonly []>(
  a: Operand<A>,
  b: Operand<B> & Check<Broadcast<A, B>, 'minimum: shapes do not broadcast', [A, B]>,
): Tensor<Broadcast<A, B>> => bindPair(minimumPrimitive, 'minimum', a, b) as Tensor<Broadcast<A, B>>;
