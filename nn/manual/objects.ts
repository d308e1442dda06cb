/**
 * Layers as objects that keep what they compute: parameters that are made at the first forward pass, gradients with the same names, and the cache of the last
 * forward pass. For teaching and for networks written without a tape; the only mutable things in the library, and nothing else depends on them.
 */
import { checkedOptions, checkSizes } from '../../core/arguments.js';
import { describe } from '../../core/errors.js';
import { ArgumentError, foldIn, type Key, ones, reshape, type Tensor, zeros } from '../../core/index.js';
import { fans, type Initialiser, xavierUniform } from '../initialisers.js';
import { elu, type InputGradient, leakyRelu, linearActivation, relu, sigmoid, softmax, tanh } from './activations.js';
import { affine } from './affine.js';
import { type ConvOptions, fastConv } from './convolution.js';
import { type BatchNormOptions, batchNorm, type RunningStatistics } from './norm.js';
import { averagePool, fastMaxPool, type PoolOptions } from './pooling.js';

export interface LayerObject {
  readonly name: string;
  /** Features or channels of the input; `null` before the first forward pass. */
  readonly in: number | null;
  /** Features or channels of the output; `null` before the first forward pass. */
  readonly out: number | null;
  /** By name, in the order in which they were made. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** With the names of the parameters, after a backward pass. */
  readonly gradients: ReadonlyMap<string, Tensor>;
  /** Of the last forward pass. */
  readonly cache: unknown;
  /** The output; fills the cache. */
  forward(x: Tensor, options?: { readonly training?: boolean }): Tensor;
  /**
   * The gradient with respect to the last input, from that with respect to the output; fills `gradients`.
   * @throws ArgumentError before any forward pass.
   */
  backward(dout: Tensor): Tensor;
  /** Replaces each parameter by `rule(parameter, gradient, name)`. */
  update(rule: (parameter: Tensor, gradient: Tensor, name: string) => Tensor): void;
}

export type ActivationName = 'linear' | 'relu' | 'sigmoid' | 'tanh' | 'softmax' | 'leakyRelu' | 'elu';

/** An activation whose cache is nobody's business. */
export interface AnyActivation {
  forward(x: Tensor): readonly [Tensor, unknown];
  backward(dout: Tensor, cache: unknown): InputGradient;
}

/** Activations by name. */
const activations: Readonly<Record<ActivationName, AnyActivation>> = {
  linear: linearActivation as AnyActivation,
  relu: relu as AnyActivation,
  sigmoid: sigmoid as AnyActivation,
  tanh: tanh as AnyActivation,
  softmax: softmax as AnyActivation,
  leakyRelu: leakyRelu as AnyActivation,
  elu: elu as AnyActivation,
};

/**
 * The hand-derived activation of a name.
 * @throws ArgumentError for a name that there is not.
 * @example
 * activationNamed('relu').forward(tensor([-1, 2]))[0].toArray() // [0, 2]
 * activationNamed('step') // throws ArgumentError
 */
export const activationNamed = (name: ActivationName): AnyActivation => {
  if (!Object.hasOwn(activations, name))
    throw new ArgumentError({
      op: 'activation',
      problem: `there is no activation ${describe(name)}`,
      remedy: `use one of ${Object.keys(activations).join(', ')}`,
    });
  return activations[name];
};

/** What a kind of layer does; the object around it keeps what comes of it. */
interface Kind<Cache> {
  readonly name: string;
  readonly sizes: (x: Tensor) => readonly [into: number, out: number];
  readonly init: (x: Tensor) => Readonly<Record<string, Tensor>>;
  readonly forward: (x: Tensor, parameter: (name: string) => Tensor, training: boolean) => readonly [Tensor, Cache];
  /** The gradient of the input, and those of the parameters by name. */
  readonly backward: (dout: Tensor, cache: Cache) => readonly [Tensor, Readonly<Record<string, Tensor>>];
}

const layerObject = <Cache>(kind: Kind<Cache>): LayerObject => {
  const parameters = new Map<string, Tensor>();
  const gradients = new Map<string, Tensor>();
  let sizes: readonly [number, number] | null = null;
  let cache: Cache | null = null;
  return {
    name: kind.name,
    get in() {
      return sizes?.[0] ?? null;
    },
    get out() {
      return sizes?.[1] ?? null;
    },
    parameters,
    gradients,
    get cache() {
      return cache;
    },
    forward(x, { training = true } = {}) {
      if (sizes === null) {
        sizes = kind.sizes(x);
        for (const [name, value] of Object.entries(kind.init(x))) parameters.set(name, value);
      }
      const [y, kept] = kind.forward(x, (name) => parameters.get(name) as Tensor, training);
      cache = kept;
      return y;
    },
    backward(dout) {
      if (cache === null)
        throw new ArgumentError({
          op: kind.name,
          problem: 'backward was called before any forward pass',
          remedy: 'call forward first, with the input whose gradient is wanted',
        });
      const [dx, own] = kind.backward(dout, cache);
      gradients.clear();
      for (const [name, value] of Object.entries(own)) gradients.set(name, value);
      return dx;
    },
    update(rule) {
      for (const [name, value] of parameters) {
        const gradient = gradients.get(name);
        if (gradient !== undefined) parameters.set(name, rule(value, gradient, name));
      }
    },
  };
};

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

