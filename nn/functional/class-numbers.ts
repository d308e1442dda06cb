/**
 * Class numbers and lengths from outside. A wrong one is an error where it is known, and stops a compiled program where it is
 * not: −1 never means the last.
 */
import { tensorOperand } from '../../core/arguments.js';
import { ArgumentError, DtypeError, iota, less, sub, type Tensor, take, where } from '../../core/index.js';
import { reveal } from '../../core/interpreter.js';
import { withScope } from '../../core/scope.js';
import { formatIndex } from '../../core/shape.js';

/** Whole numbers that a tensor may hold. */
export interface WholeNumbers {
  /** What one of them is, as in `class number`. */
  readonly name: string;
  /** They are 0 to `count − 1`. */
  readonly count: number;
  /** A number that is allowed besides. */
  readonly except?: number | null;
  /** What to do about others. */
  readonly remedy?: string;
}

/** Throws unless the numbers are int32. */
export const checkWhole = (op: string, x: Tensor, name: string): void => {
  if (tensorOperand(op, x).dtype !== 'int32')
    throw new DtypeError({
      op,
      problem: `${name}s are ${x.dtype}`,
      shapes: [x.shape],
      remedy: `give int32 ${name}s, such as tensor([0, 2], { dtype: 'int32' })`,
    });
};

/**
 * Throws unless the numbers are int32, and in range where they are known.
 * @throws DtypeError unless they are int32; ArgumentError for one out of range.
 */
export const checkNumbers = (op: string, x: Tensor, { name, count, except = null, remedy }: WholeNumbers): void => {
  checkWhole(op, x, name);
  const stored = reveal(x);
  const values = stored?.dataSync() ?? [];
  const wrong = values.findIndex((value) => value !== except && !(value >= 0 && value < count));
  // Under vmap there are the numbers of all examples.
  if (wrong >= 0)
    throw new ArgumentError({
      op,
      problem: `the ${name} ${values[wrong]}${stored === null ? '' : ` at ${formatIndex(wrong, stored.shape)}`} is out of range`,
      shapes: [x.shape],
      remedy: remedy ?? `use whole numbers from 0 to ${count - 1}`,
    });
};

/**
 * Numbers as indices into `count` places. Where they are not known yet, a negative one is moved beyond the range, so that indexing with it
 * throws when the program runs and never counts from the end.
 */
export const asPlaces = (x: Tensor, count: number): Tensor =>
  reveal(x) === null ? (where(less(x, 0), sub(x, count), x) as Tensor) : x;

/** Numbers that have been checked as far as they are known; a program in which one is out of range throws when it runs. */
export const boundedNumbers = (op: string, x: Tensor, range: WholeNumbers): Tensor => {
  checkNumbers(op, x, range);
  return reveal(x) === null ? withScope(op, () => take(iota([range.count]), asPlaces(x, range.count), 0)) : x;
};
