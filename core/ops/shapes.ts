/** Shape operations made of reshape, permute, broadcastTo, concat and slice. */
import { permute } from '../primitives/permute.js';
import { reshape } from '../primitives/reshape.js';
import { normalizeAxes, normalizeAxis, type Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';

/**
 * Removes axes of size 1: all of them, or those named. A named axis of another size is left as it is.
 * @throws AxisError for an axis out of range or named twice.
 * @example
 * squeeze(zeros([1, 3, 1])).shape // [3]
 */
export const squeeze = (x: Tensor, axis?: number | readonly number[] | null): Tensor => {
  const axes = normalizeAxes('squeeze', axis, x.rank);
  return reshape(
    x,
    x.shape.filter((size, i) => size !== 1 || !axes.includes(i)),
  );
};

/**
 * Inserts an axis of size 1, so that it becomes axis `axis` of the result (−1: the last).
 * @throws AxisError for an axis out of range.
 * @example
 * unsqueeze(zeros([3]), 0).shape // [1, 3]
 */
export const unsqueeze = (x: Tensor, axis: number): Tensor =>
  reshape(x, x.shape.toSpliced(normalizeAxis('unsqueeze', axis, x.rank + 1), 0, 1));

/** The shape with its last two sizes exchanged, where they are known. */
export type Transposed<S extends Shape> = S extends readonly [
  ...infer Head extends Shape,
  infer M extends number,
  infer N extends number,
]
  ? readonly [...Head, N, M]
  : Shape;

/**
 * Exchanges two axes, the last two by default.
 * @throws AxisError for an axis out of range, as for a vector with the defaults.
 * @example
 * transpose(tensor([[1, 2], [3, 4]])).toArray() // [[1, 3], [2, 4]]
 */
export function transpose<S extends Shape>(x: Tensor<S>): Tensor<Transposed<S>>;
export function transpose(x: Tensor, axis0: number, axis1?: number): Tensor;
export function transpose(x: Tensor, axis0 = -2, axis1 = -1): Tensor {
  const [i, j] = [normalizeAxis('transpose', axis0, x.rank), normalizeAxis('transpose', axis1, x.rank)];
  const axes = x.shape.map((_, axis) => axis);
  return permute(x, axes.with(i, j).with(j, i));
}
