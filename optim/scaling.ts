/** Transforms that need no memory of earlier gradients: scaling, weight decay, clipping. */

import { floatFor, isFloat } from '../core/base/dtype.js';
import { describe } from '../core/base/errors.js';
import { inOperation } from '../core/base/scope.js';
import {
  ArgumentError,
  abs,
  add,
  cast,
  clamp,
  DtypeError,
  div,
  type FloatDtype,
  full,
  greater,
  greaterEqual,
  less,
  logicalAnd,
  logicalOr,
  max,
  maximum,
  minimum,
  mul,
  pow,
  sqrt,
  sum,
  type Tensor,
  treeLeaves,
  treeMap,
  where,
} from '../core/index.js';
import { checkedOptions } from '../core/tensor/arguments.js';
import {
  alongGradient,
  directed,
  type GradientTransform,
  refuseMissingParams,
  sameTrees,
  stateless,
} from './transform.js';

/** Throws unless the value is a number that is not negative; infinite where `finite` is false. */
const checkAmount = (op: string, what: string, value: number, finite: boolean): void => {
  if (typeof value !== 'number' || !(value >= 0) || (finite && value === Number.POSITIVE_INFINITY))
    throw new ArgumentError({
      op,
      problem: `${what} is ${describe(value)}`,
      remedy: finite ? 'give a finite number ≥ 0' : 'give a number ≥ 0',
    });
};

/**
 * Multiplies every gradient by `factor`.
 * @throws ArgumentError unless the factor is finite.
 * @example
 * scale(-0.5).update(tensor([2]), null, tensor([0]))[0].toArray() // [-1]
 */
export const scale = (factor: number): GradientTransform<null> => {
  if (!Number.isFinite(factor))
    throw new ArgumentError({
      op: 'scale',
      problem: `the factor is ${describe(factor)}`,
      remedy: 'give a finite number',
    });
  // A factor below 0 is somebody's own learning rate, or an ascent that is meant.
  return directed(
    stateless((g) => mul(g, factor)),
    factor > 0 ? 'gradient' : undefined,
  );
};

/**
 * Adds `rate·p` to every gradient: the gradient of `½·rate·‖p‖²`.
 * @throws ArgumentError for a rate that is negative or not finite.
 */
export const addDecayedWeights = (rate: number): GradientTransform<null> => {
  checkAmount('addDecayedWeights', 'the rate', rate, true);
  return alongGradient({
    init: () => null,
    update: (gradients, state, params) => {
      sameTrees('update', gradients, params);
      if (rate === 0) return [gradients, state];
      const weights = params ?? refuseMissingParams('addDecayedWeights');
      return [treeMap((g, p = g) => add(g, mul(p, rate)), gradients, weights), state];
    },
  });
};

/**
 * Bounds every element of every gradient to [−limit, limit].
 * @throws ArgumentError for a limit that is negative or NaN.
 * @example
 * clipByValue(1).update(tensor([3, -0.5]), null, tensor([0, 0]))[0].toArray() // [1, -0.5]
 */
export const clipByValue = (limit: number): GradientTransform<null> => {
  checkAmount('clipByValue', 'the limit', limit, false);
  return alongGradient(stateless((g) => clamp(g, { min: -limit, max: limit })));
};

/** Throws unless there is a norm for this `p`. */
const checkPower = (op: string, p: number): void => {
  if (typeof p !== 'number' || !(p > 0))
    throw new ArgumentError({ op, problem: `p is ${describe(p)}`, remedy: 'give a number > 0, or Infinity' });
};

/** A norm as a product, `unit·relative`, neither of which leaves the range of its element type where the norm does not. */
interface Norm {
  readonly dtype: FloatDtype;
  /** 1 for sizes whose powers are normal numbers, so that they keep their bits; else the largest of the sizes. */
  readonly unit: Tensor;
  readonly relative: Tensor;
}

/** Exponents beyond which powers, or sums of many, may leave the range of the type. */
const farthest: Readonly<Record<FloatDtype, number>> = { float32: 60, float64: 500 };

