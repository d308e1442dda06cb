/** Axes inserted, removed, moved, exchanged, merged: shape operations made of reshape, permute and broadcastTo. */

import { AxisError, describeList } from '../base/errors.js';
import { inOperation } from '../base/scope.js';
import { broadcastShapes, checkAxisCount, normalizeAxis, type Shape, sizeOf } from '../base/shape.js';
import { broadcastTo } from '../primitives/shape/broadcast-to.js';
import { permute } from '../primitives/shape/permute.js';
import { reshape } from '../primitives/shape/reshape.js';
import { checkTensors, rankOf, tensorOperand } from '../tensor/arguments.js';
import { type AxesArgument, type AxisArgument, axesArgument, axisArgument } from '../tensor/axis.js';
import type { Tensor } from '../tensor/tensor.js';

/**
 * Removes axes of size 1: all of them, or those named. A named axis of another size is left as it is.
 * @throws AxisError for an axis out of range or named twice.
 * @example
 * squeeze(zeros([1, 3, 1])).shape // [3]
 */
export const squeeze = (x: Tensor, axis?: AxesArgument): Tensor =>
  inOperation('squeeze', () => {
    const axes = axesArgument('squeeze', axis, rankOf('squeeze', x));
    return reshape(
      x,
      x.shape.filter((size, i) => size !== 1 || !axes.includes(i)),
    );
  });

/**
 * Inserts an axis of size 1, which becomes axis `axis` of the result (−1: the last).
 * @throws AxisError for an axis out of range.
 * @example
 * unsqueeze(zeros([3]), 0).shape // [1, 3]
 */
export const unsqueeze = (x: Tensor, axis: AxisArgument): Tensor =>
  inOperation('unsqueeze', () =>
    reshape(x, tensorOperand('unsqueeze', x).shape.toSpliced(axisArgument('unsqueeze', axis, x.rank + 1), 0, 1)),
  );

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
  if (Array.isArray(axis0))
    throw new AxisError({
      op: 'transpose',
      problem: 'takes two axes, not a list of all',
      shapes: [x.shape],
      remedy: `call permute(x, ${describeList(axis0)})`,
    });
  const [i, j] = [
    normalizeAxis('transpose', axis0, rankOf('transpose', x)),
    normalizeAxis('transpose', axis1, rankOf('transpose', x)),
  ];
  const axes = x.shape.map((_, axis) => axis);
  return permute(x, axes.with(i, j).with(j, i));
}

/**
 * Moves axes to other places; the others keep their order.
 * @throws AxisError for an axis out of range or named twice, or when the lists differ in length.
 * @example
 * moveAxis(zeros([2, 3, 4]), 0, -1).shape // [3, 4, 2]
 */
export const moveAxis = (x: Tensor, from: number | readonly number[], to: number | readonly number[]): Tensor =>
  inOperation('moveAxis', () => {
    const rank = rankOf('moveAxis', x);
    for (const axes of [from, to]) checkAxisCount('moveAxis', axes, rank);
    const [sources, targets] = [from, to].map((axes) =>
      (Array.isArray(axes) ? (axes as readonly number[]) : [axes as number]).map((axis) =>
        normalizeAxis('moveAxis', axis, rank),
      ),
    ) as [number[], number[]];
    if (sources.length !== targets.length || [sources, targets].some((axes) => new Set(axes).size !== axes.length))
      throw new AxisError({
        op: 'moveAxis',
        problem: `axes [${sources.join(',')}] cannot move to [${targets.join(',')}]`,
        shapes: [x.shape],
        remedy: 'give as many targets as axes, each once',
      });
    const others = x.shape.map((_, axis) => axis).filter((axis) => !sources.includes(axis));
    return permute(
      x,
      x.shape.map((_, place) => {
        const moved = targets.indexOf(place);
        return (moved < 0 ? others.shift() : sources[moved]) ?? 0;
      }),
    );
  });

/**
 * Merges the axes from `startAxis` to `endAxis` (included) into one; by default all but the batch axis. A scalar becomes `[1]`, and a vector
 * of N samples without axes of their own `[N, 1]`.
 * @throws AxisError for an axis out of range, or when the end comes before the start.
 * @example
 * flatten(zeros([2, 3, 4])).shape // [2, 12]
 */
export const flatten = (x: Tensor, startAxis = 1, endAxis = -1): Tensor =>
  inOperation('flatten', () => {
    const rank = rankOf('flatten', x);
    // What has no axes to merge has an empty product of them.
    if (rank === 0 && [startAxis, endAxis].every((axis) => axis === 0 || axis === -1 || axis === 1))
      return reshape(x, [1]);
    if (rank === 1 && startAxis === 1 && endAxis === -1) return reshape(x, [x.size, 1]);
    const start = normalizeAxis('flatten', startAxis, rank);
    const end = normalizeAxis('flatten', endAxis, rank);
    if (end < start)
      throw new AxisError({
        op: 'flatten',
        problem: `axis ${endAxis} comes before axis ${startAxis}`,
        shapes: [x.shape],
        remedy: 'let startAxis come first',
      });
    return reshape(x, [...x.shape.slice(0, start), sizeOf(x.shape.slice(start, end + 1)), ...x.shape.slice(end + 1)]);
  });

/**
 * All elements along one axis, row-major.
 * @example
 * ravel(tensor([[1, 2], [3, 4]])).toArray() // [1, 2, 3, 4]
 */
export const ravel = (x: Tensor): Tensor<readonly [number]> =>
  inOperation('ravel', () => reshape(x, [tensorOperand('ravel', x).size]));

/**
 * The tensors stretched to their common shape.
 * @throws ShapeError when the shapes do not broadcast.
 * @example
 * broadcastTensors(zeros([3, 1]), zeros([2])).map((x) => x.shape) // [[3, 2], [3, 2]]
 */
export const broadcastTensors = (...xs: readonly Tensor[]): Tensor[] =>
  inOperation('broadcastTensors', () => {
    checkTensors('broadcastTensors', xs);
    const shape = broadcastShapes(
      'broadcastTensors',
      xs.map((x) => x.shape),
    );
    return xs.map((x) => broadcastTo(x, shape));
  });
