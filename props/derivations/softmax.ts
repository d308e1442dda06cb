/**
 * Softmax and log-softmax of each row: s_i = e^{x_i} / Σ_k e^{x_k}.
 *
 * Quotient rule: ∂s_i/∂x_j = s_i(δ_ij − s_j); as a matrix J = diag(s) − s sᵀ, which is symmetric. Hence
 *   ∂L/∂x_j = Σ_i g_i s_i(δ_ij − s_j) = s_j(g_j − Σ_i g_i s_i)
 *   dX = S ⊙ (G − (G ⊙ S) 1 1ᵀ)
 * For log s_i = x_i − log Σ_k e^{x_k}: ∂ log s_i/∂x_j = δ_ij − s_j, hence
 *   ∂L/∂x_j = g_j − s_j Σ_i g_i
 *   dX = G − S ⊙ (G 1 1ᵀ)
 */
import type * as fc from 'fast-check';
import { div, exp, log, mul, sub, sum, type Tensor } from '../../core/index.js';
import { logSoftmax as logSoftmaxLayer, softmax as softmaxLayer } from '../../nn/index.js';
import { shapeWithAxis } from '../arbitraries/shapes.js';
import { draw } from '../arbitraries/values.js';
import { type Derivation, type DerivationCase, derivation } from './derivation.js';

interface Config {
  readonly axis: number;
}

interface Cache {
  readonly s: Tensor;
  readonly axis: number;
}

const total = (x: Tensor, axis: number): Tensor => sum(x, { axes: axis, keepDims: true });

/** Inputs are small, so that the quotient needs no shift. */
const softmaxOf = (x: Tensor, axis: number): Tensor => div(exp(x), total(exp(x), axis));

const cases: fc.Arbitrary<Pick<DerivationCase<Config>, 'inputs' | 'config'>> = shapeWithAxis({ minSize: 1 }).chain(
  ({ shape, axis }) => draw(shape).map((x) => ({ inputs: { x }, config: { axis } })),
);

export const softmax: Derivation = derivation<{ readonly x: Tensor }, Config>()({
  name: 'softmax',
  cases,
  layer: ({ x }, { axis }) => softmaxLayer(x, axis),
  forward: ({ x }, { axis }) => {
    const s = softmaxOf(x, axis);
    return [s, { s, axis } satisfies Cache];
  },
  backward: (g, { s, axis }) => ({ x: mul(s, sub(g, total(mul(g, s), axis))) }),
});

export const logSoftmax: Derivation = derivation<{ readonly x: Tensor }, Config>()({
  name: 'logSoftmax',
  cases,
  layer: ({ x }, { axis }) => logSoftmaxLayer(x, axis),
  forward: ({ x }, { axis }) => {
    const s = softmaxOf(x, axis);
    return [log(s), { s, axis } satisfies Cache];
  },
  backward: (g, { s, axis }) => ({ x: sub(g, mul(s, total(g, axis))) }),
});
