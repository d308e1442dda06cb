/**
 * Singular values and vectors, `A = U·diag(s)·Vᵀ`, by one-sided Jacobi. With P = Uᵀ·dA·V, split into its symmetric part S and its skew part
 * K, `ds = diag(P)` and
 *   `dU = U(E∘S + H∘K) + (1 − UUᵀ)dA·V/s`,  `dV = V(E∘S − H∘K) + (1 − VVᵀ)dAᵀ·U/s`,  `Eᵢⱼ = 1/(sⱼ − sᵢ)`,  `Hᵢⱼ = 1/(sᵢ + sⱼ)`.
 * Between equal values E is taken as 0, and at values that are 0 so are H, 1/s and ds: H alone keeps the derivative of U·Vᵀ.
 */

import { factorSingular } from '../../backends/reference/orthogonal.js';
import { transposedRows } from '../../backends/reference/rows.js';
import { bindAll } from '../../dispatch/interpreter.js';
import { diagEmbed } from '../../ops/diagonals.js';
import { transpose, unsqueeze } from '../../ops/shapes.js';
import { defineJoint, type Primitive, type View } from '../../program/primitive.js';
import { commonDtype } from '../../rules/elementwise.js';
import {
  columnsOf,
  diagonalOf,
  differencesOf,
  inverseBeyond,
  skewPart,
  sumsOf,
  symmetricPart,
  toleranceOf,
} from '../../rules/factors.js';
import { eachMatrix, matrixSizes } from '../../rules/matrices.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add } from '../elementwise/add.js';
import { lessEqual } from '../elementwise/less-equal.js';
import { mul } from '../elementwise/mul.js';
import { stopGradient } from '../elementwise/stop-gradient.js';
import { sub } from '../elementwise/sub.js';
import { where } from '../elementwise/where.js';
import { matrixProduct } from './matmul.js';

/** What `svd` gives; K is the smaller of M and N. */
export interface SVD {
  /** `[…, M, K]`, orthonormal columns. */
  readonly u: Tensor;
  /** `[…, K]`, descending, none negative. */
  readonly s: Tensor;
  /** `[…, K, N]`, orthonormal rows. */
  readonly vt: Tensor;
}

/** The quotients of the rules, with what counts as equal or as zero: no more than max(M, N)·ε of the largest value. */
const quotients = (s: Tensor, size: number) => {
  const tolerance = toleranceOf(columnsOf(s, 0, 1), size);
  const between = unsqueeze(tolerance, -1);
  return {
    /** E. */
    gaps: (): Tensor => inverseBeyond(differencesOf(s), between),
    /** H: a sum is within the tolerance only where both values are. */
    sums: (): Tensor => inverseBeyond(sumsOf(s), between),
    /** X with column j divided by sⱼ. */
    divided: (x: Tensor): Tensor => mul(x, unsqueeze(inverseBeyond(s, tolerance), -2)),
    /** What belongs to values, where they are not 0. */
    moving: (x: Tensor): Tensor => where(lessEqual(stopGradient(s), tolerance), 0, x),
  };
};

/** The part of x outside of the space of Q's columns: (1 − QQᵀ)x. */
const outside = (q: Tensor, x: Tensor): Tensor => sub(x, matrixProduct(q, matrixProduct(q, x, true)));

/** Adds what there is. */
const total = (parts: readonly (Tensor | null)[]): Tensor | null =>
  parts.reduce((sum, part) => (sum === null ? part : part === null ? sum : add(sum, part)), null);

