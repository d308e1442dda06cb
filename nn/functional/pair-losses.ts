/** Losses on pairs and triples of inputs: which of two is larger, which of two is nearer. Targets are 1 and −1. */
import { checkedOptions, checkTensors, rankOf } from '../../core/arguments.js';
import {
  add,
  equal,
  greater,
  minimum,
  mul,
  neg,
  norm,
  relu,
  ShapeError,
  softplus,
  sub,
  type Tensor,
  where,
} from '../../core/index.js';
import { cosineSimilarity } from './margin-losses.js';
import { checkSameShapes, type ReductionOptions, reduceLoss } from './reduce.js';

export interface PairMarginOptions extends ReductionOptions {
  readonly margin?: number;
}

const names = { margin: true, reduction: true } as const;

/**
 * `max(0, −y (a − b) + margin)`: a should be larger than b where y is 1, smaller where it is −1. The margin is 0 by default.
 * @throws ShapeError when the shapes differ.
 * @example
 * marginRankingLoss(tensor([1]), tensor([3]), tensor([1])).item() // 2
 */
export const marginRankingLoss = (a: Tensor, b: Tensor, y: Tensor, options: PairMarginOptions = {}): Tensor => {
  const { margin = 0, reduction = 'mean' } = checkedOptions('marginRankingLoss', options, names);
  checkSameShapes('marginRankingLoss', a, b);
  checkSameShapes('marginRankingLoss', a, y);
  return reduceLoss('marginRankingLoss', relu(add(mul(neg(y), sub(a, b)), margin)), reduction);
};

/**
 * A distance x should be small where y is 1 and at least `margin` where it is −1: `x`, or `max(0, margin − x)`. The margin is 1 by default.
 * @throws ShapeError when the shapes differ.
 * @example
 * hingeEmbeddingLoss(tensor([0.5, 0.25]), tensor([1, -1]), { reduction: 'none' }).toArray() // [0.5, 0.75]
 */
export const hingeEmbeddingLoss = (x: Tensor, y: Tensor, options: PairMarginOptions = {}): Tensor => {
  const { margin = 1, reduction = 'mean' } = checkedOptions('hingeEmbeddingLoss', options, names);
  checkSameShapes('hingeEmbeddingLoss', x, y);
  return reduceLoss('hingeEmbeddingLoss', where(equal(y, 1), x, relu(sub(margin, x))), reduction);
};

/**
 * Rows a and b should point the same way where y is 1, `1 − cos`, and apart where it is −1, `max(0, cos − margin)`. `a, b: [N, D]`, `y: [N]`. The margin is 0 by default.
 * @throws ShapeError when the shapes do not fit.
 * @example
 * cosineEmbeddingLoss(tensor([[1, 0]]), tensor([[0, 2]]), tensor([1])).item() // 1
 */
export const cosineEmbeddingLoss = (a: Tensor, b: Tensor, y: Tensor, options: PairMarginOptions = {}): Tensor => {
  const { margin = 0, reduction = 'mean' } = checkedOptions('cosineEmbeddingLoss', options, names);
  checkSameShapes('cosineEmbeddingLoss', a, b);
  checkTensors('cosineEmbeddingLoss', [y]);
  if (a.rank !== 2 || y.shape.join() !== String(a.shape[0]))
    throw new ShapeError({
      op: 'cosineEmbeddingLoss',
      problem: 'rows and targets do not fit',
      shapes: [a.shape, y.shape],
      remedy: 'give rows [N, D] and one target a row',
    });
  const cosine = cosineSimilarity(a, b);
  const loss = where(greater(y, 0), sub(1, cosine), relu(sub(cosine, margin)));
  return reduceLoss('cosineEmbeddingLoss', loss, reduction);
};

export interface TripletMarginOptions extends ReductionOptions {
  /** How much farther the negative must be; 1 by default. */
  readonly margin?: number;
  /** Which norm measures distances; 2 by default. */
  readonly p?: number;
  /** Added to every difference; 1e-6 by default. */
  readonly eps?: number;
  /** Take the positive's distance to the negative where that is smaller; false by default. */
  readonly swap?: boolean;
}

const tripletNames = { margin: true, p: true, eps: true, swap: true, reduction: true } as const;

/**
 * `max(0, ‖anchor − positive‖ − ‖anchor − negative‖ + margin)` of each row `[N, D]` or `[D]`.
 * @throws ShapeError when the shapes differ.
 * @example
 * tripletMarginLoss(tensor([[0, 0]]), tensor([[3, 4]]), tensor([[0, 1]])).item() // ≈ 5.0000004
 */
export const tripletMarginLoss = (
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletMarginOptions = {},
): Tensor => {
  const op = 'tripletMarginLoss';
  const { margin = 1, p = 2, eps = 1e-6, swap = false, reduction = 'mean' } = checkedOptions(op, options, tripletNames);
  checkSameShapes(op, anchor, positive);
  checkSameShapes(op, anchor, negative);
  const axis = rankOf(op, anchor) - 1;
  const distance = (a: Tensor, b: Tensor): Tensor => norm(add(sub(a, b), eps), { axes: axis, p });
  const near = distance(anchor, positive);
  const far = distance(anchor, negative);
  const against = swap ? minimum(far, distance(positive, negative)) : far;
  return reduceLoss(op, relu(add(sub(near, against), margin)), reduction);
};

const softMarginLossNames = { reduction: true } as const;

/**
 * `log(1 + e^(−y x))` for targets y of 1 and −1.
 * @throws ShapeError when the shapes differ.
 * @example
 * softMarginLoss(tensor([0]), tensor([1])).item() // ≈ 0.6931471805599453
 */
export const softMarginLoss = (x: Tensor, y: Tensor, options: ReductionOptions = {}): Tensor => {
  const { reduction = 'mean' } = checkedOptions('softMarginLoss', options, softMarginLossNames);
  checkSameShapes('softMarginLoss', x, y);
  return reduceLoss('softMarginLoss', softplus(mul(neg(y), x)), reduction);
};
