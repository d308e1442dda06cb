/** Instance norm that remembers: running statistics like batch norm's, moved by the average of the samples' own. */

import { inOperation } from '../../core/base/scope.js';
import { add, mean, mul, reshape, stopGradient, type Tensor } from '../../core/index.js';
import { checkedOptions, checkTensors, tensorOperand } from '../../core/tensor/arguments.js';
import { type BatchNormState, batchNorm } from './batch-norm.js';
import { channelAxis, checkMomentum, type Layout, moments } from './normalise.js';
import { type InstanceNormOptions, instanceNorm } from './sample-norm.js';

export interface TrackedInstanceNormOptions extends InstanceNormOptions {
  /** Normalise each sample with its own statistics, and move the running ones; false by default, which uses the running ones. */
  readonly training?: boolean;
  /** The weight of the new batch in the running statistics; 0.1 by default. */
  readonly momentum?: number;
  readonly layout?: Layout;
}

const trackedInstanceNormNames = {
  training: 'flag',
  momentum: true,
  weight: true,
  bias: true,
  eps: true,
  layout: true,
} as const;

/**
 * Instance norm with running statistics: in training as `functional.instanceNorm`, outside it as batch norm outside training. The running mean and variance
 * move a step of size `momentum` towards the average of the samples' means and unbiased variances. Returns the output and the next statistics.
 * @throws ShapeError when a channel has a single position, or sizes differ from the channels; ArgumentError for a momentum outside [0, 1].
 * @example
 * functional.trackedInstanceNorm(tensor([[[1, 3]]]), functional.initialBatchNormState(1), { training: true })[1].runningMean.toArray() // ≈ [0.2]
 */
export const trackedInstanceNorm = (
  x: Tensor,
  state: BatchNormState,
  given: TrackedInstanceNormOptions = {},
): readonly [Tensor, BatchNormState] =>
  inOperation('trackedInstanceNorm', () => {
    const op = 'trackedInstanceNorm';
    const { training = false, momentum = 0.1, ...options } = checkedOptions(op, given, trackedInstanceNormNames);
    checkMomentum(op, momentum);
    checkTensors('trackedInstanceNorm', [x, state?.runningMean, state?.runningVariance]);
    if (!training) return batchNorm(x, state, options);
    const y = instanceNorm(x, options);
    const axis = channelAxis(tensorOperand(op, x).rank, options.layout ?? 'NCHW');
    const positions = x.shape.map((_, i) => i).filter((i) => i !== 0 && i !== axis);
    const count = positions.reduce((product, i) => product * (x.shape[i] ?? 1), 1);
    const own = moments(x, positions);
    const channels = x.shape[axis] ?? 1;
    const average = (values: Tensor): Tensor => reshape(mean(values, { axes: 0 }), [channels]) as Tensor;
    const move = (old: Tensor, fresh: Tensor): Tensor =>
      stopGradient(add(mul(old, 1 - momentum), mul(fresh, momentum)));
    return [
      y,
      {
        ...state,
        runningMean: move(state.runningMean, average(own.mean)),
        runningVariance: move(state.runningVariance, mul(average(own.variance), count / (count - 1))),
      },
    ];
  });
