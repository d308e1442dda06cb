/** Dropout layers: no parameters, no state, a key in training. */
import { checkedOptions } from '../../core/arguments.js';
import type { Tensor } from '../../core/index.js';
import {
  channelDropout,
  type DropoutFunctionOptions,
  type DropoutProbability,
  dropout as dropoutFunction,
  keepProbability,
} from '../functional/dropout.js';
import { defineLayer, type Layer } from '../layer.js';

const dropoutOf =
  (op: string, f: (x: Tensor, options: DropoutFunctionOptions) => Tensor) =>
  (probability: number | DropoutProbability = 0.5): Layer<null, null> => {
    const given = typeof probability === 'number' ? { p: probability } : probability;
    const keep = keepProbability(op, checkedOptions(op, given, ['p', 'keep']));
    return defineLayer<null, null>({
      name: `${op}(${typeof probability === 'number' ? probability : `keep ${keep}`})`,
      random: true,
      init: () => ({ params: null, state: null }),
      apply: (_, x, { training, key }) => [f(x, { keep, training, key }), null],
    });
  };

/**
 * Dropout: `dropout(0.3)` drops three elements in ten while training; `dropout({ keep: 0.7 })` says the same.
 * @throws ArgumentError for a probability outside [0, 1], or without a key in training.
 * @example
 * dropout(0.3).apply({ params: null }, tensor([1, 2]))[0].toArray() // [1, 2]
 */
export const dropout: (probability?: number | DropoutProbability) => Layer<null, null> = dropoutOf(
  'dropout',
  dropoutFunction,
);

/**
 * Dropout of whole channels: `[N, C, H, W]`.
 * @throws ArgumentError for a probability outside [0, 1], or without a key in training.
 * @example
 * dropout2d(0.3).name // 'dropout2d(0.3)'
 */
export const dropout2d: (probability?: number | DropoutProbability) => Layer<null, null> = dropoutOf(
  'dropout2d',
  channelDropout,
);
