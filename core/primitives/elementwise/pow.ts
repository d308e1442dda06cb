/**
 * Powers with an exponent that is a tensor. With `y = a^b`:
 * `∂y/∂a = b·a^(b−1)`, and 0 where b = 0, also at a = 0, where the formula would read `0·∞`;
 * `∂y/∂b = y·ln a`, and 0 where a = 0 and b ≥ 0, by continuity in b, where the formula would read `0·(−∞)`.
 * At those points the operand is made harmless before it is used and the result is selected ("double where"), so that
 * derivatives of the rule find no NaN there either. For a < 0 only the derivative to a exists; the other one is NaN.
 */

import { isInteger } from '../../base/dtype.js';
import type { Shape } from '../../base/shape.js';
import type { Broadcast, Check } from '../../base/typed-shape.js';
import type { Primitive } from '../../program/primitive.js';
import { defineBinary } from '../../rules/binary.js';
import { bindPair } from '../../rules/literals.js';
import { power } from '../../rules/scalar/power.js';
import type { Operand } from '../../tensor/operand.js';
import { Tensor } from '../../tensor/tensor.js';
import { abs } from './abs.js';
import { cast } from './cast.js';
import { constantPow } from './constant-pow.js';
import { div } from './div.js';
import { equal } from './equal.js';
import { less } from './less.js';
import { lessEqual } from './less-equal.js';
import { log } from './log.js';
import { logicalAnd } from './logical-and.js';
import { logicalNot } from './logical-not.js';
import { mul } from './mul.js';
import { sub } from './sub.js';
import { where } from './where.js';

/** `b·a^(b−1)`. Where b = 0 and a⁻¹ is infinite (or a is NaN), 0; elsewhere b = 0 gives 0 by itself. */
const slopeOfBase = (a: Tensor, b: Tensor): Tensor => {
  const finite = less(abs(div(1, a)), Number.POSITIVE_INFINITY);
  const constant = logicalAnd(equal(b, 0), logicalNot(finite));
  return where(constant, 0, mul(b, pow(where(constant, 1, a), sub(b, 1))));
};

/** `y·ln a`. */
const slopeOfExponent = (a: Tensor, b: Tensor, y: Tensor): Tensor => {
  const zero = logicalAnd(equal(a, 0), lessEqual(0, b));
  return where(zero, 0, mul(y, log(where(zero, 1, a))));
};

export const powPrimitive: Primitive<'pow', null> = defineBinary({
  name: 'pow',
  docs: 'y = a^b',
  f: power,
  saves: 'both',
  vjp: [({ g, x: [a, b] }) => mul(g, slopeOfBase(a, b)), ({ g, x: [a, b], y }) => mul(g, slopeOfExponent(a, b, y))],
  jvp: [
    ({ t, x: [a, b] }) => mul(t, slopeOfBase(a, b)),
    ({ t, x: [a, b] }) => mul(slopeOfExponent(a, b, pow(a, b)), t),
  ],
});

/**
 * `aᵇ`, element by element, with broadcasting, on floats. An int32 exponent is read as floats and takes no gradient;
 * a literal one is the cheapest. `x⁰ = 1` for every x. The derivative to the base is 0 where the exponent is 0, and the
 * one to the exponent is 0 where the base is 0 and the exponent is not negative.
 * @throws ShapeError when the shapes do not broadcast; DtypeError when the base is no float or the floats differ.
 * @example
 * pow(tensor([1, 2, 3]), 2).toArray() // [1, 4, 9]
 */
export const pow = <A extends Shape = readonly [], B extends Shape = readonly []>(
  a: Operand<A>,
  b: Operand<B> & Check<Broadcast<A, B>, 'pow: shapes do not broadcast', [A, B]>,
): Tensor<Broadcast<A, B>> => {
  if (a instanceof Tensor && typeof b === 'number') return constantPow(a, b) as Tensor as Tensor<Broadcast<A, B>>;
  const exponent = b instanceof Tensor && isInteger(b.dtype) && a instanceof Tensor ? cast(b, a.dtype) : b;
  return bindPair(powPrimitive, 'pow', a, exponent) as Tensor<Broadcast<A, B>>;
};
