/** What losses begin with, an input and a target of one shape, and end with: their elements, the mean or the sum. */

import { describe } from '../../core/base/errors.js';
import { ArgumentError, div, full, mean, ShapeError, sum, type Tensor } from '../../core/index.js';
import { checkedOptions, checkTensors } from '../../core/tensor/arguments.js';
import { type Counted, noteMean } from '../../core/tensor/counted.js';

/**
 * What becomes of the losses of elements or samples: their mean, their sum, or nothing. With a divisor of one's own the sum is divided by it, as
 * by samples times classes for cross-entropy that averages over both.
 */
export type Reduction = 'mean' | 'sum' | 'none' | { readonly divisor: number };

export interface ReductionOptions {
  /** `mean` by default; `counted` gives `{ sum, count }`. */
  readonly reduction?: Reduction;
}

/** Throws unless input and target are tensors of one shape. */
export const checkSameShapes = (op: string, x: Tensor, target: Tensor): void => {
  checkTensors(op, [x, target]);
  if (x.shape.join() !== target.shape.join())
    throw new ShapeError({
      op,
      problem: 'input and target have different shapes',
      shapes: [x.shape, target.shape],
      remedy: 'reshape or broadcast one of them; a loss never broadcasts silently',
    });
};

/** The reductions that give a tensor, and the one that gives a sum with its count. */
export type AnyReduction = Reduction | 'counted';

export interface CountedOptions {
  readonly reduction: 'counted';
}

/** Options as the body of a loss sees them. */
export type Reducible<Options> = Omit<Options, 'reduction'> & { readonly reduction?: AnyReduction };

/**
 * A function of tensors and options that ends in a reduction. With `reduction: 'counted'` it gives `{ sum, count }` in place of the mean: the
 * numerator and what it is divided by, so that the means of several batches can be put together.
 */
export interface Reducing<Inputs extends readonly unknown[], Options> {
  // The first three are alike for all such functions, so that one of several can be called.
  (...given: Inputs): Tensor;
  (...given: [...Inputs, options: ReductionOptions]): Tensor;
  (...given: [...Inputs, options: CountedOptions]): Counted;
  (...given: [...Inputs, options: Omit<Options, 'reduction'> & CountedOptions]): Counted;
  (...given: [...Inputs, options?: Options]): Tensor;
}

/** `sum/count`, or both of them for `counted`; the mean goes with a note of what it is made of. */
export const reduceCounted = (sum: Tensor, count: Tensor, reduction: 'mean' | 'counted'): Tensor | Counted =>
  reduction === 'counted' ? { sum, count } : noteMean(div(sum, count), { sum, count });

const reduceLossNames = { divisor: true } as const;

export const reduceLoss = (op: string, loss: Tensor, reduction: AnyReduction): Tensor | Counted => {
  if (reduction === 'none') return loss;
  if (reduction === 'sum') return noteMean(sum(loss), 'whole');
  if (reduction === 'mean') return noteMean(mean(loss), loss.size);
  if (reduction === 'counted') return { sum: sum(loss), count: full([], loss.size, loss.dtype) };
  if (typeof reduction === 'object' && reduction !== null) {
    const { divisor } = checkedOptions(op, reduction, reduceLossNames);
    if (typeof divisor !== 'number' || !(divisor > 0))
      throw new ArgumentError({
        op,
        problem: `the divisor is ${describe(divisor)}`,
        remedy: 'give a number greater than 0',
      });
    return div(sum(loss), divisor);
  }
  throw new ArgumentError({
    op,
    problem: `there is no reduction ${describe(reduction)}`,
    remedy: "use 'mean', 'counted', 'sum', 'none' or { divisor }",
  });
};
