/** The last link of every optimiser: minus the learning rate, which is a number or a schedule over steps. */
import { add, full, mul, type Tensor, treeMap } from '../core/index.js';
import type { Schedule } from './schedules.js';
import { firstStep, type GradientTransform } from './transform.js';

/** A constant, or the rate as a function of the step, counted from 0. */
export type LearningRate = number | Schedule;

export interface LearningRateState {
  readonly count: Tensor;
}

/**
 * Multiplies by −rate, so that the updates can be added. A schedule is asked with the number of the step, counted from 0.
 * @example
 * scaleByLearningRate(0.1).update(tensor([2]), { count: tensor(0, { dtype: 'int32' }) }, tensor([0]))[0].toArray() // ≈ [-0.2]
 */
export const scaleByLearningRate = (rate: LearningRate): GradientTransform<LearningRateState> => ({
  init: () => ({ count: firstStep() }),
  update(updates, { count }) {
    const now = typeof rate === 'number' ? rate : rate(count.item());
    return [treeMap((u) => mul(u, full([], -now, u.dtype)), updates), { count: add(count, 1) }];
  },
});
