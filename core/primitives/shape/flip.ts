/** Reversal of axes: `y[i] = x[n − 1 − i]`. Linear and its own transpose. */

import { type Shape, stridesOf, walk } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import { rankOf } from '../../tensor/arguments.js';
import { type AxesArgument, axesArgument } from '../../tensor/axis.js';
import type { Tensor } from '../../tensor/tensor.js';

export interface FlipParams {
  /** Sorted, counted from the front, each once. */
  readonly axes: readonly number[];
}

export const flipPrimitive: Primitive<'flip', FlipParams> = define<readonly [Tensor], FlipParams>()({
  name: 'flip',
  family: 'linear',
  docs: 'y[i] = x[n − 1 − i] along the axes',
  widening: 'kept',
  saves: 'none',
  infer: ([x]) => ({ shape: x?.shape ?? [], dtype: x?.dtype ?? 'float32' }),
  forward: (out, [x], { axes }) => {
    if (x === undefined) return;
    const strides = stridesOf(x.shape);
    const last = axes.reduce((total, axis) => total + ((x.shape[axis] ?? 1) - 1) * (strides[axis] ?? 0), 0);
    walk(
      out.shape,
      strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)),
      (offset, i) => {
        out.data[i] = x.data[last + offset] ?? 0;
      },
    );
  },
  vjp: [({ g, p }) => flip(g, p.axes)],
  jvp: 'linear',
  batch: ({ x: [x], p }) =>
    flip(
      x,
      p.axes.map((axis) => axis + 1),
    ),
});

/**
 * Reverses the order along `axes` (all by default).
 * @throws AxisError for an axis out of range or named twice.
 * @example
 * flip(tensor([[1, 2], [3, 4]]), 1).toArray() // [[2, 1], [4, 3]]
 */
export const flip = <S extends Shape>(x: Tensor<S>, axes?: AxesArgument): Tensor<S> => {
  const chosen = axesArgument('flip', axes, rankOf('flip', x));
  return chosen.length === 0 ? x : (bind(flipPrimitive, [x], { axes: chosen } satisfies FlipParams) as Tensor<S>);
};
