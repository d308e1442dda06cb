/** Division rounded down. Piecewise constant: its derivative is 0, also at the jumps. */

import type { Shape } from '../../base/shape.js';
import type { Broadcast, Check } from '../../base/typed-shape.js';
import type { Primitive } from '../../program/primitive.js';
import { defineBinary } from '../../rules/binary.js';
import { bindPair } from '../../rules/literals.js';
import type { Operand } from '../../tensor/operand.js';
import type { Tensor } from '../../tensor/tensor.js';
import { flooredRemainder } from './remainder.js';

/**
 * The quotient is taken of `a` less its remainder, which divides, so that a result near an integer does not round up to
 * it: `floor(1/0.1)` is 9, because 0.1 as a double is above a tenth.
 */
const quotient = (a: number, b: number): number => {
  if (b === 0 || Number.isNaN(b) || !Number.isFinite(a)) return Math.floor(a / b);
  // Of an infinite divisor not even a part is in a; 0 rounds down to −1 where the signs differ.
  if (Math.abs(b) === Number.POSITIVE_INFINITY) return a !== 0 && a < 0 !== b < 0 ? -1 : a / b;
  const rest = flooredRemainder(a, b);
  return Math.round((a - rest) / b);
};

export const floorDividePrimitive: Primitive<'floorDivide', null> = defineBinary({
  name: 'floorDivide',
  docs: 'y = ⌊a/b⌋',
  accepts: 'number',
  f: quotient,
  saves: 'none',
  vjp: [null, null],
  jvp: [null, null],
});

/**
 * `⌊a/b⌋`, element by element, with broadcasting; `floorDivide(a, b)·b + remainder(a, b) = a`. No gradient passes.
 * An int32 divided by 0 is 0, and so is its remainder; floats give ±∞ or NaN.
 * @throws ShapeError when the shapes do not broadcast; DtypeError when the element types differ.
 * @example
 * floorDivide(tensor([7, -7]), 2).toArray() // [3, -4]
 */
export const floorDivide = <A extends Shape = readonly [], B extends Shape = readonly []>(
  a: Operand<A>,
  b: Operand<B> & Check<Broadcast<A, B>, 'floorDivide: shapes do not broadcast', [A, B]>,
): Tensor<Broadcast<A, B>> => bindPair(floorDividePrimitive, 'floorDivide', a, b) as Tensor<Broadcast<A, B>>;
