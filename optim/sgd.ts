/** Stochastic gradient descent, with momentum in both of its forms. */
import { ArgumentError, add, equal, mul, where } from '../core/index.js';
import { checkedSettings, type LearningRate, optionsOf, type RateOr, scaleByLearningRate } from './learning-rate.js';
import { type MomentState, momentsAlong } from './moments.js';
import { addDecayedWeights } from './scaling.js';
import { chain, type GradientTransform } from './transform.js';

/** Throws where there is no momentum, and the transform is nothing else. */
const requireMomentum = (op: string, momentum: unknown): void => {
  if (momentum === undefined)
    throw new ArgumentError({
      op,
      problem: 'there is no momentum',
      remedy: 'give one: momentum: 0.9; without, sgd(0.1) is enough',
    });
};

export interface MomentumOptions {
  /** The share of the buffer that is kept. */
  readonly momentum: number;
  /** The share of a new gradient that is left out; the first one counts in full. 0 by default. */
  readonly dampening?: number;
  /** Look ahead: use `g + μ·b` instead of `b`. */
  readonly nesterov?: boolean;
}

const accumulateMomentumNames = { momentum: true, dampening: true, nesterov: 'flag' } as const;

/**
 * The momentum buffer `b ← μ·b + (1 − dampening)·g`, which starts with the first gradient; passes on `b`, or `g + μ·b`
 * with Nesterov's look-ahead.
 */
export const accumulateMomentum = (options: MomentumOptions): GradientTransform<MomentState<'buffer'>> => {
  const {
    momentum,
    dampening = 0,
    nesterov = false,
  } = checkedSettings('accumulateMomentum', options, accumulateMomentumNames);
  requireMomentum('accumulateMomentum', momentum);
  return momentsAlong({
    name: 'momentum',
    start: { buffer: 0 },
    rule: ({ g, m, t }) => {
      const buffer = where(equal(t, 1), g, add(mul(m.buffer, momentum), mul(g, 1 - dampening)));
      return { update: nesterov ? add(g, mul(buffer, momentum)) : buffer, moments: { buffer } };
    },
  });
};

export interface SgdOptions {
  readonly lr: LearningRate;
  /** 0 by default: no buffer at all. */
  readonly momentum?: number;
  /** 0 by default. */
  readonly dampening?: number;
  readonly nesterov?: boolean;
  /** Adds `weightDecay·p` to the gradient; 0 by default. */
  readonly weightDecay?: number;
}

const sgdNames = { lr: true, momentum: true, dampening: true, nesterov: 'flag', weightDecay: true } as const;

/**
 * Stochastic gradient descent with PyTorch's momentum: `b ← μ·b + (1 − dampening)·g`, `p ← p − lr·b`.
 * The rate may stand alone: `sgd(0.1)`.
 * @throws ArgumentError for a value that cannot be, and for `nesterov` or `dampening` without momentum.
 * @example
 * sgd(0.1).update(tensor([1]), sgd(0.1).init(tensor([0])), tensor([0]))[0].toArray() // ≈ [-0.1]
 */
export const sgd = (options: RateOr<SgdOptions>): GradientTransform<readonly unknown[]> => {
  const {
    lr,
    momentum = 0,
    dampening = 0,
    nesterov = false,
    weightDecay = 0,
  }: SgdOptions = optionsOf('sgd', options, sgdNames);
  if (lr === undefined)
    throw new ArgumentError({
      op: 'sgd',
      problem: 'there is no learning rate',
      remedy: 'give one: sgd(0.1), or sgd({ lr: 0.1, momentum: 0.9 })',
    });
  if (momentum === 0 && (nesterov || dampening > 0))
    throw new ArgumentError({
      op: 'sgd',
      problem: `${nesterov ? 'nesterov' : 'dampening'} is given, and there is no momentum`,
      remedy: 'give a momentum, such as momentum: 0.9, or leave it out',
    });
  return chain(
    addDecayedWeights(weightDecay),
    ...(momentum === 0 ? [] : [accumulateMomentum({ momentum, dampening, nesterov })]),
    scaleByLearningRate(lr),
  );
};

export interface VelocityOptions {
  readonly lr: LearningRate;
  readonly momentum: number;
  /** Step by `μ·v − lr·g` instead of `v`. */
  readonly nesterov?: boolean;
}

const sgdVelocityNames = { lr: true, momentum: true, nesterov: 'flag' } as const;

/**
 * Momentum in velocity form: `v ← μ·v − lr·g`, `p ← p + v`; with Nesterov's look-ahead `p ← p + μ·v − lr·g`. With a constant
 * rate it equals `sgd` (`v = −lr·b`); a changing rate acts on new gradients only.
 */
export const sgdVelocity = (options: VelocityOptions): GradientTransform<readonly unknown[]> => {
  const { lr, momentum, nesterov = false } = checkedSettings('sgdVelocity', options, sgdVelocityNames);
  requireMomentum('sgdVelocity', momentum);
  return chain(
    scaleByLearningRate(lr),
    momentsAlong({
      name: 'sgdVelocity',
      start: { velocity: 0 },
      rule: ({ g: pull, m }) => {
        const velocity = add(mul(m.velocity, momentum), pull);
        return { update: nesterov ? add(mul(velocity, momentum), pull) : velocity, moments: { velocity } };
      },
    }),
  );
};
