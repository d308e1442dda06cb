/** Broadcasting to a shape. Linear; its transpose sums over every stretched axis. */

import { ShapeError } from '../../base/errors.js';
import { broadcastStrides, ownShape, type Shape, sameShape, tryBroadcast, walk } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import { tensorOperand } from '../../tensor/arguments.js';
import type { Tensor } from '../../tensor/tensor.js';
import { sumTo } from '../reduce/sum.js';
import { reshape } from './reshape.js';

export interface BroadcastToParams {
  readonly shape: Shape;
}

export const broadcastToPrimitive: Primitive<'broadcastTo', BroadcastToParams> = define<
  readonly [Tensor],
  BroadcastToParams
>()({
  name: 'broadcastTo',
  family: 'linear',
  docs: 'y[…, i, …] = x[…, 0, …] along stretched axes',
  widening: 'kept',
  saves: 'none',
  infer: ([x], { shape }) => {
    const from = x?.shape ?? [];
    const met = tryBroadcast(from, shape);
    if (met === null || !sameShape(met, shape))
      throw new ShapeError({
        op: 'broadcastTo',
        problem: 'the shape does not stretch to the target',
        shapes: [from, shape],
        remedy: 'only size-1 and missing leading axes stretch; reshape or unsqueeze first',
      });
    return { shape, dtype: x?.dtype ?? 'float32' };
  },
  forward: (out, [x]) => {
    if (x === undefined) return;
    walk(out.shape, broadcastStrides(x.shape, out.shape), (offset, i) => {
      out.data[i] = x.data[offset] ?? 0;
    });
  },
  vjp: [({ g, avals: [x] }) => sumTo(g, x?.shape ?? [])],
  jvp: 'linear',
  batch: ({ x: [x], size, p }) => {
    const missing = p.shape.length - (x.rank - 1);
    return broadcastTo(reshape(x, [size, ...new Array<number>(missing).fill(1), ...x.shape.slice(1)]), [
      size,
      ...p.shape,
    ]);
  },
});

/**
 * Stretches size-1 and missing leading axes to `shape` (NumPy's rule; PyTorch calls it `expand`).
 * @throws ShapeError when the shape does not stretch to the target; ArgumentError for sizes that are not whole.
 * @example
 * broadcastTo(tensor([1, 2]), [2, 2]).toArray() // [[1, 2], [1, 2]]
 */
export const broadcastTo = <const S extends Shape>(x: Tensor, shape: S): Tensor<S> => {
  const from = tensorOperand('broadcastTo', x).shape;
  const to = ownShape('broadcastTo', shape);
  return (
    sameShape(from, to) ? x : bind(broadcastToPrimitive, [x], { shape: to } satisfies BroadcastToParams)
  ) as Tensor<S>;
};
