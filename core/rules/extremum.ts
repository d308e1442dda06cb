/**
 * What largest and smallest have in common: NaN wins, an empty lane has none, and ties share the derivative.
 * Comparisons go through a sign: 1 looks for the largest, −1 for the smallest.
 */
import { ShapeError } from '../base/errors.js';
import type { Shape } from '../base/shape.js';
import { cast } from '../primitives/elementwise/cast.js';
import { div } from '../primitives/elementwise/div.js';
import { equal } from '../primitives/elementwise/equal.js';
import { logicalNot } from '../primitives/elementwise/logical-not.js';
import { logicalOr } from '../primitives/elementwise/logical-or.js';
import { where } from '../primitives/elementwise/where.js';
import { sum, unreduce } from '../primitives/reduce/sum.js';
import { reshape } from '../primitives/shape/reshape.js';
import type { JvpContext, VjpContext } from '../program/primitive.js';
import type { Tensor } from '../tensor/tensor.js';
import type { ReductionParams } from './reduction.js';

export type Sign = 1 | -1;

/** The place of the extremum in a lane: the first of equals; the first NaN, if there is one. */
export function extremumIndex(sign: Sign): (lane: Float64Array) => number {
  return (lane) => {
    let best = 0;
    for (let i = 0; i < lane.length; i++) {
      const candidate = lane[i] ?? 0;
      if (Number.isNaN(candidate)) return i;
      if (sign * candidate > sign * (lane[best] ?? 0)) best = i;
    }
    return best;
  };
}

/** The extremum of a lane. */
export function extremumValue(sign: Sign): (lane: Float64Array) => number {
  const indexOf = extremumIndex(sign);
  return (lane) => lane[indexOf(lane)] ?? Number.NaN;
}

/** Throws for a lane without elements, which has no extremum. */
export function requireElements(op: string): (length: number, shape: Shape) => void {
  return (length, shape) => {
    if (length === 0)
      throw new ShapeError({
        op,
        problem: 'an empty set of numbers has none',
        shapes: [shape],
        remedy: 'reduce over an axis that has elements, or concatenate a neutral value first',
      });
  };
}

/** Where `x` attains the extremum `y` of its lane: equal to it, or NaN where that has won. */
const attains = (x: Tensor, y: Tensor, { axes }: ReductionParams): Tensor =>
  logicalOr(equal(x, unreduce(y, x.shape, axes)), logicalNot(equal(x, x)));

type In = readonly [Tensor];

/**
 * With n elements attaining y, the minimum-norm subgradient is `∂y/∂xᵢ = [xᵢ attains y] / n`.
 * Selected, never multiplied by a mask: 0·∞ must not make a NaN.
 */
export function extremumVjp({ g, x: [x], y, p }: VjpContext<In, ReductionParams, 'both'>): Tensor {
  const attained = attains(x, y, p);
  const ties = sum(cast(attained, g.dtype), p);
  return where(attained, unreduce(div(g, ties), x.shape, p.axes), 0);
}

/** The tangent of the extremum is the mean of the tangents of the elements that attain it. */
export function extremumJvp({ t, x: [x], y, p }: JvpContext<In, ReductionParams>): Tensor {
  const attained = attains(x, y, p);
  const ties = sum(cast(attained, t.dtype), p);
  return reshape(div(sum(where(attained, t, 0), p), ties), y.shape);
}
