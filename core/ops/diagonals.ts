/** Diagonals and triangles of matrices (the last two axes, or two axes named), and matrices made from them. */

import type { Dtype } from '../base/dtype.js';
import { ArgumentError, AxisError, describe, ShapeError } from '../base/errors.js';
import { inOperation } from '../base/scope.js';
import { checkShape, normalizeAxis } from '../base/shape.js';
import { cast } from '../primitives/elementwise/cast.js';
import { equal } from '../primitives/elementwise/equal.js';
import { lessEqual } from '../primitives/elementwise/less-equal.js';
import { sub } from '../primitives/elementwise/sub.js';
import { where } from '../primitives/elementwise/where.js';
import { iota } from '../primitives/shape/iota.js';
import { padWith } from '../primitives/shape/pad.js';
import { reshape } from '../primitives/shape/reshape.js';
import { slice } from '../primitives/shape/slice.js';
import { checkDtype, checkedOptions, rankOf, tensorOperand } from '../tensor/arguments.js';
import type { Tensor } from '../tensor/tensor.js';
import { moveAxis } from './shapes.js';

/** Throws unless the number of the diagonal is whole. */
const checkOffset = (op: string, offset: number): void => {
  if (!Number.isInteger(offset))
    throw new ArgumentError({
      op,
      problem: `there is no diagonal ${describe(offset)}`,
      remedy: 'give a whole number; 0 is the main diagonal',
    });
};

/** Column minus row, `[rows, columns]`: the number of the diagonal that each place lies on. */
const diagonalNumbers = (rows: number, columns: number): Tensor<readonly [number, number]> =>
  sub(iota([rows, columns], 1), iota([rows, columns], 0));

/** Rows and columns of a stack of matrices. */
const matrixSize = (op: string, x: Tensor): readonly [rows: number, columns: number] => {
  const [rows, columns] = tensorOperand(op, x).shape.slice(-2);
  if (rows === undefined || columns === undefined)
    throw new ShapeError({
      op,
      problem: 'a matrix has two axes',
      shapes: [x.shape],
      remedy: 'give a tensor of rank 2 or more',
    });
  return [rows, columns];
};

/**
 * The lower triangle of the last two axes: zeros above diagonal `k` (0 the main one, positive above it).
 * The zeros are selected, so that an infinity or NaN above the diagonal does not matter.
 * @throws ShapeError below rank 2.
 * @example
 * tril(tensor([[1, 2], [3, 4]])).toArray() // [[1, 0], [3, 4]]
 */
export const tril = (x: Tensor, k = 0): Tensor =>
  inOperation('tril', () => {
    checkOffset('tril', k);
    return where(lessEqual(diagonalNumbers(...matrixSize('tril', x)), k), x, 0);
  });

/**
 * The upper triangle of the last two axes: zeros below diagonal `k` (0 the main one, positive above it).
 * @throws ShapeError below rank 2.
 * @example
 * triu(tensor([[1, 2], [3, 4]])).toArray() // [[1, 2], [0, 4]]
 */
export const triu = (x: Tensor, k = 0): Tensor =>
  inOperation('triu', () => {
    checkOffset('triu', k);
    return where(lessEqual(diagonalNumbers(...matrixSize('triu', x)), k - 1), 0, x);
  });

export interface DiagonalOptions {
  /** Which diagonal: 0 (the default) the main one, positive above it. */
  readonly offset?: number;
  /** The axis of the rows; 0 by default. */
  readonly axis0?: number;
  /** The axis of the columns; 1 by default. */
  readonly axis1?: number;
}

const diagonalNames = { offset: true, axis0: true, axis1: true } as const;

/**
 * A diagonal of two axes, which becomes the last axis. In a flattened matrix of m columns the places of a diagonal are
 * m + 1 apart.
 * @throws AxisError for an axis out of range, or when both are the same.
 * @example
 * diagonal(tensor([[1, 2, 3], [4, 5, 6]]), { offset: 1 }).toArray() // [2, 6]
 */
