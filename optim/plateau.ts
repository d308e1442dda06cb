/** A learning rate that falls when a metric stops improving: not a function of time alone, so a small state machine. */

import { describe } from '../core/base/errors.js';
import { ArgumentError } from '../core/index.js';
import { checkedOptions } from '../core/tensor/arguments.js';
import { checkRates } from './schedules.js';

export interface PlateauOptions {
  readonly base: number;
  /** Whether smaller (`min`, default) or larger metrics are better. */
  readonly mode?: 'min' | 'max';
  /** 0.1 by default; less than 1. */
  readonly factor?: number;
  /** How many epochs without improvement are let pass; 10 by default. */
  readonly patience?: number;
  /** 1e-4 by default. */
  readonly threshold?: number;
  /** Whether the threshold is a share of the best value's size (`relative`, default) or an amount. */
  readonly thresholdMode?: 'relative' | 'absolute';
  /** Epochs after a reduction in which nothing is counted; 0 by default. */
  readonly cooldown?: number;
  /** 0 by default. */
  readonly min?: number;
  /** A reduction by less than this is left out; 1e-8 by default. */
  readonly eps?: number;
}

/** Plain data: save it with a checkpoint. */
export interface PlateauState {
  readonly rate: number;
  readonly best: number;
  readonly badEpochs: number;
  readonly cooldownLeft: number;
}

export interface Plateau {
  readonly initial: PlateauState;
  /** The state after an epoch that ended with `metric`. */
  next(state: PlateauState, metric: number): PlateauState;
}

const optionNames = {
  base: true,
  mode: true,
  factor: true,
  patience: true,
  threshold: true,
  thresholdMode: true,
  cooldown: true,
  min: true,
  eps: true,
} as const;

/**
 * PyTorch's `ReduceLROnPlateau`: after more than `patience` epochs in a row without improvement the rate is multiplied by
 * `factor`.
 * @throws ArgumentError for numbers that are negative or not finite, a factor that is not below 1, and a `min` above `base`.
 * @example
 * reduceOnPlateau({ base: 1, patience: 0 }).next({ rate: 1, best: 0.5, badEpochs: 0, cooldownLeft: 0 }, 0.6).rate // 0.1
 */
export const reduceOnPlateau = (options: PlateauOptions): Plateau => {
  const {
    base,
    mode = 'min',
    factor = 0.1,
    patience = 10,
    threshold = 1e-4,
    thresholdMode = 'relative',
    cooldown = 0,
    min = 0,
    eps = 1e-8,
  } = checkedOptions('reduceOnPlateau', options, optionNames);
  checkRates('reduceOnPlateau', { base, factor, patience, threshold, cooldown, min, eps });
  if (factor >= 1)
    throw new ArgumentError({
      op: 'reduceOnPlateau',
      problem: `factor is ${factor}, which reduces nothing`,
      remedy: 'give a number from 0 up to, not including, 1',
    });
  if (min > base)
    throw new ArgumentError({
      op: 'reduceOnPlateau',
      problem: `min is ${min}, above the base ${base}`,
      remedy: 'give a least rate that is not above the initial one',
    });
  if ((mode !== 'min' && mode !== 'max') || (thresholdMode !== 'relative' && thresholdMode !== 'absolute'))
    throw new ArgumentError({
      op: 'reduceOnPlateau',
      problem: `mode is ${describe(mode)} and thresholdMode ${describe(thresholdMode)}`,
      remedy: "use 'min' or 'max', and 'relative' or 'absolute'",
    });
  const sign = mode === 'min' ? -1 : 1;
  // A share of a negative best is a share of its size: better is further from it, whatever its sign.
  const bar = (best: number): number =>
    !Number.isFinite(best)
      ? best
      : thresholdMode === 'relative'
        ? best * (1 + (best < 0 ? -sign : sign) * threshold)
        : best + sign * threshold;
  const better = (metric: number, best: number): boolean => (mode === 'min' ? metric < bar(best) : metric > bar(best));
  return {
    initial: {
      rate: base,
      best: mode === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY,
      badEpochs: 0,
      cooldownLeft: 0,
    },
    next({ rate, best, badEpochs, cooldownLeft }, metric) {
      const improved = better(metric, best);
      const left = Math.max(cooldownLeft - 1, 0);
      const bad = cooldownLeft > 0 || improved ? 0 : badEpochs + 1;
      const record = improved ? metric : best;
      if (bad <= patience) return { rate, best: record, badEpochs: bad, cooldownLeft: left };
      const lower = Math.max(rate * factor, min);
      return { rate: rate - lower > eps ? lower : rate, best: record, badEpochs: 0, cooldownLeft: cooldown };
    },
  };
};
