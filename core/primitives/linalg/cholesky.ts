/**
 * The Cholesky factor: `A = L Lᵀ`, L lower triangular with a positive diagonal. It reads the symmetric part ½(A + Aᵀ),
 * so that its derivative with respect to all elements is the symmetric one that PyTorch gives.
 * Derivatives: I. Murray, Differentiation of the Cholesky decomposition (2016), equations 8 and 10.
 */

import { factorCholesky } from '../../backends/reference/factorizations.js';
import { ArgumentError } from '../../base/errors.js';
import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { tril } from '../../ops/diagonals.js';
import { transpose } from '../../ops/shapes.js';
import { define, type Primitive } from '../../program/primitive.js';
import { commonDtype } from '../../rules/elementwise.js';
import { eachMatrix, squareSize } from '../../rules/matrices.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add } from '../elementwise/add.js';
import { mul } from '../elementwise/mul.js';
import { matrixProduct } from './matmul.js';
import { triangularSolve } from './triangular-solve.js';

/** Φ(X): the lower triangle with its diagonal halved. */
const lowerHalf = (x: Tensor): Tensor => mul(add(tril(x), tril(x, -1)), 0.5);

const symmetricPart = (x: Tensor): Tensor => mul(add(x, transpose(x)), 0.5);

export const choleskyPrimitive: Primitive<'cholesky', null> = define<readonly [Tensor]>()({
  name: 'cholesky',
  family: 'other',
  docs: 'y lower triangular with y·yᵀ = a',
  saves: 'output',
  infer: (inputs) => {
    const shape = inputs[0]?.shape ?? [];
    squareSize('cholesky', shape);
    return { shape, dtype: commonDtype('cholesky', inputs, 'float') };
  },
  forward: (out, [a]) => {
    if (a === undefined) return;
    const n = a.shape[a.shape.length - 1] ?? 0;
    eachMatrix(a, (matrix, position) => {
      const { factor, failedAt } = factorCholesky(matrix, n);
      if (failedAt >= 0)
        throw new ArgumentError({
          op: 'cholesky',
          problem: `the matrix is not positive definite: its leading minor of order ${failedAt + 1} is not positive`,
          shapes: [a.shape],
          remedy: 'give a symmetric matrix with positive eigenvalues; adding a small multiple of eye(n) often helps',
        });
      out.data.set(factor, position * n * n);
    });
  },
  // L̇ = L Φ(L⁻¹ Ȧ L⁻ᵀ), from Ȧ = L̇Lᵀ + LL̇ᵀ: L⁻¹ȦL⁻ᵀ = L⁻¹L̇ + (L⁻¹L̇)ᵀ, whose lower half is L⁻¹L̇.
  // Adjoint: Ā = sym(L⁻ᵀ Φ(Lᵀ L̄) L⁻¹); L⁻ᵀ comes from the left twice, on a transpose the second time.
  vjp: [
    ({ g, y }) => {
      const left = triangularSolve(y, lowerHalf(matrixProduct(y, g, true)), { transpose: true });
      return symmetricPart(triangularSolve(y, transpose(left), { transpose: true }));
    },
  ],
  jvp: [
    ({ t, y }) => {
      const left = triangularSolve(y, symmetricPart(t));
      return matrixProduct(y, lowerHalf(triangularSolve(y, transpose(left))));
    },
  ],
  batch: ({ x, p, primitive }) => bind(primitive, x, p),
});

/**
 * The lower Cholesky factor `L` of a symmetric positive definite matrix, `a = L·Lᵀ`, or of each matrix in a stack.
 * `a: […, N, N]` → `[…, N, N]`. Of a matrix that is not symmetric, the symmetric part ½(a + aᵀ) counts.
 * @throws ShapeError unless the last two sizes are equal; ArgumentError when a matrix is not positive definite.
 * @example
 * cholesky(tensor([[4, 2], [2, 5]])).toArray() // [[2, 0], [1, 2]]
 */
export const cholesky = <S extends Shape>(a: Tensor<S>): Tensor<S> => bind(choleskyPrimitive, [a], null) as Tensor<S>;
