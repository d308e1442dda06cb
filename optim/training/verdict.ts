/** What learning curves say about a model: too weak, too well fitted to its training set, or sound. */

import { describe } from '../../core/base/errors.js';
import { ArgumentError } from '../../core/index.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { checkHistory } from '../given.js';
import { epochValues, type History } from './history.js';

export interface VerdictThresholds {
  /** The training figure below which a model underfits; 0.8 by default. */
  readonly goal?: number;
  /** Which metric `goal` and `gap` speak of, one of which more is better; `accuracy` by default. */
  readonly metric?: string;
  /** How far the training figure may lie above the validation figure; 0.05 by default. */
  readonly gap?: number;
  /** By which share the last validation loss may exceed the smallest while the training loss still falls; 0.1 by default. */
  readonly rise?: number;
}

export type Verdict = 'underfitting' | 'overfitting' | 'generalizing';

const verdictNames = { goal: true, metric: true, gap: true, rise: true } as const;

/**
 * Underfitting: the last training figure is below the goal. Overfitting: the last validation loss exceeds its minimum by
 * more than `rise` while the training loss still falls, or the training figure exceeds the validation figure by more than
 * `gap`. Otherwise generalizing. Read at the ends of epochs.
 * @throws ArgumentError when the history lacks the figures, in training or in validation.
 * @example
 * verdict({ losses: [], checks: [{ kind: 'epoch', epoch: 1, step: 9, train: { loss: 0.1, accuracy: 0.99 }, validation: { loss: 0.4, accuracy: 0.9 }, learningRate: 0.1 }] }) // 'overfitting'
 */
export const verdict = (history: History, options: VerdictThresholds = {}): Verdict => {
  const { goal = 0.8, metric = 'accuracy', gap = 0.05, rise = 0.1 } = checkedOptions('verdict', options, verdictNames);
  checkHistory('verdict', history);
  for (const [name, value] of Object.entries({ goal, gap, rise }))
    if (typeof value !== 'number' || Number.isNaN(value))
      throw new ArgumentError({ op: 'verdict', problem: `${name} is ${describe(value)}`, remedy: 'give a number' });
  if (metric === 'accuracy' && goal > 1)
    throw new ArgumentError({
      op: 'verdict',
      problem: `the goal is ${goal}, and accuracy ends at 1`,
      remedy: `give a share: ${goal <= 100 ? goal / 100 : 0.9}`,
    });
  if (typeof metric !== 'string')
    throw new ArgumentError({
      op: 'verdict',
      problem: `metric is ${describe(metric)}`,
      remedy: 'give the name of a metric',
    });
  const read = (part: 'train' | 'validation', name: string): number[] => {
    const values = epochValues('verdict', history, { part, metric: name });
    if (values.length > 0 && Number.isNaN(values.at(-1)))
      throw new ArgumentError({
        op: 'verdict',
        problem: `the ${name} of ${part} is NaN at the end`,
        remedy: 'look for NaN in the examples, and for a set in which nothing counts',
      });
    if (values.length === 0)
      throw new ArgumentError({
        op: 'verdict',
        problem: `the history has no ${name} of ${part}`,
        remedy: 'give fit a validation set and the metric, and train for an epoch at least',
      });
    return values;
  };
  const last = (values: readonly number[]): number => values.at(-1) ?? Number.NaN;
  const figure = last(read('train', metric));
  if (!(figure >= goal)) return 'underfitting';
  const losses = read('train', 'loss');
  const validationLosses = read('validation', 'loss');
  // A run of one epoch has nothing to have fallen from.
  const falling = last(losses) < (losses.at(-2) ?? Number.NEGATIVE_INFINITY);
  const least = Math.min(...validationLosses);
  const risen = last(validationLosses) > least + rise * Math.abs(least);
  const apart = figure - last(read('validation', metric)) > gap;
  return (falling && risen) || apart ? 'overfitting' : 'generalizing';
};
