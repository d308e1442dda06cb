/** Reductions made of others: means, moments, norms, counts. */

import { computeType, type FloatDtype, floatFor, isFloat, isWidened } from '../base/dtype.js';
import { ArgumentError, describe } from '../base/errors.js';
import { inOperation } from '../base/scope.js';
import { reducedShape } from '../base/shape.js';
import { abs } from '../primitives/elementwise/abs.js';
import { cast } from '../primitives/elementwise/cast.js';
import { div } from '../primitives/elementwise/div.js';
import { equal } from '../primitives/elementwise/equal.js';
import { floor } from '../primitives/elementwise/floor.js';
import { log2 } from '../primitives/elementwise/log2.js';
import { logicalNot } from '../primitives/elementwise/logical-not.js';
import { logicalOr } from '../primitives/elementwise/logical-or.js';
import { mul } from '../primitives/elementwise/mul.js';
import { pow } from '../primitives/elementwise/pow.js';
import { stopGradient } from '../primitives/elementwise/stop-gradient.js';
import { sub } from '../primitives/elementwise/sub.js';
import { where } from '../primitives/elementwise/where.js';
import { max } from '../primitives/reduce/max.js';
import { min } from '../primitives/reduce/min.js';
import { type ReduceOptions, reductionParams, sum } from '../primitives/reduce/sum.js';
import { full } from '../primitives/shape/full.js';
import { reshape } from '../primitives/shape/reshape.js';
import { commonDtype } from '../rules/elementwise.js';
import { requireElements } from '../rules/extremum.js';
import type { ReductionParams } from '../rules/reduction.js';
import { checkedOptions, checkNumber, tensorOperand } from '../tensor/arguments.js';
import type { Tensor } from '../tensor/tensor.js';
import { clamp, exp2, isFinite as isFiniteNumber, safeSqrt, square } from './elementwise.js';

/** The number of elements that each result of a reduction stands for. */
const laneLength = (x: Tensor, axes: readonly number[]): number =>
  axes.reduce((count, axis) => count * (x.shape[axis] ?? 1), 1);

/**
 * The arithmetic mean over `axes` (all by default). Integers and booleans are taken as float32. The mean of nothing is
 * NaN, as in NumPy.
 * @throws AxisError for an axis out of range or named twice.
 * @example
 * mean(tensor([[1, 2], [3, 4]]), { axis: 0 }).toArray() // [2, 3]
 */
export const mean = (x: Tensor, options: ReduceOptions = {}): Tensor =>
  inOperation('mean', () => {
    const params = reductionParams('mean', x, options);
    commonDtype('mean', [x], 'any');
    return inComputed(x, (wide) =>
      div(sum(isFloat(wide.dtype) ? wide : cast(wide, 'float32'), params), laneLength(x, params.axes)),
    );
  });

/** What is made of a tensor in several steps: of one that is computed in another type, it is rounded at the end alone. */
const inComputed = (x: Tensor, steps: (wide: Tensor) => Tensor): Tensor =>
  isWidened(x.dtype) ? cast(steps(cast(x, computeType(x.dtype))), isFloat(x.dtype) ? x.dtype : 'float32') : steps(x);

/** Options of variance and standard deviation. */
export interface VarianceOptions extends ReduceOptions {
  /** What is taken from the number of elements to make the divisor: 1 (default) unbiased, 0 biased. */
  readonly correction?: number;
}

const varianceOfNames = { axis: true, axes: true, keepDims: 'flag', correction: true } as const;

/** Distances from the mean, and what their squares' sum is divided by, in the name of the operation that the user called. */
const varianceParams = (
  op: string,
  x: Tensor,
  given: VarianceOptions,
): { readonly params: ReductionParams; readonly divisor: number } => {
  commonDtype(op, [tensorOperand(op, x)], 'float');
  const { correction = 1, ...options } = checkedOptions(op, given, varianceOfNames);
  checkNumber(op, 'correction', correction);
  if (!Number.isFinite(correction))
    throw new ArgumentError({
      op,
      problem: `correction is ${describe(correction)}`,
      remedy: 'give a finite number: n − correction divides',
    });
  const params = reductionParams(op, x, options);
  return { params, divisor: Math.max(0, laneLength(x, params.axes) - correction) };
};

