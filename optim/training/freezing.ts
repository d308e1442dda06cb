/** Parameters in two parts: those that are trained, and those that stay as they are and cost no gradient. */

import { checkCallable } from '../../core/base/methods.js';
import { ArgumentError, type Tensor, treeEntries, treeLeaves, treeUnflatten } from '../../core/index.js';

/** Says of each parameter, by its path (`features[0].weight`), whether it is frozen. */
export type Frozen = (path: string) => boolean;

export interface Thawed<P> {
  /** The parameters with `null` in the place of each frozen one. */
  readonly trainable: unknown;
  /** The whole tree with other trainable leaves, in the order of `treeLeaves`. */
  replace(leaves: readonly Tensor[]): P;
}

/**
 * Splits parameters. What is frozen is left out of `trainable`, so that gradients and optimisers never meet it.
 * @throws ArgumentError when everything is frozen.
 * @example
 * thaw({ body: ones([2]), head: ones([1]) }, (path) => path === 'body').trainable // { body: null, head: [1] }
 */
export const thaw = <P>(params: P, frozen: Frozen = () => false): Thawed<P> => thawFor('thaw', params, frozen);

/** `thaw` in the name of what the user called. */
export const thawFor = <P>(op: string, params: P, frozen: Frozen = () => false): Thawed<P> => {
  checkCallable(op, 'frozen', frozen);
  const entries = treeEntries(params, op);
  const kept = entries.map(([path]) => frozen(path));
  if (entries.length > 0 && kept.every(Boolean))
    throw new ArgumentError({ op, problem: 'every parameter is frozen', remedy: 'leave one to be trained' });
  const leaves = treeLeaves(params);
  return {
    trainable: treeUnflatten(
      params,
      leaves.map((leaf, i) => (kept[i] ? null : leaf)),
    ),
    replace(trained) {
      let next = 0;
      return treeUnflatten(
        params,
        leaves.map((leaf, i) => (kept[i] ? leaf : (trained[next++] ?? leaf))),
      );
    },
  };
};
