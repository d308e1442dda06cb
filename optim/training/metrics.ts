/**
 * Metrics that gather over many batches. One is three pure functions: an empty state, the state after a batch, and the
 * figure. States are trees of tensors, so that they are gathered inside the compiled step and saved with a checkpoint.
 */

import { isFloat } from '../../core/base/dtype.js';
import { describe } from '../../core/base/errors.js';
import { checkCallable } from '../../core/base/methods.js';
import { inOperation } from '../../core/base/scope.js';
import { normalizeAxis } from '../../core/base/shape.js';
import { reveal } from '../../core/dispatch/interpreter.js';
import {
  ArgumentError,
  add,
  any,
  argmax,
  cast,
  equal,
  full,
  isNaN as isNaNEach,
  logicalAnd,
  logicalNot,
  maximum,
  mul,
  notEqual,
  sum,
  type Tensor,
  topk,
  treeEntries,
  unsqueeze,
  where,
} from '../../core/index.js';
import { checkedOptions, fitsInt32, rankOf } from '../../core/tensor/arguments.js';
import { type AxisOptions, namedAxes, type OneAxis, singleAxis } from '../../core/tensor/axis.js';
import { type Asked, type Figured, figureOf, isSum, isWhole } from './figures.js';

/** Start from `init()`, `update` once a batch, read `result`; to reset is to start from `init()` again. */
export interface Metric<M = unknown, Y = Tensor, T = Tensor> {
  init(): M;
  /** The state after a batch of `count` examples; runs where tensors have no values yet. */
  update(state: M, output: Y, target: T, count: number): M;
  result(state: M): number;
}

/** A metric with any state of its own. */
export interface AnyMetric<Y, T> {
  init(): unknown;
  update(state: never, output: Y, target: T, count: number): unknown;
  result(state: never): number;
}

/**
 * A metric, or a function of a batch: one that gives `{ sum, count }`, whose sums are divided by the total count; or a scalar, the
 * mean over what the library's own losses and metrics counted, and otherwise over the examples.
 */
export type MetricOrMean<Y, T> = AnyMetric<Y, T> | ((output: Y, target: T) => Figured);

/** A sum and how much was summed, both float64 scalars. */
export interface MeanState {
  readonly total: Tensor;
  readonly count: Tensor;
}

const zero = (): Tensor => full([], 0, 'float64');

/** The state of a mean after `count` more that sum to `total`. */
export const addToMean = (state: MeanState, total: Tensor, count: number | Tensor): MeanState => ({
  total: add(state.total, cast(total, 'float64')),
  count: add(state.count, typeof count === 'number' ? count : cast(count, 'float64')),
});

/** NaN over nothing. A sum of something over nothing is an error, and so is a count that was no count (NaN). */
const share = ({ total, count }: MeanState, { op, what }: Asked): number => {
  const [sum, divisor] = [total.item(), count.item()];
  if (Number.isNaN(divisor) || (divisor === 0 && sum !== 0 && !Number.isNaN(sum)))
    throw new ArgumentError({
      op,
      problem: Number.isNaN(divisor)
        ? `${what} counts a negative number of things, or NaN`
        : `${what} sums to ${sum} and counts nothing`,
      remedy: 'let it return { sum, count } with a count ≥ 0 of all that is summed',
    });
  return sum / divisor;
};

/**
 * The mean over all batches of a figure such as a loss: the sum of what each batch sums to, by the sum of what each counts. NaN
 * when nothing was counted.
 * @example
 * meanOf((y) => mean(y)).result(meanOf((y) => mean(y)).update(meanOf((y) => mean(y)).init(), tensor([1, 4]), null, 2)) // 2.5
 */
export const meanOf = <Y, T>(f: (output: Y, target: T) => Figured): Metric<MeanState, Y, T> => {
  checkCallable('meanOf', 'the figure', f);
  return meanWith(f, { op: 'meanOf', what: 'the figure' });
};

const meanWith = <Y, T>(f: (output: Y, target: T) => Figured, asked: Asked): Metric<MeanState, Y, T> => ({
  init: () => ({ total: zero(), count: zero() }),
  update(state, output, target, examples) {
    const figure = figureOf(f(output, target), examples, asked);
    if (isSum(figure)) return addToMean(state, figure.sum, figure.count);
    // Sums of batches are added, and the first is all that there is to divide by.
    return isWhole(figure)
      ? { total: add(state.total, cast(figure.whole, 'float64')), count: maximum(state.count, 1) }
      : addToMean(state, mul(cast(figure.mean, 'float64'), figure.count), figure.count);
  },
  result: (state) => share(state, asked),
});

export interface AccuracyOptions extends AxisOptions {
  /** The axis of the classes in the output; 1 by default. */
  readonly axis?: OneAxis;
  /** How many of the largest scores count as an answer; 1 by default. */
  readonly top?: number;
  /** Class numbers of this value count neither as right nor as wrong. */
  readonly ignoreIndex?: number | null;
}

