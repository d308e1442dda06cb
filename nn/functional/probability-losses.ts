/** Losses on probabilities and log-probabilities: binary cross-entropy and Kullback–Leibler divergence. */

import { inOperation } from '../../core/base/scope.js';
import {
  add,
  div,
  equal,
  exp,
  full,
  isNaN as isNaNEach,
  lessEqual,
  log,
  mul,
  neg,
  softplus,
  sub,
  sum,
  type Tensor,
  where,
} from '../../core/index.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { noteMean } from '../../core/tensor/counted.js';
import {
  checkSameShapes,
  type Reducible,
  type Reducing,
  type Reduction,
  type ReductionOptions,
  reduceLoss,
} from './reduce.js';
import { counted, shareOf } from './terms.js';
import { checkShares, checkWeights } from './weights.js';
import { numbersWithin } from './within.js';

/** log p, no smaller than −100 (where its gradient is 0), so that a wrong certainty costs much, not everything. */
const boundedLog = (p: Tensor): Tensor => {
  const small = lessEqual(p, Math.exp(-100));
  return where(small, -100, log(where(small, 1, p)));
};

export interface BinaryCrossEntropyOptions extends ReductionOptions {
  /** Scales the elements; broadcasts. What a weight of 0 leaves out has no influence, even if it is NaN. */
  readonly weight?: Tensor | null;
}

const bceLossNames = { weight: true, reduction: true } as const;

/**
 * `−t·log p − (1 − t)·log(1 − p)` for probabilities p, each logarithm no smaller than −100.
 * @throws ShapeError when the shapes differ; ArgumentError for a p outside of [0, 1] (NaN in a compiled program).
 * @example
 * bceLoss(tensor([0.5]), tensor([1])).item() // ≈ 0.6931471805599453
 */
export const bceLoss = ((p: Tensor, target: Tensor, options: Reducible<BinaryCrossEntropyOptions> = {}) =>
  inOperation('bceLoss', () => {
    const { weight = null, reduction = 'mean' } = checkedOptions('bceLoss', options, bceLossNames);
    checkSameShapes('bceLoss', p, target);
    checkWeights('bceLoss', 'weight', weight);
    checkShares('bceLoss', target);
    const seen = numbersWithin('bceLoss', counted(p, weight, 0.5), {
      name: 'probability',
      least: 0,
      most: 1,
      remedy: 'give probabilities from 0 to 1, such as sigmoid makes them, or raw scores to bceWithLogits',
      weight,
    });
    const loss = neg(add(mul(target, boundedLog(seen)), mul(sub(1, target), boundedLog(sub(1, seen)))));
    return reduceLoss('bceLoss', weight === null ? loss : mul(loss, weight), reduction);
  })) as Reducing<[p: Tensor, target: Tensor], BinaryCrossEntropyOptions>;

export interface BceWithLogitsOptions extends BinaryCrossEntropyOptions {
  /** Scales the positive term; broadcasts. */
  readonly posWeight?: Tensor | null;
}

const bceWithLogitsNames = { weight: true, posWeight: true, reduction: true } as const;

/**
 * Binary cross-entropy of σ(x): `t·softplus(−x) + (1 − t)·softplus(x)`, which neither overflows nor cancels; the
 * gradient is σ(x) − t.
 * @throws ShapeError when the shapes differ.
 * @example
 * bceWithLogits(tensor([0]), tensor([1])).item() // ≈ 0.6931471805599453
 */
export const bceWithLogits = ((x: Tensor, target: Tensor, options: Reducible<BceWithLogitsOptions> = {}) =>
  inOperation('bceWithLogits', () => {
    const {
      weight = null,
      posWeight = null,
      reduction = 'mean',
    } = checkedOptions('bceWithLogits', options, bceWithLogitsNames);
    checkSameShapes('bceWithLogits', x, target);
    checkWeights('bceWithLogits', 'weight', weight);
    checkWeights('bceWithLogits', 'posWeight', posWeight);
    checkShares('bceWithLogits', target);
    const seen = counted(x, weight, 0);
    const positive = shareOf(target, softplus(neg(seen)));
    const loss = add(
      posWeight === null ? positive : shareOf(posWeight, positive),
      shareOf(sub(1, target), softplus(seen)),
    );
    return reduceLoss('bceWithLogits', weight === null ? loss : mul(loss, weight), reduction);
  })) as Reducing<[x: Tensor, target: Tensor], BceWithLogitsOptions>;

export interface KlDivOptions {
  /** `batchmean` by default: the sum divided by the size of the first axis, which is the divergence's definition; `counted` gives both. */
  readonly reduction?: Reduction | 'batchmean';
  /** Whether the target holds log-probabilities; false by default. */
  readonly logTarget?: boolean;
}

const klDivNames = { reduction: true, logTarget: 'flag' } as const;

/**
 * The Kullback–Leibler divergence `t·(log t − x)` from log-probabilities x, 0 where t = 0.
 * @throws ShapeError when the shapes differ.
 * @example
 * klDiv(tensor([[-1, -2]]), tensor([[0, 1]])).item() // 2
 */
export const klDiv = ((x: Tensor, target: Tensor, options: Reducible<KlDivOptions> = {}) =>
  inOperation('klDiv', () => {
    const { reduction = 'batchmean', logTarget = false } = checkedOptions('klDiv', options, klDivNames);
    checkSameShapes('klDiv', x, target);
    if (!logTarget) checkShares('klDiv', target);
    const elements = (): Tensor => {
      // Where the target is 0 nothing is asked of x; but NaN stays NaN.
      const nothing = equal(target, logTarget ? Number.NEGATIVE_INFINITY : 0);
      const safe: Tensor = where(nothing, 0, x);
      const t: Tensor = where(nothing, logTarget ? 0 : 1, target);
      const term = logTarget ? mul(exp(t), sub(t, safe)) : mul(t, sub(log(t), safe));
      return where(nothing, where(isNaNEach(x), x, 0), term);
    };
    if (reduction !== 'batchmean' && reduction !== 'counted') return reduceLoss('klDiv', elements(), reduction);
    const rows = x.shape[0] ?? 1;
    const total = sum(elements());
    return reduction === 'counted' ? { sum: total, count: full([], rows, x.dtype) } : noteMean(div(total, rows), rows);
  })) as Reducing<[x: Tensor, target: Tensor], KlDivOptions>;
