/**
 * Optimisers that divide by a running size of the gradient, without Adam's running mean: RMSProp, AdaGrad, AdaDelta.
 * Sources: Tieleman, Hinton, lecture 6.5 (2012); Duchi, Hazan, Singer (2011); Zeiler (2012).
 */
import { add, div, mul, sqrt, square, sub } from '../core/index.js';
import { type LearningRate, optionsOf, type RateOr, scaleByLearningRate } from './learning-rate.js';
import { momentsAlong, overSize, runningMean } from './moments.js';
import { addDecayedWeights } from './scaling.js';
import { accumulateMomentum } from './sgd.js';
import { chain, type GradientTransform } from './transform.js';

export interface RmspropOptions {
  /** 0.01 by default. */
  readonly lr?: LearningRate;
  /** Decay of the running mean of g²; 0.99 by default. */
  readonly alpha?: number;
  /** Added outside the root; 1e-8 by default. */
  readonly eps?: number;
  readonly weightDecay?: number;
  /** A momentum buffer on the scaled gradient; 0 by default. */
  readonly momentum?: number;
  /** Subtract the square of the running mean of g: divide by a standard deviation. */
  readonly centered?: boolean;
}

const rmspropNames = { lr: true, alpha: true, eps: true, weightDecay: true, momentum: true, centered: 'flag' } as const;

/** RMSProp: `v ← α·v + (1 − α)·g²`, step `g/(√v + ε)`. */
export const rmsprop = (options: RateOr<RmspropOptions> = {}): GradientTransform<readonly unknown[]> => {
  const {
    lr = 1e-2,
    alpha = 0.99,
    eps = 1e-8,
    weightDecay = 0,
    momentum = 0,
    centered = false,
  }: RmspropOptions = optionsOf('rmsprop', options, rmspropNames);
  return chain(
    addDecayedWeights(weightDecay),
    centered
      ? momentsAlong({
          name: 'rmsprop',
          start: { variance: 0, mean: 0 },
          rule: ({ g, m }) => {
            // With S = α·S + (1 − α)g² and M = α·M + (1 − α)g, S − M² obeys V ← α(V + (1 − α)(g − M)²): never below 0.
            const variance = mul(add(m.variance, mul(square(sub(g, m.mean)), 1 - alpha)), alpha);
            const mean = runningMean(m.mean, g, alpha);
            return { update: overSize(g, add(sqrt(variance), eps), eps), moments: { variance, mean } };
          },
        })
      : momentsAlong({
          name: 'rmsprop',
          start: { square: 0 },
          rule: ({ g, m }) => {
            const size = runningMean(m.square, mul(g, g), alpha);
            return { update: overSize(g, add(sqrt(size), eps), eps), moments: { square: size } };
          },
        }),
    ...(momentum === 0 ? [] : [accumulateMomentum({ momentum })]),
    scaleByLearningRate(lr),
  );
};

export interface AdagradOptions {
  /** 0.01 by default. */
  readonly lr?: LearningRate;
  /** Divides the step by `1 + (t − 1)·lrDecay`; 0 by default. */
  readonly lrDecay?: number;
  readonly weightDecay?: number;
  /** Where the sum of squares starts; 0 by default. */
  readonly initialAccumulator?: number;
  /** Added outside the root; 1e-10 by default. */
  readonly eps?: number;
}

const adagradNames = { lr: true, lrDecay: true, weightDecay: true, initialAccumulator: true, eps: true } as const;

/** AdaGrad: the sum of all squares so far divides, `g/(√Σg² + ε)`; the step can only shrink. */
export const adagrad = (options: RateOr<AdagradOptions> = {}): GradientTransform<readonly unknown[]> => {
  const {
    lr = 1e-2,
    lrDecay = 0,
    weightDecay = 0,
    initialAccumulator = 0,
    eps = 1e-10,
  }: AdagradOptions = optionsOf('adagrad', options, adagradNames);
  return chain(
    addDecayedWeights(weightDecay),
    momentsAlong({
      name: 'adagrad',
      start: { total: initialAccumulator },
      rule: ({ g, m, t, scalar }) => {
        const total = add(m.total, mul(g, g));
        const step = overSize(g, add(sqrt(total), eps), eps);
        return {
          update: lrDecay === 0 ? step : div(step, scalar(add(mul(sub(t, 1), lrDecay), 1))),
          moments: { total },
        };
      },
    }),
    scaleByLearningRate(lr),
  );
};

export interface AdadeltaOptions {
  /** 1 by default. */
  readonly lr?: LearningRate;
  /** Decay of both running means; 0.9 by default. */
  readonly rho?: number;
  /** Added inside the roots; 1e-6 by default. */
  readonly eps?: number;
  readonly weightDecay?: number;
}

const adadeltaNames = { lr: true, rho: true, eps: true, weightDecay: true } as const;

/** AdaDelta: `Δ = √(a + ε)/√(v + ε)·g` with running means v of g² and a of Δ². */
export const adadelta = (options: RateOr<AdadeltaOptions> = {}): GradientTransform<readonly unknown[]> => {
  const {
    lr = 1,
    rho = 0.9,
    eps = 1e-6,
    weightDecay = 0,
  }: AdadeltaOptions = optionsOf('adadelta', options, adadeltaNames);
  return chain(
    addDecayedWeights(weightDecay),
    momentsAlong({
      name: 'adadelta',
      start: { square: 0, steps: 0 },
      rule: ({ g, m }) => {
        const size = runningMean(m.square, mul(g, g), rho);
        const update = mul(overSize(sqrt(add(m.steps, eps)), sqrt(add(size, eps)), eps), g);
        return { update, moments: { square: size, steps: runningMean(m.steps, mul(update, update), rho) } };
      },
    }),
    scaleByLearningRate(lr),
  );
};
