/**
 * The logarithm of a sum of exponentials, safe against overflow: `m + log Σ exp(x − m)` with m the largest element,
 * or 0 where that is infinite, so that ∞ − ∞ never arises.
 */
import { defineReduction, type ReductionParams } from '../families/reduction.js';
import { bind } from '../interpreter.js';
import type { Primitive } from '../primitive.js';
import type { Tensor } from '../tensor.js';
import { equal } from './equal.js';
import { exp } from './exp.js';
import { mul } from './mul.js';
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

/** `log Σ exp` of a lane. */
export const logSumExpOf = (lane: Float64Array): number => {
  const shift = finiteMaximum(lane);
  let total = 0;
  for (let i = 0; i < lane.length; i++) total += Math.exp((lane[i] ?? 0) - shift);
  return shift + Math.log(total);
};

/**
 * `∂y/∂xᵢ = exp(xᵢ) / Σ exp(xⱼ) = exp(xᵢ − y)`. Where y = −∞ every x is −∞, and y counts as 0: exp(−∞) = 0.
 */
const weights = (x: Tensor, y: Tensor, axes: readonly number[]): Tensor =>
  exp(sub(x, unreduce(where(equal(y, Number.NEGATIVE_INFINITY), 0, y), x.shape, axes)));

export const logsumexpPrimitive: Primitive<'logsumexp', ReductionParams> = defineReduction({
  name: 'logsumexp',
  docs: 'y = log Σ exp(x) over the axes',
  f: logSumExpOf,
  saves: 'both',
  vjp: [({ g, x: [x], y, p }) => mul(unreduce(g, x.shape, p.axes), weights(x, y, p.axes))],
  jvp: [({ t, x: [x], y, p }) => sum(mul(t, weights(x, y, p.axes)), p)],
});

/**
 * `log Σ exp(x)` over `axes` (all by default). All −∞ (or no element) gives −∞ with gradient 0.
 * @throws AxisError for an axis out of range or named twice; DtypeError unless x is float.
 * @example
 * logsumexp(tensor([1000, 1000])).toArray() // ≈ 1000.693147
 */
export const logsumexp = (x: Tensor, options: ReduceOptions = {}): Tensor =>
  bind(logsumexpPrimitive, [x], reductionParams('logsumexp', x, options));
