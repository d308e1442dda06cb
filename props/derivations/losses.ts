/**
 * Losses, all with the cotangent g of a scalar.
 *
 * Cross-entropy of scores. With p = softmax of each row and τ_ic the weight of class c at sample i,
 *   L = −(1/D) Σ_ic τ_ic log p_ic
 *   ∂L/∂x_ij = −(1/D) Σ_c τ_ic (δ_cj − p_ij) = (p_ij Σ_c τ_ic − τ_ij)/D
 *   dX = (P ⊙ (T 1 1ᵀ) − T)/D
 * Class number y, class weights w and label smoothing e over C classes:
 *   τ_ic = (1 − e) w_y [c = y] + e w_c/C,   D = Σ_i w_{y_i};   without either, dX = (P − Y)/N.
 *
 * Hinge (support vector machine) of scores, with margin m:
 *   L = (1/N) Σ_i Σ_{j≠y_i} max(0, m − x_iy + x_ij)
 *   M_ij = [m − x_iy + x_ij > 0] for j ≠ y_i, M_iy = 0:   ∂L/∂x_ij = M_ij/N,   ∂L/∂x_iy = −Σ_j M_ij/N
 *   dX = (M − Y ⊙ (M 1 1ᵀ))/N
 *
 * Mean squared error over n elements: L = (1/n) Σ (x − t)²,  dX = 2(X − T)/n = −dT.
 */
import * as fc from 'fast-check';
import { div, exp, fromData, mul, neg, sub, sum, type Tensor } from '../../core/index.js';
import { crossEntropy as crossEntropyLayer, hingeLoss, mseLoss } from '../../nn/index.js';
import { shapes } from '../arbitraries/shapes.js';
import { draw, drawDistinct, drawIntegers } from '../arbitraries/values.js';
import { eachIndex, reader, sums } from './arrays.js';
import { type Derivation, derivation } from './derivation.js';

const scores = fc.record({ samples: fc.integer({ min: 1, max: 5 }), classes: fc.integer({ min: 2, max: 5 }) });

interface CrossEntropyConfig {
  readonly weight: readonly number[] | null;
  readonly labelSmoothing: number;
}

interface Scores {
  readonly x: Tensor;
  readonly target: Tensor;
}

/** τ and D of the header. */
const targetWeights = (
  { x, target }: Scores,
  { weight, labelSmoothing: e }: CrossEntropyConfig,
): { readonly τ: Tensor; readonly D: number } => {
  const classes = x.shape[1] ?? 1;
  const label = reader(target);
  const w = (c: number): number => weight?.[c] ?? 1;
  const τ = sums(x.shape);
  let D = 0;
  eachIndex(x.shape, (i, c) => {
    const y = label(i);
    if (c === y) D += w(y);
    τ.add((c === y ? (1 - e) * w(y) : 0) + (e * w(c)) / classes, i, c);
  });
  return { τ: τ.tensor(), D };
};

const rowSum = (x: Tensor): Tensor => sum(x, { axes: 1, keepDims: true });

export const crossEntropy: Derivation = derivation<Scores, CrossEntropyConfig>()({
  name: 'crossEntropy',
  cases: scores.chain(({ samples, classes }) =>
    fc
      .record({
        x: draw([samples, classes]),
        target: drawIntegers([samples], 0, classes - 1),
        weight: fc.option(
          fc.array(
            fc.integer({ min: 1, max: 20 }).map((n) => n / 8),
            { minLength: classes, maxLength: classes },
          ),
        ),
        labelSmoothing: fc.constantFrom(0, 0.1, 0.25),
      })
      .map(({ x, target, weight, labelSmoothing }) => ({ inputs: { x, target }, config: { weight, labelSmoothing } })),
  ),
  layer: ({ x, target }, { weight, labelSmoothing }) =>
    crossEntropyLayer(x, target, {
      labelSmoothing,
      weight: weight === null ? null : fromData(Float64Array.from(weight), [weight.length]),
    }),
  forward: ({ x, target }, config) => {
    const { τ, D } = targetWeights({ x, target }, config);
    const powers = exp(x);
    const p = div(powers, rowSum(powers));
    const [chance, weights] = [reader(p), reader(τ)];
    const loss = sums([]);
    eachIndex(x.shape, (i, c) => loss.add((-weights(i, c) * Math.log(chance(i, c))) / D));
    return [loss.tensor(), { p, τ, D }];
  },
  backward: (g, { p, τ, D }) => ({ x: mul(g, div(sub(mul(p, rowSum(τ)), τ), D)) }),
});

interface HingeConfig {
  readonly margin: number;
}

export const hinge: Derivation = derivation<Scores, HingeConfig>()({
  name: 'hinge',
  cases: scores.chain(({ samples, classes }) =>
    // Scores differ by multiples of about a quarter, so a margin an eighth off keeps every violation off its kink.
    fc
      .record({
        x: drawDistinct([samples, classes]),
        target: drawIntegers([samples], 0, classes - 1),
        margin: fc.constantFrom(0.375, 1.125),
      })
      .map(({ x, target, margin }) => ({ inputs: { x, target }, config: { margin } })),
  ),
  layer: ({ x, target }, { margin }) => hingeLoss(x, target, { margin }),
  forward: ({ x, target }, { margin }) => {
    const [score, label] = [reader(x), reader(target)];
    const [loss, dx] = [sums([]), sums(x.shape)];
    const N = x.shape[0] ?? 1;
    eachIndex(x.shape, (i, j) => {
      const y = label(i);
      const violation = margin - score(i, y) + score(i, j);
      if (j === y || violation <= 0) return;
      loss.add(violation / N);
      dx.add(1 / N, i, j);
      dx.add(-1 / N, i, y);
    });
    return [loss.tensor(), dx.tensor()];
  },
  backward: (g, dx) => ({ x: mul(g, dx) }),
});

export const mse: Derivation = derivation<{ readonly x: Tensor; readonly target: Tensor }>()({
  name: 'mse',
  cases: shapes({ minSize: 1 }).chain((shape) =>
    fc.record({ x: draw(shape), target: draw(shape) }).map((inputs) => ({ inputs, config: null })),
  ),
  layer: ({ x, target }) => mseLoss(x, target),
  forward: ({ x, target }) => {
    const d = sub(x, target);
    return [div(sum(mul(d, d)), x.size), d];
  },
  backward: (g, d) => {
    const dx = mul(g, div(mul(d, 2), d.size));
    return { x: dx, target: neg(dx) };
  },
});
