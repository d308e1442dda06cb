/** Many small images in one: how the filters of a first layer, or a batch of inputs, are looked at. */

import { ShapeError } from '../core/base/errors.js';
import { inOperation } from '../core/base/scope.js';
import { pad } from '../core/ops/padding.js';
import { add } from '../core/primitives/elementwise/add.js';
import { cast } from '../core/primitives/elementwise/cast.js';
import { div } from '../core/primitives/elementwise/div.js';
import { equal } from '../core/primitives/elementwise/equal.js';
import { mul } from '../core/primitives/elementwise/mul.js';
import { sub } from '../core/primitives/elementwise/sub.js';
import { max } from '../core/primitives/reduce/max.js';
import { min } from '../core/primitives/reduce/min.js';
import { permute } from '../core/primitives/shape/permute.js';
import { reshape } from '../core/primitives/shape/reshape.js';
import { checkedOptions } from '../core/tensor/arguments.js';
import type { Tensor } from '../core/tensor/tensor.js';
import { checkTensor } from './checks.js';

export interface FilterGridOptions {
  /** The brightest value; 255 by default. */
  readonly upper?: number;
  /** Pixels between neighbours; 1 by default. */
  readonly gap?: number;
}

/** Each image stretched to 0 … upper; an image of one colour becomes 0. */
const stretched = (images: Tensor, upper: number): Tensor => {
  const axes = [1, 2, 3];
  const low = min(images, { axes, keepDims: true });
  const range = sub(max(images, { axes, keepDims: true }), low);
  const safe = add(range, cast(equal(range, 0), images.dtype));
  return mul(div(sub(images, low), safe), upper);
};

const filterGridNames = { upper: true, gap: true } as const;

/**
 * Images in rows on the smallest square grid that holds them, each stretched to 0 … `upper`; gaps and free cells are 0.
 * `images: [N, H, W, C]` → `[S·H + (S − 1)·gap, S·W + (S − 1)·gap, C]` with S = ⌈√N⌉.
 * @throws ShapeError unless the images have four axes and one pixel at least.
 * @example
 * filterGrid(ones([32, 7, 7, 3])).shape // [47, 47, 3]
 */
export const filterGrid = (images: Tensor, options: FilterGridOptions = {}): Tensor =>
  inOperation('filterGrid', () => {
    const { upper = 255, gap = 1 } = checkedOptions('filterGrid', options, filterGridNames);
    checkTensor('filterGrid', 'images', images);
    const [count = 0, height = 0, width = 0, channels = 0] = images.shape;
    if (images.rank !== 4 || images.size === 0)
      throw new ShapeError({
        op: 'filterGrid',
        problem: 'there are no images',
        shapes: [images.shape],
        remedy: 'give images [N, H, W, C]; permute kernels [N, C, H, W] with [0, 2, 3, 1]',
      });
    const side = Math.ceil(Math.sqrt(count));
    const cells = pad(stretched(images, upper), [
      [0, side * side - count],
      [0, gap],
      [0, gap],
      [0, 0],
    ]);
    const squares = reshape(cells as Tensor, [side, side, height + gap, width + gap, channels]) as Tensor;
    const rows = permute(squares, [0, 2, 1, 3, 4]);
    const grid = reshape(rows, [side * (height + gap), side * (width + gap), channels]) as Tensor;
    return pad(grid, [
      [0, -gap],
      [0, -gap],
      [0, 0],
    ]) as Tensor;
  });
