/** Standardisation of images channel by channel, and the small changes of form that models ask for. */

import { ArgumentError } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import { sizeOf } from '../../core/base/shape.js';
import { oneHot } from '../../core/ops/indexing.js';
import { sub } from '../../core/primitives/elementwise/sub.js';
import { permute } from '../../core/primitives/shape/permute.js';
import { reshape } from '../../core/primitives/shape/reshape.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { fromData } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import {
  checkExamples,
  checkImages,
  checkNumber,
  checkNumbers,
  checkObject,
  checkTensor,
  checkWhole,
} from '../checks.js';
import type { ImageSet } from '../images.js';
import { pixelsOf, type Transform, transformOf, withPixels } from './transform.js';

export interface ChannelMoments {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

const momentsNames = { mean: true, std: true } as const;

/**
 * Mean and standard deviation (biased) of each channel, on the scale from 0 to 1 that batches have. Take them from the
 * training part.
 * @example
 * channelMoments({ pixels: Uint8Array.of(0, 255), shape: [2, 1, 1, 1], labels: new Uint8Array(2), classes: ['a'] }) // { mean: [0.5], std: [0.5] }
 */
export const channelMoments = (images: ImageSet): ChannelMoments => {
  checkImages('channelMoments', images);
  const {
    pixels,
    shape: [count, channels, height, width],
  } = images;
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  const plane = height * width;
  for (let start = 0, channel = 0; start < pixels.length; start += plane, channel = (channel + 1) % channels) {
    let [sum, square] = [0, 0];
    for (let at = start; at < start + plane; at++) {
      const value = pixels[at] ?? 0;
      sum += value;
      square += value * value;
    }
    sums[channel] = (sums[channel] ?? 0) + sum;
    squares[channel] = (squares[channel] ?? 0) + square;
  }
  // Sums of bytes and of their squares are exact, so the difference loses nothing.
  const size = Math.max(count * plane, 1);
  const mean = Array.from(sums, (sum) => sum / size / 255);
  const std = Array.from(
    squares,
    (square, c) => Math.sqrt(Math.max(size * square - (sums[c] ?? 0) ** 2, 0)) / size / 255,
  );
  return { mean, std };
};

/**
 * Each channel shifted by its mean and divided by its standard deviation; a channel that never varies is only shifted.
 * @throws ArgumentError unless there is one pair a channel of finite numbers, the deviation ≥ 0; ShapeError unless x is `[N, C, H, W]`.
 * @example
 * normalize({ mean: [0.5], std: [0.5] })({ x: ones([1, 1, 1, 2]), y: zeros([1]) }, key(0)).x.toArray() // [[[[1, 1]]]]
 */
export const normalize = (moments: ChannelMoments): Transform => {
  checkObject('normalize', 'the moments', moments);
  const { mean, std } = checkedOptions('normalize', moments, momentsNames);
  checkNumbers('normalize', 'mean', mean);
  checkNumbers('normalize', 'std', std);
  for (const value of mean) checkNumber('normalize', 'a mean', value);
  for (const value of std) checkNumber('normalize', 'a deviation', value, [0, Number.MAX_VALUE]);
  return transformOf('normalize', (batch) => {
    const images = pixelsOf('normalize', batch);
    const { count, channels, height, width } = images;
    if (mean.length !== channels || std.length !== channels)
      throw new ArgumentError({
        op: 'normalize',
        problem: `${mean.length} means and ${std.length} deviations for ${channels} channels`,
        remedy: 'give one of each for every channel',
      });
    const data = images.data.slice();
    const plane = height * width;
    for (let i = 0; i < count * channels; i++) {
      const centre = mean[i % channels] ?? 0;
      const spread = std[i % channels] ?? 1;
      for (let at = i * plane; at < (i + 1) * plane; at++)
        data[at] = ((data[at] ?? 0) - centre) / (spread === 0 ? 1 : spread);
    }
    return withPixels(batch, { ...images, data });
  });
};

/**
 * The mean of all images, `[C, H, W]`, on the scale from 0 to 1. Take it from the training part.
 * @example
 * meanImage({ pixels: Uint8Array.of(0, 255), shape: [2, 1, 1, 1], labels: new Uint8Array(2), classes: ['a'] }).toArray() // [[[0.5]]]
 */
export const meanImage = (images: ImageSet): Tensor => {
  checkImages('meanImage', images);
  const [count, channels, height, width] = images.shape;
  const sums = new Float64Array(channels * height * width);
  for (let start = 0; start < images.pixels.length; start += sums.length)
    for (let at = 0; at < sums.length; at++) sums[at] = (sums[at] ?? 0) + (images.pixels[start + at] ?? 0);
  return fromData(
    sums.map((sum) => sum / Math.max(count, 1) / 255),
    [channels, height, width],
    'float32',
  );
};

/**
 * Each image less `mean`, which broadcasts to it: the mean image, say.
 * @example
 * subtractImage(ones([1, 1, 2]))({ x: ones([3, 1, 1, 2]), y: zeros([3]) }, key(0)).x.shape // [3, 1, 1, 2]
 */
export const subtractImage = (mean: Tensor): Transform => {
  checkTensor('subtractImage', 'the mean', mean);
  return transformOf('subtractImage', (batch) => {
    checkExamples('subtractImage', batch);
    return { x: sub(batch.x, mean), y: batch.y };
  });
};

/**
 * Images `[N, C, H, W]` with their channels last: `[N, H, W, C]`. Comes after all transforms of images.
 * @example
 * channelsLast({ x: zeros([2, 3, 8, 4]), y: zeros([2]) }, key(0)).x.shape // [2, 8, 4, 3]
 */
export const channelsLast: Transform = (batch) => {
  pixelsOf('channelsLast', batch);
  return { x: permute(batch.x, [0, 2, 3, 1]), y: batch.y };
};

/**
 * Examples as rows: `[N, …]` → `[N, D]`.
 * @example
 * flattenExamples({ x: zeros([2, 1, 28, 28]), y: zeros([2]) }, key(0)).x.shape // [2, 784]
 */
export const flattenExamples: Transform = (batch) => {
  checkExamples('flattenExamples', batch);
  const { x, y } = batch;
  const [count = 0, ...rest] = x.shape;
  return { x: inOperation('flattenExamples', () => reshape(x, [count, sizeOf(rest)])), y };
};

/**
 * Class numbers as rows of zeros and a one: `[N]` → `[N, classes]`.
 * @example
 * oneHotLabels(3)({ x: zeros([2]), y: tensor([2, 0], { dtype: 'int32' }) }, key(0)).y.toArray() // [[0, 0, 1], [1, 0, 0]]
 */
export const oneHotLabels = (classes: number): Transform => {
  checkWhole('oneHotLabels', 'classes', classes, 1);
  return transformOf('oneHotLabels', (batch) => {
    checkExamples('oneHotLabels', batch);
    const { x, y } = batch;
    return { x, y: y.rank === 1 ? oneHot(y, classes, x.dtype) : y };
  });
};
