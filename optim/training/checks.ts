/** The figures of a moment of a run, and whether its variables are the best so far. */
import { foldIn, type Key } from '../../core/index.js';
import { evaluator } from './evaluate.js';
import { type Check, isBetter, type Measurement, modeOf, monitoredValue } from './history.js';
import type { FitOptions } from './options.js';
import { sampled } from './source.js';
import { kept, type TrainingState } from './state.js';
import { allMetrics, readMetrics } from './step.js';

/** What each use of the key folds in first, so that they are independent. */
const uses = { order: 1, step: 2, sampleTrain: 3, sampleValidation: 4 } as const;

/** The i-th key of a use. */
export const drawn = (from: Key, use: keyof typeof uses, i: number): Key => foldIn(foldIn(from, uses[use]), i);

/** Measures, and puts what was measured and the best variables into the state. */
export type Checker<P, S> = (now: TrainingState<P, S>, kind: Check['kind']) => Promise<TrainingState<P, S>>;

export const checker = <P, S, X, Y, T>(options: FitOptions<P, S, X, Y, T>): Checker<P, S> => {
  const { train, validation, sampleTrain, sampleValidation, monitor = 'loss' } = options;
  const measure = evaluator({ ...options, batchSize: options.evaluationBatchSize });
  const all = allMetrics(options);

  const training = async (now: TrainingState<P, S>): Promise<Measurement | null> => {
    if (sampleTrain !== undefined)
      return measure(now, sampled(train, sampleTrain, drawn(now.key, 'sampleTrain', now.step)));
    return now.batch === 0 ? null : readMetrics(all, now.running);
  };

  return async (now, kind) => {
    const check: Check = {
      kind,
      epoch: kind === 'first' ? 0 : now.epoch,
      step: now.step,
      train: await training(now),
      validation:
        validation === undefined
          ? null
          : await measure(now, sampled(validation, sampleValidation, drawn(now.key, 'sampleValidation', now.step))),
      learningRate: now.learningRate,
    };
    const { params, state, epoch, step } = now;
    const value = monitoredValue(check, monitor);
    return {
      ...now,
      best: isBetter(modeOf(monitor), value, now.best?.value ?? null)
        ? { params: kept(params), state: kept(state), value, epoch: kind === 'first' ? 0 : epoch, step }
        : now.best,
      history: { ...now.history, checks: [...now.history.checks, check] },
    };
  };
};
