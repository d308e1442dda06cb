/**
 * Adam with Nesterov's look-ahead (NAdam) and with a rectified start (RAdam).
 * Sources: Dozat, "Incorporating Nesterov momentum into Adam" (2016); Liu et al., "On the variance of the adaptive
 * learning rate and beyond" (2020).
 */
import { add, div, full, greater, mul, ones, pow, sqrt, sub, type Tensor, where } from '../core/index.js';
import { type AdamaxOptions, adamaxNames } from './adam.js';
import { optionsOf, type RateOr, scaleByLearningRate } from './learning-rate.js';
import { filled, momentsAlong, overSize, runningMean } from './moments.js';
import { addDecayedWeights } from './scaling.js';
import { chain, type GradientTransform } from './transform.js';

export interface NadamOptions extends AdamaxOptions {
  /** How fast the momentum grows towards β₁; 0.004 by default. */
  readonly momentumDecay?: number;
}

/** `μₜ = β₁·(1 − ½·0.96^(t·decay))`. */
const momentumAt = (b1: number, t: Tensor, decay: number): Tensor =>
  mul(sub(1, mul(pow(full([], 0.96, 'float64'), mul(t, decay)), 0.5)), b1);

const nadamNames = { ...adamaxNames, momentumDecay: true } as const;

/**
 * NAdam: with `Mₜ = μ₁…μₜ` the step is `((1 − μₜ)/(1 − Mₜ)·g + μₜ₊₁/(1 − Mₜ₊₁)·m)/(√v̂ + ε)`. `lr` is 0.002 by default.
 * The product Mₜ is kept in a leaf of its own size so that the state stays a tree like the parameters.
 */
export const nadam = (options: RateOr<NadamOptions> = {}): GradientTransform<readonly unknown[]> => {
  const {
    lr = 2e-3,
    betas: [b1, b2] = [0.9, 0.999],
    eps = 1e-8,
    weightDecay = 0,
    momentumDecay = 4e-3,
  }: NadamOptions = optionsOf('nadam', options, nadamNames);
  return chain(
    addDecayedWeights(weightDecay),
    momentsAlong({
      name: 'nadam',
      start: { mean: 0, square: 0, product: 1 },
      rule: ({ g, m, t, scalar }) => {
        const now = scalar(momentumAt(b1, t, momentumDecay));
        const next = scalar(momentumAt(b1, add(t, 1), momentumDecay));
        const product = mul(m.product, now);
        const mean = runningMean(m.mean, g, b1);
        const square = runningMean(m.square, mul(g, g), b2);
        const root = add(sqrt(div(square, scalar(filled(b2, t)))), eps);
        const ahead = add(mul(div(sub(1, now), sub(1, product)), g), mul(div(next, sub(1, mul(product, next))), mean));
        return { update: overSize(ahead, root, eps), moments: { mean, square, product } };
      },
    }),
    scaleByLearningRate(lr),
  );
};

/**
 * RAdam: Adam's step with its variance rectified once `ρₜ = ρ∞ − 2t·β₂ᵗ/(1 − β₂ᵗ)` exceeds 5, and plain `m̂` before.
 * @example
 * radam({ lr: 0.1 }).update(tensor([1]), radam({ lr: 0.1 }).init(tensor([0])), tensor([0]))[0].toArray() // ≈ [-0.1]
 */
export const radam = (options: RateOr<AdamaxOptions> = {}): GradientTransform<readonly unknown[]> => {
  const {
    lr = 1e-3,
    betas: [b1, b2] = [0.9, 0.999],
    eps = 1e-8,
    weightDecay = 0,
  }: AdamaxOptions = optionsOf('radam', options, adamaxNames);
  const limit = 2 / (1 - b2) - 1;
  return chain(
    addDecayedWeights(weightDecay),
    momentsAlong({
      name: 'radam',
      start: { mean: 0, square: 0 },
      rule: ({ g, m, t, scalar }) => {
        const mean = runningMean(m.mean, g, b1);
        const square = runningMean(m.square, mul(g, g), b2);
        const corrected = div(mean, scalar(filled(b1, t)));
        const rho = sub(limit, div(mul(mul(t, 2), pow(full([], b2, 'float64'), t)), filled(b2, t)));
        const settled = greater(rho, 5);
        const safe = where(settled, rho, mul(ones([], 'float64'), 6));
        const rectifier = sqrt(div(mul(mul(sub(safe, 4), sub(safe, 2)), limit), mul(safe, (limit - 4) * (limit - 2))));
        const size = add(sqrt(square), eps);
        const factor = scalar(mul(rectifier, sqrt(filled(b2, t))));
        const adaptive = eps > 0 ? mul(corrected, div(factor, size)) : overSize(mul(corrected, factor), size, eps);
        return { update: where(settled, adaptive, corrected), moments: { mean, square } };
      },
    }),
    scaleByLearningRate(lr),
  );
};
