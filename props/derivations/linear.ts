/**
 * The dense layer `Y = X Wᵀ + 1 bᵀ`, X: [N, D], W: [M, D], b: [M].
 *
 * Element by element, with the cotangent G = ∂L/∂Y:
 *   y_nm = Σ_d x_nd w_md + b_m
 *   ∂L/∂x_nd = Σ_m g_nm w_md,   ∂L/∂w_md = Σ_n g_nm x_nd,   ∂L/∂b_m = Σ_n g_nm
 * As matrices:
 *   dX = G W,   dW = Gᵀ X,   db = Gᵀ 1
 * More axes in front of the last are samples too: flatten them, and give dX its shape back.
 */
import * as fc from 'fast-check';
import { add, matmul, permute, reshape, sum, type Tensor } from '../../core/index.js';
import { functional } from '../../nn/index.js';
import { shapes } from '../arbitraries/shapes.js';
import { type Draw, draw } from '../arbitraries/values.js';
import { type Derivation, derivation } from './derivation.js';

interface Parameters {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly bias?: Tensor;
}

interface Cache {
  readonly rows: Tensor;
  readonly weight: Tensor;
  readonly shape: readonly number[];
  readonly hasBias: boolean;
}

const transposed = (matrix: Tensor): Tensor => permute(matrix, [1, 0]);

export const linear: Derivation = derivation<Parameters>()({
  name: 'linear',
  cases: fc
    .record({
      leading: shapes({ minRank: 1, maxRank: 2 }),
      inputs: fc.integer({ min: 1, max: 5 }),
      outputs: fc.integer({ min: 1, max: 4 }),
      bias: fc.boolean(),
    })
    .chain(({ leading, inputs, outputs, bias }) =>
      fc.record<{ x: Draw; weight: Draw; bias?: Draw }>({
        x: draw([...leading, inputs]),
        weight: draw([outputs, inputs]),
        ...(bias ? { bias: draw([outputs]) } : {}),
      }),
    )
    .map((inputs) => ({ inputs: { ...inputs } as { readonly [name: string]: Draw }, config: null })),
  layer: ({ x, weight, bias }) => functional.linear(x, weight, bias ?? null),
  forward: ({ x, weight, bias }) => {
    const [outputs = 1, inputs = 1] = weight.shape;
    const rows = reshape(x, [x.size / inputs, inputs]) as Tensor;
    const product: Tensor = matmul(rows, transposed(weight));
    const y = bias === undefined ? product : add(product, bias);
    return [
      reshape(y, [...x.shape.slice(0, -1), outputs]) as Tensor,
      { rows, weight, shape: x.shape, hasBias: bias !== undefined } satisfies Cache,
    ];
  },
  backward: (cotangent, { rows, weight, shape, hasBias }) => {
    const g = reshape(cotangent, [rows.shape[0] ?? 0, weight.shape[0] ?? 1]) as Tensor;
    return {
      x: reshape(matmul(g, weight), shape) as Tensor,
      weight: matmul(transposed(g), rows),
      ...(hasBias ? { bias: sum(g, { axes: 0 }) } : {}),
    };
  },
});
