/**
 * The logarithm of a sum of exponentials, safe against overflow: `m + log Σ exp(x − m)` with m the largest element,
 * or 0 where that is infinite, so that ∞ − ∞ never arises.
 */
import { defineReduction, type ReductionParams } from '../families/reduction.js';
import { bind } from '../interpreter.js';
import type { Primitive } from '../primitive.js';
import type { Tensor } from '../tensor.js';
import { div } from './div.js';
import { equal } from './equal.js';
import { exp } from './exp.js';
import { mul } from './mul.js';
import { reshape } from './reshape.js';
import { stopGradient } from './stop-gradient.js';
import { sub } from './sub.js';
import { type ReduceOptions, reductionParams, sum, unreduce } from './sum.js';
import { where } from './where.js';

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
 * `exp(x − m)` and its sum over the axes, for m = y, or 0 where y = −∞. Any m gives the same ratios, so it takes no
 * gradient; y itself is near enough to the largest element.
 */
const exponentials = (x: Tensor, y: Tensor, axes: readonly number[]): { parts: Tensor; total: Tensor } => {
  const shift = stopGradient(where(equal(y, Number.NEGATIVE_INFINITY), 0, y));
  const parts = exp(sub(x, unreduce(shift, x.shape, axes)));
  const total = sum(parts, { axes, keepDims: true });
  // All −∞: the parts are 0, and so are their shares.
  return { parts, total: where(equal(total, 0), 1, total) };
};

export const logsumexpPrimitive: Primitive<'logsumexp', ReductionParams> = defineReduction({
  name: 'logsumexp',
  docs: 'y = log Σ exp(x) over the axes',
  f: logSumExpOf,
  saves: 'both',
  // ∂y/∂xᵢ = exp(xᵢ − m) / Σ exp(xⱼ − m). Not exp(xᵢ − y): the rounding of a large y would become an error of the gradient.
  vjp: [
    ({ g, x: [x], y, p: { axes } }) => {
      const { parts, total } = exponentials(x, y, axes);
      return mul(unreduce(g, x.shape, axes), div(parts, total));
    },
  ],
  // ẏ = Σ exp(xᵢ − m)ẋᵢ / Σ exp(xⱼ − m), the mean of the tangents by weight
  jvp: [
    ({ t, x: [x], y, p: { axes } }) => {
      const { parts, total } = exponentials(x, y, axes);
      return reshape(div(sum(mul(parts, t), { axes, keepDims: true }), total), y.shape);
    },
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
