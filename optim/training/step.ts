/** One step of training as a pure function of trees, compiled unless it is to run one operation at a time. */
import {
  add,
  compile as compiled,
  div,
  foldIn,
  type Key,
  mul,
  type Tensor,
  treeLeaves,
  treeUnflatten,
  valueAndGrad,
} from '../../autograd/index.js';
import { applyUpdates, type GradientTransform } from '../transform.js';
import type { AverageState, WeightAverage } from './averaging.js';
import { type Frozen, thaw } from './freezing.js';
import { asMetric, type Metric, type MetricOrMean, meanOf } from './metrics.js';
import type { Batch, Loss, Model } from './model.js';
import { countExamples } from './source.js';

/** What a step turns into the next of its kind. */
export interface StepState<P, S> {
  readonly params: P;
  readonly state: S;
  /** Of the optimiser. */
  readonly optimizer: unknown;
  readonly average: AverageState<P> | null;
  /** The metrics of the epoch so far. */
  readonly running: Readonly<Record<string, unknown>>;
}

export interface StepDefinition<P, S, X, Y, T> {
  readonly model: Model<P, S, X, Y>;
  readonly loss: Loss<Y, T>;
  readonly optimizer: GradientTransform;
  readonly penalty?: ((params: P) => Tensor) | undefined;
  readonly metrics?: Readonly<Record<string, MetricOrMean<Y, T>>> | undefined;
  readonly frozen?: Frozen | undefined;
  readonly averaging?: WeightAverage | undefined;
  readonly compile?: boolean | undefined;
}

/** The loss and the metrics by name. */
export const allMetrics = <Y, T>({
  loss,
  metrics = {},
}: {
  readonly loss: Loss<Y, T>;
  readonly metrics?: Readonly<Record<string, MetricOrMean<Y, T>>> | undefined;
}): readonly (readonly [name: string, metric: Metric<unknown, Y, T>])[] => [
  ['loss', asMetric(meanOf(loss))],
  ...Object.entries(metrics).map(([name, metric]) => [name, asMetric(metric)] as const),
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

/** Adds the gradients of one batch after another, each weighted by its share of the examples. */
const weightedSum = (parts: readonly (readonly Tensor[])[], shares: readonly number[]): readonly Tensor[] =>
  parts
    .map((leaves, i) => leaves.map((leaf) => mul(leaf, shares[i] ?? 0)))
    .reduce((sums, leaves) => sums.map((sum, j) => add(sum, leaves[j] ?? sum)));

export type Step<P, S, X, T> = (
  now: StepState<P, S>,
  batches: readonly Batch<X, T>[],
  key: Key,
  step: Tensor,
) => { readonly next: StepState<P, S>; readonly loss: Tensor };

/**
 * The step over one batch, or over several whose gradients are accumulated. Batch i of step s draws from
 * `foldIn(foldIn(key, s), i)`. The loss it returns has the penalty in it; the loss among the metrics has not. Compiled, it takes the
 * memory of the state that it is given, which cannot be used again.
 */
export const trainingStep = <P, S, X, Y, T>(definition: StepDefinition<P, S, X, Y, T>): Step<P, S, X, T> => {
  const { model, loss, optimizer, penalty, frozen, averaging, compile = true } = definition;
  const all = allMetrics(definition);

  const step: Step<P, S, X, T> = (now, batches, key, number) => {
    const { trainable, replace } = thaw(now.params, frozen);
    const leaves = treeLeaves(trainable);
    const counts = batches.map(countExamples);
    const examples = counts.reduce((sum, count) => sum + count, 0);
    const from = foldIn(key, number);
    let { state, running } = now;

    const parts = batches.map(({ x, y: target }, i) => {
      const objective = (at: readonly Tensor[]): readonly [Tensor, readonly [Y, S]] => {
        const params = replace(at);
        const [output, next] = model.apply({ params, state }, x, { training: true, key: foldIn(from, i) });
        const value = loss(output, target);
        return [penalty === undefined ? value : add(value, penalty(params)), [output, next]];
      };
      const [[value, [output, next]], gradient] = valueAndGrad(objective, { hasAux: true })(leaves);
      state = next;
      running = Object.fromEntries(
        all.map(([name, metric]) => [name, metric.update(running[name], output, target, counts[i] ?? 0)]),
      );
      return { value, gradient };
    });

    const shares = counts.map((count) => count / examples);
    const single = parts.length === 1 ? parts[0] : undefined;
    const gradients =
      single?.gradient ??
      weightedSum(
        parts.map(({ gradient }) => gradient),
        shares,
      );
    const value =
      single?.value ??
      weightedSum(
        parts.map(({ value: part }) => [part]),
        shares,
      )[0];
    const [updates, optimizerState] = optimizer.update(treeUnflatten(trainable, gradients), now.optimizer, trainable);
    const params = replace(treeLeaves(applyUpdates(trainable, updates)));
    return {
      next: {
        params,
        state,
        optimizer: optimizerState,
        average: now.average === null || averaging === undefined ? null : averaging.update(now.average, params),
        running,
      },
      loss: value ?? div(0, examples),
    };
  };
  // What a step turns into the next of its kind is overwritten by it.
  return compile ? compiled(step, { donate: [0] }) : step;
};
