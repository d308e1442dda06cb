/** Layers that often stand together, forwards and backwards as one: the chain rule is the composition of backward passes in reverse. */

import type { Tensor } from '../../core/index.js';
import { checkChoice, checkedOptions, refuseWithout } from '../../core/tensor/arguments.js';
import { type InputGradient, relu } from './activations.js';
import { type AffineCache, type AffineGradients, type AffineOptions, affine, affineNames } from './affine.js';
import { type ConvCache, type ConvOptions, convOptionNames, fastConv } from './convolution.js';
import { type DropoutCache, type DropoutOptions, dropout } from './dropout.js';
import {
  type BatchNormOptions,
  batchNorm,
  batchNormNames,
  type LayerNormOptions,
  layerNorm,
  type NormCache,
  type NormGradients,
} from './norm.js';
import { type ManualPair, pairNamed } from './pair.js';
import { fastMaxPool, type MaxPoolCache, type PoolOptions, poolNames, type TilingCache } from './pooling.js';
import { spatialBatchNorm } from './spatial-norm.js';

/**
 * Dense layer and ReLU.
 * @throws ShapeError when the features do not fit.
 * @example
 * affineRelu.forward(tensor([[1, -2]]), tensor([[1], [1]]), tensor([0]))[0].toArray() // [[0]]
 */
export const affineRelu: ManualPair<
  [x: Tensor, w: Tensor, b: Tensor, options?: AffineOptions],
  { readonly affine: AffineCache; readonly relu: Tensor },
  AffineGradients
> = pairNamed('affineRelu', {
  forward: (x, w, b, options = {}) => {
    const [z, affineCache] = affine.forward(x, w, b, checkedOptions('affineRelu', options, affineNames));
    const [out, reluCache] = relu.forward(z);
    return [out, { affine: affineCache, relu: reluCache }];
  },
  backward: (dout, cache) => affine.backward(relu.backward(dout, cache.relu).dx, cache.affine),
});

export interface NormChoice {
  /** Which norm stands between; `batch` by default. */
  readonly norm?: 'batch' | 'layer';
  /** Options of the batch norm. */
  readonly batchNorm?: BatchNormOptions;
  /** Options of the layer norm. */
  readonly layerNorm?: LayerNormOptions;
  /** Options of dropout behind the ReLU; none by default. */
  readonly dropout?: DropoutOptions;
  /** Of the dense layer. */
  readonly weightLayout?: AffineOptions['weightLayout'];
}

export interface AffineNormCache {
  readonly affine: AffineCache;
  readonly kind: 'batch' | 'layer';
  readonly norm: NormCache;
  readonly relu: Tensor;
  readonly dropout: DropoutCache | null;
}

const normChoiceNames = { norm: true, batchNorm: true, layerNorm: true, dropout: true, weightLayout: true } as const;

/**
 * Dense layer, batch or layer norm, ReLU, and dropout where it is asked for. Running statistics come back as `cache.norm.running`.
 * @throws ShapeError when the shapes do not fit; ArgumentError as dropout throws it.
 * @example
 * affineNormRelu.forward(tensor([[1], [3]]), tensor([[1]]), zeros([1]), ones([1]), zeros([1]), { batchNorm: { eps: 0 } })[0].toArray() // [[0], [1]]
 */
export const affineNormRelu: ManualPair<
  [x: Tensor, w: Tensor, b: Tensor, gamma: Tensor, beta: Tensor, options?: NormChoice],
  AffineNormCache,
  AffineGradients & NormGradients
> = pairNamed('affineNormRelu', {
  forward: (x, w, b, gamma, beta, options = {}) => {
    const {
      norm: kind = 'batch',
      batchNorm: batchOptions,
      layerNorm: layerOptions,
      dropout: drops,
      weightLayout,
    } = checkedOptions('affineNormRelu', options, normChoiceNames);
    checkChoice('affineNormRelu', 'norm', kind, ['batch', 'layer']);
    refuseWithout('affineNormRelu', options, [kind === 'batch' ? 'layerNorm' : 'batchNorm'], `the norm is ${kind}`);
    const [z, affineCache] = affine.forward(x, w, b, weightLayout === undefined ? {} : { weightLayout });
    const [normal, norm] =
      kind === 'batch'
        ? batchNorm.forward(z, gamma, beta, batchOptions)
        : layerNorm.forward(z, gamma, beta, layerOptions);
    const [active, reluCache] = relu.forward(normal);
    if (drops === undefined) return [active, { affine: affineCache, kind, norm, relu: reluCache, dropout: null }];
    const [out, dropoutCache] = dropout.forward(active, drops);
    return [out, { affine: affineCache, kind, norm, relu: reluCache, dropout: dropoutCache }];
  },
  backward: (dout, cache) => {
    const dropped: InputGradient = cache.dropout === null ? { dx: dout } : dropout.backward(dout, cache.dropout);
    const active = relu.backward(dropped.dx, cache.relu);
    const { dx, ...scales } =
      cache.kind === 'batch'
        ? batchNorm.backwardSimplified(active.dx, cache.norm)
        : layerNorm.backward(active.dx, cache.norm);
    return { ...affine.backward(dx, cache.affine), ...scales };
  },
});

