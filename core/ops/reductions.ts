/** Reductions made of others: means, moments, norms, counts. */
import { isFloat } from '../dtype.js';
import { cast } from '../primitives/cast.js';
import { div } from '../primitives/div.js';
import { type ReduceOptions, reductionParams, sum } from '../primitives/sum.js';
import type { Tensor } from '../tensor.js';

/** The number of elements that each result of a reduction stands for. */
const laneLength = (x: Tensor, axes: readonly number[]): number =>
  axes.reduce((count, axis) => count * (x.shape[axis] ?? 1), 1);

/**
 * The arithmetic mean over `axes` (all by default). Integers and booleans are taken as float32. The mean of nothing is
 * NaN, as in NumPy.
 * @throws AxisError for an axis out of range or named twice.
 * @example
 * mean(tensor([[1, 2], [3, 4]]), { axes: 0 }).toArray() // [2, 3]
 */
export const mean = (x: Tensor, options: ReduceOptions = {}): Tensor => {
  const params = reductionParams('mean', x, options);
  return div(sum(isFloat(x.dtype) ? x : cast(x, 'float32'), params), laneLength(x, params.axes));
};
