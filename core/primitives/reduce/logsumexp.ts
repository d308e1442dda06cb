/**
 * The logarithm of a sum of exponentials, safe against overflow: `m + log Σ exp(x − m)` with m the largest element,
 * or 0 where that is infinite, so that ∞ − ∞ never arises.
 */

import { sizeOf } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { along } from '../../rules/along.js';
import { defineReduction, type ReductionParams } from '../../rules/reduction.js';
import { onesLike } from '../../tensor/creation.js';
import type { Tensor } from '../../tensor/tensor.js';
import { equal } from '../elementwise/equal.js';
import { mul } from '../elementwise/mul.js';
import { where } from '../elementwise/where.js';
import { permute } from '../shape/permute.js';
import { reshape } from '../shape/reshape.js';
import { softmax } from './softmax.js';
import { type ReduceOptions, reductionParams, sum, unreduce } from './sum.js';

/**
 * The largest element (−∞ of an empty lane); 0 where it is infinite or NaN, so that it can be subtracted.
 * Whatever is subtracted is added again, so it takes no part in any derivative.
 */
export const finiteMaximum = (lane: Float64Array): number => {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < lane.length; i++) largest = Math.max(largest, lane[i] ?? 0);
  return Number.isFinite(largest) ? largest : 0;
};

/**
 * `log Σ exp(x − m)` of a lane for m its `finiteMaximum`. The largest element alone adds 1, which is left to `log1p`, so that the others
 * keep their digits beside it.
 */
export const logOfExponentials = (lane: Float64Array, shift: number): number => {
  const largest = lane.indexOf(shift);
  let others = 0;
  for (let i = 0; i < lane.length; i++) if (i !== largest) others += Math.exp((lane[i] ?? 0) - shift);
  return largest < 0 ? Math.log(others) : Math.log1p(others);
};

/** `log Σ exp` of a lane. */
export const logSumExpOf = (lane: Float64Array): number => {
  const shift = finiteMaximum(lane);
  return shift + logOfExponentials(lane, shift);
};

/**
 * The derivatives of `y`: the softmax over the axes, `exp(xᵢ − y)`, whose own derivatives keep their digits where one element outweighs the
 * others; 0 where all elements are −∞. Not from the output: the rounding of a large y would become an error of the gradient.
 */
const sharesOf = (x: Tensor, y: Tensor, axes: readonly number[]): Tensor => {
  const none = unreduce(equal(y, Number.NEGATIVE_INFINITY), x.shape, axes);
  const safe = where(none, 0, x) as Tensor;
  const order = [...x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis)), ...axes];
  const apart = order.map((axis) => x.shape[axis] ?? 1);
  const kept = apart.slice(0, apart.length - axes.length);
  const shares = (): Tensor => {
    const [axis] = axes;
    if (axes.length === 1 && axis !== undefined) return softmax(safe, axis);
    // Several axes are one: they are put last and side by side.
    const lanes = reshape(permute(safe, order), [...kept, sizeOf(apart.slice(kept.length))]);
    return permute(
      reshape(softmax(lanes as Tensor), apart),
      order.map((_, axis) => order.indexOf(axis)),
    ) as Tensor;
  };
  return where(none, 0, axes.length === 0 ? onesLike(safe) : shares()) as Tensor;
};

export const logsumexpPrimitive: Primitive<'logsumexp', ReductionParams> = defineReduction({
  name: 'logsumexp',
  docs: 'y = log Σ exp(x) over the axes',
  f: logSumExpOf,
  saves: 'both',
  vjp: [({ g, x: [x], y, p: { axes } }) => mul(unreduce(g, x.shape, axes), sharesOf(x, y, axes))],
  // The mean of the tangents by weight
  jvp: [
    ({ t, x: [x], y, p: { axes } }) => reshape(sum(along(t, sharesOf(x, y, axes)), { axes, keepDims: true }), y.shape),
  ],
});

/**
 * `log Σ exp(x)` over `axes` (all by default). All −∞ (or no element) gives −∞ with gradient 0.
 * @throws AxisError for an axis out of range or named twice; DtypeError unless x is float.
 * @example
 * logsumexp(tensor([1000, 1000])).toArray() // ≈ 1000.693147
 */
export const logsumexp = (x: Tensor, options: ReduceOptions = {}): Tensor =>
  bind(logsumexpPrimitive, [x], reductionParams('logsumexp', x, options));
