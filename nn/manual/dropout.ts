/** Inverted dropout by hand: y = x M with a mask M of 1/keep (with probability keep) and 0, hence dX = G M. */

import { bernoulli, type Key, mul, type Tensor, where } from '../../core/index.js';
import { checkedOptions, tensorOperand } from '../../core/tensor/arguments.js';
import { type DropoutProbability, keepProbability } from '../functional/dropout.js';
import { requireKey } from '../layer.js';
import type { InputGradient } from './activations.js';
import { type ManualPair, pairNamed } from './pair.js';

export interface DropoutOptions extends DropoutProbability {
  /** true by default; outside training nothing happens. */
  readonly training?: boolean;
  /** The same key draws the same mask, as gradient checks need it. */
  readonly key?: Key;
  /** What to keep, instead of drawing it: bool, the shape of x. */
  readonly mask?: Tensor;
}

export interface DropoutCache {
  /** `null` where nothing is dropped. */
  readonly mask: Tensor | null;
  readonly keep: number;
}

const masked = (x: Tensor, { mask, keep }: DropoutCache): Tensor =>
  mask === null ? x : where(mask, keep === 0 ? x : mul(x, 1 / keep), 0);

const dropoutNames = { p: true, keep: true, training: 'flag', key: true, mask: true } as const;

/**
 * Dropout with `keep`, the probability to keep, or `p`, the probability to drop.
 * @throws ArgumentError for a probability outside [0, 1], or without key and mask in training.
 * @example
 * dropout.forward(tensor([1, 2]), { keep: 0.5, mask: tensor([true, false]) })[0].toArray() // [2, 0]
 */
export const dropout: ManualPair<[x: Tensor, options: DropoutOptions], DropoutCache, InputGradient> = pairNamed(
  'dropout',
  {
    forward: (x, options) => {
      const { training = true, key, mask, ...probability } = checkedOptions('dropout', options, dropoutNames);
      tensorOperand('dropout', x);
      const keep = keepProbability('dropout', probability);
      const drops = training && (keep !== 1 || mask !== undefined);
      const cache = { mask: drops ? (mask ?? bernoulli(requireKey('dropout', key), keep, x.shape)) : null, keep };
      return [masked(x, cache), cache];
    },
    backward: (dout, cache) => ({ dx: masked(dout, cache) }),
  },
);
