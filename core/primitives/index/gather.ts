/**
 * Elements picked by an index along one axis: `y[…, i, …] = x[…, index[…, i, …], …]` (PyTorch's gather).
 * Linear in x; its transpose adds each cotangent to the place it was picked from, which is `scatterAdd` onto zeros.
 */

import { stridesOf, walk } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import {
  asIndices,
  batchIndexed,
  checkIndexDtype,
  checkIndexShape,
  type IndexedParams,
  type Indices,
  resolveIndices,
} from '../../rules/indexed.js';
import { rankOf } from '../../tensor/arguments.js';
import { type AxisArgument, axisArgument } from '../../tensor/axis.js';
import { zeros } from '../../tensor/creation.js';
import type { Tensor } from '../../tensor/tensor.js';
import { scatterAddAt } from './scatter-add.js';

export const gatherPrimitive: Primitive<'gather', IndexedParams> = define<readonly [Tensor, Tensor], IndexedParams>()({
  name: 'gather',
  family: 'indexed',
  docs: 'y[…, i, …] = x[…, index[…, i, …], …]',
  widening: 'kept',
  saves: 'inputs',
  infer: ([x, index], { axis }) => {
    checkIndexDtype('gather', index);
    checkIndexShape('gather', x?.shape ?? [], index?.shape ?? [], axis);
    return { shape: index?.shape ?? [], dtype: x?.dtype ?? 'float32' };
  },
  forward: (out, [x, index], p) => {
    if (x === undefined || index === undefined) return;
    const { axis } = p;
    const places = resolveIndices('gather', index, p, x.shape[axis] ?? 0, true);
    const strides = stridesOf(x.shape);
    const step = strides[axis] ?? 0;
    walk(out.shape, strides.with(axis, 0), (offset, i) => {
      out.data[i] = x.data[offset + (places[i] ?? 0) * step] ?? 0;
    });
  },
  vjp: [({ g, x: [, index], p, avals: [x] }) => scatterAddAt(zeros(x?.shape ?? [], g.dtype), index, g, p), null],
  jvp: [({ t, x: [, index], p }) => gatherAt(t, index, p), null],
  batch: batchIndexed,
});

/** `gather` with its parameters as they are kept. */
export const gatherAt = (x: Tensor, index: Tensor, params: IndexedParams): Tensor =>
  bind(gatherPrimitive, [x, index], params);

/**
 * Picks elements along `axis`: `y[i][j] = x[index[i][j]][j]` for axis 0, `y[i][j] = x[i][index[i][j]]` for axis 1, and so on.
 * The result has the shape of `index`, which has the rank of `x` and may be smaller on the other axes.
 * Negative indices count from the end.
 * @throws ArgumentError for an index out of range; ShapeError when the index does not fit; DtypeError unless it is int32.
 * @example
 * gather(tensor([[1, 2], [3, 4]]), [[1, 0]], 0).toArray() // [[3, 2]]
 */
export const gather = (x: Tensor, index: Indices, axis: AxisArgument = 0): Tensor =>
  gatherAt(x, asIndices('gather', index), { axis: axisArgument('gather', axis, rankOf('gather', x), 0) });
