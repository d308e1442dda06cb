/** The cosine of the angle between two directions, which does not depend on lengths: not on short ones, and not on long ones. */

import { describe } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import { broadcastShapes, normalizeAxes } from '../../core/base/shape.js';
import {
  ArgumentError,
  abs,
  add,
  broadcastTo,
  clamp,
  div,
  equal,
  logicalAnd,
  logicalOr,
  max,
  maximum,
  mul,
  norm,
  stopGradient,
  sub,
  sum,
  type Tensor,
  where,
} from '../../core/index.js';
import { checkedOptions, checkTensors } from '../../core/tensor/arguments.js';
import { type AxesOptions, namedAxes, type SomeAxes } from '../../core/tensor/axis.js';

export interface CosineSimilarityOptions extends AxesOptions {
  /** An axis or a list of them; 1 by default. */
  readonly axis?: SomeAxes;
  /** A lower bound of each norm, so that a shorter vector counts for less; 0 by default: lengths do not matter. */
  readonly eps?: number;
}

const optionNames = { axis: true, axes: true, eps: true } as const;

/**
 * `Σ ab / (‖a‖·‖b‖)` along an axis, after broadcasting: from −1 to 1, the same for vectors of any length. A vector of zeros has no direction:
 * 0, with gradient 0.
 * @throws ShapeError when the shapes do not broadcast; ArgumentError for a negative `eps`.
 * @example
 * cosineSimilarity(tensor([[3, 4]]), tensor([[4, 3]])).toArray() // ≈ [0.96]
 * cosineSimilarity(tensor([[3e-30, 4e-30]]), tensor([[4e30, 3e30]])).toArray() // ≈ [0.96]
 */
export const cosineSimilarity = (a: Tensor, b: Tensor, options: CosineSimilarityOptions = {}): Tensor =>
  inOperation('cosineSimilarity', () => {
    const op = 'cosineSimilarity';
    checkTensors(op, [a, b]);
    const { axis, axes: alias, eps = 0 } = checkedOptions(op, options, optionNames);
    if (typeof eps !== 'number' || !(eps >= 0 && eps < Number.POSITIVE_INFINITY))
      throw new ArgumentError({ op, problem: `eps is ${describe(eps)}`, remedy: 'give a number ≥ 0' });
    const shape = broadcastShapes(op, [a.shape, b.shape]);
    const named = namedAxes(op, axis, alias);
    const axes = normalizeAxes(op, named === undefined ? 1 : named, shape.length);
    // Scaled so that the largest number is 1, no square overflows or vanishes. The function does not depend on the scale, so that it takes no
    // gradient.
    const scaled = (x: Tensor): { readonly unit: Tensor; readonly length: Tensor; readonly empty: Tensor } => {
      const whole = broadcastTo(x, shape) as Tensor;
      const size = stopGradient(max(abs(whole), { axes, keepDims: true }));
      const none = equal(size, 0);
      const scale = where(none, 1, size) as Tensor;
      const unit = div(whole, scale);
      const own = norm(unit, { axes, keepDims: true });
      const length = eps === 0 ? where(none, 1, own) : maximum(own, div(eps, scale));
      return { unit, length, empty: none };
    };
    const [left, right] = [scaled(a), scaled(b)];
    const dot = sum(mul(left.unit, right.unit), { axes, keepDims: true });
    // A vector of zeros beside NaN is not one: its product is NaN.
    const cosine: Tensor = div(div(dot, left.length), right.length);
    const found = eps === 0 ? where(logicalAnd(logicalOr(left.empty, right.empty), equal(dot, 0)), 0, cosine) : cosine;
    // What rounding puts above 1 is 1; the derivative is not cut off, which near 1 is no rounding error.
    const within = add(found, stopGradient(sub(clamp(found, { min: -1, max: 1 }), found)));
    return sum(within, { axes });
  });
