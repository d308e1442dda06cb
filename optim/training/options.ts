/** What `fit` takes and returns, and where a run begins. */

import { isFloat } from '../../core/base/dtype.js';
import { ArgumentError, arithmetic, DtypeError, foldIn, type Key, type Tensor, treeEntries } from '../../core/index.js';
import { variablesOf } from '../given.js';
import type { GradientTransform } from '../transform.js';
import type { WeightAverage } from './averaging.js';
import type { Callbacks, RunEnd } from './callbacks.js';
import { divisionOf } from './division.js';
import { type Frozen, thawFor } from './freezing.js';
import type { History, Monitor, SkippedStep } from './history.js';
import type { MetricOrMean } from './metrics.js';
import type { Loss, Model, Source, Variables } from './model.js';
import type { RateFactor } from './rate-factors.js';
import { noneYet } from './soundness.js';
import type { BatchOrder } from './source.js';
import type { Best, TrainingState } from './state.js';
import { allMetrics, freshMetrics } from './step.js';

export interface FitOptions<P, S, X, Y, T> {
  /** A layer of `tapegrad/nn`, or anything with its `init` and `apply`. */
  readonly model: Model<P, S, X, Y>;
  /** The loss of a batch: a scalar, or `{ sum, count }`. One of `tapegrad/nn`, alone or inside a function with its options, is averaged over what it counts. */
  readonly loss: Loss<Y, T>;
  readonly optimizer: GradientTransform;
  /** Examples, batched as `batchSize`, `order` and `dropLast` say; a loader; or a function that makes the batches of an epoch. */
  readonly train: Source<X, T>;
  readonly validation?: Source<X, T>;
  readonly epochs: number;
  /** Decides everything random: first parameters, order of examples, dropout. */
  readonly key: Key;
  /** Measured in training and in validation, by name, beside the loss. A function gives a scalar or `{ sum, count }`, as a loss does. */
  readonly metrics?: Readonly<Record<string, MetricOrMean<Y, T>>>;
  /** Hear of the run in this order, and may end it. */
  readonly callbacks?: readonly Callbacks[];

  /** 32 by default. */
  readonly batchSize?: number;
  /** `shuffled` by default. */
  readonly order?: BatchOrder;
  /** Leaves the last batch of an epoch out when it is shorter. */
  readonly dropLast?: boolean;
  /** How many batches make a step, which is the one that a batch of all their examples would make. 1 by default. */
  readonly accumulate?: number;

  /** Where to begin; fresh variables by default. */
  readonly initial?: Variables<P, S>;
  /** Which parameters stay as they are, by path: they cost no gradient. */
  readonly frozen?: Frozen;
  /** Added to the training loss, such as `(params) => l2Penalty(params, 1e-4)`. */
  readonly penalty?: (params: P) => Tensor;
  /** All learning rates are multiplied by it: `byEpoch(schedule)`, `onPlateau(options)`. */
  readonly rateFactor?: RateFactor;
  /** An average of the parameters, kept beside them. */
  readonly averaging?: WeightAverage;

  /** How many examples are measured at a time, where they do not come in batches; 256 by default. */
  readonly evaluationBatchSize?: number;
  /** A check before the first step (`before`) or after it (`after`), as epoch 0; none by default. */
  readonly firstCheck?: 'none' | 'before' | 'after';
  /** Also check after every so many steps. */
  readonly checkEvery?: number;
  /** Measure the training figures on so many random examples, as in validation, instead of while training. */
  readonly sampleTrain?: number;
  /** Measure the validation figures on so many random examples instead of all. */
  readonly sampleValidation?: number;
  /** The figure by which the best variables are chosen; the loss by default. */
  readonly monitor?: Monitor;
  /** Return the best variables instead of the last. */
  readonly restoreBest?: boolean;
  /** Asked after every epoch: `earlyStopping(options)`. */
  readonly stopWhen?: (history: History) => boolean;
  /** Ends the run after the step in progress. */
  readonly signal?: { readonly aborted: boolean };