const accuracyMetricNames = { axis: true, axes: true, top: true, ignoreIndex: true } as const;

/** Class numbers as int32. One with a fraction is none: an error where it is known, and else the class −1, which is never right. */
const classesOf = (target: Tensor): Tensor => {
  const whole = cast(target, 'int32');
  if (!isFloat(target.dtype)) return whole;
  const wrong = reveal(target)
    ?.dataSync()
    .find((value) => !Number.isInteger(value));
  if (wrong !== undefined)
    throw new ArgumentError({
      op: 'accuracyMetric',
      problem: `the class number ${wrong} is no whole number`,
      shapes: [target.shape],
      remedy: 'give class numbers, or class shares of the shape of the scores',
    });
  return where(equal(cast(whole, target.dtype), target), whole, -1) as Tensor;
};

/**
 * The share of places whose class has the largest score, or one of the `top` largest; the first of tied classes counts, and a
 * place with a score of NaN is wrong.
 * Scores `[N, C, …]`; targets are class numbers `[N, …]`, or class shares of the shape of the scores.
 * @throws ArgumentError unless `top` is a whole number ≥ 1.
 * @example
 * accuracyMetric().result(accuracyMetric().update(accuracyMetric().init(), tensor([[1, 3], [2, 0]]), tensor([1, 1]), 2)) // 0.5
 */
export const accuracyMetric = (options: AccuracyOptions = {}): Metric<MeanState> => {
  const {
    axis: own,
    axes,
    top = 1,
    ignoreIndex = null,
  } = checkedOptions('accuracyMetric', options, accuracyMetricNames);
  const along = singleAxis('accuracyMetric', namedAxes('accuracyMetric', own, axes) ?? 1);
  if (!Number.isInteger(top) || top < 1)
    throw new ArgumentError({
      op: 'accuracyMetric',
      problem: `top is ${describe(top)}`,
      remedy: 'give a whole number ≥ 1',
    });
  if (ignoreIndex !== null && !(Number.isInteger(ignoreIndex) && fitsInt32(ignoreIndex)))
    throw new ArgumentError({
      op: 'accuracyMetric',
      problem: `ignoreIndex is ${describe(ignoreIndex)}`,
      remedy: 'give a whole number',
    });
  return {
    init: () => ({ total: zero(), count: zero() }),
    update(state, scores, target) {
      const axis = normalizeAxis('accuracyMetric', along, rankOf('accuracyMetric', scores));
      const classes = target.rank === scores.rank ? argmax(target, { axis }) : classesOf(target);
      const right =
        top === 1
          ? equal(argmax(scores, { axis }), classes)
          : equal(topk(scores, top, { axis }).indices, unsqueeze(classes, axis));
      // A place with a score of NaN has no largest score, and so no answer.
      const judged = logicalNot(any(isNaNEach(scores), { axes: axis, keepDims: true }));
      const hits = logicalAnd(top === 1 ? unsqueeze(right, axis) : right, judged);
      if (ignoreIndex === null) return addToMean(state, sum(cast(hits, 'float64')), classes.size);
      const counts = notEqual(classes, ignoreIndex);
      const counted = logicalAnd(hits, unsqueeze(counts, axis));
      return addToMean(state, sum(cast(counted, 'float64')), sum(cast(counts, 'float64')));
    },
    result: (state) => share(state, { op: 'accuracyMetric', what: 'the metric' }),
  };
};

/** What a metric of somebody's own gave for its state, once it is known to be one. */
const stateOf = <M>({ op, what }: Asked, name: 'init' | 'update', state: M): M => {
  const wrong = state === undefined || (typeof state !== 'object' && state !== null);
  if (wrong)
    throw new ArgumentError({
      op,
      problem: `${name} of ${what} gave ${describe(state)}`,
      remedy: 'let it return the state: tensors, in plain objects and lists',
    });
  treeEntries(state, op);
  return state;
};

/** Functions become means over examples; what metrics of somebody's own give is looked at. */
export const asMetric = <Y, T>(metric: MetricOrMean<Y, T>, asked: Asked): Metric<unknown, Y, T> => {
  if (typeof metric === 'function') return meanWith(metric, asked) as Metric<unknown, Y, T>;
  const own = metric as Metric<unknown, Y, T>;
  return {
    init: () => stateOf(asked, 'init', own.init()),
    update: (state, output, target, count) => stateOf(asked, 'update', own.update(state, output, target, count)),
    result(state) {
      const figure: unknown = inOperation(asked.op, () => own.result(state));
      if (typeof figure === 'number') return figure;
      throw new ArgumentError({
        op: asked.op,
        problem: `result of ${asked.what} gave ${describe(figure)}`,
        remedy: 'let it return a number: x.item() reads a scalar',
      });
    },
  };
};
