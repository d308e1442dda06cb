/**
 * Trees of tensors as vectors. The coordinates are the numbers in the float leaves, leaf after leaf in the order of
 * sorted keys; integers and booleans are no coordinates and stay as they are. Every law is stated in these terms.
 */

import { isFloat } from '../core/base/dtype.js';
import { formatIndex } from '../core/base/shape.js';
import { fromData } from '../core/tensor/creation.js';
import type { Tensor } from '../core/tensor/tensor.js';
import { treeEntries, treeLeaves, treeUnflatten } from '../core/tensor/tree.js';

export interface VectorSpace<T> {
  /** The number of coordinates. */
  readonly dimension: number;
  coordinates(vector: T): Float64Array;
  /** The vector with these coordinates. */
  vector(coordinates: ArrayLike<number>): T;
  zero(): T;
  /** The unit vector along one coordinate. */
  basis(coordinate: number): T;
  /** A vector of length 1 whose direction is given by the next numbers of a stream; zero where there are no coordinates. */
  direction(next: () => number): T;
  /** Σ aᵢbᵢ */
  inner(a: T, b: T): number;
  /** √Σ aᵢ² */
  norm(a: T): number;
  /** αx + y */
  axpy(alpha: number, x: T, y: T): T;
  /** Where a coordinate stands: `encoder[0].weight[1,2]`. */
  place(coordinate: number): string;
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((total, x, i) => total + x * (b[i] ?? 0), 0);

/**
 * The space of all trees with the structure, shapes and element types of `example`.
 * @example
 * vectorSpace({ w: tensor([3, 4]) }).norm({ w: tensor([3, 4]) }) // 5
 */
export const vectorSpace = <T>(example: T): VectorSpace<T> => {
  const entries = treeEntries(example, 'vectorSpace');
  const leaves = entries.map(([, leaf]) => leaf);
  const dimension = leaves.reduce((total, leaf) => total + (isFloat(leaf.dtype) ? leaf.size : 0), 0);

  const coordinates = (vector: T): Float64Array => {
    const numbers = new Float64Array(dimension);
    let next = 0;
    for (const leaf of treeLeaves(vector, 'vectorSpace')) {
      if (!isFloat(leaf.dtype)) continue;
      numbers.set(leaf.dataSync(), next);
      next += leaf.size;
    }
    return numbers;
  };

  const vector = (numbers: ArrayLike<number>): T => {
    let next = 0;
    return treeUnflatten(
      example,
      leaves.map((leaf) => {
        if (!isFloat(leaf.dtype)) return leaf;
        const from = next;
        next += leaf.size;
        return fromData(
          Float64Array.from({ length: leaf.size }, (_, i) => numbers[from + i] ?? 0),
          leaf.shape,
          leaf.dtype,
        );
      }),
    );
  };

  const direction = (next: () => number): T => {
    const numbers = Float64Array.from({ length: dimension }, next);
    const length = Math.sqrt(dot(numbers, numbers));
    return vector(numbers.map((x) => (length === 0 ? 0 : x / length)));
  };

  const place = (coordinate: number): string => {
    let before = 0;
    for (const [path, leaf] of entries) {
      if (!isFloat(leaf.dtype)) continue;
      if (coordinate < before + leaf.size) return `${path}${formatIndex(coordinate - before, leaf.shape)}`;
      before += leaf.size;
    }
    return 'nowhere';
  };

  return {
    dimension,
    coordinates,
    vector,
    direction,
    place,
    zero: () => vector([]),
    basis: (coordinate) => vector(new Float64Array(dimension).fill(1, coordinate, coordinate + 1)),
    inner: (a, b) => dot(coordinates(a), coordinates(b)),
    norm: (a) => Math.sqrt(dot(coordinates(a), coordinates(a))),
    axpy: (alpha, x, y) => {
      const step = coordinates(x);
      return vector(coordinates(y).map((value, i) => value + alpha * (step[i] ?? 0)));
    },
  };
};

/** Whether a tree has a float leaf, and so can be differentiated. */
export const hasFloats = (tree: unknown): boolean => treeLeaves(tree).some((leaf: Tensor) => isFloat(leaf.dtype));
