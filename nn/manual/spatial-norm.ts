/**
 * Normalisation of images by hand. Spatial batch norm sees `[N, C, H, W]` as `[N·H·W, C]`. Group norm sees it as `[N·G, (C/G)·H·W]` and normalises each
 * row of m = (C/G)·H·W values; its scales differ inside a group, so that D = γG is formed before the row sums:
 *   dX = (m D − rowsum D − x̂ rowsum(D x̂))/(m s),   dγ = Σ_{n,h,w} G x̂,   dβ = Σ_{n,h,w} G
 */

import { describe } from '../../core/base/errors.js';
import {
  ArgumentError,
  add,
  div,
  mean,
  mul,
  permute,
  reshape,
  type Shape,
  ShapeError,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
} from '../../core/index.js';
import { checkedOptions, checkTensors } from '../../core/tensor/arguments.js';
import {
  type BatchNormOptions,
  batchNorm,
  batchNormNames,
  type ManualBatchNorm,
  type NormCache,
  type NormGradients,
} from './norm.js';
import { type ManualPair, pairNamed } from './pair.js';

const checkImages = (op: string, x: Tensor, gamma: Tensor, beta: Tensor): void => {
  checkTensors(op, [x, gamma, beta]);
  const channels = x.shape[1];
  if (x.rank !== 4 || gamma.size !== channels || beta.size !== channels)
    throw new ShapeError({
      op,
      problem: 'images, scale and shift do not fit',
      shapes: [x.shape, gamma.shape, beta.shape],
      remedy: 'give x [N, C, H, W] and one scale and shift a channel',
    });
};

/** `[N, C, H, W]` → `[N·H·W, C]`. */
const asRows = (x: Tensor): Tensor => {
  const channels = x.shape[1] ?? 1;
  return reshape(permute(x, [0, 2, 3, 1]) as Tensor, [x.size / channels, channels]) as Tensor;
};

/** `[N·H·W, C]` → `[N, C, H, W]`. */
const asImages = (rows: Tensor, [samples = 0, channels = 0, height = 0, width = 0]: Shape): Tensor =>
  permute(reshape(rows, [samples, height, width, channels]) as Tensor, [0, 3, 1, 2]);

const throughRows =
  (backward: (dout: Tensor, cache: NormCache) => NormGradients) =>
  (dout: Tensor, cache: NormCache): NormGradients => {
    const { dx, ...others } = backward(asRows(dout), cache);
    return { dx: asImages(dx, dout.shape), ...others };
  };

/**
 * Batch normalisation of images `[N, C, H, W]`, with statistics over samples and positions; `gamma` and `beta: [C]`. Options and running statistics as for
 * `batchNorm`.
 * @throws ShapeError when the shapes do not fit.
 * @example
 * spatialBatchNorm.forward(tensor([[[[1, 3]]]]), ones([1]), zeros([1]), { eps: 0 })[0].toArray() // [[[[-1, 1]]]]
 */
export const spatialBatchNorm: ManualBatchNorm<BatchNormOptions> = pairNamed('spatialBatchNorm', {
  forward: (x, gamma, beta, options = {}) => {
    checkedOptions('spatialBatchNorm', options, batchNormNames);
    checkImages('spatialBatchNorm', x, gamma, beta);
    const [rows, cache] = batchNorm.forward(asRows(x), gamma, beta, options);
    return [asImages(rows, x.shape), cache];
  },
  backward: throughRows(batchNorm.backward),
  backwardSimplified: throughRows(batchNorm.backwardSimplified),
});

export interface GroupNormCache {
  /** `[N·G, m]`. */
  readonly hat: Tensor;
  /** `[N·G, 1]`. */
  readonly s: Tensor;
  readonly gamma: Tensor;
  readonly beta: Tensor;
}

const spatialGroupNormNames = { eps: true } as const;

/**
 * Group normalisation of images `[N, C, H, W]` over `groups` groups of C/groups consecutive channels; `gamma` and `beta: [1, C, 1, 1]` or `[C]`.
 * @throws ArgumentError when the groups do not divide the channels; ShapeError when the shapes do not fit.
 * @example
 * spatialGroupNorm.forward(tensor([[[[1]], [[3]]]]), ones([2]), zeros([2]), 1, { eps: 0 })[0].toArray() // [[[[-1]], [[1]]]]
 */
export const spatialGroupNorm: ManualPair<
  [x: Tensor, gamma: Tensor, beta: Tensor, groups: number, options?: { readonly eps?: number }],
  GroupNormCache,
  NormGradients
> = pairNamed('spatialGroupNorm', {
  forward: (x, gamma, beta, groups, options = {}) => {
    const { eps = 1e-5 } = checkedOptions('spatialGroupNorm', options, spatialGroupNormNames);
    checkImages('spatialGroupNorm', x, gamma, beta);
    const [samples = 0, channels = 0] = x.shape;
    if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0)
      throw new ArgumentError({
        op: 'spatialGroupNorm',
        problem: `${describe(groups)} groups do not divide ${channels} channels`,
        shapes: [x.shape],
        remedy: 'choose a number of groups that divides the channels',
      });
    const rows = reshape(x, [samples * groups, x.size / Math.max(1, samples * groups)]) as Tensor;
    const centred: Tensor = sub(rows, mean(rows, { axes: 1, keepDims: true }));
    const s = sqrt(add(mean(square(centred), { axes: 1, keepDims: true }), eps));
    const hat: Tensor = div(centred, s);
    const column = (vector: Tensor): Tensor => reshape(vector, [1, channels, 1, 1]) as Tensor;
    return [add(mul(reshape(hat, x.shape), column(gamma)), column(beta)), { hat, s, gamma, beta }];
  },
  backward: (dout, { hat, s, gamma, beta }) => {
    const m = hat.shape[1] ?? 1;
    const channels = dout.shape[1] ?? 1;
    const d = reshape(mul(dout, reshape(gamma, [1, channels, 1, 1])), hat.shape) as Tensor;
    const total = (x: Tensor): Tensor => sum(x, { axes: 1, keepDims: true });
    const dx: Tensor = div(sub(sub(mul(d, m), total(d)), mul(hat, total(mul(d, hat)))), mul(s, m));
    const overImages = (x: Tensor, shape: Shape): Tensor => reshape(sum(x, { axes: [0, 2, 3] }), shape) as Tensor;
    return {
      dx: reshape(dx, dout.shape) as Tensor,
      dgamma: overImages(mul(dout, reshape(hat, dout.shape)), gamma.shape),
      dbeta: overImages(dout, beta.shape),
    };
  },
});
