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

/** What a scalar was divided by: a number of elements, or a count beside its sum; `whole` where it is a sum, divided by nothing. */
export type Denominator = number | Counted | 'whole';

const denominators = new WeakMap<Tensor, Denominator>();

/** Hears of every mean while somebody wants to know. */
let heard: ((of: Denominator) => void) | null = null;

/** Tells whoever listens of a mean that is being made. */
export const hearMean = (of: Denominator): void => heard?.(of);

/** Notes that `mean` is a mean over so many elements, the quotient of a sum and a count, or a sum of all; returns it. */
export const noteMean = (mean: Tensor, of: Denominator): Tensor => {
  denominators.set(mean, of);
  hearMean(of);
  return mean;
};

/** What every mean that the library makes while `f` runs was divided by. */
export const meansWithin = (f: () => unknown): readonly Denominator[] => {
  const before = heard;
  const means: Denominator[] = [];
  heard = (of) => means.push(of);
  try {
    f();
  } finally {
    heard = before;
  }
  return means;
};

/** What was noted of this very tensor; nothing of what was computed from it. */
export const denominatorOf = (mean: Tensor): Denominator | undefined => denominators.get(mean);
