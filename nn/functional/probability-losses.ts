/** Losses on probabilities and log-probabilities: binary cross-entropy and Kullback–Leibler divergence. */
import { checkedOptions } from '../../core/arguments.js';
import {
  add,
  div,
  equal,
  exp,
  greater,
  log,
  mul,
  neg,
  softplus,
  sub,
  sum,
  type Tensor,
  where,
} from '../../core/index.js';
import { checkSameShapes, type Reduction, type ReductionOptions, reduceLoss } from './reduce.js';

/** log p, no smaller than −100 (where its gradient is 0), so that a wrong certainty costs much, not everything. */
const boundedLog = (p: Tensor): Tensor => {
  const large = greater(p, Math.exp(-100));
  return where(large, log(where(large, p, 1)), -100);
};

export interface BinaryCrossEntropyOptions extends ReductionOptions {
  /** Scales the elements; broadcasts. */
  readonly weight?: Tensor | null;
}

const bceLossNames = { weight: true, reduction: true } as const;

/**
 * `−t·log p − (1 − t)·log(1 − p)` for probabilities p, each logarithm no smaller than −100.
 * @throws ShapeError when the shapes differ.
 * @example
 * bceLoss(tensor([0.5]), tensor([1])).item() // ≈ 0.6931471805599453
 */
export const bceLoss = (p: Tensor, target: Tensor, options: BinaryCrossEntropyOptions = {}): Tensor => {
  const { weight = null, reduction = 'mean' } = checkedOptions('bceLoss', options, bceLossNames);
  checkSameShapes('bceLoss', p, target);
  const loss = neg(add(mul(target, boundedLog(p)), mul(sub(1, target), boundedLog(sub(1, p)))));
  return reduceLoss('bceLoss', weight === null ? loss : mul(loss, weight), reduction);
};

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
export const bceWithLogits = (x: Tensor, target: Tensor, options: BceWithLogitsOptions = {}): Tensor => {
  const {
    weight = null,
    posWeight = null,
    reduction = 'mean',
  } = checkedOptions('bceWithLogits', options, bceWithLogitsNames);
  checkSameShapes('bceWithLogits', x, target);
  const positive = mul(target, softplus(neg(x)));
  const loss = add(posWeight === null ? positive : mul(positive, posWeight), mul(sub(1, target), softplus(x)));
  return reduceLoss('bceWithLogits', weight === null ? loss : mul(loss, weight), reduction);
};

export interface KlDivOptions {
  /** `batchmean` by default: the sum divided by the size of the first axis, which is the divergence's definition. */
  readonly reduction?: Reduction | 'batchmean';
  /** Whether the target holds log-probabilities; false by default. */
  readonly logTarget?: boolean;
}

const klDivNames = { reduction: true, logTarget: true } as const;

/**
 * The Kullback–Leibler divergence `t·(log t − x)` from log-probabilities x, 0 where t = 0.
 * @throws ShapeError when the shapes differ.
 * @example
 * klDiv(tensor([[-1, -2]]), tensor([[0, 1]])).item() // 2
 */
export const klDiv = (x: Tensor, target: Tensor, options: KlDivOptions = {}): Tensor => {
  const { reduction = 'batchmean', logTarget = false } = checkedOptions('klDiv', options, klDivNames);
  checkSameShapes('klDiv', x, target);
  const elements = (): Tensor => {
    if (logTarget) return mul(exp(target), sub(target, x));
    const nothing = equal(target, 0);
    return where(nothing, 0, mul(target, sub(log(where(nothing, 1, target)), x)));
  };
  return reduction === 'batchmean' ? div(sum(elements()), x.shape[0] ?? 1) : reduceLoss('klDiv', elements(), reduction);
};
