/**
 * Normalisations inside one sample: layer, group and instance norm. They remember nothing and do the same in training
 * and outside it.
 */

import { describe } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import { checkShape } from '../../core/base/shape.js';
import { ArgumentError, permute, reshape, type Shape, ShapeError, type Tensor } from '../../core/index.js';
import { checkedOptions, rankOf, tensorOperand } from '../../core/tensor/arguments.js';
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

export interface AffineOptions {
  readonly weight?: Tensor | null;
  readonly bias?: Tensor | null;
  /** Added to the variance; 1e-5 by default. */
  readonly eps?: number;
}

const normalised = (x: Tensor, axes: readonly number[], eps: number): Tensor => {
  const { mean, variance } = moments(x, axes);
  return standardise(x, mean, variance, eps);
};

const layerNormNames = { weight: true, bias: true, eps: true } as const;

/**
 * Normalises over the last axes, whose sizes are `shape` (Ba et al. 2016); `weight` and `bias` have that shape too.
 * `x: […, ...shape]` → the same.
 * @throws ShapeError when `x` does not end in `shape`.
 * @example
 * functional.layerNorm(tensor([[1, 3], [0, 8]]), [2], { eps: 0 }).toArray() // [[-1, 1], [-1, 1]]
 */
export const layerNorm = (x: Tensor, shape: Shape, options: AffineOptions = {}): Tensor =>
  inOperation('layerNorm', () => {
    const { weight = null, bias = null, eps = 1e-5 } = checkedOptions('layerNorm', options, layerNormNames);
    checkEps('layerNorm', eps);
    checkShape('layerNorm', shape);
    const first = rankOf('layerNorm', x) - shape.length;
    if (shape.length === 0 || first < 0 || shape.some((size, i) => x.shape[first + i] !== size))
      throw new ShapeError({
        op: 'layerNorm',
        problem: `the input does not end in [${shape.join(',')}]`,
        shapes: [x.shape, shape],
        remedy: 'the normalised shape is that of the last axes',
      });
    for (const [name, vector] of [
      ['weight', weight],
      ['bias', bias],
    ] as const)
      if (vector !== null && tensorOperand('layerNorm', vector).shape.join() !== shape.join())
        throw new ShapeError({
          op: 'layerNorm',
          problem: `the ${name} does not have the normalised shape`,
          shapes: [shape, vector.shape],
          remedy: 'give one number a normalised element',
        });
    const axes = shape.map((_, i) => first + i);
    return affine(normalised(x, axes, eps), weight, bias);
  });

export interface GroupNormOptions extends AffineOptions {
  /** How many groups the channels form; they must divide the channels. */
  readonly groups: number;
  readonly layout?: Layout;
}

const groupNormNames = { groups: true, weight: true, bias: true, eps: true, layout: true } as const;

/**
 * Normalises each sample over groups of consecutive channels and all positions (Wu & He 2018); `weight` and `bias` hold
 * one number a channel. One group is layer norm over everything but the samples, one channel a group is instance norm.
 * `x: [N, C, …]` → the same.
 * @throws ArgumentError when the groups do not divide the channels; ShapeError when sizes differ from the channels.
 * @example
 * functional.groupNorm(tensor([[1, 3, 0, 8]]), { groups: 2, eps: 0 }).toArray() // [[-1, 1, -1, 1]]
 */
export const groupNorm = (x: Tensor, options: GroupNormOptions): Tensor =>
  inOperation('groupNorm', () => {
    const {
      groups,
      weight = null,
      bias = null,
      eps = 1e-5,
      layout = 'NCHW',
    } = checkedOptions('groupNorm', options, groupNormNames);
    checkEps('groupNorm', eps);
    checkLayout('groupNorm', layout);
    if (rankOf('groupNorm', x) < 2)
      throw new ShapeError({
        op: 'groupNorm',
        problem: 'the input has no channel axis',
        shapes: [x.shape],
        remedy: 'give [N, C] or [N, C, …]',
      });
    const channels = x.shape[channelAxis(x.rank, layout)] ?? 1;
    if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0)
      throw new ArgumentError({
        op: 'groupNorm',
        problem: `${describe(groups)} groups do not divide ${channels} channels`,
        shapes: [x.shape],
        remedy: 'choose a number of groups that divides the channels',
      });
    checkSize('groupNorm', 'weight', weight, channels, x.shape);
    checkSize('groupNorm', 'bias', bias, channels, x.shape);
    if (layout === 'NHWC') {
      const last = x.rank - 1;
      const front = [0, last, ...Array.from({ length: last - 1 }, (_, i) => i + 1)];
      const back = [0, ...Array.from({ length: last - 1 }, (_, i) => i + 2), 1];
      return permute(groupNorm(permute(x, front), { groups, weight, bias, eps }), back);
    }
    const samples = x.shape[0] ?? 0;
    const rest = x.shape.slice(2).reduce((product, size) => product * size, channels / groups);
    const rows = normalised(reshape(x, [samples, groups, rest]), [2], eps);
    const spread = (vector: Tensor | null): Tensor | null => (vector === null ? null : alongAxis(vector, x.rank, 1));
    return affine(reshape(rows, x.shape) as Tensor, spread(weight), spread(bias));
  });

export interface InstanceNormOptions extends AffineOptions {
  readonly layout?: Layout;
}

const instanceNormNames = { weight: true, bias: true, eps: true, layout: true } as const;

/**
 * Normalises each channel of each sample over its positions (Ulyanov et al. 2016). `x: [N, C, …]` → the same.
 * @throws ShapeError when a channel has a single position.
 * @example
 * functional.instanceNorm(tensor([[[1, 3]]]), { eps: 0 }).toArray() // [[[-1, 1]]]
 */
export const instanceNorm = (x: Tensor, given: InstanceNormOptions = {}): Tensor =>
  inOperation('instanceNorm', () => {
    const { layout = 'NCHW', ...options } = checkedOptions('instanceNorm', given, instanceNormNames);
    checkLayout('instanceNorm', layout);
    tensorOperand('instanceNorm', x);
    const axis = channelAxis(x.rank, layout);
    const positions = x.shape.reduce((product, size, i) => (i === 0 || i === axis ? product : product * size), 1);
    if (x.rank < 3 || positions < 2)
      throw new ShapeError({
        op: 'instanceNorm',
        problem: 'needs more than one position a channel',
        shapes: [x.shape],
        remedy: 'give [N, C, …] with two positions or more',
      });
    return groupNorm(x, { ...options, layout, groups: x.shape[axis] ?? 1 });
  });
