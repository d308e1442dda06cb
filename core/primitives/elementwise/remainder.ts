/**
 * The remainder of division rounded down: `a − b⌊a/b⌋`, with the sign of the divisor, exact. The quotient being constant
 * between its jumps, `∂/∂a = 1` and `∂/∂b = −⌊a/b⌋`, the quotient being that of `floorDivide` in both modes: `floor(a/b)` of a
 * division that rounds up to a whole number is one too many.
 */

import type { Shape } from '../../base/shape.js';
import type { Broadcast, Check } from '../../base/typed-shape.js';
import type { Primitive } from '../../program/primitive.js';
import { defineBinary } from '../../rules/binary.js';
import { bindPair } from '../../rules/literals.js';
import type { Operand } from '../../tensor/operand.js';
import type { Tensor } from '../../tensor/tensor.js';
import { floorDivide } from './floor-divide.js';
import { mul } from './mul.js';
import { neg } from './neg.js';

/** JavaScript's `%` truncates; one divisor more where the signs differ. */
export const flooredRemainder = (a: number, b: number): number => {
  const rest = a % b;
  if (rest === 0) return b < 0 ? -0 : 0;
  return rest < 0 !== b < 0 ? rest + b : rest;
};

export const remainderPrimitive: Primitive<'remainder', null> = defineBinary({
  name: 'remainder',
  docs: 'y = a − b⌊a/b⌋',
  accepts: 'number',
  f: flooredRemainder,
  saves: 'inputs',
  vjp: [({ g }) => g, ({ g, x: [a, b] }) => neg(mul(g, floorDivide(a, b)))],
  jvp: [({ t }) => t, ({ t, x: [a, b] }) => mul(t, neg(floorDivide(a, b)))],
});

/**
 * `a − b⌊a/b⌋`, element by element, with broadcasting; the sign is that of `b`, as in Python. By 0 it is 0 in int32, and NaN of floats.
 * @throws ShapeError when the shapes do not broadcast; DtypeError when the element types differ.
 * @example
 * remainder(tensor([7, -7]), 3).toArray() // [1, 2]
 */
export const remainder = <A extends Shape = readonly [], B extends Shape = readonly []>(
  a: Operand<A>,
  b: Operand<B> & Check<Broadcast<A, B>, 'remainder: shapes do not broadcast', [A, B]>,
): Tensor<Broadcast<A, B>> => bindPair(remainderPrimitive, 'remainder', a, b) as Tensor<Broadcast<A, B>>;
