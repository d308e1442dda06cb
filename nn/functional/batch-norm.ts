/**
 * Batch normalisation (Ioffe & Szegedy 2015). Every convention in use is an option; the defaults are PyTorch's.
 * In training each channel is normalised with the mean and the biased variance of the batch, and the running statistics
 * move a step of size `momentum` towards the batch's.
 */

import { computeType, floatFor, isFloat, isWidened } from '../../core/base/dtype.js';
import { describe } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import {
  ArgumentError,
  add,
  cast,
  div,
  equal,
  type FloatDtype,
  full,
  mul,
  ones,
  reshape,
  type Shape,
  ShapeError,
  stopGradient,
  sub,
  type Tensor,
  where,
  zeros,
} from '../../core/index.js';
import { checkChoice, checkedOptions, checkNumber, checkTensors, tensorOperand } from '../../core/tensor/arguments.js';
import {
  affine,
  alongAxis,
  channelAxis,
  checkEps,
  checkLayout,
  checkSize,
  type Layout,
  moments,
  standardise,
} from './normalise.js';

/** What batch norm remembers between steps: `[C]`, `[C]` and an int32 scalar. */
export interface BatchNormState {
  readonly runningMean: Tensor;
  readonly runningVariance: Tensor;
  /** How many batches have been seen. */
  readonly batches: Tensor;
}

export interface BatchNormOptions {
  readonly weight?: Tensor | null;
  readonly bias?: Tensor | null;
  /** Use and update with batch statistics; false by default. */
  readonly training?: boolean;
  /** The weight of the new batch in the running statistics: 0.1 by default; `cumulative` averages all batches alike. */
  readonly momentum?: number | 'cumulative';
  /** The weight of the old value instead: `decay: 0.9` is `momentum: 0.1`. */
  readonly decay?: number;
  /** Added to the variance; 1e-5 by default. */
  readonly eps?: number;
  /** Which batch variance the running variance averages: `unbiased` (divided by n − 1) by default. */
  readonly runningVariance?: 'unbiased' | 'biased';
  /** In training, normalise with the `batch` (default) or with the just updated `moving` statistics. */
  readonly normaliseWith?: 'batch' | 'moving';
  /** Let the first batch replace the initial running statistics; false by default. */
  readonly adoptFirstBatch?: boolean;
  readonly layout?: Layout;
}

const initialBatchNormStateNames = { variance: true, dtype: true } as const;

/**
 * Running statistics before the first batch: mean 0, and variance 1 unless said otherwise.
 * @example
 * functional.initialBatchNormState(2).runningVariance.toArray() // [1, 1]
 */
export const initialBatchNormState = (
  channels: number,
  options: { readonly variance?: 0 | 1; readonly dtype?: FloatDtype } = {},
): BatchNormState =>
  inOperation('initialBatchNormState', () => {
    const { variance = 1, dtype = 'float32' } = checkedOptions(
      'initialBatchNormState',
      options,
      initialBatchNormStateNames,
    );
    if (variance !== 0 && variance !== 1)
      throw new ArgumentError({
        op: 'initialBatchNormState',
        problem: `variance is ${describe(variance)}`,
        remedy: 'give 0 or 1',
      });
    return {
      runningMean: zeros([channels], dtype),
      runningVariance: variance === 1 ? ones([channels], dtype) : zeros([channels], dtype),
      batches: full([], 0, 'int32'),
    };
  });

/** Throws where the weight of the new batch is said in two ways. */
export const checkStep = (op: string, { momentum, decay }: Pick<BatchNormOptions, 'momentum' | 'decay'>): void => {
  if (decay !== undefined) checkNumber(op, 'decay', decay);
  if (momentum !== undefined && decay !== undefined)
    throw new ArgumentError({
      op,
      problem: 'both momentum and decay are given',
      remedy: 'give momentum, the weight of the new batch, or decay = 1 − momentum',
    });
};

/** Throws unless the options that do not depend on an input are what they may be. */
export const checkBatchNorm = (op: string, options: BatchNormOptions): void => {
  const {
    momentum = 0.1,
    decay,
    eps = 1e-5,
    runningVariance = 'unbiased',
    normaliseWith = 'batch',
    layout = 'NCHW',
  } = options;
  checkEps(op, eps);
  checkStep(op, options);
  checkLayout(op, layout);
  checkChoice(op, 'runningVariance', runningVariance, ['unbiased', 'biased']);
  checkChoice(op, 'normaliseWith', normaliseWith, ['batch', 'moving']);
  const step = decay ?? momentum;
  if ((step !== 'cumulative' || decay !== undefined) && !(typeof step === 'number' && step >= 0 && step <= 1))
    throw new ArgumentError({
      op,
      problem: `${decay === undefined ? 'momentum' : 'decay'} ${describe(step)} is not between 0 and 1`,
      remedy: 'momentum is the weight of the new batch, decay that of the old value',
    });
};

