/** Solving with a triangular matrix by substitution; only the chosen triangle is ever read. */

import { substitute, type Triangle } from '../../backends/reference/factorizations.js';
import { ArgumentError, ShapeError } from '../../base/errors.js';
import { bind } from '../../dispatch/interpreter.js';
import { tril, triu } from '../../ops/diagonals.js';
import { define, type Primitive } from '../../program/primitive.js';
import { alignRanks } from '../../rules/align.js';
import { commonDtype } from '../../rules/elementwise.js';
import { broadcastBatches, eachPair, squareSize } from '../../rules/matrices.js';
import { checkedOptions } from '../../tensor/arguments.js';
import type { Tensor } from '../../tensor/tensor.js';
import { neg } from '../elementwise/neg.js';
import { matrixProduct } from './matmul.js';

export type TriangularSolveParams = Triangle;

/** The part of a cotangent or tangent that the operation reads. */
const chosenTriangle = (x: Tensor, { lower, unitDiagonal }: TriangularSolveParams): Tensor => {
  const first = unitDiagonal ? 1 : 0;
  return lower ? tril(x, -first) : triu(x, first);
};

const solveWith = (a: Tensor, b: Tensor, p: TriangularSolveParams): Tensor => bind(triangularSolvePrimitive, [a, b], p);

/** The adjoint system: op(A)ᵀ. */
const flipped = (p: TriangularSolveParams): TriangularSolveParams => ({ ...p, transpose: !p.transpose });

export const triangularSolvePrimitive: Primitive<'triangularSolve', TriangularSolveParams> = define<
  readonly [Tensor, Tensor],
  TriangularSolveParams
>()({
  name: 'triangularSolve',
  family: 'other',
  docs: 'y with op(tri(a))·y = b',
  saves: 'both',
  broadcasts: true,
  infer: (inputs) => {
    const dtype = commonDtype('triangularSolve', inputs, 'float');
    const [a = [], b = []] = inputs.map((input) => input.shape);
    const n = squareSize('triangularSolve', a);
    if (b.length < 2 || b[b.length - 2] !== n)
      throw new ShapeError({
        op: 'triangularSolve',
        problem: `the right side needs ${n} rows`,
        shapes: [a, b],
        remedy: 'give a matrix of right sides in columns; unsqueeze(b, -1) makes a vector one',
      });
    return { shape: [...broadcastBatches('triangularSolve', a, b), n, b[b.length - 1] ?? 1], dtype };
  },
  forward: (out, [a, b], p) => {
    if (a === undefined || b === undefined) return;
    const [n = 0, columns = 0] = out.shape.slice(-2);
    eachPair(out, a, b, (t, x, position, fresh) => {
      if (fresh && !p.unitDiagonal)
        for (let i = 0; i < n; i++)
          if (t[i * n + i] === 0)
            throw new ArgumentError({
              op: 'triangularSolve',
              problem: `the matrix is singular: diagonal element ${i} is 0`,
              shapes: [a.shape, b.shape],
              remedy: 'a triangular matrix is invertible when no diagonal element is 0; add a small multiple of eye(n)',
            });
      substitute(t, n, x, columns, p);
      out.data.set(x, position * n * columns);
    });
  },
  // op(A) Y = B: Ẏ = op(A)⁻¹(Ḃ − op(Ȧ) Y). With W = op(A)⁻ᵀ G the adjoint is B̄ = W and, where op(A) = A, Ā = −W Yᵀ;
  // where op(A) = Aᵀ, that transposed: Ā = −Y Wᵀ. Of both only the triangle that is read.
  vjp: [
    ({ g, x: [a], y, p }) => {
      const w = solveWith(a, g, flipped(p));
      const outer = p.transpose ? matrixProduct(y, w, false, true) : matrixProduct(w, y, false, true);
      return neg(chosenTriangle(outer, p));
    },
    ({ g, x: [a], p }) => solveWith(a, g, flipped(p)),
  ],
  jvp: [
    ({ t, x: [a], y, p }) => neg(solveWith(a, matrixProduct(chosenTriangle(t, p), y, p.transpose), p)),
    ({ t, x: [a], p }) => solveWith(a, t, p),
  ],
  batch: ({ x, batched, p, primitive }) => bind(primitive, alignRanks(x, batched), p),
});

/** How the matrix of `triangularSolve` is read. */
export interface TriangularSolveOptions {
  /** The lower triangle (default) or the upper one; the other is never read. */
  readonly lower?: boolean;
  /** Solve with the transpose of that triangle. */
  readonly transpose?: boolean;
  /** Take the diagonal as ones, whatever stands there. */
  readonly unitDiagonal?: boolean;
}

const triangularSolveNames = { lower: 'flag', transpose: 'flag', unitDiagonal: 'flag' } as const;

/**
 * Solves `A·X = B` (or `Aᵀ·X = B`) for a triangular matrix. `a: […, N, N]`, `b: […, N, K]` → `[…, N, K]`; leading axes
 * broadcast. The lower triangle of `a` by default.
 * @throws ShapeError when the matrix is not square or the rows differ; ArgumentError when a diagonal element is 0.
 * @example
 * triangularSolve(tensor([[2, 0], [1, 1]]), tensor([[4], [5]])).toArray() // [[2], [3]]
 */
export const triangularSolve = (a: Tensor, b: Tensor, options: TriangularSolveOptions = {}): Tensor => {
  const {
    lower = true,
    transpose = false,
    unitDiagonal = false,
  } = checkedOptions('triangularSolve', options, triangularSolveNames);
  return solveWith(a, b, { lower, transpose, unitDiagonal });
};
