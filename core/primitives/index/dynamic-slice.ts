/**
 * A block of a tensor that begins where numbers say which are known only when the program runs: `y = x[s₀ … s₀+n₀, s₁ … s₁+n₁, …]`. Starts are moved
 * as far as it takes for the block to lie inside. Linear in x; its transpose puts the block back among zeros.
 */
import { ArgumentError, DtypeError, ShapeError } from '../../base/errors.js';
import { type Shape, sizeOf, stridesOf, walk } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive, type View } from '../../program/primitive.js';
import type { Aval } from '../../program/program.js';
import { batchedStarts, flatIndices, rowsOf } from '../../rules/dynamic.js';
import { asIndices, type Indices } from '../../rules/indexed.js';
import { checkTensors } from '../../tensor/arguments.js';
import { zeros, zerosLike } from '../../tensor/creation.js';
import type { Tensor } from '../../tensor/tensor.js';
import { reshape } from '../shape/reshape.js';
import { dynamicUpdateSliceAt } from './dynamic-update-slice.js';
import { gatherAt } from './gather.js';

export interface DynamicSliceParams {
  readonly sizes: Shape;
}

/** Throws unless starts are int32, one an axis, and the block fits. */
export const checkBlock = (op: string, x: Aval, starts: Aval, sizes: Shape): void => {
  if (starts.dtype !== 'int32')
    throw new DtypeError({
      op,
      problem: `the starts are ${starts.dtype}, not int32`,
      shapes: [starts.shape],
      remedy: "convert them with cast(starts, 'int32')",
    });
  if (starts.shape.length !== 1 || starts.shape[0] !== x.shape.length)
    throw new ShapeError({
      op,
      problem: 'there is not one start an axis',
      shapes: [x.shape, starts.shape],
      remedy: 'give a list of as many numbers as the tensor has axes',
    });
  if (sizes.length !== x.shape.length || sizes.some((size, axis) => size < 0 || size > (x.shape[axis] as number)))
    throw new ShapeError({
      op,
      problem: 'the block does not fit into the tensor',
      shapes: [x.shape, sizes],
      remedy: 'give a size an axis, of the axis itself at most',
    });
};

/** Where the block begins, in elements from the start of x, once it is moved inside. */
export const blockOffset = (starts: View, shape: Shape, sizes: Shape): number => {
  const strides = stridesOf(shape);
  return sizes.reduce((total, size, axis) => {
    const start = Math.min(Math.max(Number(starts.data[axis]), 0), (shape[axis] as number) - size);
    return total + start * (strides[axis] as number);
  }, 0);
};

export const dynamicSlicePrimitive: Primitive<'dynamicSlice', DynamicSliceParams> = define<
  readonly [Tensor, Tensor],
  DynamicSliceParams
>()({
  name: 'dynamicSlice',
  family: 'indexed',
  docs: 'y = x[starts … starts + sizes]',
  saves: 'inputs',
  infer: (inputs, { sizes }) => {
    const [x, starts] = inputs as readonly [Aval, Aval];
    checkBlock('dynamicSlice', x, starts, sizes);
    return { shape: sizes, dtype: x.dtype };
  },
  forward: (out, inputs, { sizes }) => {
    const [x, starts] = inputs as readonly [View, View];
    const first = blockOffset(starts, x.shape, sizes);
    walk(sizes, stridesOf(x.shape), (offset, i) => {
      out.data[i] = x.data[first + offset] as number;
    });
  },
  vjp: [({ g, x: [x, starts] }) => dynamicUpdateSliceAt(zerosLike(x), g, starts), null],
  jvp: [({ t, x: [, starts], p: { sizes } }) => dynamicSliceAt(t, starts, sizes), null],
  batch: ({ x: [x, starts], batched: [xBatched, startsBatched], size, p: { sizes } }) => {
    if (startsBatched !== true) return dynamicSliceAt(x, batchedStarts(starts), [size, ...sizes]);
    const shape = xBatched === true ? x.shape.slice(1) : x.shape;
    const index = flatIndices(starts, shape, sizes);
    const rows = rowsOf(x, xBatched === true, size);
    return sizeOf(sizes) === 0 || size === 0
      ? zeros([size, ...sizes], x.dtype)
      : (reshape(gatherAt(rows, index, { axis: 1 }), [size, ...sizes]) as Tensor);
  },
});

/** `dynamicSlice` of starts that are a tensor. */
export const dynamicSliceAt = (x: Tensor, starts: Tensor, sizes: Shape): Tensor =>
  bind(dynamicSlicePrimitive, [x, starts], { sizes } satisfies DynamicSliceParams);

/**
 * The block of `x` of these `sizes` that begins at `starts`, one number an axis, which may be computed: `int32 [rank]`. A start that would have
 * the block reach beyond an end is moved until the block lies inside, in derivatives too.
 * @param x - the tensor to read from.
 * @param starts - where the block begins: an int32 tensor of one number an axis, or a list.
 * @param sizes - how large it is, one size an axis.
 * @throws ShapeError where the block does not fit; DtypeError unless starts are int32.
 * @example
 * dynamicSlice(tensor([10, 20, 30, 40]), [1], [2]).toArray() // [20, 30]
 * @example
 * dynamicSlice(tensor([10, 20, 30, 40]), [3], [2]).toArray() // [30, 40]
 */
export const dynamicSlice = (x: Tensor, starts: Indices, sizes: Shape): Tensor => {
  const at = asIndices('dynamicSlice', starts);
  checkTensors('dynamicSlice', [x, at]);
  if (!Array.isArray(sizes) || !sizes.every((size) => Number.isInteger(size)))
    throw new ArgumentError({
      op: 'dynamicSlice',
      problem: 'the sizes are no list of whole numbers',
      remedy: 'give one size an axis: dynamicSlice(x, [i, 0], [1, 3])',
    });
  return dynamicSliceAt(x, at, sizes);
};
