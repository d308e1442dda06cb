/** Figures of merit that nobody differentiates. */

import { floatFor } from '../core/base/dtype.js';
import { inOperation } from '../core/base/scope.js';
import { reveal } from '../core/dispatch/interpreter.js';
import {
  ArgumentError,
  any,
  argmax,
  cast,
  equal,
  full,
  isNaN as isNaNEach,
  logicalAnd,
  logicalNot,
  notEqual,
  ShapeError,
  sum,
  Tensor,
  where,
} from '../core/index.js';
import { checkedOptions, checkTensors } from '../core/tensor/arguments.js';
import { noteMean } from '../core/tensor/counted.js';
import {
  type Reducible,
  type Reducing,
  type ReductionOptions,
  reduceCounted,
  reduceLoss,
} from './functional/reduce.js';

export interface ClassAccuracyOptions extends ReductionOptions {
  /** Targets of this value count neither as right nor as wrong. */
  readonly ignoreIndex?: number | null;
}

const accuracyNames = { ignoreIndex: true, reduction: true } as const;

/**
 * The share of samples whose largest score is that of the target class; a tie counts as the first of the classes, and a sample with
 * a score of NaN as wrong.
 * `scores: [N, C]`, `target: [N]` int32 → a scalar between 0 and 1, NaN when no target counts.
 * @throws ShapeError when the shapes do not fit; ArgumentError for a class number that is not 0 to C − 1 (never right in a compiled program).
 * @example
 * accuracy(tensor([[1, 3], [2, 0]]), tensor([1, 1], { dtype: 'int32' })).item() // 0.5
 * accuracy(tensor([[1, 3], [2, 0]]), tensor([1, -1], { dtype: 'int32' }), { ignoreIndex: -1 }).item() // 1
 */
export const accuracy = ((scores: Tensor, target: Tensor, options: Reducible<ClassAccuracyOptions> = {}) =>
  inOperation('accuracy', () => {
    checkTensors('accuracy', [scores, target]);
    const { ignoreIndex = null, reduction = 'mean' } = checkedOptions('accuracy', options, accuracyNames);
    if (scores.rank !== 2 || target.shape.join() !== String(scores.shape[0]))
      throw new ShapeError({
        op: 'accuracy',
        problem: 'scores and class numbers do not fit',
        shapes: [scores.shape, target.shape],
        remedy: 'give scores [N, C] and class numbers [N]',
      });
    const wrong = reveal(target)
      ?.dataSync()
      .find(
        (value) => value !== ignoreIndex && !(Number.isInteger(value) && value >= 0 && value < (scores.shape[1] ?? 0)),
      );
    if (wrong !== undefined)
      throw new ArgumentError({
        op: 'accuracy',
        problem: `the class number ${wrong} is out of range`,
        shapes: [scores.shape, target.shape],
        remedy: `use whole numbers from 0 to ${(scores.shape[1] ?? 0) - 1}`,
      });
    // A row with NaN has no largest score, and so no answer.
    const judged = logicalNot(any(isNaNEach(scores), { axes: 1 }));
    const dtype = floatFor(scores.dtype);
    const classes = cast(target, 'int32');
    const hit = equal(argmax(scores, { axis: 1 }), classes);
    // A label with a fraction is no class, although its whole part is one.
    const named = target.dtype === 'int32' ? hit : logicalAnd(hit, equal(cast(classes, target.dtype), target));
    const right = cast(logicalAnd(judged, named), dtype);
    if (ignoreIndex === null) {
      const figure = reduceLoss('accuracy', right, reduction);
      // Told as a whole number of hits, it is divided once in figures, and not rounded before.
      return reduction === 'mean' && figure instanceof Tensor
        ? noteMean(figure, { sum: sum(right), count: full([], right.size, dtype) })
        : figure;
    }
    const counts = notEqual(classes, ignoreIndex);
    const counted = where(counts, right, 0);
    return reduction === 'mean' || reduction === 'counted'
      ? reduceCounted(sum(counted), sum(cast(counts, dtype)), reduction)
      : reduceLoss('accuracy', counted, reduction);
  })) as Reducing<[scores: Tensor, target: Tensor], ClassAccuracyOptions>;
