/**
 * The transpose of `take`: slices added at the places an index names along one axis, zeros elsewhere:
 * `y[…, n, …] = Σ over i… with index[i…] = n of x[…, i…, …]`. Linear in x; its transpose is `take`.
 */

import { ShapeError } from '../../base/errors.js';
import { type Shape, sameShape, sizeOf } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import { commonDtype } from '../../rules/elementwise.js';
import { checkIndexDtype, type IndexedParams, rangeOf, resolveIndices } from '../../rules/indexed.js';
import { zeros } from '../../tensor/creation.js';
import type { Tensor } from '../../tensor/tensor.js';
import { broadcastTo } from '../shape/broadcast-to.js';
import { reshape } from '../shape/reshape.js';
import { scatterAddAt } from './scatter-add.js';
import { spreadIndex, takeAt } from './take.js';

/** `axis` is where the axes of the index begin in x, and where the axis of the result stands. */
export interface TakeTransposeParams extends IndexedParams {
  /** The size of the axis in the result. */
  readonly size: number;
}

/** The shape of x with the `rank` axes of the index, which begin at `axis`, replaced by one of `size`. */
const placedShape = (shape: Shape, rank: number, axis: number, size: number): number[] => [
  ...shape.slice(0, axis),
  size,
  ...shape.slice(axis + rank),
];

export const takeTransposePrimitive: Primitive<'takeTranspose', TakeTransposeParams> = define<
  readonly [Tensor, Tensor],
  TakeTransposeParams
>()({
  name: 'takeTranspose',
  family: 'indexed',
  docs: 'y[…, index[i…], …] += x[…, i…, …] onto zeros',
  saves: 'inputs',
  infer: ([x, index], { axis, size }) => {
    checkIndexDtype('takeTranspose', index);
    const shape = x?.shape ?? [];
    const at = index?.shape ?? [];
    if (!sameShape(shape.slice(axis, axis + at.length), at))
      throw new ShapeError({
        op: 'takeTranspose',
        problem: `the axes of the index do not begin at axis ${axis} of x`,
        shapes: [shape, at],
        remedy: 'give x the shape that take would return',
      });
    return {
      shape: placedShape(shape, at.length, axis, size),
      dtype: commonDtype(
        'takeTranspose',
        [x].flatMap((input) => input ?? []),
        'number',
      ),
    };
  },
  forward: (out, [x, index], p) => {
    if (x === undefined || index === undefined) return;
    const { axis, size } = p;
    const places = resolveIndices('takeTranspose', index, p, size);
    const rows = sizeOf(out.shape.slice(0, axis));
    const block = sizeOf(out.shape.slice(axis + 1));
    const totals = new Float64Array(out.data.length);
    let from = 0;
    for (let row = 0; row < rows; row++)
      for (const place of places) {
        const to = (row * size + place) * block;
        for (let i = 0; i < block; i++) totals[to + i] = (totals[to + i] ?? 0) + (x.data[from++] ?? 0);
      }
    out.data.set(totals);
  },
  vjp: [({ g, x: [, index], p }) => takeAt(g, index, { ...rangeOf(p), axis: p.axis }), null],
  jvp: [({ t, x: [, index], p }) => takeTransposeAt(t, index, p), null],
  batch: ({ x: [x, index], batched: [xBatched, indexBatched], size: batchSize, p }) => {
    const { axis, size } = p;
    if (indexBatched !== true) return takeTransposeAt(x, index, { ...p, axis: axis + 1 });
    const stack = xBatched === true ? x : broadcastTo(x, [batchSize, ...x.shape]);
    const rank = index.rank - 1;
    const count = sizeOf(index.shape.slice(1));
    const flat = reshape(stack, placedShape(stack.shape, rank, axis + 1, count));
    const onto = zeros(flat.shape.with(axis + 1, size), x.dtype);
    return scatterAddAt(onto, spreadIndex(index, flat.shape, axis), flat, { ...rangeOf(p), axis: axis + 1 });
  },
});

/** `takeTranspose` with its parameters as they are kept. */
export const takeTransposeAt = (x: Tensor, index: Tensor, params: TakeTransposeParams): Tensor =>
  bind(takeTransposePrimitive, [x, index], params);

/** Adds the slices of `x` at `index` along an axis of `size` places: what `take` along that axis sends back. */
export const takeTranspose = (x: Tensor, index: Tensor, axis: number, size: number): Tensor =>
  takeTransposeAt(x, index, { axis, size });
