/** Permutation of axes: `y[i_{axes[0]}, i_{axes[1]}, …] = x[i₀, i₁, …]`. Linear; its transpose is the inverse permutation. */

import { ArgumentError, describe } from '../../base/errors.js';
import { checkAxisCount, normalizeAxis, stridesOf, walk } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import { rankOf } from '../../tensor/arguments.js';
import type { Tensor } from '../../tensor/tensor.js';

export interface PermuteParams {
  /** Output axis `i` is input axis `axes[i]`. */
  readonly axes: readonly number[];
}

const inverse = (axes: readonly number[]): number[] => axes.map((_, i) => axes.indexOf(i));

export const permutePrimitive: Primitive<'permute', PermuteParams> = define<readonly [Tensor], PermuteParams>()({
  name: 'permute',
  family: 'linear',
  docs: 'y has the axes of x in another order',
  widening: 'kept',
  saves: 'none',
  infer: ([x], { axes }) => ({ shape: axes.map((axis) => x?.shape[axis] ?? 1), dtype: x?.dtype ?? 'float32' }),
  forward: (out, [x], { axes }) => {
    if (x === undefined) return;
    const strides = stridesOf(x.shape);
    walk(
      out.shape,
      axes.map((axis) => strides[axis] ?? 0),
      (offset, i) => {
        out.data[i] = x.data[offset] ?? 0;
      },
    );
  },
  vjp: [({ g, p }) => permute(g, inverse(p.axes))],
  jvp: 'linear',
  batch: ({ x: [x], p }) => permute(x, [0, ...p.axes.map((axis) => axis + 1)]),
});

/**
 * Reorders the axes: output axis `i` is input axis `axes[i]`. Axes may be negative.
 * @throws AxisError for an axis out of range; ArgumentError unless every axis is named once.
 * @example
 * permute(zeros([2, 3, 4]), [2, 0, 1]).shape // [4, 2, 3]
 */
export const permute = (x: Tensor, axes: readonly number[]): Tensor => {
  const rank = rankOf('permute', x);
  if (!Array.isArray(axes))
    throw new ArgumentError({
      op: 'permute',
      problem: `the axes are ${describe(axes)}, not a list`,
      shapes: [x.shape],
      remedy: 'list every axis once',
    });
  checkAxisCount('permute', axes, rank);
  const order = axes.map((axis) => normalizeAxis('permute', axis, rank));
  if (order.length !== x.rank || new Set(order).size !== x.rank)
    throw new ArgumentError({
      op: 'permute',
      problem: `axes [${axes.join(',')}] do not name each axis once`,
      shapes: [x.shape],
      remedy: `list every axis from 0 to ${x.rank - 1} once`,
    });
  return order.every((axis, i) => axis === i)
    ? x
    : bind(permutePrimitive, [x], { axes: order } satisfies PermuteParams);
};
