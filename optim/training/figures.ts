/**
 * What a loss or a metric says of one batch, in the form in which batches can be put together: a mean over a known number of
 * things, or a sum and its count where only the tensors know it.
 */
import { type Counted, denominatorOf } from '../../core/counted.js';
import { describe } from '../../core/errors.js';
import { ArgumentError, cast, div, equal, full, stopGradient, Tensor, where } from '../../core/index.js';

/** A scalar, the mean over the examples of a batch; or a sum and what it is to be divided by, scalars both. */
export type Figured = Tensor | { readonly sum: Tensor; readonly count: Tensor | number };

/** The count of a mean is known and not 0. */
export type Figure = { readonly mean: Tensor; readonly count: number } | Counted;

export const isSum = (figure: Figure): figure is Counted => 'sum' in figure;

const nothing = (dtype: Tensor['dtype']): Counted => ({ sum: full([], 0, dtype), count: full([], 0, dtype) });

const checkScalar = (name: string, part: unknown): void => {
  if (!(part instanceof Tensor) || part.rank !== 0)
    throw new ArgumentError({
      op: 'fit',
      problem: `${name} is ${describe(part)}`,
      remedy: 'return a scalar tensor, or { sum, count } of two of them',
    });
};

/** What `value`, which a function of one batch of `examples` returned, stands for: a scalar without a note is the mean over the examples. */
export const figureOf = (value: Figured, examples: number): Figure => {
  if (value instanceof Tensor) {
    const noted = denominatorOf(value) ?? examples;
    if (typeof noted !== 'number') return { sum: noted.sum, count: stopGradient(noted.count) };
    return noted > 0 ? { mean: value, count: noted } : nothing(value.dtype);
  }
  if (typeof value !== 'object' || value === null) checkScalar('what a loss or metric returned', value);
  const { sum, count } = value;
  checkScalar('the sum of a loss or metric', sum);
  if (typeof count === 'number') return { sum, count: full([], count, sum.dtype) };
  checkScalar('the count of a loss or metric', count);
  return { sum, count: stopGradient(count) };
};

/** `sum/count`, and 0 where the count is 0. */
export const meanOrZero = ({ sum, count }: Counted): Tensor => {
  const none = equal(count, 0);
  return where(none, 0, div(sum, cast(where(none, 1, count), sum.dtype)));
};
