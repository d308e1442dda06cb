/**
 * What a run remembers: the loss of each step, and what each check measured. Whether to stop, which parameters are best and
 * how a rate falls on a plateau are pure functions of it, so that a resumed run decides as the uninterrupted one would.
 */

import { ArgumentError, describe } from '../../core/base/errors.js';
import { nearest } from '../../core/base/nearest.js';
import { checkChoice, checkedOptions } from '../../core/tensor/arguments.js';
import { checkHistory } from '../given.js';

/** The loss, and each metric by its name. */
export type Measurement = Readonly<Record<string, number>>;

/** What was measured at one moment of a run. */
export interface Check {
  /** `first`: the check of epoch 0; `within` an epoch; or at the end of an `epoch`. */
  readonly kind: 'first' | 'within' | 'epoch';
  /** The epoch in which it was made, counted from 1; 0 for the first check. */
  readonly epoch: number;
  /** How many steps had been made. */
  readonly step: number;
  /** While training, the figures of the epoch so far, over everything that counted; or measured on a sample of the training set, where one is asked for. */
  readonly train: Measurement | null;
  readonly validation: Measurement | null;
  /** The rate of the last step; `null` before it, and for optimisers without one. */
  readonly learningRate: number | null;
}

/** A step that was left out, because something in it was NaN or infinite. */
export interface SkippedStep {
  /** Which one, counted from 1. */
  readonly step: number;
  /** Its loss, which may be finite where the gradient was not. */
  readonly loss: number;
}

export interface History {
  /** The training loss of every step. */
  readonly losses: readonly number[];
  readonly checks: readonly Check[];
  /** The steps that were skipped, where there are any. */
  readonly skipped?: readonly SkippedStep[];
}

export interface MonitorOptions {
  /** `loss` (default) or the name of a metric. */
  readonly metric?: string;
  /** Whether smaller or larger is better; `min` for the loss and `max` for everything else by default. */
  readonly mode?: 'min' | 'max';
  /** Where it is read; the validation set by default, or the training set where there is no other. */
  readonly part?: 'train' | 'validation';
}

/** A figure to go by: the name of a metric, or that and more. */
export type Monitor = string | MonitorOptions;

export const monitorNames = { metric: true, mode: true, part: true } as const;

/** Throws unless a figure to go by is a name, or options that there are. */
export const checkMonitor = (op: string, monitor: Monitor): void => {
  if (typeof monitor === 'string') return;
  const { metric = 'loss', mode = 'min', part = 'train' } = checkedOptions(op, monitor, monitorNames);
  if (typeof metric !== 'string')
    throw new ArgumentError({ op, problem: `the metric is ${describe(metric)}`, remedy: 'give its name' });
  checkChoice(op, 'mode', mode, ['min', 'max']);
  checkChoice(op, 'part', part, ['train', 'validation']);
};

const optionsOf = (monitor: Monitor): MonitorOptions => (typeof monitor === 'string' ? { metric: monitor } : monitor);

/** The figure of one check, NaN where it was not measured. */
export const monitoredValue = (check: Check, monitor: Monitor = 'loss'): number => {
  const { metric = 'loss', part } = optionsOf(monitor);
  const measured = part === undefined ? (check.validation ?? check.train) : check[part];
  return measured?.[metric] ?? Number.NaN;
};

export const modeOf = (monitor: Monitor): 'min' | 'max' => {
  const { metric = 'loss', mode = metric === 'loss' ? 'min' : 'max' } = optionsOf(monitor);
  return mode;
};

/** Whether `value` is better than `best` by more than `least`; NaN never is, and anything but NaN is better than nothing. */
export const isBetter = (mode: 'min' | 'max', value: number, best: number | null, least = 0): boolean => {
  if (best === null) return !Number.isNaN(value);
  return mode === 'min' ? value < best - least : value > best + least;
};

/**
 * The figures of all checks that made it, in their order.
 * @example
 * checkedValues({ losses: [], checks: [{ kind: 'epoch', epoch: 1, step: 9, train: { loss: 2 }, validation: null, learningRate: 0.1 }] }, 'loss') // [2]
 */
export const checkedValues = (history: History, monitor: Monitor = 'loss'): number[] => {
  checkHistory('checkedValues', history);
  checkMonitor('checkedValues', monitor);
  const { metric = 'loss', part } = optionsOf(monitor);
  return history.checks.flatMap((check) => {
    const measured = part === undefined ? (check.validation ?? check.train) : check[part];
    return measured?.[metric] ?? [];
  });
};

/** Throws where a history has figures, and never the one that is asked for. */
const checkMeasured = (op: string, checks: readonly Check[], monitor: Monitor): void => {
  const { metric = 'loss', part } = optionsOf(monitor);
  const parts = part === undefined ? (['train', 'validation'] as const) : ([part] as const);
  const names = new Set(checks.flatMap((check) => parts.flatMap((each) => Object.keys(check[each] ?? {}))));
  if (checks.length === 0 || names.has(metric)) return;
  const meant = nearest(metric, [...names]);
  throw new ArgumentError({
    op,
    problem: `${metric} is not measured${part === undefined ? '' : ` in ${part === 'train' ? 'training' : 'validation'}`}`,
    remedy:
      names.size === 0
        ? 'give fit a validation set, or another part'
        : `${meant === null ? 'name' : `did you mean '${meant}'? Name`} one of ${[...names].join(', ')}, or add the metric to metrics of fit`,
  });
};

/** The figures at the ends of epochs, for `op`, which goes by them. */
export const epochValues = (op: string, { losses, checks }: History, monitor: Monitor): number[] => {
  const ends = checks.filter(({ kind }) => kind === 'epoch');
  checkMeasured(op, ends, monitor);
  return checkedValues({ losses, checks: ends }, monitor);
};

export type EarlyStoppingOptions = MonitorOptions & {
  /** How many epochs without improvement are let pass; 10 by default. */
  readonly patience?: number;
  /** What counts as an improvement: more than this; 0 by default. */
  readonly minDelta?: number;
};

const earlyStoppingNames = { ...monitorNames, patience: true, minDelta: true } as const;

/**
 * Stops when more than `patience` epochs in a row brought no improvement: a condition for `fit`'s `stopWhen`.
 * @throws ArgumentError for a patience or an amount that is negative or NaN.
 * @example
 * earlyStopping({ patience: 3 })({ losses: [], checks: [] }) // false
 */
export const earlyStopping = (options: EarlyStoppingOptions = {}): ((history: History) => boolean) => {
  const { patience = 10, minDelta = 0, ...monitor } = checkedOptions('earlyStopping', options, earlyStoppingNames);
  checkMonitor('earlyStopping', monitor);
  for (const [name, value] of Object.entries({ patience, minDelta }))
    if (typeof value !== 'number' || !(value >= 0))
      throw new ArgumentError({
        op: 'earlyStopping',
        problem: `${name} is ${describe(value)}`,
        remedy: 'give a number ≥ 0',
      });
  return (history) => {
    let best: number | null = null;
    let since = 0;
    for (const value of epochValues('earlyStopping', history, monitor)) {
      const improved = isBetter(modeOf(monitor), value, best, minDelta);
      if (improved) best = value;
      since = improved ? 0 : since + 1;
    }
    return since > patience;
  };
};
