/**
 * Inverted dropout (Srivastava et al. 2014): in training each element is kept with probability `keep` and divided by it,
 * so that its mean stays; outside training nothing happens. Elements are selected, never multiplied by a mask, so that a
 * dropped infinity is 0.
 */

import { describe } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import { ArgumentError, add, bernoulli, type Key, mul, type Shape, type Tensor, where } from '../../core/index.js';
import { checkedOptions, tensorOperand } from '../../core/tensor/arguments.js';
import { requireKey } from '../layer.js';
import { channelAxis, checkLayout, type Layout } from './normalise.js';

export interface DropoutProbability {
  /** The probability to DROP an element; 0.5 by default. */
  readonly p?: number;
  /** The probability to KEEP an element instead: `keep: 0.7` is `p: 0.3`. */
  readonly keep?: number;
}

export interface DropoutFunctionOptions extends DropoutProbability {
  /** false by default. */
  readonly training?: boolean;
  /** Needed in training, unless a mask is given. */
  readonly key?: Key | undefined;
  /** What to keep, instead of drawing it: a bool tensor that broadcasts to the input. */
  readonly mask?: Tensor;
}

/** The probability to keep, from either way of saying it. */
export const keepProbability = (op: string, { p, keep }: DropoutProbability): number => {
  if (p !== undefined && keep !== undefined)
    throw new ArgumentError({
      op,
      problem: 'both p and keep are given',
      remedy: 'give p, the probability to drop, or keep = 1 − p',
    });
  const kept: unknown = keep ?? (p === undefined ? 0.5 : typeof p === 'number' ? 1 - p : p);
  if (!(typeof kept === 'number' && kept >= 0 && kept <= 1))
    throw new ArgumentError({
      op,
      problem: `${describe(keep ?? p)} is not a probability`,
      remedy: 'give a number from 0 to 1',
    });
  return kept;
};

/** `x/keep` where the mask is true, else 0. */
export const applyMask = (x: Tensor, mask: Tensor, keep: number): Tensor =>
  where(mask, keep === 1 || keep === 0 ? x : mul(x, 1 / keep), 0);

const dropNames = { p: true, keep: true, training: 'flag', key: true, mask: true } as const;

const drop = (op: string, x: Tensor, maskShape: (x: Tensor) => Shape, options: DropoutFunctionOptions): Tensor => {
  tensorOperand(op, x);
  const keep = keepProbability(op, checkedOptions(op, options, dropNames));
  if (!(options.training ?? false) || (keep === 1 && options.mask === undefined)) return x;
  return applyMask(x, options.mask ?? bernoulli(requireKey(op, options.key), keep, maskShape(x)), keep);
};

/**
 * Drops elements in training.
 * @throws ArgumentError for a probability outside [0, 1], or without a key in training.
 * @example
 * functional.dropout(tensor([1, 2, 3]), { p: 1, training: true, key: key(0) }).toArray() // [0, 0, 0]
 */
export const dropout = (x: Tensor, options: DropoutFunctionOptions = {}): Tensor =>
  inOperation('dropout', () => drop('dropout', x, ({ shape }) => shape, options));

export interface ChannelDropoutOptions extends DropoutFunctionOptions {
  /** Channels in axis 1 (default) or in the last one. */
  readonly layout?: Layout;
}

const channelDropoutNames = { p: true, keep: true, training: 'flag', key: true, mask: true, layout: true } as const;

/**
 * Drops whole channels of whole samples in training.
 * @throws ArgumentError for a probability outside [0, 1], or without a key in training.
 * @example
 * functional.channelDropout(ones([1, 2, 2]), { p: 0 }).toArray() // [[[1, 1], [1, 1]]]
 */
export const channelDropout = (x: Tensor, given: ChannelDropoutOptions = {}): Tensor =>
  inOperation('channelDropout', () => {
    const { layout = 'NCHW', ...options } = checkedOptions('channelDropout', given, channelDropoutNames);
    checkLayout('channelDropout', layout);
    const maskShape = ({ shape, rank }: Tensor): Shape => {
      const channels = channelAxis(rank, layout);
      return shape.map((size, axis) => (axis === 0 || axis === channels ? size : 1));
    };
    return drop('channelDropout', x, maskShape, options);
  });

/** The value that SELU tends to for large negative inputs, −λα. */
const seluFloor = -1.7580993408473766;

const alphaDropoutNames = { p: true, keep: true, training: 'flag', key: true, mask: true } as const;

/**
 * Dropout for self-normalising networks (Klambauer et al. 2017): a dropped element becomes SELU's lower limit, and the result is scaled and shifted
 * so that mean 0 and variance 1 stay.
 * @throws ArgumentError for a probability outside [0, 1), or without a key in training.
 * @example
 * functional.alphaDropout(tensor([1, 2]), { p: 0.5 }).toArray() // [1, 2]
 */
export const alphaDropout = (x: Tensor, options: DropoutFunctionOptions = {}): Tensor =>
  inOperation('alphaDropout', () => {
    const op = 'alphaDropout';
    tensorOperand(op, x);
    const keep = keepProbability(op, checkedOptions(op, options, alphaDropoutNames));
    if (!(options.training ?? false) || (keep === 1 && options.mask === undefined)) return x;
    if (keep === 0)
      throw new ArgumentError({ op, problem: 'everything is dropped', remedy: 'give a probability to drop below 1' });
    const mask = options.mask ?? bernoulli(requireKey(op, options.key), keep, x.shape);
    const scale = 1 / Math.sqrt(keep * (1 + (1 - keep) * seluFloor ** 2));
    return add(mul(where(mask, x, seluFloor), scale), -scale * (1 - keep) * seluFloor);
  });
