/** Sums and what is made of them do not depend on the order of a line's elements, but for rounding within a stated bound. */

import { formatIndex, stridesOf } from '../../core/base/shape.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { fromData } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { numbersFrom } from '../numbers.js';
import { type Deviation, type LawOptions, type Report, reportOf } from './report.js';
import { inUlps } from './ulp.js';

/** Options of `permutationLaw`. */
export interface PermutationOptions extends LawOptions {
  /** The axis whose elements are rearranged; the last by default. */
  readonly axis?: number;
  /** How many orders are tried; 4 by default, the reverse among them. */
  readonly orders?: number;
  /** What units are counted in: the size of the result by default, or what it would be if no terms cancelled. */
  readonly magnitude?: number;
}

/** `order[i]` says which place stands at place i. */
const shuffled = (length: number, next: () => number): number[] => {
  const order = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.min(i, Math.floor(((next() + 1) / 2) * (i + 1)));
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  return order;
};

/** `x` with the places along an axis in another order. */
const rearranged = (x: Tensor, axis: number, order: readonly number[]): Tensor => {
  const stride = stridesOf(x.shape)[axis] ?? 1;
  const size = x.shape[axis] ?? 1;
  const data = x.dataSync();
  return fromData(
    Float64Array.from(data, (_, i) => {
      const place = Math.floor(i / stride) % size;
      return data[i + ((order[place] ?? 0) - place) * stride] ?? Number.NaN;
    }),
    x.shape,
    x.dtype,
  );
};

const permutationLawNames = { seed: true, tolerance: true, axis: true, orders: true, magnitude: true } as const;

/**
 * Rearranging `x` along an axis rearranges `f(x)` likewise, where it has the shape of `x`, and else changes nothing: to
 * `tolerance` units in the last place, 1 by default.
 * @example
 * permutationLaw((x: Tensor) => logsumexp(x), tensor([1, 20, -3])).holds // true
 */
export const permutationLaw = (f: (x: Tensor) => Tensor, x: Tensor, options: PermutationOptions = {}): Report => {
  const {
    axis = x.rank - 1,
    orders = 4,
    magnitude = 0,
    seed = 1,
    tolerance = 1,
  } = checkedOptions('permutationLaw', options, permutationLawNames);
  const next = numbersFrom(seed);
  const length = x.shape[axis] ?? 1;
  const y = f(x);
  const alike = y.rank === x.rank && y.shape.every((size, i) => size === x.shape[i]);
  const measure = inUlps(y.dtype);
  const deviations = Array.from({ length: orders }, (_, k): Deviation[] => {
    const order = k === 0 ? Array.from({ length }, (_, i) => length - 1 - i) : shuffled(length, next);
    const want = (alike ? rearranged(y, axis, order) : y).dataSync();
    return Array.from(f(rearranged(x, axis, order)).dataSync(), (got, i) =>
      measure(`order ${k}, output ${formatIndex(i, y.shape)}`, got, want[i] ?? Number.NaN, magnitude),
    );
  }).flat();
  return reportOf('permutation', tolerance, deviations);
};
