/**
 * Shapes at compile time, checked by the compiler alone (`check.ts` runs it): what the types must say, and, on the lines
 * that expect an error, what they must refuse.
 */

import type { Broadcast, MatMul } from '../../core/base/typed-shape.js';
import {
  add,
  broadcastTo,
  cholesky,
  exp,
  fromData,
  inverse,
  matmul,
  mul,
  ones,
  relu,
  reshape,
  type Shape,
  sub,
  type Tensor,
  transpose,
  where,
  zeros,
} from '../../core/index.js';

/** Whether two types are the same, not just assignable. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function is<T extends true>(witness?: T): void;

declare const batch: number;
declare const untyped: Tensor;

// Broadcasting aligns at the last axis; 1 stretches, `number` gives way to what is known, an unknown rank to `Shape`.
is<Same<Broadcast<readonly [32, 1, 5], readonly [7, 1]>, readonly [32, 7, 5]>>();
is<Same<Broadcast<readonly [], readonly [2, 3]>, readonly [2, 3]>>();
is<Same<Broadcast<readonly [number, 10], readonly [10]>, readonly [number, 10]>>();
is<Same<Broadcast<readonly [1], readonly [number]>, readonly [number]>>();
is<Same<Broadcast<readonly [number], readonly [3]>, readonly [3]>>();
is<Same<Broadcast<readonly [0], readonly [1]>, readonly [0]>>();
is<Same<Broadcast<Shape, readonly [3]>, Shape>>();
is<Same<Broadcast<readonly [2], readonly [3]>, never>>();
// @ts-expect-error the two shapes differ, so the helper itself can fail
is<Same<Broadcast<readonly [2], readonly [1]>, readonly [1]>>();

// The matrix product: matrices, stacks, vectors on either side, unknown ranks.
is<Same<MatMul<readonly [number, 784], readonly [784, 10]>, readonly [number, 10]>>();
is<Same<MatMul<readonly [5, 2, 3], readonly [3, 4]>, readonly [5, 2, 4]>>();
is<Same<MatMul<readonly [5, 1, 2, 3], readonly [7, 3, 4]>, readonly [5, 7, 2, 4]>>();
is<Same<MatMul<readonly [2, 3], readonly [3]>, readonly [2]>>();
is<Same<MatMul<readonly [3], readonly [6, 3, 4]>, readonly [6, 4]>>();
is<Same<MatMul<readonly [3], readonly [3]>, readonly []>>();
is<Same<MatMul<Shape, readonly [3, 4]>, Shape>>();
is<Same<MatMul<readonly [2, 3], readonly [4, 5]>, never>>();
is<Same<MatMul<readonly [2, 1, 3], readonly [3, 3, 4]>, never>>();

// A layer: the batch stays open, everything else is known.
const y = add(matmul(zeros([batch, 784]), zeros([784, 10])), zeros([10]));
is<Same<typeof y.shape, readonly [number, 10]>>();
const vector = matmul(ones([2, 3]), ones([3]));
is<Same<typeof vector.shape, readonly [2]>>();
const scaled = mul(ones([2, 3]), 2);
is<Same<typeof scaled.shape, readonly [2, 3]>>();
const chosen = where(ones([2, 1], 'bool'), ones([3]), 0);
is<Same<typeof chosen.shape, readonly [2, 3]>>();

// @ts-expect-error inner dimensions differ: 3 and 5
matmul(zeros([2, 3]), zeros([5, 4]));
// @ts-expect-error a vector of 4 against rows of 3
matmul(zeros([2, 3]), zeros([4]));
// @ts-expect-error batches 2 and 3 do not broadcast
matmul(zeros([2, 1, 3]), zeros([3, 3, 1]));
// @ts-expect-error a scalar has no matrix product
matmul(zeros([]), zeros([3]));
// @ts-expect-error 3 and 2 do not broadcast
add(zeros([2, 3]), zeros([2]));
// @ts-expect-error 4 and 2 do not broadcast
sub(zeros([4]), zeros([2, 2]));
// @ts-expect-error 3 and 2 do not broadcast
mul(zeros([3]), zeros([2]));

// What the compiler cannot know, it lets through.
matmul(untyped, zeros([3, 4]));
add(matmul(untyped, zeros([3, 4])), untyped);
matmul(zeros([batch, batch]), zeros([3, 4]));
const unsized: Tensor = zeros([2, 3]);
is<Same<typeof unsized.shape, Shape>>();
// @ts-expect-error a tensor of unknown shape is not one of shape [2, 3]
const sized: Tensor<readonly [2, 3]> = untyped;

// Functions that keep or give a shape.
is<Same<ReturnType<typeof relu<readonly [2, 3]>>['shape'], readonly [2, 3]>>();
const same = exp(inverse(cholesky(zeros([4, 4]))));
is<Same<typeof same.shape, readonly [4, 4]>>();
const turned = transpose(zeros([7, 2, 3]));
is<Same<typeof turned.shape, readonly [7, 3, 2]>>();
const given = reshape(fromData([1, 2, 3, 4], [4]), [2, 2]);
is<Same<typeof given.shape, readonly [2, 2]>>();
const stretched = broadcastTo(zeros([1, 3]), [5, 3]);
is<Same<typeof stretched.shape, readonly [5, 3]>>();

// A generic layer keeps the caller's batch size.
const layer = <B extends number>(x: Tensor<readonly [B, 784]>): Tensor<readonly [B, 10]> =>
  relu(add(matmul(x, zeros([784, 10])), zeros([10]))) as Tensor as Tensor<readonly [B, 10]>;
const logits = layer(zeros([32, 784]));
is<Same<typeof logits.shape, readonly [32, 10]>>();
// @ts-expect-error the layer takes 784 features
layer(zeros([32, 783]));

export { sized };
