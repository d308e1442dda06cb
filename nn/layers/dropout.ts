/** Dropout layers: no parameters, no state, a key in training. */

import { ArgumentError, type Tensor } from '../../core/index.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import type { LayoutOptions } from '../functional/convolution.js';
import {
  alphaDropout as alphaDropoutFunction,
  type ChannelDropoutOptions,
  channelDropout,
  type DropoutProbability,
  dropout as dropoutFunction,
  keepProbability,
} from '../functional/dropout.js';
import { checkLayout } from '../functional/normalise.js';
import { defineLayer, type Layer } from '../layer.js';

type DropoutLayer = (probability?: number | DropoutProbability) => Layer<null, null>;

/** Dropout of whole channels, wherever the layout has them. */
type ChannelDropoutLayer = (
  probability?: number | (DropoutProbability & LayoutOptions),
  options?: LayoutOptions,
) => Layer<null, null>;

/** The layer around a dropout function, from options that have been checked. */
const dropoutOf = (
  op: string,
  f: (x: Tensor, options: ChannelDropoutOptions) => Tensor,
  check: (given: DropoutProbability & LayoutOptions) => DropoutProbability & LayoutOptions,
): ChannelDropoutLayer => {
  return (probability = 0.5, options = {}) => {
    const own = typeof probability === 'number' ? { p: probability } : check(probability);
    const { layout, ...rest }: DropoutProbability & LayoutOptions = { ...own, ...check(options) };
    const keep = keepProbability(op, rest);
    if (layout !== undefined) checkLayout(op, layout);
    if (op === 'alphaDropout' && keep === 0)
      throw new ArgumentError({
        op,
        problem: `everything is dropped: ${own.p === undefined ? 'keep is 0' : 'p is 1'}`,
        remedy: 'give a probability to drop below 1',
      });
    return defineLayer<null, null>({
      name: `${op}(${own.p === undefined ? `keep ${keep}` : own.p})`,
      random: true,
      init: () => ({ params: null, state: null }),
      apply: (_, x, { training, key }) => [
        f(x, { keep, training, key, ...(layout === undefined ? {} : { layout }) }),
        null,
      ],
    });
  };
};

const elements = { p: true, keep: true } as const;
const channels = { p: true, keep: true, layout: true } as const;

/**
 * Dropout: `dropout(0.3)` drops three elements in ten while training; `dropout({ keep: 0.7 })` says the same.
 * @throws ArgumentError for a probability outside [0, 1], or without a key in training.
 * @example
 * dropout(0.3).apply({ params: null }, tensor([1, 2]))[0].toArray() // [1, 2]
 */
export const dropout: DropoutLayer = dropoutOf('dropout', dropoutFunction, (given: DropoutProbability) =>
  checkedOptions('dropout', given, elements),
);

/**
 * Dropout of whole channels of sequences: `[N, C, L]`, or `[N, L, C]` with `layout: 'NHWC'`.
 * @throws ArgumentError for a probability outside [0, 1], or without a key in training.
 * @example
 * dropout1d({ keep: 0.7 }).name // 'dropout1d(keep 0.7)'
 */
export const dropout1d: ChannelDropoutLayer = dropoutOf('dropout1d', channelDropout, (given) =>
  checkedOptions('dropout1d', given, channels),
);

/**
 * Dropout of whole channels of images: `[N, C, H, W]`, or `[N, H, W, C]` with `layout: 'NHWC'`.
 * @throws ArgumentError for a probability outside [0, 1], or without a key in training.
 * @example
 * dropout2d(0.3, { layout: 'NHWC' }).name // 'dropout2d(0.3)'
 */
export const dropout2d: ChannelDropoutLayer = dropoutOf('dropout2d', channelDropout, (given) =>
  checkedOptions('dropout2d', given, channels),
);

/**
 * Dropout of whole channels of volumes: `[N, C, D, H, W]`.
 * @throws ArgumentError for a probability outside [0, 1], or without a key in training.
 */
export const dropout3d: ChannelDropoutLayer = dropoutOf('dropout3d', channelDropout, (given) =>
  checkedOptions('dropout3d', given, channels),
);

/**
 * Dropout that keeps mean and variance of what SELU makes.
 * @throws ArgumentError for a probability outside [0, 1), or without a key in training.
 * @example
 * alphaDropout(0.1).random // true
 */
export const alphaDropout: DropoutLayer = dropoutOf('alphaDropout', alphaDropoutFunction, (given: DropoutProbability) =>
  checkedOptions('alphaDropout', given, elements),
);
