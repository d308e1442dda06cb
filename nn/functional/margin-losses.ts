/** Losses that ask the right score to win by a margin. */

import { describe } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import {
  ArgumentError,
  add,
  div,
  oneHot,
  relu,
  reshape,
  ShapeError,
  square,
  sub,
  sum,
  type Tensor,
  unsqueeze,
  where,
} from '../../core/index.js';
import { checkedOptions, checkTensors } from '../../core/tensor/arguments.js';
import { checkNumbers, pickNumbers, takeNumbers, type WholeNumbers } from './class-numbers.js';
import { type Reducible, type Reducing, type ReductionOptions, reduceLoss } from './reduce.js';
import { weighedBy } from './terms.js';
import { checkMargin, checkWeights } from './weights.js';

export interface HingeOptions extends ReductionOptions {
  /** 1 by default. */
  readonly margin?: number;
  /** The power of each violation: 1 (default) or 2. */
  readonly p?: 1 | 2;
  /** One weight a class, `[C]`, taken at the target. */
  readonly weight?: Tensor | null;
}

const violationsNames = { margin: true, p: true, weight: true, reduction: true } as const;

/** `Σ_{j≠y} max(0, margin − x_y + x_j)^p` of each sample. */
const violations = (op: string, x: Tensor, target: Tensor, options: Reducible<HingeOptions>): Tensor => {
  checkTensors(op, [x, target]);
  const { margin = 1, p = 1, weight = null } = checkedOptions(op, options, violationsNames);
  // One sample without a batch axis is a batch of one.
  if (x.rank === 1 && target.rank === 0)
    return reshape(violations(op, unsqueeze(x, 0), unsqueeze(target, 0), { margin, p, weight }), []);
  const [samples, classes] = x.shape;
  if (x.rank !== 2 || target.shape.join() !== String(samples))
    throw new ShapeError({
      op,
      problem: 'scores and class numbers do not fit',
      shapes: [x.shape, target.shape],
      remedy: 'give scores [N, C] and class numbers [N], or scores [C] and one class number',
    });
  const range: WholeNumbers = { name: 'class number', count: classes ?? 1 };
  checkNumbers(op, target, range);
  if (p !== 1 && p !== 2)
    throw new ArgumentError({ op, problem: `the power ${describe(p)} is not supported`, remedy: 'use 1 or 2' });
  checkMargin(op, margin);
  checkWeights(op, 'weight', weight);
  const right = pickNumbers(x, target, 1, range);
  const margins = relu(add(sub(x, right), margin));
  const wrong = where(oneHot(target, classes ?? 1, 'bool'), 0, p === 1 ? margins : square(margins));
  const loss = sum(wrong, { axes: 1 });
  return weight === null ? loss : weighedBy(takeNumbers(weight, target, range), loss);
};

/**
 * The multi-class hinge (support vector machine) loss: `Σ_{j≠y} max(0, margin − x_y + x_j)` of each sample
 * (Weston & Watkins 1999). `x: [N, C]`, `target: [N]` int32; `[C]` and `[]` for one sample.
 * @throws ShapeError when the shapes do not fit; DtypeError unless the target is int32; ArgumentError for a class number that is not 0 to C − 1
 * (in a compiled program when it runs).
 * @example
 * hingeLoss(tensor([[1, 3, 0]]), tensor([0], { dtype: 'int32' })).item() // 3
 */
export const hingeLoss = ((x: Tensor, target: Tensor, options: Reducible<HingeOptions> = {}) =>
  inOperation('hingeLoss', () =>
    reduceLoss('hingeLoss', violations('hingeLoss', x, target, options), options.reduction ?? 'mean'),
  )) as Reducing<[x: Tensor, target: Tensor], HingeOptions>;

/**
 * The multi-class hinge loss divided by the number of classes, as PyTorch's `multi_margin_loss` has it.
 * @throws ShapeError when the shapes do not fit; DtypeError unless the target is int32; ArgumentError for a class number that is not 0 to C − 1
 * (in a compiled program when it runs).
 * @example
 * multiMarginLoss(tensor([[1, 3, 0]]), tensor([0], { dtype: 'int32' })).item() // 1
 */
export const multiMarginLoss = ((x: Tensor, target: Tensor, options: Reducible<HingeOptions> = {}) =>
  inOperation('multiMarginLoss', () =>
    reduceLoss(
      'multiMarginLoss',
      div(violations('multiMarginLoss', x, target, options), x.shape.at(-1) ?? 1),
      options.reduction ?? 'mean',
    ),
  )) as Reducing<[x: Tensor, target: Tensor], HingeOptions>;
