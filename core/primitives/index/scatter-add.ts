/**
 * Addition at indexed places: a copy of x with `y[…, index[…, i, …], …] += src[…, i, …]` (PyTorch's scatter_add).
 * Linear in x and src together; x receives the cotangent as it is, src what `gather` picks from it.
 * Places named several times accumulate.
 */

import { ShapeError } from '../../base/errors.js';
import { type Shape, sameShape, stridesOf, walk } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import { commonDtype } from '../../rules/elementwise.js';
import {
  asIndices,
  batchIndexed,
  checkIndexDtype,
  checkIndexShape,
  type IndexedParams,
  type Indices,
  resolveIndices,
} from '../../rules/indexed.js';
import { checkTensors } from '../../tensor/arguments.js';
import { type AxisArgument, axisArgument } from '../../tensor/axis.js';
import { zerosLike } from '../../tensor/creation.js';
import type { Tensor } from '../../tensor/tensor.js';
import { slice } from '../shape/slice.js';
import { gatherAt } from './gather.js';

const sourceMismatch = (shapes: readonly Shape[]): ShapeError =>
  new ShapeError({
    op: 'scatterAdd',
    problem: 'src does not cover the index',
    shapes,
    remedy: 'give src the rank of the index and at least its size on every axis',
  });

export const scatterAddPrimitive: Primitive<'scatterAdd', IndexedParams> = define<
  readonly [Tensor, Tensor, Tensor],
  IndexedParams
>()({
  name: 'scatterAdd',
  family: 'indexed',
  docs: 'y = x; y[…, index[…, i, …], …] += src[…, i, …]',
  saves: 'inputs',
  infer: ([x, index, src], { axis }) => {
    const shapes = [x, index, src].map((input) => input?.shape ?? []);
    checkIndexDtype('scatterAdd', index);
    checkIndexShape('scatterAdd', x?.shape ?? [], index?.shape ?? [], axis);
    if (!sameShape(index?.shape ?? [], src?.shape ?? [])) throw sourceMismatch(shapes);
    return {
      shape: x?.shape ?? [],
      dtype: commonDtype(
        'scatterAdd',
        [x, src].flatMap((input) => input ?? []),
        'number',
      ),
    };
  },
  forward: (out, [x, index, src], p) => {
    if (x === undefined || index === undefined || src === undefined) return;
    const { axis } = p;
    const places = resolveIndices('scatterAdd', index, p, x.shape[axis] ?? 0, true);
    const strides = stridesOf(x.shape);
    const step = strides[axis] ?? 0;
    const totals = Float64Array.from(x.data);
    walk(index.shape, strides.with(axis, 0), (offset, i) => {
      const place = offset + (places[i] ?? 0) * step;
      totals[place] = (totals[place] ?? 0) + (src.data[i] ?? 0);
    });
    out.data.set(totals);
  },
  vjp: [({ g }) => g, null, ({ g, x: [, index], p }) => gatherAt(g, index, p)],
  // y is x plus a linear function of src: ẏ = ẋ, and ẏ = the same sum of src's tangents onto zeros.
  jvp: [({ t }) => t, null, ({ t, x: [x, index], p }) => scatterAddAt(zerosLike(x), index, t, p)],
  batch: batchIndexed,
});

/** `scatterAdd` of a source of the index's shape, with its parameters as they are kept. */
export const scatterAddAt = (x: Tensor, index: Tensor, src: Tensor, params: IndexedParams): Tensor =>
  bind(scatterAddPrimitive, [x, index, src], params);

/**
 * A copy of `x` with `src` added at `index` along `axis`: `y[index[i][j]][j] += src[i][j]` for axis 0, and so on.
 * The transpose of `gather`. `src` may be larger than `index`; what lies beyond it is not read. Negative indices count from the end.
 * @throws ArgumentError for an index out of range; ShapeError when the shapes do not fit; DtypeError unless the index is int32.
 * @example
 * scatterAdd(zeros([3]), [0, 2, 0], tensor([1, 2, 3]), 0).toArray() // [4, 0, 2]
 */
export const scatterAdd = (x: Tensor, index: Indices, src: Tensor, axis: AxisArgument = 0): Tensor => {
  const at = asIndices('scatterAdd', index);
  checkTensors('scatterAdd', [x, at, src]);
  if (src.rank !== at.rank || at.shape.some((size, i) => size > (src.shape[i] ?? 0)))
    throw sourceMismatch([x.shape, at.shape, src.shape]);
  const covered = slice(
    src,
    at.shape.map((size) => [0, size]),
  );
  return scatterAddAt(x, at, covered, { axis: axisArgument('scatterAdd', axis, x.rank, 0) });
};
