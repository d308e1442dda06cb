/** What a run of training over random batches amounts to before it starts: how many steps, and when it looks up. */

import { describe } from '../core/base/errors.js';
import { ArgumentError } from '../core/index.js';
import { checkedOptions } from '../core/tensor/arguments.js';

export interface TrainingPlanOptions {
  /** How many examples there are to train on. */
  readonly examples: number;
  readonly batchSize: number;
  readonly epochs: number;
}

export interface TrainingPlan {
  /** Steps that make up an epoch: as many as there are whole batches, and at least one. */
  readonly stepsPerEpoch: number;
  /** Steps in all; the history of losses has one entry each. */
  readonly steps: number;
  /** Steps, counted from 1, after which accuracy is measured: the first, then the last of every epoch. */
  readonly checks: readonly number[];
}

const trainingPlanNames = { examples: true, batchSize: true, epochs: true } as const;

/**
 * The steps of a run whose batches are drawn at random, so that an epoch is ⌊examples/batchSize⌋ steps but never none.
 * @throws ArgumentError unless all numbers are whole, and the batch size is at least 1.
 * @example
 * trainingPlan({ examples: 50, batchSize: 20, epochs: 2 }) // { stepsPerEpoch: 2, steps: 4, checks: [1, 2, 4] }
 */
export const trainingPlan = (options: TrainingPlanOptions): TrainingPlan => {
  const { examples, batchSize, epochs } = checkedOptions('trainingPlan', options, trainingPlanNames);
  for (const [name, value, least] of [
    ['examples', examples, 0],
    ['batchSize', batchSize, 1],
    ['epochs', epochs, 0],
  ] as const)
    if (!Number.isInteger(value) || value < least || value >= 2 ** 31)
      throw new ArgumentError({
        op: 'trainingPlan',
        problem: `${name} is ${describe(value)}`,
        remedy: `give a whole number ≥ ${least}`,
      });
  const stepsPerEpoch = Math.max(Math.floor(examples / batchSize), 1);
  const steps = epochs * stepsPerEpoch;
  return {
    stepsPerEpoch,
    steps,
    checks: epochs === 0 ? [] : [1, ...Array.from({ length: epochs }, (_, epoch) => (epoch + 1) * stepsPerEpoch)],
  };
};
