/**
 * A layer differentiated by hand: a forward pass that hands over what the backward pass will need (the cache), and a backward pass that turns the gradient
 * of the loss with respect to the output into those with respect to the inputs.
 */
import type { Tensor } from '../../core/index.js';

/** Gradients by name, each with the shape of what it belongs to. */
export type Gradients = { readonly [name: string]: Tensor };

export interface ManualPair<Args extends readonly unknown[], Cache, G extends Gradients> {
  readonly forward: (...args: Args) => readonly [out: Tensor, cache: Cache];
  readonly backward: (dout: Tensor, cache: Cache) => G;
}
