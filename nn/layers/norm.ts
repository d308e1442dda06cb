/** Normalisation layers. Learned scale and shift are `params.weight` and `params.bias`; only batch norm has state. */

import { floatFor } from '../../core/base/dtype.js';
import { describe } from '../../core/base/errors.js';
import { ownShape } from '../../core/base/shape.js';
import { ArgumentError, type FloatDtype, ones, type Shape, ShapeError, type Tensor, zeros } from '../../core/index.js';
import { checkChoice, checkedOptions, checkSizes } from '../../core/tensor/arguments.js';
import {
  type BatchNormOptions as BatchNormFunctionOptions,
  type BatchNormState,
  batchNorm,
  checkBatchNorm,
  initialBatchNormState,
} from '../functional/batch-norm.js';
import { trackedInstanceNorm } from '../functional/instance-norm.js';
import { checkEps, checkLayout, checkMomentum, type Layout } from '../functional/normalise.js';
import {
  groupNorm as groupNormFunction,
  instanceNorm as instanceNormFunction,
  layerNorm as layerNormFunction,
} from '../functional/sample-norm.js';
import { defineLayer, type Layer, statelessLayer } from '../layer.js';

/** Scale and shift; both absent when the layer is not affine. */
export interface ScaleAndShift {
  readonly weight?: Tensor;
  readonly bias?: Tensor;
}

export interface AffineLayerOptions {
  /** Whether to learn a scale and a shift. */
  readonly affine?: boolean;
  /** With a scale, whether to learn a shift too; true by default. */
  readonly bias?: boolean;
  /** Added to the variance; 1e-5 by default. */
  readonly eps?: number;
}

const initAffine = (shape: Shape, dtype: FloatDtype, affine: boolean, bias: boolean): ScaleAndShift =>
  affine ? { weight: ones(shape, dtype), ...(bias ? { bias: zeros(shape, dtype) } : {}) } : {};

export interface BatchNormOptions
  extends AffineLayerOptions,
    Pick<BatchNormFunctionOptions, 'momentum' | 'decay' | 'runningVariance' | 'normaliseWith' | 'layout'> {
  /** false: keep no running statistics and use those of the batch always; true by default. */
  readonly trackRunningStats?: boolean;
  /** Statistics before the first batch: mean 0 and variance 1 (default), both 0, or the first batch's own. */
  readonly start?: 'zeroOne' | 'zeros' | 'firstBatch';
}

/** Running statistics, unless they are switched off. */
type StateFor<O extends BatchNormOptions> = O extends { readonly trackRunningStats: false } ? null : BatchNormState;

type BatchNormLayer = <const O extends BatchNormOptions>(
  channels: number,
  options?: O,
) => Layer<ScaleAndShift, StateFor<O>>;

const noStatistics = (op: string): ArgumentError =>
  new ArgumentError({
    op,
    problem: 'there are no running statistics',
    remedy: 'pass the state that init returned: apply({ params, state }, x)',
  });

const batchNormNames = {
  affine: 'flag',
  bias: 'flag',
  eps: true,
  momentum: true,
  decay: true,
  runningVariance: true,
  normaliseWith: true,
  layout: true,
  trackRunningStats: 'flag',
  start: true,
} as const;

const batchNormOf = (rank: string, accepts: (rank: number) => boolean, shape: string): BatchNormLayer => {
  const layer = (channels: number, options: BatchNormOptions = {}): Layer<ScaleAndShift, BatchNormState | null> => {
    const op = `batchNorm${rank}`;
    const given = checkedOptions(op, options, batchNormNames);
    const { affine = true, bias = true, trackRunningStats = true, start = 'zeroOne', ...rest } = given;
    checkBatchNorm(op, rest);
    checkChoice(op, 'start', start, ['zeroOne', 'zeros', 'firstBatch']);
    checkSizes(op, { channels });
    const fresh = (dtype: FloatDtype): BatchNormState =>
      initialBatchNormState(channels, { variance: start === 'zeros' ? 0 : 1, dtype });
    return defineLayer<ScaleAndShift, BatchNormState | null>({
      name: `${op}(${channels})`,
      init: (_, dtype) => ({
        params: initAffine([channels], dtype, affine, bias),
        state: trackRunningStats ? fresh(dtype) : null,
      }),
      apply: ({ params, state }, x, { training }) => {
        if (!accepts(x.rank))
          throw new ShapeError({
            op,
            problem: `the input has ${x.rank} axes`,
            shapes: [x.shape],
            remedy: `give ${shape}`,
          });
        if (trackRunningStats && state === null) throw noStatistics(op);
        const before = state ?? fresh(floatFor(x.dtype));
        const [y, next] = batchNorm(x, before, {
          ...rest,
          weight: params.weight ?? null,
          bias: params.bias ?? null,
          training: training || state === null,
          adoptFirstBatch: start === 'firstBatch',
        });
        return [y, state === null ? null : next];
      },
    });
  };
  return layer as BatchNormLayer;
};

/**
 * Batch normalisation of `[N, C]` or `[N, C, L]`.
 * @throws ShapeError for other inputs, or when a channel has fewer than two values in training.
 * @example
 * batchNorm1d(3).init(key(0)).state.runningVariance.toArray() // [1, 1, 1]
 */
export const batchNorm1d: BatchNormLayer = batchNormOf('1d', (rank) => rank === 2 || rank === 3, '[N, C] or [N, C, L]');

/**
 * Batch normalisation of images `[N, C, H, W]`, with statistics over samples and positions.
 * @throws ShapeError for other inputs, or when a channel has fewer than two values in training.
 * @example
 * batchNorm2d(3).name // 'batchNorm2d(3)'
 */