export const svdPrimitive: Primitive<'svd', null> = defineJoint<'svd', null>({
  name: 'svd',
  family: 'other',
  docs: 'a = u·diag(s)·vt, s descending',
  arity: 1,
  infer: (inputs) => {
    const shape = inputs[0]?.shape ?? [];
    const [m, n] = matrixSizes('svd', shape);
    const dtype = commonDtype('svd', inputs, 'float');
    const k = Math.min(m, n);
    const batch = shape.slice(0, -2);
    return [
      { shape: [...batch, m, k], dtype },
      { shape: [...batch, k], dtype },
      { shape: [...batch, k, n], dtype },
    ];
  },
  forward: (outs, inputs) => {
    const [a, u, s, vt] = [inputs[0], ...outs] as [View, View, View, View];
    const [m, n] = matrixSizes('svd', a.shape);
    const k = Math.min(m, n);
    eachMatrix(a, (matrix, position) => {
      // The vectors with more numbers are rotated, one a row: columns of a tall matrix, rows of a wide one.
      const wide = m < n;
      const rows = wide ? matrix.slice() : transposedRows(matrix, m, n);
      const { values, long, short } = factorSingular(rows, k, wide ? n : m, !wide);
      u.data.set(transposedRows(wide ? short : long, k, m), position * m * k);
      s.data.set(values, position * k);
      vt.data.set(wide ? long : short, position * k * n);
    });
  },
  rules: {
    record: (x, _, p) => {
      const outputs = bindAll(svdPrimitive, x, p);
      const [u, s, vt] = outputs as [Tensor, Tensor, Tensor];
      const [m, n] = matrixSizes('svd', (x[0] as Tensor).shape);
      // The adjoint: P̄ = E∘skew(UᵀŪ + VᵀV̄) + H∘skew(UᵀŪ − VᵀV̄) + diag(s̄), and the parts outside.
      const back = ([gu = null, gs = null, gvt = null]: readonly (Tensor | null)[]): readonly (Tensor | null)[] => {
        const { gaps, sums, divided, moving } = quotients(s, Math.max(m, n));
        const gv = gvt === null ? null : transpose(gvt);
        const left = gu === null ? null : skewPart(matrixProduct(u, gu, true));
        const right = gv === null ? null : skewPart(matrixProduct(vt, gv));
        const both = total([left, right]);
        const apart = left === null || right === null ? (left ?? (right && mul(right, -1))) : sub(left, right);
        const inner = total([both && mul(gaps(), both), apart && mul(sums(), apart), gs && diagEmbed(moving(gs))]);
        const outer = total([inner && matrixProduct(u, inner), gu && m > n ? divided(outside(u, gu)) : null]);
        const beyond =
          gv === null || n <= m ? null : matrixProduct(divided(u), outside(transpose(vt), gv), false, true);
        return [total([outer && matrixProduct(outer, vt), beyond])];
      };
      return { outputs, back };
    },
    push: (x, [t], p) => {
      const outputs = bindAll(svdPrimitive, x, p);
      const [u, s, vt] = outputs as [Tensor, Tensor, Tensor];
      if (t === null || t === undefined) return { outputs, tangents: [null, null, null] };
      const [m, n] = matrixSizes('svd', (x[0] as Tensor).shape);
      const { gaps, sums, divided, moving } = quotients(s, Math.max(m, n));
      const tv = matrixProduct(t, vt, false, true);
      const inner = matrixProduct(u, tv, true);
      const [even, odd] = [mul(gaps(), symmetricPart(inner)), mul(sums(), skewPart(inner))];
      const v = transpose(vt);
      const du = total([matrixProduct(u, add(even, odd)), m > n ? divided(outside(u, tv)) : null]);
      const dv = total([
        matrixProduct(v, sub(even, odd)),
        n > m ? divided(outside(v, matrixProduct(t, u, true))) : null,
      ]);
      return { outputs, tangents: [du, moving(diagonalOf(inner)), transpose(dv as Tensor)] };
    },
  },
  batch: ({ x, p, primitive }) => bindAll(primitive, x, p),
});

/**
 * The reduced singular value decomposition of a matrix or of each matrix in a stack: `a = u·diag(s)·vt`. `a: […, M, N]` →
 * `u: […, M, K]`, `s: […, K]` descending, `vt: […, K, N]`, K the smaller of M and N.
 * Of each column of `u` the first element that is at least nine tenths as large as its largest is positive; of a value that is exactly 0
 * so is the row of `vt`. The derivative of vectors whose values are equal (within max(M, N)·ε of the largest) is taken as 0 within
 * the space that they span, except that of the product `u·vt`, which is right; a value that is 0 by that measure has derivative 0, and
 * its vectors no part outside. NaN or infinity in a matrix makes all NaN.
 * @throws ShapeError below rank 2; DtypeError unless it is float.
 * @example
 * svd(tensor([[3, 0], [0, -4]])).s.toArray() // [4, 3]
 */
export const svd = (a: Tensor): SVD => {
  const [u, s, vt] = bindAll(svdPrimitive, [a], null) as [Tensor, Tensor, Tensor];
  return { u, s, vt };
};
