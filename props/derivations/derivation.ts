/**
 * What a hand derivation is: a layer's forward pass and its gradients in closed form, worked out on paper and written
 * down without the tape, beside the layer that the library differentiates by itself.
 */
import * as fc from 'fast-check';
import { fromData } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import type { Draw } from '../arbitraries/values.js';

/** Inputs by name; floats are differentiated, integers and booleans are labels and masks. */
export type Inputs = { readonly [name: string]: Tensor };

/** One random call of a layer. `seed` sets the cotangent and the directions of the check. */
export interface DerivationCase<Config = unknown> {
  readonly inputs: { readonly [name: string]: Draw };
  readonly config: Config;
  readonly seed: number;
}

/** As it is written. */
interface Definition<In, Config, Cache> {
  readonly name: string;
  readonly cases: fc.Arbitrary<Pick<DerivationCase<Config>, 'inputs' | 'config'>>;
  /** The layer as `nn/` builds it. */
  readonly layer: (inputs: In, config: Config) => Tensor;
  /** The forward pass by hand, and what the backward pass will need. */
  readonly forward: (inputs: In, config: Config) => readonly [Tensor, Cache];
  /** Gradients of ⟨cotangent, output⟩, one a float input. */
  readonly backward: (cotangent: Tensor, cache: Cache) => { readonly [name: string]: Tensor };
}

/** As tables hold it. */
export interface Derivation {
  readonly name: string;
  readonly cases: fc.Arbitrary<DerivationCase>;
  layer(inputs: Inputs, config: unknown): Tensor;
  forward(inputs: Inputs, config: unknown): readonly [Tensor, unknown];
  backward(cotangent: Tensor, cache: unknown): { readonly [name: string]: Tensor };
}

/** `derivation<{ x: Tensor }, Config>()({ … })`: fixes the inputs and the configuration, infers the cache. */
export const derivation =
  <In, Config = null>() =>
  <Cache>(d: Definition<In, Config, Cache>): Derivation => ({
    name: d.name,
    cases: d.cases.chain(({ inputs, config }) => fc.nat(1_000_000).map((seed) => ({ inputs, config, seed }))),
    layer: (inputs, config) => d.layer(inputs as In, config as Config),
    forward: (inputs, config) => d.forward(inputs as In, config as Config),
    backward: (cotangent, cache) => d.backward(cotangent, cache as Cache),
  });

export const tensorOf = ({ shape, data, dtype = 'float64' }: Draw): Tensor => fromData(data, shape, dtype);

export const inputsOf = ({ inputs }: DerivationCase): Inputs =>
  Object.fromEntries(Object.entries(inputs).map(([name, drawn]) => [name, tensorOf(drawn)]));
