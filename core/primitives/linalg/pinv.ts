/**
 * The pseudo-inverse of Moore and Penrose, from singular values. Its derivative, where the rank stays, has no part in which values are
 * compared: `dP = −P·dA·P + P·Pᵀ·dAᵀ·(1 − A·P) + (1 − P·A)·dAᵀ·Pᵀ·P`, G. H. Golub and V. Pereyra, The differentiation of pseudo-inverses and
 * nonlinear least squares problems whose variables separate (1973). So it is right for equal values, and short of full rank.
 */

import { pseudoInverse } from '../../backends/reference/orthogonal.js';
import { transposedRows } from '../../backends/reference/rows.js';
import { epsilonOf } from '../../base/dtype.js';
import { ArgumentError, describe } from '../../base/errors.js';
import { bind } from '../../dispatch/interpreter.js';
import { transpose } from '../../ops/shapes.js';
import { define, type Primitive, type View } from '../../program/primitive.js';
import { commonDtype } from '../../rules/elementwise.js';
import { eachMatrix, matrixSizes } from '../../rules/matrices.js';
import { checkedOptions, tensorOperand } from '../../tensor/arguments.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add } from '../elementwise/add.js';
import { sub } from '../elementwise/sub.js';
import { matrixProduct } from './matmul.js';

export interface PinvParams {
  /** Singular values up to this times the largest count as 0. */
  readonly relative: number;
}

/** `x − a·(p·x)`: the part outside of the space of the columns of A. */
const outsideColumns = (a: Tensor, p: Tensor, x: Tensor): Tensor => sub(x, matrixProduct(a, matrixProduct(p, x)));

export const pinvPrimitive: Primitive<'pinv', PinvParams> = define<readonly [Tensor], PinvParams>()({
  name: 'pinv',
  family: 'other',
  docs: 'y = the pseudo-inverse of a',
  saves: 'both',
  infer: (inputs) => {
    const shape = inputs[0]?.shape ?? [];
    const [m, n] = matrixSizes('pinv', shape);
    return { shape: [...shape.slice(0, -2), n, m], dtype: commonDtype('pinv', inputs, 'float') };
  },
  forward: (out, inputs, { relative }) => {
    const [a] = inputs as [View];
    const [m, n] = matrixSizes('pinv', a.shape);
    eachMatrix(a, (matrix, position) => {
      const wide = m < n;
      const inverse = pseudoInverse(
        wide ? matrix.slice() : transposedRows(matrix, m, n),
        Math.min(m, n),
        Math.max(m, n),
        relative,
      );
      out.data.set(wide ? transposedRows(inverse, m, n) : inverse, position * m * n);
    });
  },
  // The adjoint: Ā = −PᵀGPᵀ + (1 − AP)Gᵀ·P·Pᵀ + PᵀP·Gᵀ·(1 − PA).
  vjp: [
    ({ g, x: [a], y }) => {
      const [at, yt, gt] = [transpose(a), transpose(y), transpose(g)];
      const through = matrixProduct(matrixProduct(yt, g), yt);
      const left = matrixProduct(matrixProduct(outsideColumns(a, y, gt), y), yt);
      const right = matrixProduct(yt, transpose(outsideColumns(at, yt, matrixProduct(g, yt))));
      return add(sub(left, through), right);
    },
  ],
  jvp: [
    ({ t, x: [a], y }) => {
      const [at, yt, tt] = [transpose(a), transpose(y), transpose(t)];
      const through = matrixProduct(matrixProduct(y, t), y);
      const left = matrixProduct(y, transpose(outsideColumns(a, y, matrixProduct(t, y))));
      const right = matrixProduct(matrixProduct(outsideColumns(at, yt, tt), yt), y);
      return add(sub(left, through), right);
    },
  ],
  batch: ({ x, p, primitive }) => bind(primitive, x, p),
});

/** Which singular values count as 0. */
export interface RankOptions {
  /** Those that are no more than this times the largest; max(M, N)·ε of the element type by default. */
  readonly rtol?: number;
}

const rankNames = { rtol: true } as const;

/** The tolerance of the options for matrices of such a shape, in the name of the operation that the user called. */
export const relativeTolerance = (op: string, a: Tensor, options: RankOptions): number => {
  const [m, n] = matrixSizes(op, tensorOperand(op, a).shape);
  const dtype = commonDtype(op, [a], 'float');
  const { rtol = Math.max(m, n) * epsilonOf(dtype) } = checkedOptions(op, options, rankNames);
  if (typeof rtol !== 'number' || !(rtol >= 0))
    throw new ArgumentError({
      op,
      problem: `the tolerance ${describe(rtol)} is not a number from 0 on`,
      shapes: [a.shape],
      remedy: 'give a small number, such as 1e-6; without one it follows from the shape and the element type',
    });
  return rtol;
};

/**
 * The pseudo-inverse of a matrix or of each matrix in a stack, for matrices of any shape and rank: the inverse where there is one.
 * `a: […, M, N]` → `[…, N, M]`. Singular values up to `rtol` times the largest count as 0. The derivative is that at constant rank, and right
 * for equal singular values.
 * @throws ShapeError below rank 2; DtypeError unless it is float; ArgumentError for a tolerance below 0.
 * @example
 * pinv(tensor([[2, 0], [0, 0]])).toArray() // [[0.5, 0], [0, 0]]
 */
export const pinv = (a: Tensor, options: RankOptions = {}): Tensor =>
  bind(pinvPrimitive, [a], { relative: relativeTolerance('pinv', a, options) } satisfies PinvParams);
