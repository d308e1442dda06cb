/** What factorisations are asked for: determinants with signs, least squares, ranks, condition numbers, systems with a known factor. */

import { DtypeError, ShapeError } from '../base/errors.js';
import { inOperation } from '../base/scope.js';
import { type Shape, sameShape } from '../base/shape.js';
import { cast } from '../primitives/elementwise/cast.js';
import { div } from '../primitives/elementwise/div.js';
import { equal } from '../primitives/elementwise/equal.js';
import { lessEqual } from '../primitives/elementwise/less-equal.js';
import { logicalNot } from '../primitives/elementwise/logical-not.js';
import { mul } from '../primitives/elementwise/mul.js';
import { sign } from '../primitives/elementwise/sign.js';
import { stopGradient } from '../primitives/elementwise/stop-gradient.js';
import { sub } from '../primitives/elementwise/sub.js';
import { where } from '../primitives/elementwise/where.js';
import { eigh } from '../primitives/linalg/eigh.js';
import { logabsdet } from '../primitives/linalg/logabsdet.js';
import { lu } from '../primitives/linalg/lu.js';
import { matrixProduct } from '../primitives/linalg/matmul.js';
import { pinv, type RankOptions, relativeTolerance } from '../primitives/linalg/pinv.js';
import { svd } from '../primitives/linalg/svd.js';
import { triangularSolve } from '../primitives/linalg/triangular-solve.js';
import { prod } from '../primitives/reduce/prod.js';
import { sum } from '../primitives/reduce/sum.js';
import { iota } from '../primitives/shape/iota.js';
import { columnsOf, diagonalOf } from '../rules/factors.js';
import { matrixSizes, squareSize } from '../rules/matrices.js';
import { checkTensors, tensorOperand } from '../tensor/arguments.js';
import type { Tensor } from '../tensor/tensor.js';
import { squeeze, unsqueeze } from './shapes.js';

/**
 * The eigenvalues of a symmetric matrix or of each in a stack, ascending. `a: […, N, N]` → `[…, N]`; of a matrix that is not symmetric, the
 * symmetric part counts. Vectors too: `eigh`.
 * @throws ShapeError unless the last two sizes are equal; DtypeError unless it is float.
 * @example
 * eigvalsh(tensor([[3, 0], [0, -1]])).toArray() // [-1, 3]
 */
export const eigvalsh = (a: Tensor): Tensor => inOperation('eigvalsh', () => eigh(a).values);

/** A number as its sign and the logarithm of its size. */
export interface SignedLogarithm {
  /** 1, −1, or 0 for a singular matrix; a constant to derivatives. */
  readonly sign: Tensor;
  /** −∞ for a singular matrix. */
  readonly logabsdet: Tensor;
}

/** 1 or −1 for each permutation of a stack: −1 for every pair that stands in the wrong order. */
const parityOf = (order: Tensor, dtype: Tensor['dtype']): Tensor => {
  const n = order.shape.at(-1) as number;
  const places = cast(order, dtype);
  const ordered = sign(sub(unsqueeze(places, -2), unsqueeze(places, -1)));
  const pair = lessEqual(iota([n, n], 1), iota([n, n], 0));
  return prod(where(pair, 1, ordered), { axes: [-2, -1] });
};

/**
 * The determinant as its sign and the logarithm of its size, which neither overflow nor underflow: `det a = sign·exp(logabsdet)`.
 * `a: […, N, N]` → two of `[…]`. The gradient of `logabsdet` at a singular matrix does not exist: asking for it is an ArgumentError.
 * @throws ShapeError unless the last two sizes are equal; DtypeError unless it is float.
 * @example
 * slogdet(tensor([[0, 1], [1, 0]])).sign.item() // -1
 */
export const slogdet = (a: Tensor): SignedLogarithm =>
  inOperation('slogdet', () => {
    squareSize('slogdet', tensorOperand('slogdet', a).shape);
    const { permutation, upper } = lu(stopGradient(a));
    const pivots = prod(sign(diagonalOf(upper)), { axes: -1 });
    return { sign: mul(pivots, parityOf(permutation, a.dtype)), logabsdet: logabsdet(a) };
  });

/** Whether `b` is a vector, or a stack of them, beside matrices of such a shape. */
const isVectors = (a: Shape, b: Shape): boolean => b.length === 1 || sameShape(b, a.slice(0, -1));

