/**
 * Transforms of batches: pure functions of a batch and a key. Those that move pixels about work on plain arrays, image by
 * image, and have no derivative.
 */

import { nested } from '../../core/base/depth.js';
import type { TypedArray } from '../../core/base/dtype.js';
import { ArgumentError, describe, ShapeError } from '../../core/base/errors.js';
import { checkCallable } from '../../core/base/methods.js';
import { inOperation } from '../../core/base/scope.js';
import { foldIn, type Key } from '../../core/random/key.js';
import { uniform } from '../../core/random/samplers.js';
import { fromData } from '../../core/tensor/creation.js';
import { Tensor } from '../../core/tensor/tensor.js';
import { checkExamples } from '../checks.js';
import type { Examples } from '../examples.js';

/** Makes another batch of one. The same batch and key give the same result. */
export type Transform = (batch: Examples, key: Key) => Examples;

/** What a transform made, once it is known to be a batch; a promise is none. */
export const madeBy = (op: string, batch: Examples): Examples => {
  if (!(batch?.x instanceof Tensor && batch.y instanceof Tensor))
    throw new ArgumentError({
      op,
      problem: `the transform returned ${describe(batch)}, not a batch of tensors x and y`,
      remedy: 'let it return { x, y }, and nothing that is to be waited for',
    });
  return batch;
};

/** A transform whose errors carry the name of the function that made it. */
export const transformOf =
  (op: string, transform: Transform): Transform =>
  (batch, key) =>
    inOperation(op, () => transform(batch, key));

/**
 * Transforms one after the other, each with a key of its own.
 * @example
 * compose(randomFlip(), randomCrop({ padding: 4 }))({ x: zeros([2, 3, 32, 32]), y: zeros([2]) }, key(0)).x.shape // [2, 3, 32, 32]
 */
export const compose = (...transforms: readonly Transform[]): Transform => {
  for (const transform of transforms) checkCallable('compose', 'a transform', transform);
  return (batch, key) =>
    nested('compose', () =>
      transforms.reduce((made, transform, i) => madeBy('compose', transform(made, foldIn(key, i))), batch),
    );
};

/** Images as a plain array `[count, channels, height, width]`. */
export interface Pixels {
  readonly data: TypedArray;
  readonly count: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/**
 * The images of a batch.
 * @throws ShapeError unless x is `[N, C, H, W]`.
 */
export const pixelsOf = (op: string, batch: Examples): Pixels => {
  checkExamples(op, batch);
  const { x } = batch;
  const [count = 0, channels = 0, height = 0, width = 0] = x.shape;
  if (x.rank !== 4)
    throw new ShapeError({
      op,
      problem: 'the batch does not hold images',
      shapes: [x.shape],
      remedy: 'give x of shape [N, C, H, W]',
    });
  return { data: x.dataSync(), count, channels, height, width };
};

/** The batch with other images. */
export const withPixels = ({ x, y }: Examples, { data, count, channels, height, width }: Pixels): Examples => ({
  x: fromData(data, [count, channels, height, width], x.dtype),
  y,
});

/** `rows` lists of `columns` numbers from [0, 1). */
export const draws = (key: Key, rows: number, columns: number): readonly (readonly number[])[] => {
  const all = uniform(key, [rows, columns]).dataSync();
  return Array.from({ length: rows }, (_, row) => Array.from(all.subarray(row * columns, (row + 1) * columns)));
};

/** The number that lies where `unit` does in [0, 1). */
export const between = (unit: number, [low, high]: readonly [low: number, high: number]): number =>
  low + unit * (high - low);