  /**
   * What becomes of a step whose loss, gradient, new parameters or new layer state are NaN or infinite. Parameters, layer state, optimiser
   * and averages are in any case as they were before it. `throw` (default): a `NonFiniteError`. `skip`: the run goes on, the step counts for keys and
   * schedules, and the history lists it. `stop`: the run ends as if it had been stopped before the step.
   */
  readonly onNonFinite?: 'throw' | 'skip' | 'stop';
  /** Before a `NonFiniteError` is thrown, repeat the step under `debugNans`, so that it names the operation and the layer; false by default. */
  readonly debugNans?: boolean;

  /**
   * What `snapshot()` gave or a checkpoint held: the run goes on from there. `null` is a fresh start. With other examples, `batchSize`,
   * `order`, `dropLast` or `accumulate` it goes on from the end of an epoch, and `warnings` say so; within an epoch that is an error.
   */
  readonly resume?: unknown;
  /** Whether a step runs as one program; true by default. The numbers are the same. */
  readonly compile?: boolean;
}

export interface Fitted<P, S> extends Variables<P, S> {
  /** The best variables by the monitored figure, `null` when nothing was measured. */
  readonly best: Best<P, S> | null;
  /** The average of the parameters, where one was asked for. */
  readonly averaged: P | null;
  readonly history: History;
  /** The first step of the run that was not finite, counted from 1; `null` when all were. */
  readonly nonFinite: SkippedStep | null;
  readonly reason: RunEnd['reason'];
  /** What the run did in vain, in sentences: that every step was skipped, that a figure was NaN at every check. Mostly empty. */
  readonly warnings: readonly string[];
  /** What a further run would go on from. */
  readonly final: TrainingState<P, S>;
}

/** Throws where there is nothing to train, or where what is to be frozen is not there. */
const checkTrainable = (params: unknown, frozen: Frozen | undefined): void => {
  const paths = treeEntries(params, 'fit').map(([path]) => path);
  if (paths.length === 0)
    throw new ArgumentError({
      op: 'fit',
      problem: 'the model has no parameters, so that there is nothing to train',
      remedy: 'put a layer with parameters in, such as linear(4, 3); evaluate measures a model that is not trained',
    });
  const whole = treeEntries(params, 'fit').find(([path, { dtype }]) => !isFloat(dtype) && frozen?.(path) !== true);
  if (whole !== undefined)
    throw new DtypeError({
      op: 'fit',
      problem: `the parameter ${whole[0]} is ${whole[1].dtype}, which takes no gradient`,
      shapes: [whole[1].shape],
      remedy: "make it of floats, cast(x, 'float32'), or name it in frozen",
    });
  if (frozen !== undefined && !paths.some((path) => frozen(path)))
    throw new ArgumentError({
      op: 'fit',
      problem: 'frozen holds for none of the parameters',
      remedy: `their paths are ${paths.slice(0, 8).join(', ')}${paths.length > 8 ? ', …' : ''}; leave frozen out to train all`,
    });
};

/** Where a run begins. */
export const freshState = <P, S, X, Y, T>(options: FitOptions<P, S, X, Y, T>): TrainingState<P, S> => {
  const { params, state } = variablesOf('fit', options.initial ?? options.model.init(foldIn(options.key, 0)));
  checkTrainable(params, options.frozen);
  return {
    params,
    state,
    optimizer: options.optimizer.init(thawFor('fit', params, options.frozen).trainable),
    average: options.averaging?.init(params) ?? null,
    running: freshMetrics(allMetrics(options)),
    nonFinite: noneYet(),
    best: null,
    key: options.key,
    epoch: 1,
    batch: 0,
    step: 0,
    learningRate: null,
    history: { losses: [], checks: [] },
    arithmetic: arithmetic(),
    division: divisionOf(options.train, {
      batchSize: options.batchSize ?? 32,
      order: options.order,
      dropLast: options.dropLast,
      accumulate: options.accumulate ?? 1,
    }),
  };
};
