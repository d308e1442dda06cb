/** The kinds of layer objects: dense, convolution, batch norm, pooling, flattening and activations alone. */

import { type FloatDtype, floatFor } from '../../core/base/dtype.js';
import { describe, describeList } from '../../core/base/errors.js';
import { checkCallable } from '../../core/base/methods.js';
import { inOperation } from '../../core/base/scope.js';
import { ArgumentError, foldIn, type Key, ones, reshape, type Tensor, zeros } from '../../core/index.js';
import { checkedOptions, checkList, checkSizes } from '../../core/tensor/arguments.js';
import { fans, type Initialiser, xavierUniform } from '../initialisers.js';
import { affine } from './affine.js';
import { type ConvOptions, fastConv } from './convolution.js';
import { type ActivationName, activationNamed, type LayerObject, layerObject } from './layer-object.js';
import { type BatchNormOptions, batchNorm, type RunningStatistics } from './norm.js';
import { averagePool, fastMaxPool, type PoolOptions } from './pooling.js';

export interface WeightOptions {
  /** `linear` by default. */
  readonly activation?: ActivationName;
  /** Xavier's uniform rule by default. */
  readonly weightInit?: Initialiser;
  /** Where weights are drawn from. */
  readonly key: Key;
}

export interface FullyConnectedOptions extends WeightOptions {
  /** Features of the output. */
  readonly out: number;
}

const floatOf = (x: Tensor): FloatDtype => floatFor(x.dtype);

const fullyConnectedNames = { out: true, activation: true, weightInit: true, key: true } as const;

/**
 * A dense layer with its activation: `[B, d]` → `[B, out]`, `W: [d, out]`, `b: [1, out]`, which starts at 0. `backward` takes the gradient behind the activation.
 * @throws ArgumentError for an unknown activation.
 * @example
 * fullyConnected({ out: 3, activation: 'relu', key: key(0) }).forward(ones([2, 4])).shape // [2, 3]
 */
export const fullyConnected = (options: FullyConnectedOptions): LayerObject =>
  inOperation('fullyConnected', () => {
    const {
      out,
      activation = 'linear',
      weightInit = xavierUniform(),
      key,
    } = checkedOptions('fullyConnected', options, fullyConnectedNames);
    checkCallable('fullyConnected', 'weightInit', weightInit);
    checkSizes('fullyConnected', { out });
    const f = activationNamed(activation);
    return layerObject({
      name: `fullyConnected(${out}, ${activation})`,
      sizes: (x) => [x.shape[1] ?? 0, out],
      init: (x) => {
        const [, features = 0] = x.shape;
        const shape = [features, out];
        return {
          W: weightInit(foldIn(key, 0), shape, fans(shape, 'in-out'), floatOf(x)),
          b: zeros([1, out], floatOf(x)),
        };
      },
      forward: (x, parameter) => {
        const [z, dense] = affine.forward(x, parameter('W'), parameter('b'));
        const [y, active] = f.forward(z);
        return [y, { dense, active }];
      },
      backward: (dout, { dense, active }) => {
        const { dx, dw, db } = affine.backward(f.backward(dout, active).dx, dense);
        return [dx, { W: dw, b: db }];
      },
    });
  });

export interface ConvolutionOptions extends WeightOptions, Omit<ConvOptions, 'layout'> {
  /** Filters. */
  readonly out: number;
  readonly kernel: readonly [height: number, width: number];
}

const convolutionNames = {
  out: true,
  kernel: true,
  activation: true,
  weightInit: true,
  key: true,
  stride: true,
  padding: true,
} as const;

/**
 * A convolution of images with the channels last and its activation: `[B, H, W, C]` → `[B, H′, W′, out]`, `W: [KH, KW, C, out]`, `b: [1, out]`.
 * @throws ArgumentError for an unknown activation.
 * @example
 * convolution({ out: 3, kernel: [3, 3], padding: 'same', key: key(0) }).forward(ones([2, 5, 5, 1])).shape // [2, 5, 5, 3]
 */
export const convolution = (options: ConvolutionOptions): LayerObject =>
  inOperation('convolution', () => {
    const given = checkedOptions('convolution', options, convolutionNames);
    const { out, kernel, activation = 'linear', weightInit = xavierUniform(), key, ...window } = given;
    checkCallable('convolution', 'weightInit', weightInit);
    checkSizes('convolution', { out });
    checkList('convolution', 'the kernel', kernel);
    const f = activationNamed(activation);
    return layerObject({
      name: `convolution(${out}, ${describeList(kernel)}, ${activation})`,
      sizes: (x) => [x.shape[3] ?? 0, out],
      init: (x) => {
        const shape = [...kernel, x.shape[3] ?? 0, out];
        return {
          W: weightInit(foldIn(key, 0), shape, fans(shape, 'in-out'), floatOf(x)),
          b: zeros([1, out], floatOf(x)),
        };
      },
      forward: (x, parameter) => {
        const [z, conv] = fastConv.forward(x, parameter('W'), parameter('b'), { ...window, layout: 'NHWC' });
        const [y, active] = f.forward(z);
        return [y, { conv, active }];
      },
      backward: (dout, { conv, active }) => {
        const { dx, dw, db } = fastConv.backward(f.backward(dout, active).dx, conv);
        return [dx, { W: dw, b: db }];
      },
    });
  });

