/** What every loss ends with: its elements as they are, their mean or their sum. */
import { mean, sum, type Tensor } from '../../core/index.js';

export type Reduction = 'mean' | 'sum' | 'none';

export interface ReductionOptions {
  /** `mean` by default. */
  readonly reduction?: Reduction;
}

export const reduceLoss = (loss: Tensor, reduction: Reduction): Tensor =>
  reduction === 'none' ? loss : reduction === 'sum' ? sum(loss) : mean(loss);
