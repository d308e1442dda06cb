/** Losses on pairs and triples of inputs: which of two is larger, which of two is nearer. Targets are 1 and −1. */

import { describe } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import { reveal } from '../../core/dispatch/interpreter.js';
import {
  ArgumentError,
  abs,
  add,
  equal,
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
import { checkedOptions, checkTensors, rankOf } from '../../core/tensor/arguments.js';
import { cosineSimilarity } from './cosine-similarity.js';
import { checkEps } from './normalise.js';
import { checkSameShapes, type Reducible, type Reducing, type ReductionOptions, reduceLoss } from './reduce.js';
import { checkMargin } from './weights.js';

/** Throws for a target other than 1 and −1; whether they are known at all. */
const knownSigns = (op: string, y: Tensor): boolean => {
  const stored = reveal(y);
  const wrong = stored?.dataSync().find((value) => value !== 1 && value !== -1);
  if (wrong !== undefined)
    throw new ArgumentError({
      op,
      problem: `a target is ${wrong}`,
      shapes: [y.shape],
      remedy: 'give targets of 1 and −1',
    });
  return stored !== null;
};

/** Targets of 1 and −1; in a compiled program others are NaN. */
const signs = (op: string, y: Tensor): Tensor => (knownSigns(op, y) ? y : where(equal(abs(y), 1), y, Number.NaN));

/** One loss where the target is 1, the other where it is −1; in a compiled program NaN for any other. */
const bySign = (op: string, y: Tensor, plus: Tensor, minus: Tensor): Tensor =>
  where(equal(y, 1), plus, knownSigns(op, y) ? minus : where(equal(y, -1), minus, Number.NaN));

export interface PairMarginOptions extends ReductionOptions {
  readonly margin?: number;
}

const names = { margin: true, reduction: true } as const;

/**
 * `max(0, −y (a − b) + margin)`: a should be larger than b where y is 1, smaller where it is −1. The margin is 0 by default.
 * @throws ShapeError when the shapes differ; ArgumentError for a target other than 1 and −1 (NaN in a compiled program).
 * @example
 * marginRankingLoss(tensor([1]), tensor([3]), tensor([1])).item() // 2
 */
export const marginRankingLoss = ((a: Tensor, b: Tensor, y: Tensor, options: Reducible<PairMarginOptions> = {}) =>
  inOperation('marginRankingLoss', () => {
    const { margin = 0, reduction = 'mean' } = checkedOptions('marginRankingLoss', options, names);
    checkMargin('marginRankingLoss', margin);
    checkSameShapes('marginRankingLoss', a, b);
    checkSameShapes('marginRankingLoss', a, y);
    return reduceLoss(
      'marginRankingLoss',
      relu(add(mul(neg(signs('marginRankingLoss', y)), sub(a, b)), margin)),
      reduction,
    );
  })) as Reducing<[a: Tensor, b: Tensor, y: Tensor], PairMarginOptions>;

/**
 * A distance x should be small where y is 1 and at least `margin` where it is −1: `x`, or `max(0, margin − x)`. The margin is 1 by default.
 * @throws ShapeError when the shapes differ; ArgumentError for a target other than 1 and −1 (NaN in a compiled program).
 * @example
 * hingeEmbeddingLoss(tensor([0.5, 0.25]), tensor([1, -1]), { reduction: 'none' }).toArray() // [0.5, 0.75]
 */
export const hingeEmbeddingLoss = ((x: Tensor, y: Tensor, options: Reducible<PairMarginOptions> = {}) =>
  inOperation('hingeEmbeddingLoss', () => {
    const { margin = 1, reduction = 'mean' } = checkedOptions('hingeEmbeddingLoss', options, names);
    checkMargin('hingeEmbeddingLoss', margin);
    checkSameShapes('hingeEmbeddingLoss', x, y);
    const loss = bySign('hingeEmbeddingLoss', y, x, relu(sub(margin, x)));
    return reduceLoss('hingeEmbeddingLoss', loss, reduction);
  })) as Reducing<[x: Tensor, y: Tensor], PairMarginOptions>;

/**
 * Rows a and b should point the same way where y is 1, `1 − cos`, and apart where it is −1, `max(0, cos − margin)`. `a, b: [N, D]`, `y: [N]`, or `[D]` and `[]` for one pair.
 * The margin is 0 by default.
 * @throws ShapeError when the shapes do not fit; ArgumentError for a target other than 1 and −1 (NaN in a compiled program).
 * @example
 * cosineEmbeddingLoss(tensor([[1, 0]]), tensor([[0, 2]]), tensor([1])).item() // 1
 */
export const cosineEmbeddingLoss = ((a: Tensor, b: Tensor, y: Tensor, options: Reducible<PairMarginOptions> = {}) =>
  inOperation('cosineEmbeddingLoss', () => {
    const { margin = 0, reduction = 'mean' } = checkedOptions('cosineEmbeddingLoss', options, names);
    checkMargin('cosineEmbeddingLoss', margin);
    checkSameShapes('cosineEmbeddingLoss', a, b);
    checkTensors('cosineEmbeddingLoss', [y]);
    if (a.rank < 1 || a.rank > 2 || y.shape.join() !== a.shape.slice(0, -1).join())
      throw new ShapeError({
        op: 'cosineEmbeddingLoss',
        problem: 'rows and targets do not fit',
        shapes: [a.shape, y.shape],
        remedy: 'give rows [N, D] and targets [N], or [D] and one target',
      });
    const cosine = cosineSimilarity(a, b, { axis: -1 });
    const loss = bySign('cosineEmbeddingLoss', y, sub(1, cosine), relu(sub(cosine, margin)));
    return reduceLoss('cosineEmbeddingLoss', loss, reduction);
  })) as Reducing<[a: Tensor, b: Tensor, y: Tensor], PairMarginOptions>;

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

const tripletNames = { margin: true, p: true, eps: true, swap: 'flag', reduction: true } as const;

/**
 * `max(0, ‖anchor − positive‖ − ‖anchor − negative‖ + margin)` of each row `[N, D]` or `[D]`.
 * @throws ShapeError when the shapes differ.
 * @example
 * tripletMarginLoss(tensor([[0, 0]]), tensor([[3, 4]]), tensor([[0, 1]])).item() // ≈ 5.0000004
 */
export const tripletMarginLoss = ((
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: Reducible<TripletMarginOptions> = {},
) =>
  inOperation('tripletMarginLoss', () => {
    const op = 'tripletMarginLoss';
    const {
      margin = 1,
      p = 2,
      eps = 1e-6,
      swap = false,
      reduction = 'mean',
    } = checkedOptions(op, options, tripletNames);
    checkSameShapes(op, anchor, positive);
    checkSameShapes(op, anchor, negative);
    rankOf(op, anchor);
    checkMargin(op, margin);
    if (typeof p !== 'number' || !(p > 0))
      throw new ArgumentError({ op, problem: `p is ${describe(p)}`, remedy: 'give a number > 0, or Infinity' });
    checkEps(op, eps);
    const distance = (a: Tensor, b: Tensor): Tensor => norm(add(sub(a, b), eps), { axis: -1, p });
    const near = distance(anchor, positive);
    const far = distance(anchor, negative);
    const against = swap ? minimum(far, distance(positive, negative)) : far;
    return reduceLoss(op, relu(add(sub(near, against), margin)), reduction);
  })) as Reducing<[anchor: Tensor, positive: Tensor, negative: Tensor], TripletMarginOptions>;

const softMarginLossNames = { reduction: true } as const;

/**
 * `log(1 + e^(−y x))` for targets y of 1 and −1.
 * @throws ShapeError when the shapes differ; ArgumentError for a target other than 1 and −1 (NaN in a compiled program).
 * @example
 * softMarginLoss(tensor([0]), tensor([1])).item() // ≈ 0.6931471805599453
 */
export const softMarginLoss = ((x: Tensor, y: Tensor, options: Reducible<ReductionOptions> = {}) =>
  inOperation('softMarginLoss', () => {
    const { reduction = 'mean' } = checkedOptions('softMarginLoss', options, softMarginLossNames);
    checkSameShapes('softMarginLoss', x, y);
    return reduceLoss('softMarginLoss', softplus(mul(neg(signs('softMarginLoss', y)), x)), reduction);
  })) as Reducing<[x: Tensor, y: Tensor], ReductionOptions>;
