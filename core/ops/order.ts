/** Sorting and what follows from it. The order itself carries no derivative; values are gathered by it, and gather routes theirs. */

import { isFloat } from '../base/dtype.js';
import { ArgumentError, describe } from '../base/errors.js';
import { inOperation } from '../base/scope.js';
import { normalizeAxis, reducedShape } from '../base/shape.js';
import { add } from '../primitives/elementwise/add.js';
import { cast } from '../primitives/elementwise/cast.js';
import { equal } from '../primitives/elementwise/equal.js';
import { less } from '../primitives/elementwise/less.js';
import { mul } from '../primitives/elementwise/mul.js';
import { neg } from '../primitives/elementwise/neg.js';
import { stopGradient } from '../primitives/elementwise/stop-gradient.js';
import { sub } from '../primitives/elementwise/sub.js';
import { where } from '../primitives/elementwise/where.js';
import type { SortOptions } from '../primitives/index/argsort.js';
import { type Sorted, sortedAlong } from '../primitives/index/sorted.js';
import type { ArgOptions } from '../primitives/reduce/argmax.js';
import { reshape } from '../primitives/shape/reshape.js';
import { slice } from '../primitives/shape/slice.js';
import { requireElements } from '../rules/extremum.js';
import { checkedOptions, rankOf, tensorOperand } from '../tensor/arguments.js';
import { chosenAxis, namedAxes, type OneAxis, singleAxis } from '../tensor/axis.js';
import type { Tensor } from '../tensor/tensor.js';
import { isNaN as isNotANumber } from './elementwise.js';

/** The elements from `from` up to, not including, `to` along one axis. */
const narrow = (x: Tensor, axis: number, from: number, to: number): Tensor =>
  slice(
    x,
    x.shape.map((_, i) => (i === axis ? [from, to, 1] : null)),
  );

const sortNames = { axis: true, axes: true, descending: 'flag' } as const;

/**
 * Sorts along `axis` (the last by default). Stable both ways; NaN counts as the largest number.
 * @throws AxisError for an axis out of range.
 * @example
 * sort(tensor([3, 1, 2])).values.toArray() // [1, 2, 3]
 */
export const sort = (x: Tensor, options: SortOptions = {}): Sorted =>
  inOperation('sort', () => {
    const { axis, axes, descending = false } = checkedOptions('sort', options, sortNames);
    const along = chosenAxis('sort', axis, axes, -1, rankOf('sort', x));
    return sortedAlong(x, { axis: along, count: x.shape[along] as number, descending });
  });

export interface TopkOptions {
  /** The last by default. */
  readonly axis?: OneAxis;
  /** Another name of `axis`. */
  readonly axes?: OneAxis;
  /** The k largest (default) or the k smallest. */
  readonly largest?: boolean;
}

const topkNames = { axis: true, axes: true, largest: 'flag' } as const;

/**
 * The `k` largest (or smallest) elements along `axis`, best first; of equals the first. NaN counts as the largest number.
 * @throws AxisError for an axis out of range; ArgumentError unless k is a whole number from 0 to the size of the axis.
 * @example
 * topk(tensor([3, 1, 2]), 2).indices.toArray() // [0, 2]
 */
export const topk = (x: Tensor, k: number, options: TopkOptions = {}): Sorted =>
  inOperation('topk', () => {
    const { axis, axes, largest = true } = checkedOptions('topk', options, topkNames);
    const along = chosenAxis('topk', axis, axes, -1, rankOf('topk', x));
    const size = x.shape[along] ?? 0;
    if (!Number.isInteger(k) || k < 0 || k > size)
      throw new ArgumentError({
        op: 'topk',
        problem: `cannot take ${describe(k)} of ${size} elements`,
        shapes: [x.shape],
        remedy: `let k be a whole number from 0 to ${size}`,
      });
    return sortedAlong(x, { axis: along, count: k, descending: largest });
  });

const quantileOfNames = { axis: true, axes: true, keepDims: 'flag' } as const;

/** Whether a number lies strictly between others is decided by them, so that NaN changes nothing. */
const least = (a: Tensor, b: Tensor): Tensor => where(less(b, a), b, a) as Tensor;