const floatOf = (x: Tensor): 'float32' | 'float64' => (x.dtype === 'float64' ? 'float64' : 'float32');

/**
 * A dense layer with its activation: `[B, d]` → `[B, out]`, `W: [d, out]`, `b: [1, out]`, which starts at 0. `backward` takes the gradient behind the activation.
 * @throws ArgumentError for an unknown activation.
 * @example
 * fullyConnected({ out: 3, activation: 'relu', key: key(0) }).forward(ones([2, 4])).shape // [2, 3]
 */
export const fullyConnected = (options: FullyConnectedOptions): LayerObject => {
  const {
    out,
    activation = 'linear',
    weightInit = xavierUniform(),
    key,
  } = checkedOptions('fullyConnected', options, ['out', 'activation', 'weightInit', 'key']);
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
};

export interface ConvolutionOptions extends WeightOptions, Omit<ConvOptions, 'layout'> {
  /** Filters. */
  readonly out: number;
  readonly kernel: readonly [height: number, width: number];
}

/**
 * A convolution of images with the channels last and its activation: `[B, H, W, C]` → `[B, H′, W′, out]`, `W: [KH, KW, C, out]`, `b: [1, out]`.
 * @throws ArgumentError for an unknown activation.
 * @example
 * convolution({ out: 3, kernel: [3, 3], padding: 'same', key: key(0) }).forward(ones([2, 5, 5, 1])).shape // [2, 5, 5, 3]
 */
export const convolution = (options: ConvolutionOptions): LayerObject => {
  const names = ['out', 'kernel', 'activation', 'weightInit', 'key', 'stride', 'padding'] as const;
  const given = checkedOptions('convolution', options, names);
  const { out, kernel, activation = 'linear', weightInit = xavierUniform(), key, ...window } = given;
  checkSizes('convolution', { out });
  const f = activationNamed(activation);
  return layerObject({
    name: `convolution(${out}, ${JSON.stringify(kernel)}, ${activation})`,
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
};

/**
 * Batch normalisation of `[B, d]`: `gamma: [1, d]` starts at 1, `beta: [1, d]` at 0, running statistics at 0. Training unless `forward` says otherwise.
 * @example
 * batchNormalisation().forward(tensor([[1], [3]])).toArray() // ≈ [[-0.999995], [0.999995]]
 */
export const batchNormalisation = (options: Pick<BatchNormOptions, 'decay' | 'eps'> = {}): LayerObject => {
  const given = checkedOptions('batchNormalisation', options, ['decay', 'eps']);
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

/**
 * Pooling of images with the channels last: `[B, H, W, C]` → `[B, H′, W′, C]`.
 * @throws ArgumentError for an unknown mode.
 * @example
 * pooling({ kernel: [2, 2], mode: 'average' }).forward(ones([1, 4, 4, 3])).shape // [1, 2, 2, 3]
 */
export const pooling = (options: PoolingOptions): LayerObject => {
  const {
    kernel,
    mode = 'max',
    ...window
  } = checkedOptions('pooling', options, ['kernel', 'mode', 'stride', 'padding']);
  if (mode !== 'max' && mode !== 'average')
    throw new ArgumentError({
      op: 'pooling',
      problem: `there is no mode ${describe(mode)}`,
      remedy: "use 'max' or 'average'",
    });
  const [height, width] = kernel;
  const poolOptions: PoolOptions = { ...window, height, width, layout: 'NHWC' };
  const sizes = (x: Tensor): readonly [number, number] => [x.shape[3] ?? 0, x.shape[3] ?? 0];
  const name = `pooling(${JSON.stringify(kernel)}, ${mode})`;
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
};

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
export const elementwise = (name: ActivationName): LayerObject => {
  const f = activationNamed(name);
  return layerObject({
    name: `elementwise(${name})`,
    sizes: (x) => [x.shape.at(-1) ?? 0, x.shape.at(-1) ?? 0],
    init: () => ({}),
    forward: (x) => f.forward(x),
    backward: (dout, cache) => [f.backward(dout, cache).dx, {}],
  });
};
