/**
 * Transforms that mix each example with another of its batch, labels included.
 * mixup: Zhang et al., "mixup: Beyond Empirical Risk Minimization" (2018). CutMix: Yun et al., "CutMix: Regularization
 * Strategy to Train Strong Classifiers with Localizable Features" (2019).
 */

import { ArgumentError, describe } from '../../core/base/errors.js';
import { add } from '../../core/primitives/elementwise/add.js';
import { mul } from '../../core/primitives/elementwise/mul.js';
import { foldIn, type Key } from '../../core/random/key.js';
import { permutation } from '../../core/random/samplers.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { checkWhole } from '../checks.js';
import { type Examples, selectExamples } from '../examples.js';
import { symmetricBeta } from './beta.js';
import { oneHotLabels } from './normalize.js';
import { draws, pixelsOf, type Transform, transformOf, withPixels } from './transform.js';

export interface MixOptions {
  /** How many classes the labels tell apart. */
  readonly classes: number;
  /** Shares are drawn from the Beta(α, α) distribution, one a batch; 1 by default, which makes all shares equally likely. */
  readonly alpha?: number;
}

const mixNames = { classes: true, alpha: true } as const;

/** Throws unless the options are those of a mix. */
const checkMix = (op: string, options: MixOptions): void => {
  const { classes, alpha = 1 } = checkedOptions(op, options, mixNames);
  checkWhole(op, 'classes', classes, 1);
  if (!(typeof alpha === 'number' && alpha > 0 && alpha < Number.POSITIVE_INFINITY))
    throw new ArgumentError({ op, problem: `alpha is ${describe(alpha)}`, remedy: 'give a positive number' });
};

/** The batch with labels as class shares, and the same batch in another order. */
const pair = (batch: Examples, key: Key, { classes }: MixOptions): readonly [Examples, Examples] => {
  const shares = oneHotLabels(classes)(batch, key);
  return [shares, selectExamples(shares, Int32Array.from(permutation(key, batch.x.shape[0] ?? 0).dataSync()))];
};

const blend = (a: Tensor, b: Tensor, share: number): Tensor => add(mul(a, share), mul(b, 1 - share));

/**
 * Each example becomes λ of itself and 1 − λ of another; so does its label, `[N, classes]`.
 * @throws ArgumentError unless alpha is positive.
 * @example
 * mixup({ classes: 2 })({ x: ones([3, 4]), y: zeros([3], { dtype: 'int32' }) }, key(0)).y.shape // [3, 2]
 */
export const mixup = (options: MixOptions): Transform => {
  checkMix('mixup', options);
  return transformOf('mixup', (batch, key) => {
    const [own, other] = pair(batch, foldIn(key, 0), options);
    const share = symmetricBeta(foldIn(key, 1), options.alpha ?? 1);
    return { x: blend(own.x, other.x, share), y: blend(own.y, other.y, share) };
  });
};

/**
 * A rectangle of each image, 1 − λ of it, comes from another; labels, `[N, classes]`, are shared by area.
 * @throws ArgumentError unless alpha is positive; ShapeError unless x is `[N, C, H, W]`.
 * @example
 * cutmix({ classes: 2 })({ x: ones([3, 1, 8, 8]), y: zeros([3], { dtype: 'int32' }) }, key(0)).y.shape // [3, 2]
 */
export const cutmix = (options: MixOptions): Transform => {
  checkMix('cutmix', options);
  return transformOf('cutmix', (batch, key) => {
    const images = pixelsOf('cutmix', batch);
    const { count, channels, height, width } = images;
    const [own, other] = pair(batch, foldIn(key, 0), options);
    const side = Math.sqrt(1 - symmetricBeta(foldIn(key, 1), options.alpha ?? 1));
    const [[down = 0, across = 0] = []] = draws(foldIn(key, 2), 1, 2);
    /** From where to where a stretch around a random middle reaches, cut at the border. */
    const stretch = (unit: number, size: number): readonly [number, number] => {
      const middle = Math.floor(unit * size);
      const half = Math.floor((side * size) / 2);
      return [Math.max(middle - half, 0), Math.min(middle + half, size)];
    };
    const [top, bottom] = stretch(down, height);
    const [left, right] = stretch(across, width);
    const data = images.data.slice();
    const source = other.x.dataSync();
    for (let plane = 0; plane < count * channels; plane++)
      for (let row = top; row < bottom; row++) {
        const start = (plane * height + row) * width;
        data.set(source.subarray(start + left, start + right), start + left);
      }
    const share = 1 - ((bottom - top) * (right - left)) / Math.max(height * width, 1);
    return { x: withPixels(batch, { ...images, data }).x, y: blend(own.y, other.y, share) };
  });
};
