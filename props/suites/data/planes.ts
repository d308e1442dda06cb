/** Batches of images for tests, and their pixels as nested lists. */

import { fromData, key, type Tensor, uniform, zeros } from '../../../core/index.js';
import type { Examples } from '../../../data/index.js';
import * as assert from '../../runner/assert.js';

export type Planes = number[][][][];

export const batchOf = (x: Tensor): Examples => ({ x, y: zeros([x.shape[0] ?? 0], 'int32') });
/** Images in which no two pixels are alike. */
export const distinct = (shape: readonly number[]): Examples =>
  batchOf(
    fromData(
      Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i + 1),
      shape,
      'float32',
    ),
  );

export const colours = (seed: number, count = 3, channels = 3, side = 5): Examples =>
  batchOf(uniform(key(seed), [count, channels, side, side]));

const known = new WeakMap<Tensor, Planes>();
/** The images as nested lists, read once. */
export const planes = ({ x }: Examples): Planes => {
  const read = known.get(x) ?? (x.toArray() as Planes);
  known.set(x, read);
  return read;
};

/** Fails unless two batches hold the same numbers. */
export const same = (got: Examples, want: Examples): void => assert.equal(got.x.toArray(), want.x.toArray());
