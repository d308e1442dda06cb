/**
 * Layers as objects that keep what they compute: parameters that are made at the first forward pass, gradients with the same names, and the cache of the last
 * forward pass. For teaching and for networks written without a tape; the only mutable things in the library, and nothing else depends on them.
 */
import { describe } from '../../core/base/errors.js';
import { ArgumentError, type Tensor } from '../../core/index.js';
import { elu, type InputGradient, leakyRelu, linearActivation, relu, sigmoid, softmax, tanh } from './activations.js';

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
  if (typeof name !== 'string' || !Object.hasOwn(activations, name))
    throw new ArgumentError({
      op: 'activationNamed',
      problem: `there is no activation ${describe(name)}`,
      remedy: `use one of ${Object.keys(activations).join(', ')}`,
    });
  return activations[name];
};

/** What a kind of layer does; the object around it keeps what comes of it. */
export interface Kind<Cache> {
  readonly name: string;
  readonly sizes: (x: Tensor) => readonly [into: number, out: number];
  readonly init: (x: Tensor) => Readonly<Record<string, Tensor>>;
  readonly forward: (x: Tensor, parameter: (name: string) => Tensor, training: boolean) => readonly [Tensor, Cache];
  /** The gradient of the input, and those of the parameters by name. */
  readonly backward: (dout: Tensor, cache: Cache) => readonly [Tensor, Readonly<Record<string, Tensor>>];
}

export const layerObject = <Cache>(kind: Kind<Cache>): LayerObject => {
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