const normOf = (op: string, tree: unknown, p: number): Norm | null => {
  checkPower(op, p);
  const leaves = treeLeaves(tree, op).filter((leaf) => leaf.size > 0);
  const whole = leaves.find(({ dtype }) => !isFloat(dtype));
  if (whole !== undefined)
    throw new DtypeError({
      op,
      problem: `a leaf is ${whole.dtype}`,
      shapes: [whole.shape],
      remedy: 'give a tree of floats',
    });
  const dtype = leaves.some((leaf) => floatFor(leaf.dtype) === 'float64') ? 'float64' : 'float32';
  const sizes = leaves.map((leaf) => abs(cast(leaf, dtype)));
  const [first, ...others] = sizes.map((size) => max(size));
  if (first === undefined) return null;
  const largest = others.reduce((most, leaf) => maximum(most, leaf), first);
  if (p === Number.POSITIVE_INFINITY) return { dtype, unit: full([], 1, dtype), relative: largest };
  // |g|ᵖ of sizes within 2^(±reach) is far from both ends of the range, and so is the sum of millions.
  const reach = farthest[dtype] / p;
  const finite = logicalAnd(greater(largest, 0), less(largest, Number.POSITIVE_INFINITY));
  const extreme = logicalOr(less(largest, 2 ** -reach), greater(largest, 2 ** reach));
  const unit = where(logicalAnd(finite, extreme), largest, full([], 1, dtype));
  const total = sizes
    .map((size) => {
      const share = div(size, unit);
      return sum(p === 2 ? mul(share, share) : pow(share, p));
    })
    .reduce((so, leaf) => add(so, leaf));
  return { dtype, unit, relative: p === 2 ? sqrt(total) : pow(total, 1 / p) };
};

/**
 * The p-norm of a whole tree, as if its leaves were one long vector; `p` may be Infinity. Leaves of both float types give a
 * float64. It is NaN where any number is, and otherwise right wherever it fits its element type.
 * @throws ArgumentError unless p > 0; DtypeError for a leaf that is not of floats.
 * @example
 * globalNorm({ a: tensor([3]), b: tensor([4]) }).item() // 5
 */
export const globalNorm = (tree: unknown, p = 2): Tensor =>
  inOperation('globalNorm', () => {
    const norm = normOf('globalNorm', tree, p);
    return norm === null ? full([], 0) : mul(norm.unit, norm.relative);
  });

export interface ClipNormOptions {
  /** Which norm; 2 by default, Infinity allowed. */
  readonly p?: number;
}

const clipByGlobalNormNames = { p: true } as const;

/**
 * Scales all gradients by `min(1, limit/(norm + 1e-6))`, where `norm` is taken over all of them together (PyTorch's
 * `clip_grad_norm_`). A NaN among them makes all of them NaN.
 * @throws ArgumentError for a limit that is negative or NaN, and unless p > 0.
 * @example
 * clipByGlobalNorm(1).update({ a: tensor([3]), b: tensor([4]) }, null, { a: tensor([0]), b: tensor([0]) })[0] // ≈ { a: [0.6], b: [0.8] }
 */
export const clipByGlobalNorm = (limit: number, options: ClipNormOptions = {}): GradientTransform<null> => {
  const { p = 2 } = checkedOptions('clipByGlobalNorm', options, clipByGlobalNormNames);
  checkAmount('clipByGlobalNorm', 'the limit', limit, false);
  checkPower('clipByGlobalNorm', p);
  return alongGradient({
    init: () => null,
    update: (gradients, state) => {
      const norm = limit === Number.POSITIVE_INFINITY ? null : normOf('clipByGlobalNorm', gradients, p);
      if (norm === null) return [gradients, state];
      const { dtype, unit, relative } = norm;
      // limit/(norm + 1e-6) = factor/unit; gradients are divided by the unit first, since the quotient may not be a number of the type.
      const length = add(relative, div(1e-6, unit));
      const factor = minimum(div(limit, length), unit);
      const small = greaterEqual(div(limit, unit), length);
      const clip = (g: Tensor): Tensor => where(small, g, cast(mul(div(cast(g, dtype), unit), factor), g.dtype));
      return [treeMap(clip, gradients), state];
    },
  });
};
