/** Factors on all learning rates, decided by the loop between steps: by the epoch, or by how the run goes. */

import { ArgumentError, describe } from '../../core/base/errors.js';
import { checkCallable } from '../../core/base/methods.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { type PlateauOptions, reduceOnPlateau } from '../plateau.js';
import type { Schedule } from '../schedules.js';
import { checkMonitor, epochValues, type History, type MonitorOptions, modeOf, monitorNames } from './history.js';

/** Where a run stands before a step. */
export interface Moment {
  /** The epoch in progress, counted from 1. */
  readonly epoch: number;
  /** How many steps have been made. */
  readonly step: number;
  readonly history: History;
}

/** What all learning rates are multiplied by in the coming step: a pure function of where the run stands. */
export type RateFactor = (moment: Moment) => number;

/**
 * A schedule over epochs, the first of which is number 0: `byEpoch(exponentialDecay(1, { gamma: 0.9 }))` multiplies all
 * rates by 0.9 at the end of each epoch.
 * @throws ArgumentError at a moment whose epoch is not a whole number from 1 on.
 * @example
 * byEpoch(exponentialDecay(1, { gamma: 0.5 }))({ epoch: 3, step: 70, history: { losses: [], checks: [] } }) // 0.25
 */
export const byEpoch = (schedule: Schedule): RateFactor => {
  checkCallable('byEpoch', 'the schedule', schedule);
  return (moment) => {
    const epoch: unknown = (moment as Partial<Moment> | null | undefined)?.epoch;
    if (!(Number.isInteger(epoch) && (epoch as number) >= 1))
      throw new ArgumentError({
        op: 'byEpoch',
        problem: `the epoch is ${describe(epoch)}`,
        remedy: 'give the moment of a run, { epoch, step, history }, whose epochs count from 1',
      });
    return schedule((epoch as number) - 1);
  };
};

export type PlateauFactorOptions = Omit<PlateauOptions, 'base' | 'mode'> & MonitorOptions;

const onPlateauNames = {
  ...monitorNames,
  factor: true,
  patience: true,
  threshold: true,
  thresholdMode: true,
  cooldown: true,
  min: true,
  eps: true,
} as const;

/**
 * A factor that falls when a figure stops improving: `reduceOnPlateau` over the ends of the epochs so far.
 * @example
 * onPlateau({ patience: 2 })({ epoch: 1, step: 0, history: { losses: [], checks: [] } }) // 1
 */
export const onPlateau = (given: PlateauFactorOptions = {}): RateFactor => {
  const { metric = 'loss', mode, part, ...options } = checkedOptions('onPlateau', given, onPlateauNames);
  const monitor: MonitorOptions = {
    metric,
    ...(mode === undefined ? {} : { mode }),
    ...(part === undefined ? {} : { part }),
  };
  checkMonitor('onPlateau', monitor);
  const plateau = reduceOnPlateau({ ...options, base: 1, mode: modeOf(monitor) });
  return ({ history }) => epochValues('onPlateau', history, monitor).reduce(plateau.next, plateau.initial).rate;
};
