/**
 * What is masked has no influence, whatever stands there: not on values, and not on gradients, where `0·∞` and `0·NaN` would be NaN.
 * Numbers are therefore selected before they meet others, never multiplied by 0.
 */

import { customJvp } from '../../autograd/transforms/custom-jvp.js';
import { isBool } from '../../core/base/dtype.js';
import { inOperation } from '../../core/base/scope.js';
import {
  add,
  any,
  cast,
  DtypeError,
  greater,
  isFinite as isFiniteEach,
  logicalNot,
  logicalOr,
  matmul,
  type Shape,
  ShapeError,
  softmax,
  stopGradient,
  sum,
  type Tensor,
  where,
} from '../../core/index.js';
import { tensorOperand } from '../../core/tensor/arguments.js';
import { type AxisArgument, axisArgument } from '../../core/tensor/axis.js';

/** Throws unless the mask of `op`, called `name`, broadcasts to `shape`. */
export const checkMaskShape = (op: string, name: string, mask: Tensor, shape: Shape): void => {
  const first = shape.length - mask.rank;
  if (first >= 0 && mask.shape.every((size, axis) => size === 1 || size === shape[first + axis])) return;
  throw new ShapeError({
    op,
    problem: `the ${name} does not fit`,
    shapes: [mask.shape],
    remedy: `give one that broadcasts to [${shape.join(',')}]`,
  });
};

/** The mask itself, once it is known to be bool. */
export const boolMask = (op: string, mask: Tensor): Tensor => {
  if (!isBool(tensorOperand(op, mask).dtype))
    throw new DtypeError({
      op,
      problem: `the mask is ${mask.dtype}`,
      shapes: [mask.shape],
      remedy: 'give a bool mask, true for what counts: notEqual(mask, 0)',
    });
  return mask;
};

/**
 * Softmax over the places where the mask is true; the others get 0, and so does a whole lane without any. What is masked takes no
 * gradient. `x` and `mask` broadcast.
 * @throws DtypeError unless the mask is bool; ShapeError when the shapes do not broadcast.
 * @example
 * functional.maskedSoftmax(zeros([2, 3]), tensor([[true, true, false], [false, false, false]])).toArray() // [[0.5, 0.5, 0], [0, 0, 0]]
 */
export const maskedSoftmax = (x: Tensor, mask: Tensor, axis: AxisArgument = -1): Tensor =>
  inOperation('maskedSoftmax', () => {
    boolMask('maskedSoftmax', mask);
    const seen: Tensor = where(mask, tensorOperand('maskedSoftmax', x), Number.NEGATIVE_INFINITY);
    // Counted from the last axis, which the mask shares whatever its rank; it may have no such axis at all.
    const from = axisArgument('maskedSoftmax', axis, seen.rank, -1) - seen.rank;
    const some = -from > mask.rank ? mask : any(mask, { axes: from, keepDims: true });
    // A lane of nothing but −∞ has no softmax: another one is taken in its place, and left out again.
    return where(mask, softmax(where(some, seen, 0), from), 0);
  });

/** `x`, with 0 in the place of infinities and NaN; the derivative is that of x. */
export const finitePart = (x: Tensor): Tensor =>
  customJvp(
    (y: Tensor): Tensor => where(isFiniteEach(y), y, 0),
    (_, [tangent]) => tangent,
  )(x);

/** Which rows of the last axis hold an infinity or NaN: `[…, S, D]` → bool `[…, S, 1]`. */
export const brokenRows = (x: Tensor): Tensor => any(logicalNot(isFiniteEach(x)), { axes: -1, keepDims: true });

/** `weights v` in which an infinity or NaN of v reaches those rows only that give it weight. `weights: […, L, S]`, `v: […, S, E]`. */
export const weighted = (weights: Tensor, v: Tensor): Tensor => {
  const y: Tensor = matmul(weights, finitePart(v));
  const reached = greater(matmul(stopGradient(weights), cast(brokenRows(v), v.dtype)) as Tensor, 0);
  const broken = stopGradient(sum(where(isFiniteEach(v), 0, v), { axes: -2, keepDims: true }));
  return where(reached, add(y, broken), y);
};

/**
 * `x` with 0 for the infinities and NaN of positions that do not exist (`present` is false), so that they cannot spread; other numbers stay as
 * they are.
 */
export const withoutAbsent = (x: Tensor, present: Tensor): Tensor => where(logicalOr(present, isFiniteEach(x)), x, 0);
