/**
 * Whole slices picked by an index of any rank along one axis: `y[…, i…, …] = x[…, index[i…], …]` (NumPy's take).
 * Linear in x; its transpose, `takeTranspose`, adds each slice of the cotangent to the place it was picked from.
 */

import { type Shape, sizeOf } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import { asIndices, checkIndexDtype, type IndexedParams, type Indices, resolveIndices } from '../../rules/indexed.js';
import { rankOf } from '../../tensor/arguments.js';
import { type AxisArgument, axisArgument } from '../../tensor/axis.js';
import type { Tensor } from '../../tensor/tensor.js';
import { broadcastTo } from '../shape/broadcast-to.js';
import { permute } from '../shape/permute.js';
import { reshape } from '../shape/reshape.js';
import { gatherAt } from './gather.js';
import { takeTransposeAt } from './take-transpose.js';

/**
 * An index of its own for every example, `[B, i…]`, as one for `gather` along `axis + 1`: its axes flattened into one
 * and repeated beside it. `x` is the shape of the stack of examples.
 */
export const spreadIndex = (index: Tensor, x: Shape, axis: number): Tensor => {
  const [size = 0] = x;
  const count = sizeOf(index.shape.slice(1));
  const alone = x.map((_, i) => (i === 0 ? size : i === axis + 1 ? count : 1));
  return broadcastTo(reshape(index, alone), x.with(axis + 1, count));
};

export const takePrimitive: Primitive<'take', IndexedParams> = define<readonly [Tensor, Tensor], IndexedParams>()({
  name: 'take',
  family: 'indexed',
  docs: 'y[…, i…, …] = x[…, index[i…], …]',
  widening: 'kept',
  saves: 'inputs',
  infer: ([x, index], { axis }) => {
    checkIndexDtype('take', index);
    const shape = x?.shape ?? [];
    return {
      shape: [...shape.slice(0, axis), ...(index?.shape ?? []), ...shape.slice(axis + 1)],
      dtype: x?.dtype ?? 'float32',
    };
  },
  forward: (out, [x, index], p) => {
    if (x === undefined || index === undefined) return;
    const { axis } = p;
    const size = x.shape[axis] ?? 0;
    const places = resolveIndices('take', index, p, size);
    const rows = sizeOf(x.shape.slice(0, axis));
    const block = sizeOf(x.shape.slice(axis + 1));
    let to = 0;
    for (let row = 0; row < rows; row++)
      for (const place of places) {
        const from = (row * size + place) * block;
        for (let i = 0; i < block; i++) out.data[to++] = x.data[from + i] ?? 0;
      }
  },
  vjp: [({ g, x: [, index], p, avals: [x] }) => takeTransposeAt(g, index, { ...p, size: x?.shape[p.axis] ?? 0 }), null],
  jvp: [({ t, x: [, index], p }) => takeAt(t, index, p), null],
  batch: ({ x: [x, index], batched: [xBatched, indexBatched], p }) => {
    const { axis } = p;
    const shifted = { ...p, axis: axis + 1 };
    if (indexBatched !== true) return takeAt(x, index, shifted);
    if (xBatched !== true) {
      // The batch stands where the axis was; bring it to the front.
      const y = takeAt(x, index, p);
      const others = y.shape.map((_, i) => i).filter((i) => i !== axis);
      return permute(y, [axis, ...others]);
    }
    const picked = gatherAt(x, spreadIndex(index, x.shape, axis), shifted);
    return reshape(picked, [...x.shape.slice(0, axis + 1), ...index.shape.slice(1), ...x.shape.slice(axis + 2)]);
  },
});

/** `take` with its parameters as they are kept. */
export const takeAt = (x: Tensor, index: Tensor, params: IndexedParams): Tensor =>
  bind(takePrimitive, [x, index], params);

/**
 * The slices of `x` at `index` along `axis`; the axes of `index` take the place of that axis:
 * `x: [A, N, B]`, `index: [I, J]` → `[A, I, J, B]` for axis 1. Negative indices count from the end.
 * @throws ArgumentError for an index out of range; AxisError for an axis out of range; DtypeError unless the index is int32.
 * @example
 * take(tensor([[1, 2], [3, 4], [5, 6]]), [2, 0]).toArray() // [[5, 6], [1, 2]]
 */
export const take = (x: Tensor, index: Indices, axis: AxisArgument = 0): Tensor =>
  takeAt(x, asIndices('take', index), { axis: axisArgument('take', axis, rankOf('take', x), 0) });
