/** Random crops of padded images, and resizing. */

import { allocate } from '../../core/base/dtype.js';
import { ArgumentError, describe } from '../../core/base/errors.js';
import { checkLength } from '../../core/base/methods.js';
import { checkChoice, checkedOptions } from '../../core/tensor/arguments.js';
import { checkNumber, checkWhole } from '../checks.js';
import { draws, type Pixels, pixelsOf, type Transform, transformOf, withPixels } from './transform.js';

export interface RandomCropOptions {
  /** Pixels added on each side before cropping; 0 by default. */
  readonly padding?: number;
  /** Height and width of the crop; those of the image by default. */
  readonly size?: number | readonly [height: number, width: number];
  /** What is added: `constant` (the default), the mirrored image, or its border. */
  readonly mode?: 'constant' | 'reflect' | 'replicate';
  /** The constant; 0 by default. */
  readonly value?: number;
}

/** Where a position outside 0 … size − 1 reads from; −1: nowhere. */
const positions: Readonly<Record<'constant' | 'reflect' | 'replicate', (at: number, size: number) => number>> = {
  constant: (at, size) => (at >= 0 && at < size ? at : -1),
  reflect: (at, size) => (at < 0 ? -at : at >= size ? 2 * (size - 1) - at : at),
  replicate: (at, size) => Math.min(Math.max(at, 0), size - 1),
};

const randomCropNames = { padding: true, size: true, mode: true, value: true } as const;

/** Throws unless the size is a whole number from 1 on, or two. */
const checkSizes = (op: string, size: unknown): void => {
  const sizes: readonly unknown[] = Array.isArray(size) ? size : [size, size];
  if (sizes.length !== 2 || !sizes.every((length) => Number.isSafeInteger(length) && (length as number) >= 1))
    throw new ArgumentError({
      op,
      problem: `the size ${sizes.map(describe).join(' × ')}`,
      remedy: 'give whole numbers ≥ 1, for both ways or for height and width',
    });
};

/**
 * A crop at a random place of each padded image.
 * @throws ArgumentError when the crop is larger than the padded image, or a reflection than the image.
 * @example
 * randomCrop({ padding: 4 })({ x: zeros([2, 3, 32, 32]), y: zeros([2]) }, key(0)).x.shape // [2, 3, 32, 32]
 */
export const randomCrop = (options: RandomCropOptions = {}): Transform => {
  const { padding = 0, size, mode = 'constant', value = 0 } = checkedOptions('randomCrop', options, randomCropNames);
  checkChoice('randomCrop', 'mode', mode, Object.keys(positions));
  checkWhole('randomCrop', 'padding', padding);
  if (size !== undefined) checkSizes('randomCrop', size);
  checkNumber('randomCrop', 'value', value);
  return transformOf('randomCrop', (batch, key) => {
    const images = pixelsOf('randomCrop', batch);
    const { count, channels, height, width } = images;
    const [tall, wide] = typeof size === 'number' ? [size, size] : (size ?? [height, width]);
    const [spareRows, spareColumns] = [height + 2 * padding - tall, width + 2 * padding - wide];
    const tooFar = mode === 'reflect' && padding >= Math.min(height, width);
    if (!(spareRows >= 0 && spareColumns >= 0 && padding >= 0) || tooFar)
      throw new ArgumentError({
        op: 'randomCrop',
        problem: `a crop of ${tall} × ${wide} from ${height} × ${width} with padding ${padding} (${mode})`,
        remedy: 'give a smaller crop or another padding',
      });
    const data = allocate(batch.x.dtype, count * channels * tall * wide).fill(value);
    const read = positions[mode];
    for (const [i, [down = 0, across = 0]] of draws(key, count, 2).entries()) {
      const top = Math.floor(down * (spareRows + 1)) - padding;
      const left = Math.floor(across * (spareColumns + 1)) - padding;
      // The columns that lie inside the image are copied in one go.
      const [first, end] = [Math.max(-left, 0), Math.min(width - left, wide)];
      for (let plane = i * channels; plane < (i + 1) * channels; plane++)
        for (let row = 0; row < tall; row++) {
          const fromRow = read(top + row, height);
          if (fromRow < 0) continue;
          const source = (plane * height + fromRow) * width;
          const target = (plane * tall + row) * wide;
          if (first < end) data.set(images.data.subarray(source + left + first, source + left + end), target + first);
          if (mode === 'constant') continue;
          for (let column = 0; column < wide; column++)
            if (column < first || column >= end)
              data[target + column] = images.data[source + read(left + column, width)] ?? 0;
        }
    }
    return withPixels(batch, { data, count, channels, height: tall, width: wide });
  });
};

/** The part `share` of the way from `a` to `b`, never beyond them; a neighbour that has no share is not read. */
const between = (a: number, next: () => number, share: number): number => {
  if (share === 0) return a;
  const b = next();
  const weighed = a * (1 - share) + b * share;
  return Number.isNaN(weighed) ? weighed : Math.min(Math.max(weighed, Math.min(a, b)), Math.max(a, b));
};

/** The value at a fractional position, from its four neighbours; `outside` where there are none. */
export const bilinear = (
  { data, height, width }: Pixels,
  plane: number,
  row: number,
  column: number,
  outside: number,
): number => {
  const [top, left] = [Math.floor(row), Math.floor(column)];
  const [down, across] = [row - top, column - left];
  const at = (r: number, c: number): number =>
    r < 0 || r >= height || c < 0 || c >= width ? outside : (data[(plane * height + r) * width + c] ?? 0);
  const line = (r: number): number => between(at(r, left), () => at(r, left + 1), across);
  return between(line(top), () => line(top + 1), down);
};

/**
 * Images of another size, interpolated between the centres of pixels; borders repeat outwards.
 * @throws ArgumentError unless both sizes are whole numbers ≥ 1.
 * @example
 * resize([2, 2])({ x: ones([1, 1, 4, 4]), y: zeros([1]) }, key(0)).x.toArray() // [[[[1, 1], [1, 1]]]]
 */
export const resize = (size: number | readonly [height: number, width: number]): Transform => {
  if (Array.isArray(size)) checkLength('resize', 'the size', size);
  const own = Array.isArray(size) ? [...size] : size;
  checkSizes('resize', own);
  const [tall = 1, wide = 1] = typeof own === 'number' ? [own, own] : (own as readonly number[]);
  return transformOf('resize', (batch) => {
    const images = pixelsOf('resize', batch);
    const { count, channels, height, width } = images;
    const data = allocate(batch.x.dtype, count * channels * tall * wide);
    /** The position in the old image of a pixel of the new one. */
    const source = (at: number, from: number, to: number): number =>
      Math.min(Math.max(((at + 0.5) * from) / to - 0.5, 0), from - 1);
    for (let plane = 0; plane < count * channels; plane++)
      for (let row = 0; row < tall; row++)
        for (let column = 0; column < wide; column++)
          data[(plane * tall + row) * wide + column] = bilinear(
            images,
            plane,
            source(row, height, tall),
            source(column, width, wide),
            0,
          );
    return withPixels(batch, { data, count, channels, height: tall, width: wide });
  });
};
