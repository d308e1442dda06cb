/**
 * Means that know what they were divided by. A mean over a part of a whole can only be put together with others by its
 * denominator, which the number alone no longer shows; whoever makes a mean may note it here, beside the tensor.
 */
import type { Tensor } from './tensor.js';

/** A sum and how much was summed, both scalars: the number of elements, or the sum of their weights. Their quotient is the mean. */
export interface Counted {
  readonly sum: Tensor;
  readonly count: Tensor;
}

const denominators = new WeakMap<Tensor, number | Counted>();

/** Notes that `mean` is a mean over so many elements, or the quotient of a sum and a count; returns it. */
export const noteMean = (mean: Tensor, of: number | Counted): Tensor => {
  denominators.set(mean, of);
  return mean;
};

/** What was noted of this very tensor; nothing of what was computed from it. */
export const denominatorOf = (mean: Tensor): number | Counted | undefined => denominators.get(mean);
