/** One step of training as a pure function of trees, compiled unless it is to run one operation at a time. */

import {
  ArgumentError,
  compile as compiled,
  foldIn,
  type Key,
  logicalAnd,
  logicalNot,
  logicalOr,
  type Tensor,
  treeLeaves,
  treeUnflatten,
} from '../../autograd/index.js';
import { updateBy } from '../given.js';
import { applyUpdates, type GradientTransform } from '../transform.js';
import type { AverageState, WeightAverage } from './averaging.js';
import { type Frozen, thawFor } from './freezing.js';
import { gradientOf } from './gradient.js';
import { asMetric, type Metric, type MetricOrMean } from './metrics.js';
import type { Batch, Loss, Model } from './model.js';
import { allFinite, type NonFiniteRecord, recorded, selected } from './soundness.js';

/** What a step turns into the next of its kind. */
export interface StepState<P, S> {
  readonly params: P;
  readonly state: S;
  /** Of the optimiser. */
  readonly optimizer: unknown;
  readonly average: AverageState<P> | null;
  /** The metrics of the epoch so far. */
  readonly running: Readonly<Record<string, unknown>>;
  readonly nonFinite: NonFiniteRecord;
}

export interface StepDefinition<P, S, X, Y, T> {
  readonly model: Model<P, S, X, Y>;
  readonly loss: Loss<Y, T>;
  readonly optimizer: GradientTransform;
  readonly penalty?: ((params: P) => Tensor) | undefined;
  readonly metrics?: Readonly<Record<string, MetricOrMean<Y, T>>> | undefined;
  readonly frozen?: Frozen | undefined;
  readonly averaging?: WeightAverage | undefined;
  /** Whether schedules go on after a step that is not finite. */
  readonly skips?: boolean | undefined;
  readonly compile?: boolean | undefined;
}

/** The loss and the metrics by name, for `fit` or `evaluate`. */
export const allMetrics = <Y, T>(
  {
    loss,
    metrics = {},
  }: {
    readonly loss: Loss<Y, T>;
    readonly metrics?: Readonly<Record<string, MetricOrMean<Y, T>>> | undefined;
  },
  op = 'fit',
): readonly (readonly [name: string, metric: Metric<unknown, Y, T>])[] => [
  ['loss', asMetric(loss, { op, what: 'the loss' })],
  ...Object.entries(metrics).map(
    ([name, metric]) => [name, asMetric(metric, { op, what: `the metric ${name}` })] as const,
  ),
];

/** The state of every metric before the first batch. */
export const freshMetrics = <Y, T>(
  all: readonly (readonly [string, Metric<unknown, Y, T>])[],
): Readonly<Record<string, unknown>> => Object.fromEntries(all.map(([name, metric]) => [name, metric.init()]));

/** The figure of every metric. */
export const readMetrics = <Y, T>(
  all: readonly (readonly [string, Metric<unknown, Y, T>])[],
  states: Readonly<Record<string, unknown>>,
): Readonly<Record<string, number>> =>
  Object.fromEntries(all.map(([name, metric]) => [name, metric.result(states[name])]));

export type Step<P, S, X, T> = (
  now: StepState<P, S>,
  batches: readonly Batch<X, T>[],
  key: Key,
  step: Tensor,
) => {
  readonly next: StepState<P, S>;
  readonly loss: Tensor;
  /** Whether the step was made; a bool scalar, false where something came out as NaN or infinity. */
  readonly finite: Tensor;
};

/** A loss of numbers that the parameters do not move: every gradient would be 0, and nothing would be learnt. */
const noPath = (): ArgumentError =>
  new ArgumentError({
    op: 'fit',
    problem: 'the loss does not depend on any parameter that is trained',
    remedy:
      'compute it from the output of the model with operations that have a derivative: on scores and not on argmax, on tensors and not on item() or toArray(), without a cast to whole numbers, comparisons or stopGradient',
  });

/**
 * The step over one batch, or over several whose gradients are accumulated. Batch i of step s draws from
 * `foldIn(foldIn(key, s), i)`. The loss it returns has the penalty in it; the loss among the metrics has not. A step that is not finite
 * gives back what it was given; one in which nothing counts leaves parameters, optimiser and average alone. Compiled, it takes the
 * memory of the state that it is given, which cannot be used again.
 */
export const trainingStep = <P, S, X, Y, T>(definition: StepDefinition<P, S, X, Y, T>): Step<P, S, X, T> => {
  const { optimizer, frozen, averaging, skips = false, compile = true } = definition;
  const all = allMetrics(definition);

  const step: Step<P, S, X, T> = (now, batches, key, number) => {
    const { trainable, replace } = thawFor('fit', now.params, frozen);
    const { loss, gradient, counts, depends, outcomes } = gradientOf({ ...definition, replace })(
      treeLeaves(trainable),
      now.state,
      batches,
      foldIn(key, number),
    );
    if (!depends) throw noPath();
    const [updates, optimizerState] = updateBy(
      'fit',
      optimizer,
      treeUnflatten(trainable, gradient),
      now.optimizer,
      trainable,
    );
    const params = replace(treeLeaves(applyUpdates(trainable, updates)));
    const average = now.average === null || averaging === undefined ? null : averaging.update(now.average, params);
    const state = outcomes.at(-1)?.state ?? now.state;
    const running = outcomes.reduce(
      (states, { output, target, examples }) =>
        Object.fromEntries(
          all.map(([name, metric]) => [name, metric.update(states[name], output, target, examples)] as const),
        ),
      now.running,
    );

    // Whether the step can be believed: what only an update sees does not matter where nothing counts.
    const made = allFinite([loss, ...gradient], [[params, now.params]]);
    const passed = allFinite([], [[state, now.state]]);
    const finite = logicalAnd(counts === null ? made : logicalOr(made, logicalNot(counts)), passed);
    const moves = counts === null ? finite : logicalAnd(finite, counts);
    return {
      next: {
        params: selected(moves, params, now.params),
        optimizer: selected(moves, optimizerState, now.optimizer, skips ? null : finite),
        average: selected(moves, average, now.average),
        state: selected(finite, state, now.state),
        running: selected(finite, running, now.running),
        nonFinite: recorded(now.nonFinite, finite, number, loss),
      },
      loss,
      finite,
    };
  };
  // What a step turns into the next of its kind is overwritten by it.
  return compile ? compiled(step, { donate: [0] }) : step;
};
