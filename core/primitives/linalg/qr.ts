/**
 * The QR factorisation `A = Q·R`, by Householder reflections: the columns of Q are orthonormal, R is upper triangular with a diagonal
 * that is not negative, which makes the factors of a matrix of full rank unique.
 */

import { factorQR } from '../../backends/reference/orthogonal.js';
import { transposedRows } from '../../backends/reference/rows.js';
import { bindAll } from '../../dispatch/interpreter.js';
import { triu } from '../../ops/diagonals.js';
import { transpose } from '../../ops/shapes.js';
import { defineJoint, type Primitive, type View } from '../../program/primitive.js';
import { commonDtype } from '../../rules/elementwise.js';
import { columnsOf, invertibleOrNaN, skewFromLower, timesInverse } from '../../rules/factors.js';
import { eachMatrix, matrixSizes } from '../../rules/matrices.js';
import { zerosLike } from '../../tensor/creation.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add } from '../elementwise/add.js';
import { sub } from '../elementwise/sub.js';
import { concat } from '../shape/concat.js';
import { matrixProduct } from './matmul.js';

/** The factors of `qr`. */
export interface QR {
  /** `[…, M, K]`, K the smaller of M and N; orthonormal columns. */
  readonly q: Tensor;
  /** `[…, K, N]`; upper triangular, its diagonal not negative. */
  readonly r: Tensor;
}

/**
 * For a matrix that is not wide. From `dA·R⁻¹ = dQ + Q·dR·R⁻¹` with Ω = QᵀdQ skew: with T = dA·R⁻¹ and C = QᵀT, the lower triangle of C is
 * that of Ω, so `dR = (C − Ω)R` and `dQ = T − Q(C − Ω)`.
 */
const pushTall = (q: Tensor, r: Tensor, t: Tensor): readonly [dq: Tensor, dr: Tensor] => {
  const quotient = timesInverse(t, invertibleOrNaN(r));
  const c = matrixProduct(q, quotient, true);
  const upper = sub(c, skewFromLower(c));
  return [sub(quotient, matrixProduct(q, upper)), matrixProduct(upper, r)];
};

/** The adjoint: with M = R̄Rᵀ − QᵀQ̄, `Ā = (Q̄ + Q·C̄)R⁻ᵀ`, where C̄ is the upper triangle of M made symmetric. */
const pullTall = (q: Tensor, r: Tensor, gq: Tensor, gr: Tensor): Tensor => {
  const m = sub(matrixProduct(gr, r, false, true), matrixProduct(q, gq, true));
  const c = add(triu(m), transpose(triu(m, 1)));
  return timesInverse(add(gq, matrixProduct(q, c)), invertibleOrNaN(r), true);
};

export const qrPrimitive: Primitive<'qr', null> = defineJoint<'qr', null>({
  name: 'qr',
  family: 'other',
  docs: 'q·r = a, qᵀq = 1, r upper triangular with a diagonal ≥ 0',
  arity: 1,
  infer: (inputs) => {
    const shape = inputs[0]?.shape ?? [];
    const [m, n] = matrixSizes('qr', shape);
    const dtype = commonDtype('qr', inputs, 'float');
    const k = Math.min(m, n);
    const batch = shape.slice(0, -2);
    return [
      { shape: [...batch, m, k], dtype },
      { shape: [...batch, k, n], dtype },
    ];
  },
  forward: (outs, inputs) => {
    const [a, q, r] = [inputs[0], outs[0], outs[1]] as [View, View, View];
    const [m, n] = matrixSizes('qr', a.shape);
    const k = Math.min(m, n);
    eachMatrix(a, (matrix, position) => {
      const factors = factorQR(transposedRows(matrix, m, n), m, n);
      q.data.set(transposedRows(factors.q, k, m), position * m * k);
      r.data.set(factors.r, position * k * n);
    });
  },
  rules: {
    // A wide matrix is [X Y] with a square X: its factors are those of X and R = [R_X, QᵀY].
    record: (x, _, p) => {
      const [a] = x as [Tensor];
      const outputs = bindAll(qrPrimitive, x, p);
      const [q, r] = outputs as [Tensor, Tensor];
      const [m, n] = matrixSizes('qr', a.shape);
      const back = ([gq, gr]: readonly (Tensor | null)[]): readonly Tensor[] => {
        const [ofQ, ofR] = [gq ?? zerosLike(q), gr ?? zerosLike(r)];
        if (m >= n) return [pullTall(q, r, ofQ, ofR)];
        const rest = columnsOf(ofR, m, n);
        const ofBoth = add(ofQ, matrixProduct(columnsOf(a, m, n), rest, false, true));
        const square = pullTall(q, columnsOf(r, 0, m), ofBoth, columnsOf(ofR, 0, m));
        return [concat([square, matrixProduct(q, rest)], -1)];
      };
      return { outputs, back };
    },
    push: (x, [t], p) => {
      const [a] = x as [Tensor];
      const outputs = bindAll(qrPrimitive, x, p);
      const [q, r] = outputs as [Tensor, Tensor];
      if (t === null || t === undefined) return { outputs, tangents: [null, null] };
      const [m, n] = matrixSizes('qr', a.shape);
      if (m >= n) return { outputs, tangents: pushTall(q, r, t) };
      const [dq, square] = pushTall(q, columnsOf(r, 0, m), columnsOf(t, 0, m));
      const rest = add(matrixProduct(dq, columnsOf(a, m, n), true), matrixProduct(q, columnsOf(t, m, n), true));
      return { outputs, tangents: [dq, concat([square, rest], -1)] };
    },
  },
  batch: ({ x, p, primitive }) => bindAll(primitive, x, p),
});

/**
 * The reduced QR factorisation of a matrix or of each matrix in a stack: `a = q·r`, the columns of `q` orthonormal, `r` upper triangular
 * with a diagonal that is not negative. `a: […, M, N]` → `q: […, M, K]`, `r: […, K, N]`, K the smaller of M and N.
 * The derivative divides by the diagonal of `r` (by its first M elements for a wide matrix): where one of them is 0, it is NaN.
 * @throws ShapeError below rank 2; DtypeError unless it is float.
 * @example
 * qr(tensor([[0, 2], [-1, 3]])).r.toArray() // [[1, -3], [0, 2]]
 */
export const qr = (a: Tensor): QR => {
  const [q, r] = bindAll(qrPrimitive, [a], null) as [Tensor, Tensor];
  return { q, r };
};