export const diagonal = (x: Tensor, options: DiagonalOptions = {}): Tensor =>
  inOperation('diagonal', () => {
    const { offset = 0, axis0 = 0, axis1 = 1 } = checkedOptions('diagonal', options, diagonalNames);
    checkOffset('diagonal', offset);
    const rank = rankOf('diagonal', x);
    const [row, column] = [normalizeAxis('diagonal', axis0, rank), normalizeAxis('diagonal', axis1, rank)];
    if (row === column)
      throw new AxisError({
        op: 'diagonal',
        problem: `axis ${row} is named twice`,
        shapes: [x.shape],
        remedy: 'name two different axes',
      });
    const matrices = moveAxis(x, [row, column], [-2, -1]);
    const leading = matrices.shape.slice(0, -2);
    const [rows, columns] = matrixSize('diagonal', matrices);
    const length = Math.max(0, Math.min(rows + Math.min(offset, 0), columns - Math.max(offset, 0)));
    const start = offset >= 0 ? offset : -offset * columns;
    const flat = reshape(matrices, [...leading, rows * columns]);
    return slice(flat, [...leading.map(() => null), [start, start + length * (columns + 1), columns + 1]]);
  });

/**
 * Square matrices with the last axis of `x` on diagonal `offset` and zeros elsewhere: `[…, n]` → `[…, n + |offset|, n + |offset|]`.
 * @throws ShapeError for a scalar.
 * @example
 * diagEmbed(tensor([1, 2])).toArray() // [[1, 0], [0, 2]]
 */
export const diagEmbed = (x: Tensor, offset = 0): Tensor =>
  inOperation('diagEmbed', () => {
    checkOffset('diagEmbed', offset);
    const count = tensorOperand('diagEmbed', x).shape.at(-1);
    if (count === undefined)
      throw new ShapeError({
        op: 'diagEmbed',
        problem: 'a scalar has no diagonal',
        shapes: [x.shape],
        remedy: 'reshape to [1]',
      });
    const leading = x.shape.slice(0, -1);
    const size = count + Math.abs(offset);
    const start = offset >= 0 ? offset : -offset * size;
    const spread = count === 0 ? 0 : (count - 1) * (size + 1) + 1;
    const none = leading.map(() => 0);
    const flat = padWith(x, {
      low: [...none, start],
      high: [...none, size * size - start - spread],
      interior: [...none, size],
      value: 0,
    });
    return reshape(flat, [...leading, size, size]);
  });

/**
 * NumPy's diag: a matrix with the vector `x` on diagonal `offset`, or that diagonal of the matrix `x`.
 * @throws ShapeError unless `x` has one or two axes.
 * @example
 * diag(tensor([1, 2])).toArray() // [[1, 0], [0, 2]]
 * diag(tensor([[1, 2], [3, 4]])).toArray() // [1, 4]
 */
export const diag = (x: Tensor, offset = 0): Tensor =>
  inOperation('diag', () => {
    const rank = rankOf('diag', x);
    if (rank === 1) return diagEmbed(x, offset);
    if (rank === 2) return diagonal(x, { offset });
    throw new ShapeError({
      op: 'diag',
      problem: `the tensor has ${rank} axes`,
      shapes: [x.shape],
      remedy: 'use diagonal or diagEmbed for stacks of matrices',
    });
  });

export interface EyeOptions {
  /** As many as rows by default. */
  readonly columns?: number;
  /** Which diagonal: 0 (the default) the main one, positive above it. */
  readonly offset?: number;
  readonly dtype?: Dtype;
}

const eyeNames = { columns: true, offset: true, dtype: true } as const;

/**
 * Ones on a diagonal and zeros elsewhere; square unless `columns` says otherwise.
 * @throws ArgumentError for sizes that are not whole.
 * @example
 * eye(2).toArray() // [[1, 0], [0, 1]]
 */
export const eye = (rows: number, options: EyeOptions = {}): Tensor<readonly [number, number]> =>
  inOperation('eye', () => {
    const { columns = rows, offset = 0, dtype = 'float32' } = checkedOptions('eye', options, eyeNames);
    checkDtype('eye', dtype);
    checkOffset('eye', offset);
    checkShape('eye', [rows, columns]);
    return cast(equal(diagonalNumbers(rows, columns), offset), dtype);
  });