/** What is left of the mean: two passes, because E[x²] − E[x]² would cancel. */
const deviationsIn = (x: Tensor, { axes }: ReductionParams): Tensor =>
  sub(x, mean(x, { axes, keepDims: true })) as Tensor;

/**
 * The variance over `axes` (all by default): `Σ (x − mean)² / (n − correction)`, in two passes. Where
 * n ≤ correction that is a division by 0, as in NumPy: NaN, or ∞ of a positive sum.
 * @throws AxisError for an axis out of range or named twice; DtypeError unless x is float.
 * @example
 * variance(tensor([1, 2, 3, 4])).toArray() // ≈ 1.6666667
 */
export const variance = (x: Tensor, options: VarianceOptions = {}): Tensor =>
  inOperation('variance', () => {
    const { params, divisor } = varianceParams('variance', x, options);
    return inComputed(x, (wide) => div(sum(square(deviationsIn(wide, params)), params), divisor));
  });

/** Exponents beyond which a square, or the sum of some, may leave the range of the element type. */
const farthest: Readonly<Record<FloatDtype, number>> = { float32: 100, float64: 900 };

/**
 * A power of two near the largest absolute value of each lane, kept for division (`unit`) and in the result's shape for what is
 * multiplied again (`scale`). Squares of x/unit neither overflow nor vanish, and no digit is rounded on the way there and back. It takes
 * no derivative: a length is homogeneous, and so the same for every unit.
 */
export const unitOf = (
  x: Tensor,
  { axes, keepDims }: ReductionParams,
): { readonly unit: Tensor; readonly scale: Tensor } => {
  if (laneLength(x, axes) === 0 || x.size === 0) {
    const one = full([], 1, x.dtype);
    return { unit: one, scale: one };
  }
  const limit = farthest[floatFor(x.dtype)];
  const size = max(abs(stopGradient(x)), { axes, keepDims: true });
  const exponent = clamp(floor(log2(size)), { min: -limit, max: limit });
  const usual = logicalOr(equal(size, 0), logicalNot(isFiniteNumber(size)));
  const unit = where(usual, 1, exp2(where(usual, 0, exponent) as Tensor)) as Tensor;
  return { unit, scale: keepDims ? unit : reshape(unit, reducedShape(x.shape, axes, false)) };
};

/**
 * The standard deviation over `axes` (all by default), the square root of `variance`. Its gradient where all elements are
 * equal is 0, the subgradient of least norm.
 * @throws AxisError for an axis out of range or named twice; DtypeError unless x is float.
 * @example
 * std(tensor([1, 2, 3, 4]), { correction: 0 }).toArray() // ≈ 1.118034
 */
export const std = (x: Tensor, options: VarianceOptions = {}): Tensor =>
  inOperation('std', () => {
    const { params, divisor } = varianceParams('std', x, options);
    // The sum of the mean may overflow as well as the squares, so that the unit is that of the numbers themselves.
    return inComputed(x, (wide) => {
      const { unit, scale } = unitOf(wide, params);
      const deviation = deviationsIn(div(wide, unit) as Tensor, params);
      return mul(scale, safeSqrt(div(sum(square(deviation), params), divisor) as Tensor)) as Tensor;
    });
  });

/** Options of `norm`. */
export interface NormOptions extends ReduceOptions {
  /** The exponent, 2 by default; `'inf'` is Infinity. */
  readonly p?: number | 'inf';
}

/**
 * `Σ |x|ᵖ` to the power 1/p for an exponent that has no short cut. Zeros are taken out before the power and put back after
 * it, so that they have gradient 0; so has the sum where it is 0.
 */