const batchNormalisationNames = { decay: true, eps: true } as const;

/**
 * Batch normalisation of `[B, d]`: `gamma: [1, d]` starts at 1, `beta: [1, d]` at 0, running statistics at 0. Training unless `forward` says otherwise.
 * @example
 * batchNormalisation().forward(tensor([[1], [3]])).toArray() // ≈ [[-0.999995], [0.999995]]
 */
export const batchNormalisation = (options: Pick<BatchNormOptions, 'decay' | 'eps'> = {}): LayerObject => {
  const given = checkedOptions('batchNormalisation', options, batchNormalisationNames);
  let running: RunningStatistics | undefined;
  return layerObject({
    name: 'batchNormalisation()',
    sizes: (x) => [x.shape[1] ?? 0, x.shape[1] ?? 0],
    init: (x) => ({ gamma: ones([1, x.shape[1] ?? 0], floatOf(x)), beta: zeros([1, x.shape[1] ?? 0], floatOf(x)) }),
    forward: (x, parameter, training) => {
      const before = running === undefined ? {} : { running };
      const [y, cache] = batchNorm.forward(x, parameter('gamma'), parameter('beta'), { ...given, ...before, training });
      running = cache.running;
      return [y, cache];
    },
    backward: (dout, cache) => {
      const { dx, dgamma, dbeta } = batchNorm.backwardSimplified(dout, cache);
      return [dx, { gamma: dgamma, beta: dbeta }];
    },
  });
};

export interface PoolingOptions extends Omit<PoolOptions, 'layout' | 'height' | 'width'> {
  readonly kernel: readonly [height: number, width: number];
  /** `max` by default. */
  readonly mode?: 'max' | 'average';
}

const poolingNames = { kernel: true, mode: true, stride: true, padding: true } as const;

/**
 * Pooling of images with the channels last: `[B, H, W, C]` → `[B, H′, W′, C]`.
 * @throws ArgumentError for an unknown mode.
 * @example
 * pooling({ kernel: [2, 2], mode: 'average' }).forward(ones([1, 4, 4, 3])).shape // [1, 2, 2, 3]
 */
export const pooling = (options: PoolingOptions): LayerObject =>
  inOperation('pooling', () => {
    const { kernel, mode = 'max', ...window } = checkedOptions('pooling', options, poolingNames);
    if (mode !== 'max' && mode !== 'average')
      throw new ArgumentError({
        op: 'pooling',
        problem: `there is no mode ${describe(mode)}`,
        remedy: "use 'max' or 'average'",
      });
    checkList('pooling', 'the kernel', kernel);
    const [height, width] = kernel;
    const poolOptions: PoolOptions = { ...window, height, width, layout: 'NHWC' };
    const sizes = (x: Tensor): readonly [number, number] => [x.shape[3] ?? 0, x.shape[3] ?? 0];
    const name = `pooling(${describeList(kernel)}, ${mode})`;
    const init = (): Readonly<Record<string, Tensor>> => ({});
    return mode === 'max'
      ? layerObject({
          name,
          sizes,
          init,
          forward: (x) => fastMaxPool.forward(x, poolOptions),
          backward: (dout, cache) => [fastMaxPool.backward(dout, cache).dx, {}],
        })
      : layerObject({
          name,
          sizes,
          init,
          forward: (x) => averagePool.forward(x, poolOptions),
          backward: (dout, cache) => [averagePool.backward(dout, cache).dx, {}],
        });
  });

/**
 * All axes but the first in one: `[B, …]` → `[B, d]`.
 * @example
 * flattening().forward(ones([2, 3, 4])).shape // [2, 12]
 */
export const flattening = (): LayerObject =>
  layerObject({
    name: 'flattening()',
    sizes: (x) => [x.size / Math.max(1, x.shape[0] ?? 1), x.size / Math.max(1, x.shape[0] ?? 1)],
    init: () => ({}),
    forward: (x) => [reshape(x, [x.shape[0] ?? 0, x.size / Math.max(1, x.shape[0] ?? 1)]) as Tensor, x.shape],
    backward: (dout, shape) => [reshape(dout, shape) as Tensor, {}],
  });

/**
 * An activation alone.
 * @throws ArgumentError for a name that there is not.
 * @example
 * elementwise('tanh').forward(tensor([[0]])).toArray() // [[0]]
 */
export const elementwise = (name: ActivationName): LayerObject =>
  inOperation('elementwise', () => {
    const f = activationNamed(name);
    return layerObject({
      name: `elementwise(${name})`,
      sizes: (x) => [x.shape.at(-1) ?? 0, x.shape.at(-1) ?? 0],
      init: () => ({}),
      forward: (x) => f.forward(x),
      backward: (dout, cache) => [f.backward(dout, cache).dx, {}],
    });
  });
