/** Negative log-likelihoods of numbers and counts, and of several labels at once. */

import { inOperation } from '../../core/base/scope.js';
import {
  add,
  broadcastTo,
  div,
  equal,
  exp,
  greater,
  less,
  log,
  logicalAnd,
  mean,
  mul,
  neg,
  softplus,
  stopGradient,
  sub,
  type Tensor,
  where,
} from '../../core/index.js';
import { checkedOptions, checkTensors } from '../../core/tensor/arguments.js';
import { checkEps } from './normalise.js';
import { checkSameShapes, type Reducible, type Reducing, type ReductionOptions, reduceLoss } from './reduce.js';
import { counted, shareOf } from './terms.js';
import { checkWeights } from './weights.js';
import { numbersWithin } from './within.js';

/** The rate, or 1 where both it and the count are 0: 0·log 0 is 0, with derivative 0. */
const unlessNone = (count: Tensor, rate: Tensor): Tensor => where(logicalAnd(equal(count, 0), equal(rate, 0)), 1, rate);

export interface GaussianNllOptions extends ReductionOptions {
  /** Add the constant ½ log 2π; false by default. */
  readonly full?: boolean;
  /** The smallest variance; 1e-6 by default. Gradients see the variance as it is given. */
  readonly eps?: number;
}

const gaussianNllLossNames = { full: 'flag', eps: true, reduction: true } as const;

/**
 * `½ (log v + (x − t)²/v)`: t drawn from a normal distribution with mean x and variance v, which broadcasts.
 * @throws ShapeError when x and the target differ in shape; ArgumentError for a variance below 0 (NaN in a compiled program).
 * @example
 * gaussianNllLoss(tensor([1]), tensor([3]), tensor([1])).item() // 2
 */
export const gaussianNllLoss = ((
  x: Tensor,
  target: Tensor,
  variance: Tensor,
  options: Reducible<GaussianNllOptions> = {},
) =>
  inOperation('gaussianNllLoss', () => {
    const op = 'gaussianNllLoss';
    const { full = false, eps = 1e-6, reduction = 'mean' } = checkedOptions(op, options, gaussianNllLossNames);
    checkEps(op, eps);
    checkSameShapes(op, x, target);
    checkTensors(op, [variance]);
    const known = numbersWithin(op, variance, {
      name: 'variance',
      least: 0,
      most: Number.POSITIVE_INFINITY,
      remedy: 'give variances ≥ 0, such as softplus or exp makes them',
    });
    const given = broadcastTo(known, x.shape) as Tensor;
    // At least eps, with the gradient of the variance itself.
    const v = where(less(given, eps), add(given, stopGradient(sub(eps, given))), given);
    // (x − t)·((x − t)/v): the square alone may overflow or vanish.
    const apart = sub(x, target);
    const loss = mul(add(log(v), mul(apart, div(apart, v))), 0.5);
    return reduceLoss(op, full ? add(loss, 0.5 * Math.log(2 * Math.PI)) : loss, reduction);
  })) as Reducing<[x: Tensor, target: Tensor, variance: Tensor], GaussianNllOptions>;

export interface PoissonNllOptions extends ReductionOptions {
  /** Whether x is the logarithm of the rate; true by default. */
  readonly logInput?: boolean;
  /** Add Stirling's approximation of log t! where t > 1; false by default. */
  readonly full?: boolean;
  /** Added to a rate inside its logarithm; 1e-8 by default. */
  readonly eps?: number;
}

const poissonNllLossNames = { logInput: 'flag', full: 'flag', eps: true, reduction: true } as const;

/**
 * Counts t drawn from a Poisson distribution: `eˣ − t x` with x the logarithm of the rate, or `x − t log(x + eps)` with x the rate.
 * @throws ShapeError when the shapes differ.
 * @example
 * poissonNllLoss(tensor([0]), tensor([2])).item() // 1
 */
export const poissonNllLoss = ((x: Tensor, target: Tensor, options: Reducible<PoissonNllOptions> = {}) =>
  inOperation('poissonNllLoss', () => {
    const op = 'poissonNllLoss';
    const {
      logInput = true,
      full = false,
      eps = 1e-8,
      reduction = 'mean',
    } = checkedOptions(op, options, poissonNllLossNames);
    checkSameShapes(op, x, target);
    checkEps(op, eps);
    const loss: Tensor = logInput
      ? sub(exp(x), shareOf(target, x))
      : sub(x, mul(target, log(unlessNone(target, add(x, eps)))));
    if (!full) return reduceLoss(op, loss, reduction);
    const several = greater(target, 1);
    const t = where(several, target, 1);
    const stirling = add(sub(mul(t, log(t)), t), mul(log(mul(t, 2 * Math.PI)), 0.5));
    return reduceLoss(op, add(loss, where(several, stirling, 0)), reduction);
  })) as Reducing<[x: Tensor, target: Tensor], PoissonNllOptions>;

export interface MultiLabelOptions extends ReductionOptions {
  /** One weight a class, `[C]`. */
  readonly weight?: Tensor | null;
}

const multiLabelSoftMarginLossNames = { weight: true, reduction: true } as const;

/**
 * Binary cross-entropy of each label, the mean over the classes: scores `[N, C]`, targets of 0 and 1 `[N, C]` → one loss a sample, then reduced.
 * @throws ShapeError when the shapes differ.
 * @example
 * multiLabelSoftMarginLoss(tensor([[0, 0]]), tensor([[1, 0]])).item() // ≈ 0.6931471805599453
 */
export const multiLabelSoftMarginLoss = ((x: Tensor, target: Tensor, options: Reducible<MultiLabelOptions> = {}) =>
  inOperation('multiLabelSoftMarginLoss', () => {
    const op = 'multiLabelSoftMarginLoss';
    const { weight = null, reduction = 'mean' } = checkedOptions(op, options, multiLabelSoftMarginLossNames);
    checkWeights(op, 'weight', weight);
    checkSameShapes(op, x, target);
    const seen = counted(x, weight, 0);
    const loss = add(shareOf(target, softplus(neg(seen))), shareOf(sub(1, target), softplus(seen)));
    return reduceLoss(op, mean(weight === null ? loss : mul(loss, weight), { axes: -1 }), reduction);
  })) as Reducing<[x: Tensor, target: Tensor], MultiLabelOptions>;
