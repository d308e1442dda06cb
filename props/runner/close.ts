/** Assertions on numbers that carry rounding. */

import { formatShape } from '../../core/base/errors.js';
import { sizeOf } from '../../core/base/shape.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import * as assert from './assert.js';

/** Numbers in row-major order, with their shape. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

const numbersOf = (x: Tensor | Numbers): Numbers =>
  'data' in x && typeof x.data !== 'function' ? (x as Numbers) : { shape: x.shape, data: (x as Tensor).dataSync() };

/** Fails unless the shapes are equal and `|got − want| ≤ tolerance·max(1, |want|)` everywhere; equal infinities and NaNs are close. */
export const assertClose = (got: Tensor | Numbers, want: Tensor | Numbers, tolerance = 1e-12): void => {
  const [g, w] = [numbersOf(got), numbersOf(want)];
  assert.is(formatShape(g.shape), formatShape(w.shape));
  for (let i = 0; i < sizeOf(w.shape); i++) {
    const [x, y] = [g.data[i] ?? Number.NaN, w.data[i] ?? Number.NaN];
    if (!(Object.is(x, y) || x === y || Math.abs(x - y) <= tolerance * Math.max(1, Math.abs(y))))
      assert.unreachable(`element ${i} is ${x}, not ${y} (tolerance ${tolerance})`);
  }
};
