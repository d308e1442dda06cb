/** What every loss ends with: its elements as they are, their mean or their sum. */
import { describe } from '../../core/errors.js';
import { ArgumentError, mean, sum, type Tensor } from '../../core/index.js';

export type Reduction = 'mean' | 'sum' | 'none';

export interface ReductionOptions {
  /** `mean` by default. */
  readonly reduction?: Reduction;
}

export const reduceLoss = (op: string, loss: Tensor, reduction: Reduction): Tensor => {
  if (reduction === 'none') return loss;
  if (reduction === 'sum') return sum(loss);
  if (reduction === 'mean') return mean(loss);
  throw new ArgumentError({
    op,
    problem: `there is no reduction ${describe(reduction)}`,
    remedy: "use 'mean', 'sum' or 'none'",
  });
};