const powerNorm = (given: Tensor, params: ReductionParams, p: number): Tensor => {
  const { unit, scale } = unitOf(given, params);
  const x = div(given, unit) as Tensor;
  const zero = equal(x, 0);
  const powers = where(zero, p > 0 ? 0 : Number.POSITIVE_INFINITY, pow(where(zero, 1, abs(x)), p));
  const total = sum(powers, params);
  const empty = equal(total, 0);
  return mul(scale, where(empty, p > 0 ? 0 : Number.POSITIVE_INFINITY, pow(where(empty, 1, total), 1 / p))) as Tensor;
};

/** The Euclidean length. */
const euclidean = (x: Tensor, params: ReductionParams): Tensor => {
  const { unit, scale } = unitOf(x, params);
  return mul(scale, safeSqrt(sum(square(div(x, unit) as Tensor), params))) as Tensor;
};

const normNames = { axis: true, axes: true, keepDims: 'flag', p: true } as const;

/**
 * The vector p-norm over `axes` (all by default): `(Σ |x|ᵖ)^(1/p)`; the largest absolute value for p = ∞, the smallest for
 * −∞, the number of elements that are not 0 for p = 0. The gradient at the zero vector is 0; ties of the ∞-norm share it.
 * @throws AxisError for an axis out of range or named twice; DtypeError unless x is float; ShapeError for p = ±∞ of an
 * empty set; ArgumentError for a p that is NaN.
 * @example
 * norm(tensor([3, -4])).toArray() // 5
 */
export const norm = (x: Tensor, given: NormOptions = {}): Tensor =>
  inOperation('norm', () => {
    commonDtype('norm', [tensorOperand('norm', x)], 'float');
    const { p = 2, ...options } = checkedOptions('norm', given, normNames);
    const params = reductionParams('norm', x, options);
    const exponent = p === 'inf' ? Number.POSITIVE_INFINITY : p;
    if (typeof exponent !== 'number' || Number.isNaN(exponent))
      throw new ArgumentError({
        op: 'norm',
        problem: `p is ${describe(p)}`,
        shapes: [x.shape],
        remedy: "give a number or 'inf'",
      });
    if (!Number.isFinite(exponent)) {
      requireElements('norm')(laneLength(x, params.axes), x.shape);
      return exponent > 0 ? max(abs(x), params) : min(abs(x), params);
    }
    if (exponent === 0) return cast(countNonZero(x, params), x.dtype);
    if (exponent === 1) return sum(abs(x), params);
    return inComputed(x, (wide) => (exponent === 2 ? euclidean(wide, params) : powerNorm(wide, params, exponent)));
  });

/**
 * How many elements are not 0, over `axes` (all by default), as int32. NaN is not 0.
 * @throws AxisError for an axis out of range or named twice.
 * @example
 * countNonZero(tensor([0, 3, 0, -1])).toArray() // 2
 */
export const countNonZero = (x: Tensor, options: ReduceOptions = {}): Tensor =>
  inOperation('countNonZero', () => countTrue('countNonZero', x, options));

/** How many elements are not 0, in the name of the operation that the user called. */
const countTrue = (op: string, x: Tensor, options: ReduceOptions): Tensor => {
  const params = reductionParams(op, x, options);
  return sum(cast(x, 'bool'), params);
};

/**
 * Whether any element over `axes` (all by default) is true, or not 0; false of an empty set.
 * @throws AxisError for an axis out of range or named twice.
 * @example
 * any(tensor([[0, 0], [0, 1]]), { axis: 1 }).toArray() // [0, 1]
 */
export const any = (x: Tensor, options: ReduceOptions = {}): Tensor =>
  inOperation('any', () => cast(countTrue('any', x, options), 'bool'));

/**
 * Whether all elements over `axes` (all by default) are true, or not 0; true of an empty set.
 * @throws AxisError for an axis out of range or named twice.
 * @example
 * all(tensor([[1, 1], [0, 1]]), { axis: 1 }).toArray() // [1, 0]
 */
export const all = (x: Tensor, options: ReduceOptions = {}): Tensor =>
  inOperation('all', () => {
    const params = reductionParams('all', x, options);
    return equal(countNonZero(x, params), laneLength(x, params.axes));
  });
