/**
 * A layer differentiated by hand: a forward pass that hands over what the backward pass will need (the cache), and a backward pass that turns the gradient
 * of the loss with respect to the output into those with respect to the inputs.
 */

import { inOperation } from '../../core/base/scope.js';
import type { Tensor } from '../../core/index.js';

/** Gradients by name, each with the shape of what it belongs to. */
export type Gradients = { readonly [name: string]: Tensor };

export interface ManualPair<Args extends readonly unknown[], Cache, G extends Gradients> {
  readonly forward: (...args: Args) => readonly [out: Tensor, cache: Cache];
  readonly backward: (dout: Tensor, cache: Cache) => G;
}

/** A pair whose passes are named so in errors, whatever they are made of; passes beside the two are left as they are. */
export const pairNamed = <
  Pair extends { readonly forward: (...args: never) => unknown; readonly backward: (...args: never) => unknown },
>(
  name: string,
  pair: Pair,
): Pair => {
  const under =
    (pass: (...args: never) => unknown) =>
    (...args: readonly unknown[]): unknown =>
      inOperation(name, () => pass(...(args as never)));
  return { ...pair, forward: under(pair.forward), backward: under(pair.backward) };
};
