/** What operations on matrices share: the last two axes are rows and columns, all before them a batch that broadcasts. */
import { ShapeError } from '../base/errors.js';
import { broadcastStrides, type Shape, sizeOf, tryBroadcast, walk } from '../base/shape.js';
import type { View } from '../program/primitive.js';

/** The common batch of two stacks of matrices, or a `ShapeError` that shows their whole shapes. */
export const broadcastBatches = (op: string, a: Shape, b: Shape): Shape => {
  const batch = tryBroadcast(a.slice(0, -2), b.slice(0, -2));
  if (batch === null)
    throw new ShapeError({
      op,
      problem: 'the axes before the last two do not broadcast',
      shapes: [a, b],
      remedy: 'their sizes must be equal or 1, aligned at the last of them; reshape or unsqueeze an operand',
    });
  return batch;
};

/** The number of rows of a stack of square matrices, or a `ShapeError`. */
export const squareSize = (op: string, shape: Shape): number => {
  const n = shape[shape.length - 1];
  if (n === undefined || n !== shape[shape.length - 2])
    throw new ShapeError({
      op,
      problem: 'not a square matrix or a stack of them',
      shapes: [shape],
      remedy: 'the last two sizes must be equal',
    });
  return n;
};

/** Rows and columns of a stack of matrices, or a `ShapeError`. */
export const matrixSizes = (op: string, shape: Shape): readonly [rows: number, columns: number] => {
  const [rows, columns] = shape.slice(-2);
  if (rows === undefined || columns === undefined)
    throw new ShapeError({
      op,
      problem: 'a matrix has two axes',
      shapes: [shape],
      remedy: 'give a tensor of rank 2 or more; unsqueeze(x, 0) makes a vector a row',
    });
  return [rows, columns];
};

/** Calls `visit` for each matrix of a stack; `matrix` is scratch memory, row-major, reused between calls. */
export const eachMatrix = (x: View, visit: (matrix: Float64Array, position: number) => void): void => {
  const size = sizeOf(x.shape.slice(-2));
  const matrix = new Float64Array(size);
  for (let position = 0; position < sizeOf(x.shape.slice(0, -2)); position++) {
    matrix.set(x.data.subarray(position * size, (position + 1) * size));
    visit(matrix, position);
  }
};

/**
 * Calls `visit` for each pair of matrices in the common batch of two stacks. The scratch copy of `a` is renewed, and
 * `fresh` true, only where another matrix of `a` begins, so that it is factored once for all it is paired with.
 */
export const eachPair = (
  out: View,
  a: View,
  b: View,
  visit: (matrixA: Float64Array, matrixB: Float64Array, position: number, fresh: boolean) => void,
): void => {
  const batch = out.shape.slice(0, -2);
  const [sizeA, sizeB] = [sizeOf(a.shape.slice(-2)), sizeOf(b.shape.slice(-2))];
  const [matrixA, matrixB] = [new Float64Array(sizeA), new Float64Array(sizeB)];
  const placesB = new Float64Array(sizeOf(batch));
  walk(batch, broadcastStrides(b.shape.slice(0, -2), batch), (place, position) => {
    placesB[position] = place;
  });
  let current = -1;
  walk(batch, broadcastStrides(a.shape.slice(0, -2), batch), (place, position) => {
    const fresh = place !== current;
    if (fresh) matrixA.set(a.data.subarray(place * sizeA, (place + 1) * sizeA));
    current = place;
    const placeB = placesB[position] ?? 0;
    matrixB.set(b.data.subarray(placeB * sizeB, (placeB + 1) * sizeB));
    visit(matrixA, matrixB, position, fresh);
  });
};
