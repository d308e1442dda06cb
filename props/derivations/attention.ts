/**
 * Scaled dot-product attention of one head: `Y = A V`, `A = softmax(S)` by rows, `S = c·Q Kᵀ`; causal or not.
 *
 * Element by element, with G = ∂L/∂Y:
 *   y_ie = Σ_j a_ij v_je       ⇒   ∂L/∂v_je = Σ_i a_ij g_ie,   ∂L/∂a_ij = Σ_e g_ie v_je
 *   a = softmax(s)             ⇒   ∂L/∂s_ij = a_ij(∂L/∂a_ij − Σ_k a_ik ∂L/∂a_ik)        (see `softmax.ts`)
 *   s_ij = c Σ_d q_id k_jd     ⇒   ∂L/∂q_id = c Σ_j ∂L/∂s_ij k_jd,   ∂L/∂k_jd = c Σ_i ∂L/∂s_ij q_id
 * As matrices:
 *   dV = Aᵀ G,   dA = G Vᵀ,   dS = A ⊙ (dA − (dA ⊙ A) 1 1ᵀ),   dQ = c dS K,   dK = c dSᵀ Q
 * A masked score is −∞: its a is 0, and with it its share of every sum.
 */
import * as fc from 'fast-check';
import { div, exp, fromData, matmul, mul, permute, sub, sum, type Tensor } from '../../core/index.js';
import { functional } from '../../nn/index.js';
import { draw } from '../arbitraries/values.js';
import { type Derivation, derivation } from './derivation.js';

interface Heads {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
}

interface Config {
  readonly causal: boolean;
}

const transposed = (matrix: Tensor): Tensor => permute(matrix, [1, 0]);
const rowSum = (x: Tensor): Tensor => sum(x, { axes: 1, keepDims: true });

/** 1 where position i may see position j. */
const visible = (rows: number, columns: number, causal: boolean): Tensor =>
  fromData(
    Float64Array.from({ length: rows * columns }, (_, at) =>
      Number(!causal || at % columns <= Math.floor(at / columns)),
    ),
    [rows, columns],
  );

export const attention: Derivation = derivation<Heads, Config>()({
  name: 'attention',
  cases: fc
    .record({
      queries: fc.integer({ min: 1, max: 4 }),
      keys: fc.integer({ min: 1, max: 4 }),
      width: fc.integer({ min: 1, max: 3 }),
      values: fc.integer({ min: 1, max: 3 }),
      causal: fc.boolean(),
    })
    .chain(({ queries, keys, width, values, causal }) =>
      fc
        .record({ q: draw([queries, width]), k: draw([keys, width]), v: draw([keys, values]) })
        .map((inputs) => ({ inputs, config: { causal } })),
    ),
  layer: ({ q, k, v }, { causal }) => functional.attention(q, k, v, { causal }),
  forward: ({ q, k, v }, { causal }) => {
    const c = 1 / Math.sqrt(q.shape[1] ?? 1);
    const seen = visible(q.shape[0] ?? 1, k.shape[0] ?? 1, causal);
    const powers = mul(exp(mul(matmul(q, transposed(k)) as Tensor, c)), seen);
    const a = div(powers, rowSum(powers));
    return [matmul(a, v), { q, k, v, a, c }];
  },
  backward: (g, { q, k, v, a, c }) => {
    const da: Tensor = matmul(g, transposed(v));
    const ds = mul(mul(a, sub(da, rowSum(mul(da, a)))), c);
    return { q: matmul(ds, k), k: matmul(transposed(ds), q), v: matmul(transposed(a), g) };
  },
});
