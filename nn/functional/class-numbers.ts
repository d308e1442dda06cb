/**
 * Class numbers and lengths from outside. A wrong one is an error where it is known, and stops a compiled program where it is
 * not: −1 never means the last.
 */

import type { Dtype } from '../../core/base/dtype.js';
import { formatIndex } from '../../core/base/shape.js';
import { reveal } from '../../core/dispatch/interpreter.js';
import { ArgumentError, DtypeError, iota, ones, reshape, type Tensor, unsqueeze, zeros } from '../../core/index.js';
import { gatherAt } from '../../core/primitives/index/gather.js';
import { scatterAddAt } from '../../core/primitives/index/scatter-add.js';
import { takeAt } from '../../core/primitives/index/take.js';
import type { IndexedParams } from '../../core/rules/indexed.js';
import { tensorOperand } from '../../core/tensor/arguments.js';

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

const insideOf = (count: number): string => `use whole numbers from 0 to ${count - 1}`;

/** Throws unless the numbers are int32. */
export const checkWhole = (op: string, x: Tensor, name: string): void => {
  if (tensorOperand(op, x).dtype !== 'int32')
    throw new DtypeError({
      op,
      problem: `${name}s are ${x.dtype}`,
      shapes: [x.shape],
      remedy: `give int32 ${name}s, such as tensor([0, 2], { dtype: 'int32' }); cast(x, 'int32') makes them`,
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
      remedy: remedy ?? insideOf(count),
    });
};

/** What an index along one axis says of its numbers, so that a program in which one is out of range names it as it was given. */
const numbered = ({ name, count, remedy }: WholeNumbers, axis: number): IndexedParams => ({
  axis,
  range: { name, remedy: remedy ?? insideOf(count) },
});

/** The elements of `x` along `axis` by a number for each place beside it: `index` has the shape of `x` without that axis. */
export const pickNumbers = (x: Tensor, index: Tensor, axis: number, range: WholeNumbers): Tensor =>
  gatherAt(x, unsqueeze(index, axis), numbered(range, axis));

/** The slices of `x` along its first axis. */
export const takeNumbers = (x: Tensor, index: Tensor, range: WholeNumbers): Tensor =>
  takeAt(x, index, numbered(range, 0));

/** How often each number occurs, `[count]`, as numbers of an element type. */
export const countNumbers = (index: Tensor, dtype: Dtype, range: WholeNumbers): Tensor => {
  const flat = reshape(index, [-1]);
  return scatterAddAt(zeros([range.count], dtype), flat, ones(flat.shape, dtype), numbered(range, 0));
};

/** Numbers that have been checked as far as they are known; a program in which one is out of range throws when it runs. */
export const boundedNumbers = (op: string, x: Tensor, range: WholeNumbers): Tensor => {
  checkNumbers(op, x, range);
  return reveal(x) === null ? takeNumbers(iota([range.count]), x, range) : x;
};
