/**
 * The dense layer by hand, `Z = X W + 1 b`:
 *   z_nm = Σ_d x_nd w_dm + b_m   ⇒   ∂L/∂x_nd = Σ_m g_nm w_dm,   ∂L/∂w_dm = Σ_n x_nd g_nm,   ∂L/∂b_m = Σ_n g_nm
 *   dX = G Wᵀ,   dW = Xᵀ G,   db = 1ᵀ G
 * Samples of any shape are flattened first, and dX gets its shape back.
 */

import { add, matmul, reshape, ShapeError, sum, type Tensor, transpose } from '../../core/index.js';
import { checkChoice, checkedOptions, checkTensors } from '../../core/tensor/arguments.js';
import type { WeightLayout } from '../initialisers.js';
import { type ManualPair, pairNamed } from './pair.js';

export interface AffineOptions {
  /** `in-out` (`w: [D, M]`, the default here) or `out-in` (`w: [M, D]`). */
  readonly weightLayout?: WeightLayout;
}

export interface AffineCache {
  readonly x: Tensor;
  readonly w: Tensor;
  readonly b: Tensor;
  readonly weightLayout: WeightLayout;
}

export type AffineGradients = { readonly dx: Tensor; readonly dw: Tensor; readonly db: Tensor };

const transposed = (x: Tensor): Tensor => transpose(x) as Tensor;

/** Samples as rows: `[N, d1·…·dk]`. */
const rowsOf = (x: Tensor): Tensor => {
  const [samples = 1] = x.shape;
  return reshape(x, [samples, x.size / Math.max(1, samples)]) as Tensor;
};

/** The options of a dense layer. */
export const affineNames = { weightLayout: true } as const;

/**
 * `x: [N, d1, …, dk]`, `w: [D, M]` with D = d1·…·dk, `b: [M]` or `[1, M]` → `[N, M]`. Gradients `dx`, `dw`, `db` have the shapes of what they belong to.
 * @throws ShapeError when the features do not fit.
 * @example
 * affine.forward(tensor([[1, 2]]), tensor([[3], [4]]), tensor([5]))[0].toArray() // [[16]]
 * affine.backward(tensor([[2]]), affine.forward(tensor([[1, 2]]), tensor([[3], [4]]), tensor([5]))[1]).dw.toArray() // [[2], [4]]
 */
export const affine: ManualPair<
  [x: Tensor, w: Tensor, b: Tensor, options?: AffineOptions],
  AffineCache,
  AffineGradients
> = pairNamed('affine', {
  forward: (x, w, b, options = {}) => {
    const { weightLayout = 'in-out' } = checkedOptions('affine', options, affineNames);
    checkTensors('affine', [x, w, b]);
    checkChoice('affine', 'the layout of the weight', weightLayout, ['in-out', 'out-in']);
    const rows = rowsOf(x);
    const matrix = weightLayout === 'in-out' ? w : transposed(w);
    if (matrix.rank !== 2 || matrix.shape[0] !== rows.shape[1] || b.size !== matrix.shape[1])
      throw new ShapeError({
        op: 'affine',
        problem: `samples of ${rows.shape[1]} features, weight and bias do not fit`,
        shapes: [x.shape, w.shape, b.shape],
        remedy: "give w [D, M] (or [M, D] with weightLayout: 'out-in') and b [M]",
      });
    const out = add(matmul(rows, matrix) as Tensor, reshape(b, [b.size]));
    return [out, { x, w, b, weightLayout }];
  },
  backward: (dout, { x, w, b, weightLayout }) => {
    const matrix = weightLayout === 'in-out' ? w : transposed(w);
    const rows = rowsOf(x);
    const dw: Tensor = weightLayout === 'in-out' ? matmul(transposed(rows), dout) : matmul(transposed(dout), rows);
    return {
      dx: reshape(matmul(dout, transposed(matrix)), x.shape) as Tensor,
      dw,
      db: reshape(sum(dout, { axes: 0 }), b.shape) as Tensor,
    };
  },
});
