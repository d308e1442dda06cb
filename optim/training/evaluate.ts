/** Loss and metrics of a model that is not being trained, over all batches of a set. */

import { compile as compiled, type Key, key } from '../../autograd/index.js';
import { checkCallable } from '../../core/base/methods.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { checkCounts, checkMetrics, checkModel, checkSource, pairOf, variablesOf } from '../given.js';
import type { Measurement } from './history.js';
import type { MetricOrMean } from './metrics.js';
import type { Batch, Loss, Model, Source, Variables } from './model.js';
import { breathe } from './pause.js';
import { countExamples, feedOf, sampled } from './source.js';
import { allMetrics, freshMetrics, readMetrics } from './step.js';

export interface EvaluateOptions<P, S, X, Y, T> {
  readonly model: Pick<Model<P, S, X, Y>, 'apply'>;
  readonly loss: Loss<Y, T>;
  readonly metrics?: Readonly<Record<string, MetricOrMean<Y, T>>> | undefined;
  /** How many examples at a time, where they are not in batches already; 256 by default. */
  readonly batchSize?: number | undefined;
  /** Whether each batch runs as one program; true by default. */
  readonly compile?: boolean | undefined;
}

export interface EvaluateSampleOptions {
  /** Measure so many random examples instead of all. */
  readonly sample?: number | undefined;
  /** Which ones they are; `key(0)` by default. */
  readonly key?: Key | undefined;
}

/** Measures variables on examples or on batches. */
export type Evaluator<P, S, X, T> = (variables: Variables<P, S>, data: Source<X, T>) => Promise<Measurement>;

/** An evaluator that keeps its compiled program for the next time. */
export const evaluator = <P, S, X, Y, T>(
  { batchSize = 256, compile = true, ...definition }: EvaluateOptions<P, S, X, Y, T>,
  op = 'fit',
): Evaluator<P, S, X, T> => {
  const { model } = definition;
  const all = allMetrics(definition, op);
  const update = (
    variables: Variables<P, S>,
    { x, y }: Batch<X, T>,
    states: Readonly<Record<string, unknown>>,
  ): Readonly<Record<string, unknown>> => {
    const count = countExamples({ x, y }, op);
    const [output] = pairOf(
      op,
      'apply of the model',
      '[output, state]',
      model.apply(variables, x, { training: false }),
    );
    return Object.fromEntries(all.map(([name, metric]) => [name, metric.update(states[name], output, y, count)]));
  };
  const run = compile ? compiled(update) : update;
  return async ({ params, state }, data) => {
    let states = freshMetrics(all);
    // The order is that of the examples, so there is nothing to draw.
    for await (const { x, y } of feedOf(data, { batchSize, order: 'sequential' }, op)(1, key(0), 0)) {
      states = run({ params, state }, { x, y }, states);
      await breathe();
    }
    return readMetrics(all, states);
  };
};

const evaluateNames = {
  model: true,
  loss: true,
  metrics: true,
  batchSize: true,
  compile: 'flag',
  sample: true,
  key: true,
} as const;

/**
 * The mean loss and the metrics over a set of examples, over a random part of it, or over the batches of a function; nothing
 * is trained.
 */
export const evaluate = <P, S, X, Y, T>(
  given: EvaluateOptions<P, S, X, Y, T> & EvaluateSampleOptions,
  variables: Variables<P, S>,
  data: Source<X, T>,
): Promise<Measurement> => {
  const { sample, key: from = key(0), ...options } = checkedOptions('evaluate', given, evaluateNames);
  checkModel('evaluate', options.model, ['apply']);
  checkCallable('evaluate', 'the loss', options.loss);
  checkMetrics('evaluate', options.metrics);
  checkSource('evaluate', 'the data', data);
  checkCounts('evaluate', { batchSize: options.batchSize, sample });
  return evaluator(options, 'evaluate')(variablesOf('evaluate', variables), sampled(data, sample, from, 'evaluate'));
};