/**
 * Convolution and ReLU.
 * @throws ShapeError when the shapes do not fit.
 * @example
 * convRelu.forward(ones([1, 1, 2, 2]), ones([1, 1, 2, 2]), tensor([-5]))[0].toArray() // [[[[0]]]]
 */
export const convRelu: ManualPair<
  [x: Tensor, w: Tensor, b: Tensor, options?: ConvOptions],
  { readonly conv: ConvCache; readonly relu: Tensor },
  AffineGradients
> = pairNamed('convRelu', {
  forward: (x, w, b, options = {}) => {
    const [z, conv] = fastConv.forward(x, w, b, checkedOptions('convRelu', options, convOptionNames));
    const [out, reluCache] = relu.forward(z);
    return [out, { conv, relu: reluCache }];
  },
  backward: (dout, cache) => fastConv.backward(relu.backward(dout, cache.relu).dx, cache.conv),
});

/**
 * Convolution, ReLU and max pooling.
 * @throws ShapeError when the shapes do not fit.
 * @example
 * convReluPool.forward(ones([1, 1, 3, 3]), ones([1, 1, 2, 2]), tensor([0]), {}, { height: 2, width: 2 })[0].toArray() // [[[[4]]]]
 */
export const convReluPool: ManualPair<
  [x: Tensor, w: Tensor, b: Tensor, conv: ConvOptions, pool: PoolOptions],
  { readonly conv: ConvCache; readonly relu: Tensor; readonly pool: MaxPoolCache | TilingCache },
  AffineGradients
> = pairNamed('convReluPool', {
  forward: (x, w, b, convOptions, poolOptions) => {
    checkedOptions('convReluPool', convOptions, convOptionNames);
    checkedOptions('convReluPool', poolOptions, poolNames);
    const [active, cache] = convRelu.forward(x, w, b, convOptions);
    const [out, pool] = fastMaxPool.forward(active, poolOptions);
    return [out, { ...cache, pool }];
  },
  backward: (dout, cache) => convRelu.backward(fastMaxPool.backward(dout, cache.pool).dx, cache),
});

/**
 * Convolution, spatial batch norm and ReLU. Running statistics come back as `cache.norm.running`.
 * @throws ShapeError when the shapes do not fit.
 * @example
 * convNormRelu.forward(tensor([[[[1, 3]]]]), ones([1, 1, 1, 1]), zeros([1]), ones([1]), zeros([1]), {}, { eps: 0 })[0].toArray() // [[[[0, 1]]]]
 */
export const convNormRelu: ManualPair<
  [x: Tensor, w: Tensor, b: Tensor, gamma: Tensor, beta: Tensor, conv?: ConvOptions, norm?: BatchNormOptions],
  { readonly conv: ConvCache; readonly norm: NormCache; readonly relu: Tensor },
  AffineGradients & NormGradients
> = pairNamed('convNormRelu', {
  forward: (x, w, b, gamma, beta, convOptions = {}, normOptions = {}) => {
    checkedOptions('convNormRelu', convOptions, convOptionNames);
    checkedOptions('convNormRelu', normOptions, batchNormNames);
    const [z, conv] = fastConv.forward(x, w, b, convOptions);
    const [normal, norm] = spatialBatchNorm.forward(z, gamma, beta, normOptions);
    const [out, reluCache] = relu.forward(normal);
    return [out, { conv, norm, relu: reluCache }];
  },
  backward: (dout, cache) => {
    const active = relu.backward(dout, cache.relu);
    const { dx, ...scales } = spatialBatchNorm.backwardSimplified(active.dx, cache.norm);
    return { ...fastConv.backward(dx, cache.conv), ...scales };
  },
});
