/** Solving linear systems by LU with partial pivoting; with the transposed matrix too, so that it is its own adjoint. */

import { factorLU, type LU, solveLU } from '../../backends/reference/factorizations.js';
import { ArgumentError, ShapeError } from '../../base/errors.js';
import { inOperation } from '../../base/scope.js';
import { type Shape, sameShape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { squeeze, unsqueeze } from '../../ops/shapes.js';
import { define, type Primitive } from '../../program/primitive.js';
import { alignRanks } from '../../rules/align.js';
import { commonDtype } from '../../rules/elementwise.js';
import { broadcastBatches, eachPair, squareSize } from '../../rules/matrices.js';
import { checkTensors } from '../../tensor/arguments.js';
import type { Tensor } from '../../tensor/tensor.js';
import { neg } from '../elementwise/neg.js';
import { matrixProduct } from './matmul.js';

export interface SolveParams {
  /** Solve with Aᵀ. */
  readonly transpose: boolean;
}

/** The error of every operation that needs an inverse and meets a matrix without one. */
export const singularMatrix = (op: string, column: number, shapes: readonly Shape[]): ArgumentError =>
  new ArgumentError({
    op,
    problem: `the matrix is singular: elimination finds no pivot in column ${column}`,
    shapes,
    remedy: 'check that no row or column repeats others; adding a small multiple of eye(n) makes it invertible',
  });

const solveWith = (a: Tensor, b: Tensor, transpose: boolean): Tensor =>
  bind(solvePrimitive, [a, b], { transpose } satisfies SolveParams);

export const solvePrimitive: Primitive<'solve', SolveParams> = define<readonly [Tensor, Tensor], SolveParams>()({
  name: 'solve',
  family: 'other',
  docs: 'y with op(a)·y = b',
  saves: 'both',
  broadcasts: true,
  infer: (inputs) => {
    const dtype = commonDtype('solve', inputs, 'float');
    const [a = [], b = []] = inputs.map((input) => input.shape);
    const n = squareSize('solve', a);
    if (b.length < 2 || b[b.length - 2] !== n)
      throw new ShapeError({
        op: 'solve',
        problem: `the right side needs ${n} rows`,
        shapes: [a, b],
        remedy: 'b is a vector of as many elements as a has rows, or a matrix with as many rows',
      });
    return { shape: [...broadcastBatches('solve', a, b), n, b[b.length - 1] ?? 1], dtype };
  },
  forward: (out, [a, b], { transpose }) => {
    if (a === undefined || b === undefined) return;
    const [n = 0, columns = 0] = out.shape.slice(-2);
    let lu: LU | null = null;
    eachPair(out, a, b, (matrix, right, position, fresh) => {
      if (fresh || lu === null) lu = factorLU(matrix, n);
      if (lu.singularAt >= 0) throw singularMatrix('solve', lu.singularAt, [a.shape, b.shape]);
      out.data.set(solveLU(lu, n, right, columns, transpose), position * n * columns);
    });
  },
  // op(A) Y = B: Ẏ = op(A)⁻¹(Ḃ − op(Ȧ) Y). With W = op(A)⁻ᵀ G the adjoint is B̄ = W and, where op(A) = A, Ā = −W Yᵀ;
  // where op(A) = Aᵀ, that transposed: Ā = −Y Wᵀ.
  vjp: [
    ({ g, x: [a], y, p: { transpose } }) => {
      const w = solveWith(a, g, !transpose);
      return neg(transpose ? matrixProduct(y, w, false, true) : matrixProduct(w, y, false, true));
    },
    ({ g, x: [a], p }) => solveWith(a, g, !p.transpose),
  ],
  jvp: [
    ({ t, x: [a], y, p }) => neg(solveWith(a, matrixProduct(t, y, p.transpose), p.transpose)),
    ({ t, x: [a], p }) => solveWith(a, t, p.transpose),
  ],
  batch: ({ x, batched, p, primitive }) => bind(primitive, alignRanks(x, batched), p),
});

/**
 * The solution `x` of `a·x = b`. `a: […, N, N]`; `b` is a vector `[N]`, a stack of vectors with the leading axes of `a`,
 * `[…, N]`, or else a matrix of right sides in columns, `[…, N, K]`, whose leading axes broadcast with those of `a`.
 * The result has the kind of `b`.
 * @throws ShapeError when the matrix is not square or `b` does not fit; ArgumentError when the matrix is singular.
 * @example
 * solve(tensor([[2, 0], [0, 4]]), tensor([6, 8])).toArray() // [3, 2]
 */
export const solve = (a: Tensor, b: Tensor): Tensor =>
  inOperation('solve', () => {
    checkTensors('solve', [a, b]);
    squareSize('solve', a.shape);
    const vectors = b.rank === 1 || sameShape(b.shape, a.shape.slice(0, -1));
    return vectors ? squeeze(solveWith(a, unsqueeze(b, -1), false), -1) : solveWith(a, b, false);
  });