/** How far the running statistics move: a number, or a tensor where it depends on the number of batches. */
const stepSize = (
  batches: Tensor,
  dtype: FloatDtype,
  { momentum = 0.1, decay, adoptFirstBatch = false }: BatchNormOptions,
): Tensor => {
  const wanted = decay === undefined ? momentum : 1 - decay;
  if (wanted === 'cumulative') return div(1, cast(add(batches, 1), dtype));
  const step = full([], wanted, dtype);
  return adoptFirstBatch ? where(equal(batches, 0), 1, step as Tensor) : step;
};

const optionNames = {
  weight: true,
  bias: true,
  training: 'flag',
  momentum: true,
  decay: true,
  eps: true,
  runningVariance: true,
  normaliseWith: true,
  adoptFirstBatch: 'flag',
  layout: true,
} as const;

const stateTensors = (state: BatchNormState): readonly Tensor[] => {
  if (typeof state !== 'object' || state === null)
    throw new ArgumentError({
      op: 'batchNorm',
      problem: `the running statistics are ${describe(state)}`,
      remedy: 'begin with initialBatchNormState(channels)',
    });
  return [state.runningMean, state.runningVariance, state.batches];
};

/** How many values a channel has, or a `ShapeError` when there are too few to have a variance. */
const checkCount = (shape: Shape, axes: readonly number[]): number => {
  const count = axes.reduce((product, axis) => product * (shape[axis] ?? 1), 1);
  if (count < 2)
    throw new ShapeError({
      op: 'batchNorm',
      problem: `training needs more than one value a channel, there ${count === 1 ? 'is 1' : 'are 0'}`,
      shapes: [shape],
      remedy: 'use a larger batch, or drop a last batch of one sample',
    });
  return count;
};

/**
 * Normalises each channel of `x` (`[N, C]`, or `[N, C, …]`, or channels last with `layout: 'NHWC'`), then scales by `weight` and adds `bias`
 * (one number a channel). Returns the output and the next running statistics, which are the given ones outside training.
 * @throws ShapeError when the sizes differ from the number of channels, or a channel has fewer than two values in training.
 * @example
 * functional.batchNorm(tensor([[1], [3]]), functional.initialBatchNormState(1), { training: true, eps: 0 })[0].toArray() // [[-1], [1]]
 */
export const batchNorm = (
  x: Tensor,
  state: BatchNormState,
  options: BatchNormOptions = {},
): readonly [Tensor, BatchNormState] =>
  inOperation('batchNorm', () => {
    tensorOperand('batchNorm', x);
    checkTensors('batchNorm', stateTensors(state));
    const {
      weight = null,
      bias = null,
      training = false,
      eps = 1e-5,
      runningVariance = 'unbiased',
      normaliseWith = 'batch',
      layout = 'NCHW',
    } = checkedOptions('batchNorm', options, optionNames);
    checkBatchNorm('batchNorm', options);
    // Statistics of what is computed in another type are kept in that one.
    if (isFloat(x.dtype) && isWidened(x.dtype)) {
      const wide = (given: Tensor): Tensor => cast(given, computeType(x.dtype));
      const { runningMean, runningVariance: running, batches } = state;
      const [y, next] = batchNorm(
        wide(x),
        { runningMean: wide(runningMean), runningVariance: wide(running), batches },
        { ...options, weight: weight === null ? null : wide(weight), bias: bias === null ? null : wide(bias) },
      );
      return [cast(y, x.dtype), next];
    }
    if (x.rank < 2)
      throw new ShapeError({
        op: 'batchNorm',
        problem: 'the input has no channel axis',
        shapes: [x.shape],
        remedy: 'give [N, C] or [N, C, …]',
      });
    const axis = channelAxis(x.rank, layout);
    const channels = x.shape[axis] ?? 1;
    checkSize('batchNorm', 'running mean', state.runningMean, channels, x.shape);
    checkSize('batchNorm', 'running variance', state.runningVariance, channels, x.shape);
    checkSize('batchNorm', 'weight', weight, channels, x.shape);
    checkSize('batchNorm', 'bias', bias, channels, x.shape);
    const spread = (vector: Tensor): Tensor => alongAxis(vector, x.rank, axis);
    const finish = (mu: Tensor, variance: Tensor): Tensor =>
      affine(
        standardise(x, mu, variance, eps),
        weight === null ? null : spread(weight),
        bias === null ? null : spread(bias),
      );

    if (!training) return [finish(spread(state.runningMean), spread(state.runningVariance)), state];

    const axes = x.shape.map((_, i) => i).filter((i) => i !== axis);
    const count = checkCount(x.shape, axes);
    const batch = moments(x, axes);
    const step = stepSize(state.batches, floatFor(x.dtype), options);
    const move = (old: Tensor, fresh: Tensor): Tensor => add(mul(old, sub(1, step)), mul(fresh, step));
    const flat = (kept: Tensor): Tensor => reshape(kept, [channels]) as Tensor;
    const stored = runningVariance === 'unbiased' ? mul(batch.variance, count / (count - 1)) : batch.variance;
    const mean = move(state.runningMean, flat(batch.mean));
    const variance = move(state.runningVariance, flat(stored));
    const y = normaliseWith === 'batch' ? finish(batch.mean, batch.variance) : finish(spread(mean), spread(variance));
    return [
      y,
      { runningMean: stopGradient(mean), runningVariance: stopGradient(variance), batches: add(state.batches, 1) },
    ];
  });
