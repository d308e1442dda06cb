/** Mistakes in the rules of linear algebra. Matrices are drawn square now and then, so that a missing transpose fits. */

import { bind } from '../../core/dispatch/interpreter.js';
import { cofactor, inverse, mul, neg, primitives, solve, transpose, tril, unsqueeze } from '../../core/index.js';
import { matrixProduct } from '../../core/primitives/linalg/matmul.js';
import { at, type PrimitiveMutant, withBatch, withVjp } from './mutant.js';

const overMatrices = (g: Parameters<typeof unsqueeze>[0]): ReturnType<typeof unsqueeze> =>
  unsqueeze(unsqueeze(g, -1), -1);

export const linearAlgebraMutants: readonly PrimitiveMutant[] = [
  {
    name: 'matmul: B for Bᵀ',
    why: 'Ā = ḠB; fits whenever B is square',
    primitive: 'matmul',
    wrong: withVjp(primitives.matmul, 0, (c, right) => right({ ...c, x: c.x.with(1, transpose(at(c.x, 1))) })),
    caughtBy: 'law 1, adjoint',
    throws: true,
  },
  {
    name: 'matmul: the factors swapped',
    why: 'B̄ = ḠᵀA, the transpose of what it should be',
    primitive: 'matmul',
    wrong: withVjp(primitives.matmul, 1, (c, right) => transpose(right(c))),
    caughtBy: 'law 3, exact difference',
    throws: true,
  },
  {
    name: 'matmul: transposeA is ignored',
    why: 'right for plain products only',
    primitive: 'matmul',
    wrong: withVjp(primitives.matmul, 0, (c, right) => right({ ...c, p: { ...c.p, transposeA: false } })),
    caughtBy: 'law 1, adjoint',
    throws: true,
  },
  {
    name: 'matmul: ranks are not aligned',
    why: 'a batch meets the leading axes of an operand without one',
    primitive: 'matmul',
    wrong: withBatch(primitives.matmul, ({ x, p }) => bind(primitives.matmul, x, p)),
    caughtBy: 'law 9, vmap',
    throws: true,
  },
  {
    name: 'inverse: the sign',
    why: 'd(A⁻¹) = +A⁻¹ dA A⁻¹',
    primitive: 'inverse',
    wrong: withVjp(primitives.inverse, 0, (c, right) => neg(right(c))),
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'inverse: no transposes',
    why: 'Ā = −A⁻¹ Ḡ A⁻¹',
    primitive: 'inverse',
    wrong: withVjp(primitives.inverse, 0, ({ g, y }) => neg(matrixProduct(matrixProduct(y, g), y))),
    caughtBy: 'law 1, adjoint',
    throws: true,
  },
  {
    name: 'det: cofactors transposed',
    why: 'the adjugate where its transpose belongs',
    primitive: 'det',
    wrong: withVjp(primitives.det, 0, ({ g, x }) => mul(overMatrices(g), transpose(cofactor(at(x, 0))))),
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'logabsdet: A⁻¹ for A⁻ᵀ',
    why: "Jacobi's formula read without its transpose",
    primitive: 'logabsdet',
    wrong: withVjp(primitives.logabsdet, 0, ({ g, x }) => mul(overMatrices(g), inverse(at(x, 0)))),
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'solve: A for Aᵀ',
    why: 'b̄ = A⁻¹ȳ',
    primitive: 'solve',
    wrong: withVjp(primitives.solve, 1, ({ g, x, p }) =>
      p.transpose ? solve(transpose(at(x, 0)), g) : solve(at(x, 0), g),
    ),
    caughtBy: 'law 1, adjoint',
  },
  {
    name: 'solve: the sign of the matrix',
    why: 'Ā = +WYᵀ',
    primitive: 'solve',
    wrong: withVjp(primitives.solve, 0, (c, right) => neg(right(c))),
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'triangularSolve: the whole matrix',
    why: 'elements that are never read receive a gradient',
    primitive: 'triangularSolve',
    wrong: withVjp(primitives.triangularSolve, 0, ({ g, x, y, p }) => {
      const w = bind(primitives.triangularSolve, [at(x, 0), g], { ...p, transpose: !p.transpose });
      return neg(p.transpose ? matrixProduct(y, w, false, true) : matrixProduct(w, y, false, true));
    }),
    caughtBy: 'law 1, adjoint',
  },
  {
    name: 'cholesky: the diagonal is not halved',
    why: 'Φ takes the lower triangle with half of its diagonal',
    primitive: 'cholesky',
    wrong: withVjp(primitives.cholesky, 0, ({ g, y }) => {
      const inner = tril(matrixProduct(y, g, true));
      const inverseFactor = inverse(y);
      return matrixProduct(matrixProduct(inverseFactor, inner, true), inverseFactor);
    }),
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'cofactor: the sign of every element',
    why: 'the chessboard of signs turned over in both rules',
    primitive: 'cofactor',
    wrong: withVjp(primitives.cofactor, 0, (c, right) => neg(right(c))),
    caughtBy: 'law 1, adjoint',
  },
];