export const batchNorm2d: BatchNormLayer = batchNormOf('2d', (rank) => rank === 4, '[N, C, H, W]');

/**
 * Batch normalisation of volumes `[N, C, D, H, W]`.
 * @throws ShapeError for other inputs, or when a channel has fewer than two values in training.
 * @example
 * batchNorm3d(3).name // 'batchNorm3d(3)'
 */
export const batchNorm3d: BatchNormLayer = batchNormOf('3d', (rank) => rank === 5, '[N, C, D, H, W]');

const layerNormNames = { affine: 'flag', bias: 'flag', eps: true } as const;

/**
 * Layer normalisation over the last axes, whose size or sizes are `shape`.
 * @throws ShapeError when the input does not end in `shape`.
 * @example
 * layerNorm(4).apply(layerNorm(4).init(key(0)), ones([2, 4]))[0].toArray() // [[0, 0, 0, 0], [0, 0, 0, 0]]
 */
export const layerNorm = (shape: number | Shape, options: AffineLayerOptions = {}): Layer<ScaleAndShift, null> => {
  const { affine = true, bias = true, eps = 1e-5 } = checkedOptions('layerNorm', options, layerNormNames);
  checkEps('layerNorm', eps);
  const normalised = ownShape('layerNorm', typeof shape === 'number' ? [shape] : shape);
  return statelessLayer({
    name: `layerNorm(${normalised.join(', ')})`,
    init: (_, dtype) => initAffine(normalised, dtype, affine, bias),
    forward: (params, x: Tensor) =>
      layerNormFunction(x, normalised, { weight: params.weight ?? null, bias: params.bias ?? null, eps }),
  });
};

export interface GroupNormLayerOptions extends AffineLayerOptions {
  readonly layout?: Layout;
}

const groupNormNames = { affine: 'flag', bias: 'flag', eps: true, layout: true } as const;

/**
 * Group normalisation: each sample over `groups` groups of consecutive channels.
 * @throws ArgumentError when the groups do not divide the channels.
 * @example
 * groupNorm(2, 4).init(key(0)).params.weight?.toArray() // [1, 1, 1, 1]
 */
export const groupNorm = (
  groups: number,
  channels: number,
  options: GroupNormLayerOptions = {},
): Layer<ScaleAndShift, null> => {
  const {
    affine = true,
    bias = true,
    eps = 1e-5,
    layout = 'NCHW',
  } = checkedOptions('groupNorm', options, groupNormNames);
  checkEps('groupNorm', eps);
  checkLayout('groupNorm', layout);
  checkSizes('groupNorm', { channels });
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0)
    throw new ArgumentError({
      op: 'groupNorm',
      problem: `${describe(groups)} groups do not divide ${channels} channels`,
      remedy: 'choose a number of groups that divides the channels',
    });
  return statelessLayer({
    name: `groupNorm(${groups}, ${channels})`,
    init: (_, dtype) => initAffine([channels], dtype, affine, bias),
    forward: (params, x: Tensor) =>
      groupNormFunction(x, { groups, layout, eps, weight: params.weight ?? null, bias: params.bias ?? null }),
  });
};

export interface InstanceNormLayerOptions extends GroupNormLayerOptions {
  /** Keep running statistics in training, and use them outside it; false by default. */
  readonly trackRunningStats?: boolean;
  /** The weight of the new batch in the running statistics; 0.1 by default. */
  readonly momentum?: number;
}

/** Running statistics where they are switched on. */
type TrackedState<O extends InstanceNormLayerOptions> = O extends { readonly trackRunningStats: true }
  ? BatchNormState
  : null;

const instanceNormNames = {
  affine: 'flag',
  bias: 'flag',
  eps: true,
  layout: true,
  trackRunningStats: 'flag',
  momentum: true,
} as const;

/**
 * Instance normalisation: each channel of each sample over its positions. Not affine by default.
 * @throws ShapeError when a channel has a single position; ArgumentError without running statistics where they are kept.
 * @example
 * instanceNorm(3).init(key(0)).params // {}
 * instanceNorm(3, { trackRunningStats: true }).init(key(0)).state.runningMean.toArray() // [0, 0, 0]
 */
export const instanceNorm = <const O extends InstanceNormLayerOptions = Record<never, never>>(
  channels: number,
  options?: O,
): Layer<ScaleAndShift, TrackedState<O>> => {
  const op = 'instanceNorm';
  const given: InstanceNormLayerOptions = options === undefined ? {} : options;
  checkedOptions(op, given, instanceNormNames);
  const { affine = false, bias = true, eps = 1e-5, layout = 'NCHW', trackRunningStats = false, momentum = 0.1 } = given;
  checkEps(op, eps);
  checkLayout(op, layout);
  checkMomentum(op, momentum);
  checkSizes(op, { channels });
  const layer = defineLayer<ScaleAndShift, BatchNormState | null>({
    name: `instanceNorm(${channels})`,
    init: (_, dtype) => ({
      params: initAffine([channels], dtype, affine, bias),
      state: trackRunningStats ? initialBatchNormState(channels, { dtype }) : null,
    }),
    apply: ({ params, state }, x: Tensor, { training }) => {
      const own = { layout, eps, weight: params.weight ?? null, bias: params.bias ?? null };
      if (!trackRunningStats) return [instanceNormFunction(x, own), null];
      if (state === null) throw noStatistics(op);
      return trackedInstanceNorm(x, state, { ...own, training, momentum });
    },
  });
  return layer as Layer<unknown, unknown> as Layer<ScaleAndShift, TrackedState<O>>;
};
