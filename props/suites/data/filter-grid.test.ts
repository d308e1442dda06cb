/** Images tiled on a square grid. */

import { fromData, tensor, zeros } from '../../../core/index.js';
import { filterGrid } from '../../../data/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

test('filterGrid: each image is stretched on its own; gaps and free cells are 0', () => {
  const images = fromData([0, 4, -1, 1, 3, 3], [3, 1, 2, 1]);
  assert.equal(filterGrid(images, { upper: 1 }).shape, [3, 5, 1]);
  const rows = filterGrid(images, { upper: 1 }).dataSync();
  assert.equal([...rows], [0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test('filterGrid: channels share one stretch and stay the last axis', () => {
  const grid = filterGrid(fromData([0, 10, 5], [1, 1, 1, 3]), { upper: 10 });
  assert.equal(grid.toArray(), [[[0, 10, 5]]]);
});

test('filterGrid: the grid is the smallest square that holds the images, with any gap', () => {
  const shape = (count: number, gap: number): readonly number[] => filterGrid(zeros([count, 2, 3, 1]), { gap }).shape;
  assert.equal(shape(1, 1), [2, 3, 1]);
  assert.equal(shape(4, 0), [4, 6, 1]);
  assert.equal(shape(5, 2), [10, 13, 1]);
});

test('filterGrid: anything but images is refused', () => {
  assert.throws(() => filterGrid(tensor([[1]])), /give images \[N, H, W, C\]/);
  assert.throws(() => filterGrid(zeros([0, 2, 2, 1])), /there are no images/);
});
