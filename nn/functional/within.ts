/**
 * Numbers that mean nothing beyond a range: variances below 0, probabilities above 1. One of them is an error where it is known, and
 * makes a loss NaN in a compiled program, where it is not.
 */
import { describe } from '../../core/base/errors.js';
import { formatIndex } from '../../core/base/shape.js';
import { reveal } from '../../core/dispatch/interpreter.js';
import { ArgumentError, full, lessEqual, logicalAnd, mul, notEqual, type Tensor, where } from '../../core/index.js';

/** What the numbers of a tensor may be. */
export interface Within {
  /** What one of them is, as in `probability`. */
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly remedy: string;
  /** What is left out by an element's weight of 0 may be anything. */
  readonly weight?: Tensor | null;
}

/**
 * `x` itself where its numbers are known; in a compiled program NaN in the place of those out of range. NaN stays NaN.
 * @throws ArgumentError for a number that is known and out of range.
 */
export const numbersWithin = (op: string, x: Tensor, { name, least, most, remedy, weight = null }: Within): Tensor => {
  const seen: Tensor = weight === null ? x : where(notEqual(weight, 0), x, least);
  const stored = reveal(seen);
  if (stored === null)
    return mul(
      x,
      where(logicalAnd(lessEqual(least, seen), lessEqual(seen, most)), full([], 1, { dtype: x.dtype }), Number.NaN),
    ) as Tensor;
  const values = stored.dataSync();
  const wrong = values.findIndex((value) => value < least || value > most);
  if (wrong >= 0)
    throw new ArgumentError({
      op,
      problem: `the ${name} ${formatIndex(wrong, stored.shape)} is ${describe(values[wrong])}`,
      shapes: [x.shape],
      remedy,
    });
  return x;
};
