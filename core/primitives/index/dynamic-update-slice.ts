/**
 * A tensor with a block of it replaced, which begins where numbers say that are known only when the program runs:
 * `y = x; y[s₀ … s₀+n₀, …] = update`. Starts are moved as far as it takes for the block to lie inside. Linear in both together; what comes back
 * to x has zeros in place of the block, and the block goes to the update.
 */
import { type Shape, sizeOf, stridesOf, walk } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive, type View } from '../../program/primitive.js';
import type { Aval } from '../../program/program.js';
import { batchedStarts, flatIndices, rowsOf } from '../../rules/dynamic.js';
import { commonDtype } from '../../rules/elementwise.js';
import { asIndices, type Indices } from '../../rules/indexed.js';
import { checkTensors } from '../../tensor/arguments.js';
import { onesLike, zeros, zerosLike } from '../../tensor/creation.js';
import type { Tensor } from '../../tensor/tensor.js';
import { cast } from '../elementwise/cast.js';
import { where } from '../elementwise/where.js';
import { broadcastTo } from '../shape/broadcast-to.js';
import { full } from '../shape/full.js';
import { reshape } from '../shape/reshape.js';
import { blockOffset, checkBlock, dynamicSliceAt } from './dynamic-slice.js';
import { scatterAddAt } from './scatter-add.js';

export const dynamicUpdateSlicePrimitive: Primitive<'dynamicUpdateSlice', null> = define<
  readonly [Tensor, Tensor, Tensor]
>()({
  name: 'dynamicUpdateSlice',
  family: 'indexed',
  docs: 'y = x; y[starts … starts + sizes of the update] = update',
  saves: 'inputs',
  infer: (inputs) => {
    const [x, update, starts] = inputs as readonly [Aval, Aval, Aval];
    checkBlock('dynamicUpdateSlice', x, starts, update.shape);
    return { shape: x.shape, dtype: commonDtype('dynamicUpdateSlice', [x, update], 'any') };
  },
  forward: (out, inputs) => {
    const [x, update, starts] = inputs as readonly [View, View, View];
    out.data.set(x.data);
    const first = blockOffset(starts, x.shape, update.shape);
    walk(update.shape, stridesOf(x.shape), (offset, i) => {
      out.data[first + offset] = update.data[i] as number;
    });
  },
  vjp: [
    ({ g, x: [, update, starts] }) => dynamicUpdateSliceAt(g, zerosLike(update), starts),
    ({ g, x: [, update, starts] }) => dynamicSliceAt(g, starts, update.shape),
    null,
  ],
  jvp: [
    ({ t, x: [, update, starts] }) => dynamicUpdateSliceAt(t, zerosLike(update), starts),
    ({ t, x: [x, , starts] }) => dynamicUpdateSliceAt(zerosLike(x), t, starts),
    null,
  ],
  batch: ({ x: [x, update, starts], batched: [xBatched, updateBatched, startsBatched], size }) => {
    const stack = (one: Tensor, batched: boolean | undefined): Tensor =>
      batched === true ? one : (broadcastTo(one, [size, ...one.shape]) as Tensor);
    const [xs, updates] = [stack(x, xBatched), stack(update, updateBatched)];
    if (startsBatched !== true) return dynamicUpdateSliceAt(xs, updates, batchedStarts(starts));
    const [shape, sizes]: readonly [Shape, Shape] = [xs.shape.slice(1), updates.shape.slice(1)];
    if (size === 0 || sizeOf(sizes) === 0) return xs;
    const index = flatIndices(starts, shape, sizes);
    const rows = rowsOf(xs, true, size);
    const count = scatterAddAt(zeros(rows.shape, 'int32'), index, onesLike(index), { axis: 1 });
    const hit = cast(count, 'bool') as Tensor;
    const flat = rowsOf(updates, true, size);
    // Each place is named once; −0 added to anything is nothing.
    const put =
      x.dtype === 'bool'
        ? (cast(
            scatterAddAt(zeros(rows.shape, 'int32'), index, cast(flat, 'int32') as Tensor, { axis: 1 }),
            'bool',
          ) as Tensor)
        : scatterAddAt(full(rows.shape, x.dtype === 'int32' ? 0 : -0, { dtype: x.dtype }), index, flat, { axis: 1 });
    return reshape(where(hit, put, rows), xs.shape) as Tensor;
  },
});

/** `dynamicUpdateSlice` of starts that are a tensor. */
export const dynamicUpdateSliceAt = (x: Tensor, update: Tensor, starts: Tensor): Tensor =>
  bind(dynamicUpdateSlicePrimitive, [x, update, starts], null);

/**
 * A copy of `x` with `update` in the place of the block that begins at `starts`, one number an axis, which may be computed: `int32 [rank]`. A start
 * that would have the block reach beyond an end is moved until the block lies inside, in derivatives too. In a loop that carries `x` along, and where
 * `x` is donated, nothing is copied.
 * @param x - the tensor to change.
 * @param update - what stands in the block, of the rank and element type of `x`.
 * @param starts - where the block begins: an int32 tensor of one number an axis, or a list.
 * @throws ShapeError where the block does not fit; DtypeError when element types differ, or starts are not int32.
 * @example
 * dynamicUpdateSlice(tensor([1, 2, 3, 4]), tensor([7, 8]), [1]).toArray() // [1, 7, 8, 4]
 */
export const dynamicUpdateSlice = (x: Tensor, update: Tensor, starts: Indices): Tensor => {
  const at = asIndices('dynamicUpdateSlice', starts);
  checkTensors('dynamicUpdateSlice', [x, update, at]);
  return dynamicUpdateSliceAt(x, update, at);
};