const checkRows = (op: string, a: Tensor, b: Tensor, rows: number): void => {
  const vectors = isVectors(a.shape, b.shape);
  if (b.rank === 0 || b.shape.at(vectors ? -1 : -2) !== rows)
    throw new ShapeError({
      op,
      problem: `the right side needs ${rows} rows`,
      shapes: [a.shape, b.shape],
      remedy: 'b is a vector of as many elements as a has rows, or a matrix with as many rows',
    });
  if (a.dtype !== b.dtype)
    throw new DtypeError({
      op,
      problem: `${a.dtype} and ${b.dtype} do not mix`,
      shapes: [a.shape, b.shape],
      remedy: `convert one of them with cast(x, '${a.dtype}')`,
    });
};

/**
 * The shortest `x` among those that make `‖a·x − b‖` least, for matrices of any shape and rank. `a: […, M, N]`; `b` is a vector `[M]`, a stack of
 * vectors `[…, M]`, or else a matrix of right sides in columns, `[…, M, K]`, whose leading axes broadcast. → `[N]`, `[…, N]` or `[…, N, K]`.
 * Singular values up to `rtol` times the largest count as 0; the derivative is that at constant rank.
 * @throws ShapeError when `b` does not fit; DtypeError unless both are of one float type; ArgumentError for a tolerance below 0.
 * @example
 * lstsq(tensor([[1, 0], [1, 1], [1, 2]]), tensor([1, 3, 5])).toArray() // ≈ [1, 2]
 */
export const lstsq = (a: Tensor, b: Tensor, options: RankOptions = {}): Tensor =>
  inOperation('lstsq', () => {
    checkTensors('lstsq', [a, b]);
    const rtol = relativeTolerance('lstsq', a, options);
    checkRows('lstsq', a, b, matrixSizes('lstsq', a.shape)[0]);
    const inverse = pinv(a, { rtol });
    return isVectors(a.shape, b.shape)
      ? squeeze(matrixProduct(inverse, unsqueeze(b, -1)), -1)
      : matrixProduct(inverse, b);
  });

/**
 * The rank of a matrix or of each matrix in a stack, int32: how many singular values are above `rtol` times the largest.
 * `a: […, M, N]` → `[…]`. A matrix with NaN or infinity has full rank by that.
 * @throws ShapeError below rank 2; DtypeError unless it is float; ArgumentError for a tolerance below 0.
 * @example
 * matrixRank(tensor([[1, 2], [2, 4]])).item() // 1
 */
export const matrixRank = (a: Tensor, options: RankOptions = {}): Tensor =>
  inOperation('matrixRank', () => {
    const rtol = relativeTolerance('matrixRank', a, options);
    const { s } = svd(stopGradient(a));
    return sum(cast(logicalNot(lessEqual(s, mul(columnsOf(s, 0, 1), rtol))), 'int32'), { axes: -1 });
  });

/**
 * The condition number in the 2-norm, the largest singular value over the smallest, of a matrix or of each matrix in a stack.
 * `a: […, M, N]` → `[…]`; ∞ where the smallest is 0.
 * @throws ShapeError below rank 2, and without rows or columns; DtypeError unless it is float.
 * @example
 * conditionNumber(tensor([[4, 0], [0, 2]])).item() // 2
 */
export const conditionNumber = (a: Tensor): Tensor =>
  inOperation('conditionNumber', () => {
    const k = Math.min(...matrixSizes('conditionNumber', tensorOperand('conditionNumber', a).shape));
    if (k === 0)
      throw new ShapeError({
        op: 'conditionNumber',
        problem: 'a matrix without rows or columns has no singular values',
        shapes: [a.shape],
        remedy: 'give one row and one column at least',
      });
    const { s } = svd(a);
    const [largest, least] = [columnsOf(s, 0, 1), columnsOf(s, k - 1, k)];
    const none = equal(least, 0);
    return squeeze(where(none, Number.POSITIVE_INFINITY, div(largest, where(none, 1, least))), -1);
  });

/**
 * The solution `x` of `l·lᵀ·x = b` for a known lower factor `l` of `cholesky`; what stands above its diagonal is not read. `l: […, N, N]`; `b` as in
 * `solve`, a vector `[N]`, a stack of vectors `[…, N]`, or a matrix of right sides in columns, `[…, N, K]`.
 * @throws ShapeError when the factor is not square or `b` does not fit; ArgumentError when a diagonal element is 0.
 * @example
 * choleskySolve(tensor([[2, 0], [1, 2]]), tensor([8, 9])).toArray() // [1.375, 1.25]
 */
export const choleskySolve = (l: Tensor, b: Tensor): Tensor =>
  inOperation('choleskySolve', () => {
    checkTensors('choleskySolve', [l, b]);
    checkRows('choleskySolve', l, b, squareSize('choleskySolve', l.shape));
    const vectors = isVectors(l.shape, b.shape);
    const half = triangularSolve(l, vectors ? unsqueeze(b, -1) : b);
    const x = triangularSolve(l, half, { transpose: true });
    return vectors ? squeeze(x, -1) : x;
  });
