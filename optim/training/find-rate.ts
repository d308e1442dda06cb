/**
 * A search for a learning rate: short training while the rate grows from almost nothing until the loss runs away. Good
 * rates lie where the loss falls fastest.
 * Source: Smith, "Cyclical learning rates for training neural networks" (2017), section 3.3.
 */

import { describe } from '../../core/base/errors.js';
import { checkCallable } from '../../core/base/methods.js';
import { ArgumentError } from '../../core/index.js';
import { checkedOptions, checkNumber } from '../../core/tensor/arguments.js';
import { fit } from '../fit.js';
import { checkOptimizer } from '../given.js';
import type { LearningRate } from '../learning-rate.js';
import type { GradientTransform } from '../transform.js';
import type { FitOptions } from './options.js';

export interface FindRateOptions<P, S, X, Y, T>
  extends Pick<
    FitOptions<P, S, X, Y, T>,
    'model' | 'loss' | 'train' | 'key' | 'batchSize' | 'order' | 'initial' | 'frozen' | 'penalty' | 'compile'
  > {
  /** Makes the optimizer at a rate: `sgd`, `adam`, `(lr) => adamw({ lr, weightDecay: 0.1 })`. */
  readonly optimizer: (lr: LearningRate) => GradientTransform;
  /** The first rate; 1e-6 by default. */
  readonly from?: number;
  /** The last rate; 10 by default. */
  readonly to?: number;
  /** How many rates are tried; 100 by default. */
  readonly steps?: number;
  /** The share of the running mean of losses that is kept; 0.9 by default. */
  readonly smoothing?: number;
  /** The search ends when the smoothed loss exceeds its minimum so many times; 4 by default. */
  readonly divergence?: number;
}

export interface FoundRate {
  readonly rates: readonly number[];
  readonly losses: readonly number[];
  /** The running mean of the losses, without the pull of its start. */
  readonly smoothed: readonly number[];
  /** The rate at which the smoothed loss falls fastest over the logarithm of the rate; `null` when it never falls. */
  readonly suggestion: number | null;
}

const findLearningRateNames = {
  model: true,
  loss: true,
  train: true,
  key: true,
  batchSize: true,
  order: true,
  initial: true,
  frozen: true,
  penalty: true,
  compile: 'flag',
  optimizer: true,
  from: true,
  to: true,
  steps: true,
  smoothing: true,
  divergence: true,
} as const;

/**
 * Tries learning rates that grow by the same factor from step to step.
 * @throws ArgumentError unless 0 < from < to and there are two steps at least; for a smoothing or divergence that cannot be.
 */
export const findLearningRate = async <P, S, X, Y, T>(given: FindRateOptions<P, S, X, Y, T>): Promise<FoundRate> => {
  const {
    optimizer,
    from = 1e-6,
    to = 10,
    steps = 100,
    smoothing = 0.9,
    divergence = 4,
    ...options
  } = checkedOptions('findLearningRate', given, findLearningRateNames);
  for (const [name, value] of Object.entries({ smoothing, divergence, from, to, steps }))
    checkNumber('findLearningRate', name, value);
  if (!(smoothing >= 0 && smoothing < 1 && divergence >= 1))
    throw new ArgumentError({
      op: 'findLearningRate',
      problem: `smoothing is ${describe(smoothing)} and divergence ${describe(divergence)}`,
      remedy: 'give a smoothing from 0 up to, not including, 1, and a divergence ≥ 1',
    });
  checkCallable('findLearningRate', 'the optimizer', optimizer);
  if (!(from > 0 && to > from && to < Number.POSITIVE_INFINITY && Number.isInteger(steps) && steps >= 2))
    throw new ArgumentError({
      op: 'findLearningRate',
      problem: `${describe(steps)} rates from ${describe(from)} to ${describe(to)}`,
      remedy: 'let the rates grow from above 0, in two steps at least',
    });
  const rateOf = (step: number): number => from * (to / from) ** (step / (steps - 1));
  const [rates, losses, smoothed]: [number[], number[], number[]] = [[], [], []];
  const made = optimizer(rateOf);
  checkOptimizer('findLearningRate', made);
  let running = 0;
  await fit({
    ...options,
    optimizer: made,
    // An epoch has a step at least, and the callback ends the run after the last.
    epochs: steps,
    // The search ends where the rate makes numbers overflow.
    onNonFinite: 'stop',
    callbacks: [
      {
        onStepEnd({ step, loss }) {
          running = smoothing * running + (1 - smoothing) * loss;
          const mean = running / (1 - smoothing ** step);
          rates.push(rateOf(step - 1));
          losses.push(loss);
          smoothed.push(mean);
          // As many times the minimum; where that is negative, as far above it as for its size.
          const least = Math.min(...smoothed);
          const bar = least < 0 ? least - (divergence - 1) * least : divergence * least;
          return step === steps || !(mean <= bar) ? 'stop' : undefined;
        },
      },
    ],
  });
  // The first tenth is noise of a mean over few losses.
  const first = Math.floor(steps / 10);
  const slopes = smoothed.map((loss, i) => (i > first ? loss - (smoothed[i - 1] ?? loss) : 0));
  const steepest = slopes.indexOf(Math.min(0, ...slopes));
  return { rates, losses, smoothed, suggestion: (slopes[steepest] ?? 0) < 0 ? (rates[steepest] ?? null) : null };
};
