/** Resizing layers: plain functions with their options fixed, because there is nothing to learn. */

import { describeList } from '../../core/base/errors.js';
import type { Tensor } from '../../core/index.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { checkFactor } from '../factor.js';
import { upsampleNames } from '../functional/option-names.js';
import {
  pixelShuffle as pixelShuffleFunction,
  pixelUnshuffle as pixelUnshuffleFunction,
  type UpsampleOptions,
  upsample as upsampleFunction,
} from '../functional/resizing.js';

const named = (name: string, f: (x: Tensor) => Tensor): ((x: Tensor) => Tensor) =>
  Object.defineProperty(f, 'name', { value: name });

/**
 * Resizes the spatial axes of `[N, C, …]`.
 * @throws ArgumentError unless one of scale and size is given.
 * @example
 * upsample({ scale: 2, mode: 'linear' })(ones([1, 3, 4, 5])).shape // [1, 3, 8, 10]
 */
export const upsample = (options: UpsampleOptions): ((x: Tensor) => Tensor) => {
  const { scale, size } = checkedOptions('upsample', options, upsampleNames);
  return named(`upsample(${describeList(scale ?? size)})`, (x) => upsampleFunction(x, options));
};

/**
 * Moves channels into space: `[N, C·r², H, W]` → `[N, C, H·r, W·r]`.
 * @throws ShapeError unless r² divides the channels.
 * @example
 * pixelShuffle(2)(ones([1, 8, 3, 3])).shape // [1, 2, 6, 6]
 */
export const pixelShuffle = (factor: number): ((x: Tensor) => Tensor) => {
  checkFactor('pixelShuffle', factor);
  return named(`pixelShuffle(${factor})`, (x) => pixelShuffleFunction(x, factor));
};

/**
 * Moves space into channels: `[N, C, H·r, W·r]` → `[N, C·r², H, W]`.
 * @throws ShapeError unless r divides height and width.
 * @example
 * pixelUnshuffle(2)(ones([1, 2, 6, 6])).shape // [1, 8, 3, 3]
 */
export const pixelUnshuffle = (factor: number): ((x: Tensor) => Tensor) => {
  checkFactor('pixelUnshuffle', factor);
  return named(`pixelUnshuffle(${factor})`, (x) => pixelUnshuffleFunction(x, factor));
};