/**
 * Between `a` and `b ≥ a`, at the part `share` of the way, `0 < share < 1`. From the nearer end, by steps of half the distance, which
 * cannot overflow; limited to what the other half begins with, and by the end it may reach: so the result does not leave [a, b] and
 * grows with `share`. Its derivatives are the weights, whatever was rounded. Infinite ends are weighed.
 */
const interpolate = (a: Tensor, b: Tensor, share: number): Tensor => {
  const weighed = add(mul(a, 1 - share), mul(b, share)) as Tensor;
  const [low, high] = [stopGradient(a), stopGradient(b)];
  const half = sub(mul(high, 0.5), mul(low, 0.5)) as Tensor;
  const value =
    share < 0.5
      ? least(add(low, mul(half, 2 * share)) as Tensor, sub(high, half) as Tensor)
      : neg(least(neg(sub(high, mul(half, 2 - 2 * share)) as Tensor), neg(low)));
  const kept = least(neg(least(neg(value), neg(low))), high);
  // Of `weighed − stop(weighed)`, which is 0, only the derivatives remain.
  const exact = add(kept, sub(weighed, stopGradient(weighed))) as Tensor;
  return where(equal(exact, exact), exact, weighed) as Tensor;
};

/** The quantile of a float tensor along one axis, in the name of the operation that the user called. */
const quantileOf = (op: string, x: Tensor, q: number, options: ArgOptions): Tensor => {
  const { axis: given, axes: alias, keepDims = false } = checkedOptions(op, options, quantileOfNames);
  const one = namedAxes(op, given, alias) ?? null;
  const axis = one === null ? null : singleAxis(op, one);
  const floats = isFloat(tensorOperand(op, x).dtype) ? x : cast(x, 'float32');
  const flat = axis === null ? reshape(floats, [x.size]) : floats;
  const along = normalizeAxis(op, axis ?? 0, rankOf(op, flat));
  const size = flat.shape[along] ?? 0;
  requireElements(op)(size, x.shape);
  const { values } = sort(flat, { axis: along });
  const at = (place: number): Tensor => narrow(values, along, place, place + 1);
  const position = q * (size - 1);
  const below = Math.floor(position);
  const share = position - below;
  const between = share === 0 ? at(below) : interpolate(at(below), at(below + 1), share);
  // NaN stands last in the order, and makes the quantile NaN.
  const last = at(size - 1);
  const result = where(isNotANumber(last), last, between);
  const axes = axis === null ? x.shape.map((_, i) => i) : [along];
  return reshape(result, reducedShape(x.shape, axes, keepDims));
};

/**
 * The `q`-quantile along `axis`, or of the whole tensor, with linear interpolation between neighbours (NumPy's default). The
 * result lies between its neighbours and does not fall as q grows.
 * Integers and booleans are taken as float32. NaN if an element is NaN.
 * @throws AxisError for an axis out of range; ArgumentError unless 0 ≤ q ≤ 1; ShapeError where there is no element.
 * @example
 * quantile(tensor([1, 2, 3, 4]), 0.25).toArray() // 1.75
 */
export const quantile = (x: Tensor, q: number, options: ArgOptions = {}): Tensor =>
  inOperation('quantile', () => {
    tensorOperand('quantile', x);
    if (typeof q !== 'number' || !(q >= 0 && q <= 1))
      throw new ArgumentError({
        op: 'quantile',
        problem: `there is no quantile at ${describe(q)}`,
        shapes: [x.shape],
        remedy: 'give a number from 0 to 1',
      });
    return quantileOf('quantile', x, q, options);
  });

/**
 * The middle element along `axis`, or of the whole tensor; the mean of the middle two where there are two (as in NumPy;
 * PyTorch takes the lower one). Integers and booleans are taken as float32. NaN if an element is NaN.
 * @throws AxisError for an axis out of range; ShapeError where there is no element.
 * @example
 * median(tensor([7, 1, 3])).toArray() // 3
 */
export const median = (x: Tensor, options: ArgOptions = {}): Tensor =>
  inOperation('median', () => quantileOf('median', x, 0.5, options));
