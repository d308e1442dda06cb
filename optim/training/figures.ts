/**
 * What a loss or a metric says of one batch, in the form in which batches can be put together: a mean over a known number of
 * things, a sum and its count where only the tensors know it, or a sum that is divided by nothing.
 */

import { isBool, isFloat } from '../../core/base/dtype.js';
import { describe } from '../../core/base/errors.js';
import { reveal } from '../../core/dispatch/interpreter.js';
import {
  ArgumentError,
  cast,
  div,
  equal,
  full,
  greaterEqual,
  isFinite as isFiniteAt,
  logicalAnd,
  logicalNot,
  stopGradient,
  Tensor,
  where,
} from '../../core/index.js';
import { type Counted, denominatorOf, hearMean } from '../../core/tensor/counted.js';

/** A scalar, the mean over the examples of a batch; or a sum and what it is to be divided by, scalars both. */
export type Figured = Tensor | { readonly sum: Tensor; readonly count: Tensor | number };

/** The count of a mean is known and not 0. A whole stands for itself: those of several batches are added. */
export type Figure = { readonly mean: Tensor; readonly count: number } | { readonly whole: Tensor } | Counted;

export const isSum = (figure: Figure): figure is Counted => 'sum' in figure;
export const isWhole = (figure: Figure): figure is { readonly whole: Tensor } => 'whole' in figure;

/** Who asks: `fit` or `evaluate`, and for what: `the loss`, `the metric accuracy`. */
export interface Asked {
  readonly op: string;
  readonly what: string;
}

/** The error of what a loss or a metric returned. */
const refuse = (
  { op, what }: Asked,
  problem: string,
  remedy = 'return a scalar tensor, or { sum, count } of two of them',
): ArgumentError => new ArgumentError({ op, problem: `${what} returned ${problem}`, remedy });

const nothing = (dtype: Tensor['dtype']): Counted => ({ sum: full([], 0, dtype), count: full([], 0, dtype) });

/** A scalar tensor, once it is known to be one. */
export const scalarOf = (asked: Asked, part: string, value: unknown): Tensor => {
  if (value instanceof Tensor && value.rank === 0) return value;
  throw value instanceof Tensor
    ? refuse(asked, `${part}${describe(value)}`, "reduce it with mean() or sum(), and leave reduction: 'none' out")
    : refuse(asked, `${part}${describe(value)}`);
};

const countRemedy = 'count how much was summed, such as elements or the sum of their weights: a finite number ≥ 0';

/** Counts are finite and not negative: where they are known, others are an error, and where they are not, NaN. */
const countOf = (asked: Asked, given: unknown, dtype: Tensor['dtype']): Tensor => {
  const known = typeof given === 'number' ? given : reveal(scalarOf(asked, 'the count ', given))?.dataSync()[0];
  if (known !== undefined && !(known >= 0 && known < Number.POSITIVE_INFINITY))
    throw refuse(asked, `the count ${known}`, countRemedy);
  if (typeof given === 'number') return full([], given, dtype);
  const count = stopGradient(given as Tensor);
  if (known !== undefined || isBool(count.dtype)) return count;
  const number = isFloat(count.dtype) ? count : cast(count, 'float64');
  return where(logicalAnd(isFiniteAt(number), greaterEqual(number, 0)), number, Number.NaN);
};

/** What `value`, which a function of one batch of `examples` returned, stands for: a scalar without a note is the mean over the examples. */
export const figureOf = (value: Figured, examples: number, asked: Asked): Figure => {
  if (value instanceof Tensor) {
    scalarOf(asked, '', value);
    const noted = denominatorOf(value) ?? examples;
    if (noted === 'whole') return { whole: value };
    if (typeof noted !== 'number') return { sum: noted.sum, count: stopGradient(noted.count) };
    return noted > 0 ? { mean: value, count: noted } : nothing(value.dtype);
  }
  if (typeof value !== 'object' || value === null || !('sum' in value && 'count' in value))
    throw refuse(asked, describe(value));
  const sum = scalarOf(asked, 'the sum ', value.sum);
  const counted = { sum, count: countOf(asked, value.count, isFloat(sum.dtype) ? sum.dtype : 'float32') };
  hearMean(counted);
  return counted;
};

/** Whether a sum over a count of nothing is nothing: there is then nothing to be done. A sum of something is divided by 0. */
export const isNothing = ({ sum, count }: Counted): Tensor => logicalAnd(equal(count, 0), equal(sum, 0));

/** `sum/count`, and 0 where both are 0. */
export const meanOrZero = (figure: Counted): Tensor => {
  const { sum, count } = figure;
  const none = isNothing(figure);
  return where(none, 0, div(sum, cast(where(none, 1, count), sum.dtype)));
};

export const counts = (figure: Counted): Tensor => logicalNot(isNothing(figure));
