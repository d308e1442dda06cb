/**
 * The matrix of cofactors `Cᵢⱼ = (−1)ⁱ⁺ʲ det(A without row i and column j)`, the gradient of the determinant, for
 * matrices of every rank: `det(A)·A⁻ᵀ` where A is invertible, and what that tends to where it is not.
 */

import { factorLDV, substitute } from '../../backends/reference/factorizations.js';
import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { eye } from '../../ops/diagonals.js';
import { unsqueeze } from '../../ops/shapes.js';
import { define, type Primitive } from '../../program/primitive.js';
import { commonDtype } from '../../rules/elementwise.js';
import { eachMatrix, squareSize } from '../../rules/matrices.js';
import type { Tensor } from '../../tensor/tensor.js';
import { where } from '../elementwise/where.js';
import { sum } from '../reduce/sum.js';

/** For each i, the matrix `a` with its row i taken from `t`: `[…, N, N]` → `[…, N (the i), N, N]`. */
export const replaceEachRow = (a: Tensor, t: Tensor): Tensor => where(rowMask(a), unsqueeze(t, -3), unsqueeze(a, -3));

const replaceEachColumn = (a: Tensor, t: Tensor): Tensor => where(columnMask(a), unsqueeze(t, -3), unsqueeze(a, -3));

const identityMask = (a: Tensor): Tensor => {
  const n = squareSize('cofactor', a.shape);
  return eye(n, { dtype: 'bool' });
};

/** `[i, r, 0]`: whether row r is the i-th. */
const rowMask = (a: Tensor): Tensor => unsqueeze(identityMask(a), -1);

/** `[j, 0, c]`: whether column c is the j-th. */
const columnMask = (a: Tensor): Tensor => unsqueeze(identityMask(a), -2);

/** For each element, the product of all others; exact with zeros, because it never divides. */
const productsOfOthers = (values: Float64Array): Float64Array => {
  const out = new Float64Array(values.length).fill(1);
  let [before, behind] = [1, 1];
  for (let i = 0; i < values.length; i++) {
    const mirror = values.length - 1 - i;
    out[i] = (out[i] ?? 1) * before;
    out[mirror] = (out[mirror] ?? 1) * behind;
    before *= values[i] ?? 1;
    behind *= values[mirror] ?? 1;
  }
  return out;
};

const transposed = (x: Float64Array, n: number): Float64Array =>
  x.map((_, i) => x[(i % n) * n + Math.floor(i / n)] ?? 0);

/**
 * Cofactors multiply as matrices do, cof(AB) = cof(A)·cof(B), and are det·A⁻ᵀ where A is invertible. With complete
 * pivoting P A Q = L D V, where L and V are triangular with unit diagonal, so cof(PAQ) = L⁻ᵀ cof(D) V⁻ᵀ, and cof(D) is
 * diagonal with the products of the other pivots: one zero pivot leaves one product, two leave none.
 */
const cofactorOf = (a: Float64Array, n: number): Float64Array => {
  const { factors, pivots, rowOrder, columnOrder, sign } = factorLDV(a, n);
  const x = new Float64Array(n * n);
  productsOfOthers(pivots).forEach((product, i) => {
    x[i * (n + 1)] = sign * product;
  });
  substitute(factors, n, x, n, { lower: true, transpose: true, unitDiagonal: true });
  const y = transposed(x, n);
  substitute(factors, n, y, n, { lower: false, transpose: false, unitDiagonal: true });
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) out[(rowOrder[i] ?? 0) * n + (columnOrder[j] ?? 0)] = y[j * n + i] ?? 0;
  return out;
};

export const cofactorPrimitive: Primitive<'cofactor', null> = define<readonly [Tensor]>()({
  name: 'cofactor',
  family: 'other',
  docs: 'y[i,j] = ∂ det a / ∂a[i,j]',
  saves: 'inputs',
  infer: (inputs) => {
    const shape = inputs[0]?.shape ?? [];
    squareSize('cofactor', shape);
    return { shape, dtype: commonDtype('cofactor', inputs, 'float') };
  },
  forward: (out, [a]) => {
    if (a === undefined) return;
    const n = a.shape[a.shape.length - 1] ?? 0;
    eachMatrix(a, (matrix, position) => {
      out.data.set(cofactorOf(matrix, n), position * n * n);
    });
  },
  // ⟨G, cof(A)⟩ = D det(A)[G] = Σᵢ det(Aᵢ), Aᵢ being A with its row i taken from G. Its gradient is Σᵢ cof(Aᵢ) without
  // row i, which no longer depends on A. So the rule needs cofactors only, and holds at every rank and every order.
  vjp: [({ g, x: [a] }) => sum(where(rowMask(a), 0, cofactor(replaceEachRow(a, g))), { axes: -3 })],
  // D cof(A)[T] is the gradient of D det(A)[T], which columns expand as well: Σⱼ cof(A with column j from T) without column j.
  jvp: [({ t, x: [a] }) => sum(where(columnMask(a), 0, cofactor(replaceEachColumn(a, t))), { axes: -3 })],
  batch: ({ x, p, primitive }) => bind(primitive, x, p),
});

/**
 * The matrix of cofactors of a matrix or of each matrix in a stack (the transpose of the adjugate): the gradient of
 * `det`, exact for singular matrices. `a: […, N, N]` → `[…, N, N]`.
 * @throws ShapeError unless the last two sizes are equal.
 * @example
 * cofactor(tensor([[1, 2], [2, 4]])).toArray() // [[4, -2], [-2, 1]]
 */
export const cofactor = <S extends Shape>(a: Tensor<S>): Tensor<S> => bind(cofactorPrimitive, [a], null) as Tensor<S>;
