/**
 * Adam and its relatives. With m and v the running means of g and g², both from 0, and their bias corrections
 * `m̂ = m/(1 − β₁ᵗ)`, `v̂ = v/(1 − β₂ᵗ)`, the step is `m̂/(√v̂ + ε)`.
 * Sources: Kingma, Ba, "Adam" (2015); Loshchilov, Hutter, "Decoupled weight decay" (2019); Reddi, Kale, Kumar, "On the
 * convergence of Adam and beyond" (2018, AMSGrad).
 */
import { abs, add, div, maximum, mul, sqrt, type Tensor } from '../core/index.js';
import { checkedSettings, type LearningRate, optionsOf, type RateOr, scaleByLearningRate } from './learning-rate.js';
import { filled, type LeafContext, type MomentState, momentsAlong, overSize, runningMean } from './moments.js';
import { addDecayedWeights } from './scaling.js';
import { chain, type GradientTransform } from './transform.js';

export interface AdamOptions {
  /** 0.001 by default. */
  readonly lr?: LearningRate;
  /** Decay of the running means of g and g²; [0.9, 0.999] by default. */
  readonly betas?: readonly [number, number];
  /** Added outside the root; 1e-8 by default. */
  readonly eps?: number;
  /** Adds `weightDecay·p` to the gradient; 0 by default. */
  readonly weightDecay?: number;
  /** Divide by the largest v̂ so far. */
  readonly amsgrad?: boolean;
}

type Scaling = Pick<AdamOptions, 'betas' | 'eps' | 'amsgrad'>;

const scaleByAdamNames = { betas: true, eps: true, amsgrad: 'flag' } as const;

/**
 * `m̂/(√v̂ + ε)` in place of the gradient; with `amsgrad` the largest v so far stands for v.
 * @throws ArgumentError for a beta that is not from [0, 1), or an eps that is negative or not finite.
 */
export const scaleByAdam = (options: Scaling = {}): GradientTransform<MomentState<'mean' | 'square'>> => {
  const {
    betas: [b1, b2] = [0.9, 0.999],
    eps = 1e-8,
    amsgrad = false,
  } = checkedSettings('scaleByAdam', options, scaleByAdamNames);
  // With c₁ = 1 − β₁ᵗ, c₂ = 1 − β₂ᵗ the step is m·(√c₂/c₁) / (√v + ε·√c₂): of each parameter one quotient and one root.
  const step = (mean: Tensor, size: Tensor, { t, scalar }: Pick<LeafContext<never>, 't' | 'scalar'>): Tensor => {
    const root = sqrt(filled(b2, t));
    return overSize(mul(mean, scalar(div(root, filled(b1, t)))), add(sqrt(size), scalar(mul(root, eps))), eps);
  };
  if (!amsgrad)
    return momentsAlong({
      name: 'adam',
      start: { mean: 0, square: 0 },
      rule: ({ g, m, t, scalar }) => {
        const mean = runningMean(m.mean, g, b1);
        const square = runningMean(m.square, mul(g, g), b2);
        return { update: step(mean, square, { t, scalar }), moments: { mean, square } };
      },
    });
  return momentsAlong({
    name: 'adam',
    start: { mean: 0, square: 0, largest: 0 },
    rule: ({ g, m, t, scalar }) => {
      const mean = runningMean(m.mean, g, b1);
      const square = runningMean(m.square, mul(g, g), b2);
      const largest = maximum(m.largest, square);
      return { update: step(mean, largest, { t, scalar }), moments: { mean, square, largest } };
    },
  });
};

const adamNames = { lr: true, betas: true, eps: true, weightDecay: true, amsgrad: 'flag' } as const;

/**
 * Adam with PyTorch's numbers; `weightDecay` is added to the gradient before the running means. The rate may stand alone:
 * `adam(1e-3)`.
 * @example
 * applyUpdates(tensor([1]), adam(0.1).update(tensor([3]), adam(0.1).init(tensor([1])), tensor([1]))[0]).toArray() // ≈ [0.9]
 */
export const adam = (options: RateOr<AdamOptions> = {}): GradientTransform<readonly unknown[]> => {
  const { lr = 1e-3, weightDecay = 0, ...scaling }: AdamOptions = optionsOf('adam', options, adamNames);
  return chain(addDecayedWeights(weightDecay), scaleByAdam(scaling), scaleByLearningRate(lr));
};

/** Adam with decoupled weight decay: `p ← p − lr·weightDecay·p` beside Adam's step. `weightDecay` is 0.01 by default. */
export const adamw = (options: RateOr<AdamOptions> = {}): GradientTransform<readonly unknown[]> => {
  const { lr = 1e-3, weightDecay = 0.01, ...scaling }: AdamOptions = optionsOf('adamw', options, adamNames);
  return chain(scaleByAdam(scaling), addDecayedWeights(weightDecay), scaleByLearningRate(lr));
};

export type AdamaxOptions = Omit<AdamOptions, 'amsgrad'>;

/** The options of Adam's kin without `amsgrad`. */
export const adamaxNames = { lr: true, betas: true, eps: true, weightDecay: true } as const;

/** Adam with the running maximum `u ← max(β₂·u, |g| + ε)` in place of the root: step `m̂/u`. `lr` is 0.002 by default. */
export const adamax = (options: RateOr<AdamaxOptions> = {}): GradientTransform<readonly unknown[]> => {
  const {
    lr = 2e-3,
    betas: [b1, b2] = [0.9, 0.999],
    eps = 1e-8,
    weightDecay = 0,
  }: AdamaxOptions = optionsOf('adamax', options, adamaxNames);
  return chain(
    addDecayedWeights(weightDecay),
    momentsAlong({
      name: 'adamax',
      start: { mean: 0, bound: 0 },
      rule: ({ g, m, t, scalar }) => {
        const mean = runningMean(m.mean, g, b1);
        const bound = maximum(mul(m.bound, b2), add(abs(g), eps));
        return { update: overSize(div(mean, scalar(filled(b1, t))), bound, eps), moments: { mean, bound } };
      },
    }),
    scaleByLearningRate(lr),
  );
};
