/**
 * Labelled images as they lie in files: one byte a value, which is a quarter of what tensors take. Loaders turn them into
 * tensors a batch at a time.
 */

import { ArgumentError, describe } from '../core/base/errors.js';
import { fromData } from '../core/tensor/creation.js';
import { checkImages, checkList, checkNumbers, checkRows } from './checks.js';
import type { Examples } from './examples.js';

export interface ImageSet {
  /** Row-major `[N, C, H, W]`. */
  readonly pixels: Uint8Array;
  readonly shape: readonly [count: number, channels: number, height: number, width: number];
  /** `[N]`; a label is a position in `classes`. */
  readonly labels: Uint8Array;
  readonly classes: readonly string[];
}

/** Bytes that one image takes. */
export const imageSize = ({ shape: [, channels, height, width] }: ImageSet): number => channels * height * width;

/**
 * The images in the given rows, in that order, as tensors: pixels from 0 to 1, labels int32.
 * @throws ArgumentError for a row that is not there.
 * @example
 * imageBatch(decodeCifar10(new Uint8Array(5 * 3073)), [3, 1]).x.shape // [2, 3, 32, 32]
 */
export const imageBatch = (images: ImageSet, rows: ArrayLike<number>): Examples => {
  checkImages('imageBatch', images);
  checkNumbers('imageBatch', 'rows', rows);
  const [count, channels, height, width] = images.shape;
  const size = imageSize(images);
  const x = new Float32Array(rows.length * size);
  const y = new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? -1;
    if (!Number.isInteger(row) || row < 0 || row >= count)
      throw new ArgumentError({
        op: 'imageBatch',
        problem: `row ${describe(row)} is not one of ${count}`,
        remedy: 'give whole numbers from 0 on',
      });
    for (let from = row * size, to = i * size; to < (i + 1) * size; from++, to++)
      x[to] = (images.pixels[from] ?? 0) / 255;
    y[i] = images.labels[row] ?? 0;
  }
  return { x: fromData(x, [rows.length, channels, height, width]), y: fromData(y, [rows.length]) };
};

/**
 * All images as tensors: pixels from 0 to 1.
 * @example
 * imageExamples(decodeCifar10(new Uint8Array(2 * 3073))).y.toArray() // [0, 0]
 */
export const imageExamples = (images: ImageSet): Examples => {
  checkImages('imageExamples', images);
  return imageBatch(
    images,
    Array.from({ length: images.shape[0] }, (_, i) => i),
  );
};

/**
 * The images in the given rows, still as bytes.
 * @example
 * selectImages(decodeCifar10(new Uint8Array(5 * 3073)), [4, 4]).shape // [2, 3, 32, 32]
 */
export const selectImages = (images: ImageSet, rows: readonly number[] | Int32Array): ImageSet => {
  checkImages('selectImages', images);
  checkRows('selectImages', rows, images.shape[0]);
  const size = imageSize(images);
  const pixels = new Uint8Array(rows.length * size);
  for (const [i, row] of rows.entries()) pixels.set(images.pixels.subarray(row * size, (row + 1) * size), i * size);
  const [, channels, height, width] = images.shape;
  return {
    ...images,
    pixels,
    shape: [rows.length, channels, height, width],
    labels: Uint8Array.from(rows, (row) => images.labels[row] ?? 0),
  };
};

/**
 * Several sets of images of one size and with the same classes, one after the other.
 * @throws ArgumentError when there is none, or sizes or classes differ.
 * @example
 * joinImages([decodeCifar10(new Uint8Array(3073)), decodeCifar10(new Uint8Array(6146))]).shape // [3, 3, 32, 32]
 */
export const joinImages = (sets: readonly ImageSet[]): ImageSet => {
  checkList('joinImages', 'sets', sets);
  for (const set of sets) checkImages('joinImages', set);
  const [first] = sets;
  const alike = (set: ImageSet): boolean =>
    set.shape.slice(1).join() === first?.shape.slice(1).join() && set.classes.join() === first.classes.join();
  if (first === undefined || !sets.every(alike))
    throw new ArgumentError({
      op: 'joinImages',
      problem: first === undefined ? 'there is nothing to join' : 'the sets differ in image size or in classes',
      remedy: 'give sets of the same kind',
    });
  const join = (parts: readonly Uint8Array[]): Uint8Array => {
    const all = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  };
  const [, channels, height, width] = first.shape;
  return {
    pixels: join(sets.map(({ pixels }) => pixels)),
    shape: [sets.reduce((total, { shape }) => total + shape[0], 0), channels, height, width],
    labels: join(sets.map(({ labels }) => labels)),
    classes: first.classes,
  };
};
