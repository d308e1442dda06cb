/** Blocks at places of their own in every example of a batch: their elements as places in the flattened tensor. */
import { type Shape, sizeOf, stridesOf } from '../base/shape.js';
import { add } from '../primitives/elementwise/add.js';
import { maximum } from '../primitives/elementwise/maximum.js';
import { minimum } from '../primitives/elementwise/minimum.js';
import { mul } from '../primitives/elementwise/mul.js';
import { sum } from '../primitives/reduce/sum.js';
import { broadcastTo } from '../primitives/shape/broadcast-to.js';
import { concat } from '../primitives/shape/concat.js';
import { reshape } from '../primitives/shape/reshape.js';
import { fromData, zeros } from '../tensor/creation.js';
import type { Tensor } from '../tensor/tensor.js';

/** Starts for a stack of tensors, whose leading axis is taken whole. */
export function batchedStarts(starts: Tensor): Tensor {
  return concat([zeros([1], 'int32'), starts], 0) as Tensor;
}

const whole = (numbers: readonly number[], shape: Shape): Tensor =>
  fromData(Int32Array.from(numbers), shape, 'int32') as Tensor;

/** The places of the elements of a block, `[B, elements]`, for starts `[B, rank]` in a tensor of this shape. */
export function flatIndices(starts: Tensor, shape: Shape, sizes: Shape): Tensor {
  const size = starts.shape[0] as number;
  const most = whole(
    shape.map((length, axis) => length - (sizes[axis] as number)),
    [1, shape.length],
  );
  const inside = minimum(maximum(starts, 0), most) as Tensor;
  const strides = stridesOf(shape);
  const first = sum(mul(inside, whole(strides, [1, shape.length])), { axis: 1, keepDims: true }) as Tensor;
  const inner: number[] = [];
  const own = stridesOf(sizes);
  for (let i = 0; i < sizeOf(sizes); i++)
    inner.push(
      sizes.reduce(
        (total, length, axis) => total + (Math.floor(i / (own[axis] as number)) % length) * (strides[axis] as number),
        0,
      ),
    );
  return add(broadcastTo(first, [size, inner.length]), whole(inner, [1, inner.length])) as Tensor;
}

/** A stack of tensors, or one that is the same in every example, as one row of numbers an example. */
export function rowsOf(x: Tensor, batched: boolean, size: number): Tensor {
  const length = sizeOf(batched ? x.shape.slice(1) : x.shape);
  return batched
    ? (reshape(x, [size, length]) as Tensor)
    : (broadcastTo(reshape(x, [1, length]) as Tensor, [size, length]) as Tensor);
}
