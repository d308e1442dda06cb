/** Sum over axes, pairwise, so that the rounding error grows with log n. Linear; its transpose broadcasts. */

import { totalType } from '../../base/dtype.js';
import { normalizeAxes, reducedShape, type Shape, sameShape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineReduction, type ReductionParams } from '../../rules/reduction.js';
import { checkedOptions, rankOf } from '../../tensor/arguments.js';
import { type AxesOptions, namedAxes } from '../../tensor/axis.js';
import type { Tensor } from '../../tensor/tensor.js';
import { cast } from '../elementwise/cast.js';
import { broadcastTo } from '../shape/broadcast-to.js';
import { reshape } from '../shape/reshape.js';

/** Pairwise summation of `lane[from, to)`. */
const pairwise = (lane: Float64Array, from: number, to: number): number => {
  if (to - from <= 32) {
    let total = 0;
    for (let i = from; i < to; i++) total += lane[i] ?? 0;
    return total;
  }
  const middle = (from + to) >>> 1;
  return pairwise(lane, from, middle) + pairwise(lane, middle, to);
};

export const sumPrimitive: Primitive<'sum', ReductionParams> = defineReduction({
  name: 'sum',
  docs: 'y = Σ x over the axes',
  widening: 'modular',
  accepts: 'number',
  f: (lane) => pairwise(lane, 0, lane.length),
  onIntegers: (lane) => {
    let total = 0;
    for (let i = 0; i < lane.length; i++) total = (total + (lane[i] ?? 0)) | 0;
    return total;
  },
  saves: 'none',
  vjp: [({ g, p, avals: [x] }) => unreduce(g, x?.shape ?? [], p.axes)],
  jvp: 'linear',
});

/** Broadcasts what a reduction over `axes` gave back to the shape it came from. */
export const unreduce = (reduced: Tensor, shape: Shape, axes: readonly number[]): Tensor =>
  broadcastTo(reshape(reduced, reducedShape(shape, axes, true)), shape);

/** Which axes to reduce, and whether they stay as size 1. */
export interface ReduceOptions extends AxesOptions {
  readonly keepDims?: boolean;
}

const reductionParamsNames = { axis: true, axes: true, keepDims: 'flag' } as const;

/** Options as people give them, made complete. */
export const reductionParams = (op: string, x: Tensor, options: ReduceOptions): ReductionParams => {
  const { axis, axes, keepDims = false } = checkedOptions(op, options, reductionParamsNames);
  return { axes: normalizeAxes(op, namedAxes(op, axis, axes), rankOf(op, x)), keepDims };
};

/**
 * The sum over `axes` (all by default). Booleans are counted as int32.
 * @throws AxisError for an axis out of range or named twice.
 * @example
 * sum(tensor([[1, 2], [3, 4]]), { axis: 0 }).toArray() // [4, 6]
 */
export const sum = (x: Tensor, options: ReduceOptions = {}): Tensor => {
  const params = reductionParams('sum', x, options);
  return bind(sumPrimitive, [cast(x, totalType(x.dtype))], params);
};

/** Sums a broadcast result back to `shape`: the transpose of broadcasting. */
export const sumTo = (x: Tensor, shape: Shape): Tensor => {
  if (sameShape(x.shape, shape)) return x;
  const extra = x.rank - shape.length;
  const axes = x.shape.flatMap((size, i) => (i < extra || (shape[i - extra] === 1 && size !== 1) ? [i] : []));
  return reshape(axes.length === 0 ? x : sum(x, { axes, keepDims: true }), shape);
};
