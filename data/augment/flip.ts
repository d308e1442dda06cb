/** Random mirror images. */
import { checkChoice, checkedOptions } from '../../core/tensor/arguments.js';
import { checkNumber } from '../checks.js';
import { draws, pixelsOf, type Transform, transformOf, withPixels } from './transform.js';

export interface RandomFlipOptions {
  /** How likely an image is mirrored; 0.5 by default. */
  readonly probability?: number;
  /** `horizontal` swaps left and right and is the default; `vertical` swaps top and bottom. */
  readonly axis?: 'horizontal' | 'vertical';
}

const randomFlipNames = { probability: true, axis: true } as const;

/**
 * Mirrors some of the images.
 * @example
 * randomFlip({ probability: 1 })({ x: tensor([[[[1, 2, 3]]]]), y: zeros([1]) }, key(0)).x.toArray() // [[[[3, 2, 1]]]]
 */
export const randomFlip = (options: RandomFlipOptions = {}): Transform => {
  const { probability = 0.5, axis = 'horizontal' } = checkedOptions('randomFlip', options, randomFlipNames);
  checkNumber('randomFlip', 'probability', probability, [0, 1]);
  checkChoice('randomFlip', 'axis', axis, ['horizontal', 'vertical']);
  return transformOf('randomFlip', (batch, key) => {
    const images = pixelsOf('randomFlip', batch);
    const { count, channels, height, width } = images;
    const data = images.data.slice();
    const plane = height * width;
    for (const [i, [unit = 1]] of draws(key, count, 1).entries())
      if (unit < probability)
        for (let start = i * channels * plane; start < (i + 1) * channels * plane; start += plane)
          for (let row = 0; row < height; row++) {
            const from = start + (axis === 'horizontal' ? row : height - 1 - row) * width;
            const line = data.subarray(start + row * width, start + (row + 1) * width);
            line.set(images.data.subarray(from, from + width));
            if (axis === 'horizontal') line.reverse();
          }
    return withPixels(batch, { ...images, data });
  });
};
