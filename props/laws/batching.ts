/** Examples and stacks of them, made from plain numbers and not with the library's own indexing. */

import { isFloat } from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import { fromData } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { mapTensors, treeLeaves, treeUnflatten } from '../../core/tensor/tree.js';
import { numbersFrom } from '../numbers.js';

/** Example `i` of a tree whose leaves have the batch at axis 0. */
export const exampleOf = <T>(tree: T, i: number): T =>
  mapTensors(tree, (stack) => {
    const shape = stack.shape.slice(1);
    const size = shape.reduce((product, length) => product * length, 1);
    return fromData(stack.dataSync().subarray(i * size, (i + 1) * size), shape, stack.dtype);
  });

/** Trees of one structure stacked along a new axis 0. */
export const stackOf = <T>(examples: readonly T[]): T => {
  const [first] = examples;
  if (first === undefined)
    throw new ShapeError({ op: 'stackOf', problem: 'there are no examples', remedy: 'give at least one' });
  const columns = examples.map((example) => treeLeaves(example));
  return treeUnflatten(
    first,
    treeLeaves(first).map((leaf, k) =>
      fromData(
        columns.flatMap((column) => Array.from(column[k]?.dataSync() ?? [])),
        [examples.length, ...leaf.shape],
        leaf.dtype,
      ),
    ),
  );
};

/** A neighbour of `x`: floats moved by up to 1e-3, integers and booleans turned round, which keeps them in their range. */
const neighbour = (x: Tensor, next: () => number): Tensor =>
  isFloat(x.dtype)
    ? fromData(
        Array.from(x.dataSync(), (value) => value + 1e-3 * next()),
        x.shape,
        x.dtype,
      )
    : fromData(x.dataSync().reverse(), x.shape, x.dtype);

/** A batch of `size` near `example`, batch at axis 0; the first is the example itself. */
export const batchNear = <T>(example: T, size: number, seed: number): T => {
  const next = numbersFrom(seed);
  return stackOf(
    Array.from({ length: size }, (_, i) => (i === 0 ? example : mapTensors(example, (x) => neighbour(x, next)))),
  );
};
