/** Random erasing: Zhong et al., "Random Erasing Data Augmentation" (2020), algorithm 1. */

import { foldIn } from '../../core/random/key.js';
import { uniform } from '../../core/random/samplers.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { checkBounds, checkNumber } from '../checks.js';
import { between, draws, pixelsOf, type Transform, transformOf, withPixels } from './transform.js';

export interface RandomErasingOptions {
  /** How likely a rectangle of an image is erased; 0.5 by default. */
  readonly probability?: number;
  /** Bounds of the share of the image that is erased. */
  readonly scale?: readonly [min: number, max: number];
  /** Bounds of height over width. */
  readonly ratio?: readonly [min: number, max: number];
  /** What comes instead: a number (0 by default) for all pixels, or a random number from [0, 1) for each. */
  readonly value?: number | 'random';
}

/** Rectangles that do not fit are drawn anew this many times, then the image is left alone. */
const attempts = 10;

const randomErasingNames = { probability: true, scale: true, ratio: true, value: true } as const;

/**
 * Erases a rectangle of some of the images.
 * @example
 * randomErasing({ probability: 1 })({ x: ones([1, 1, 8, 8]), y: zeros([1]) }, key(0)).x.shape // [1, 1, 8, 8]
 */
export const randomErasing = (options: RandomErasingOptions = {}): Transform => {
  const {
    probability = 0.5,
    scale = [0.02, 0.33],
    ratio = [0.3, 3.3],
    value = 0,
  } = checkedOptions('randomErasing', options, randomErasingNames);
  const op = 'randomErasing';
  checkNumber(op, 'probability', probability, [0, 1]);
  checkBounds(op, 'scale', scale, [0, 1]);
  checkBounds(op, 'ratio', ratio, [Number.MIN_VALUE, Number.MAX_VALUE]);
  if (value !== 'random') checkNumber(op, 'value', value);
  return transformOf('randomErasing', (batch, key) => {
    const images = pixelsOf('randomErasing', batch);
    const { count, channels, height, width } = images;
    const data = images.data.slice();
    const noise = value === 'random' ? uniform(foldIn(key, 1), [data.length]).dataSync() : null;
    for (const [i, units] of draws(foldIn(key, 0), count, 1 + 4 * attempts).entries()) {
      if (!((units[0] ?? 1) < probability)) continue;
      for (let attempt = 0; attempt < attempts; attempt++) {
        const [size = 0, shape = 0, down = 0, across = 0] = units.slice(1 + 4 * attempt);
        const area = between(size, scale) * height * width;
        const stretch = Math.exp(between(shape, [Math.log(ratio[0]), Math.log(ratio[1])]));
        const tall = Math.round(Math.sqrt(area * stretch));
        const wide = Math.round(Math.sqrt(area / stretch));
        if (tall >= height || wide >= width) continue;
        const top = Math.floor(down * (height - tall + 1));
        const left = Math.floor(across * (width - wide + 1));
        for (let plane = i * channels; plane < (i + 1) * channels; plane++)
          for (let row = top; row < top + tall; row++) {
            const start = (plane * height + row) * width;
            for (let at = start + left; at < start + left + wide; at++) data[at] = noise?.[at] ?? Number(value);
          }
        break;
      }
    }
    return withPixels(batch, { ...images, data });
  });
};
