/** Linear algebra made of other operations: products of vectors, the trace, powers, the Kronecker product. */

import { ArgumentError, describe, ShapeError } from '../base/errors.js';
import { inOperation } from '../base/scope.js';
import { mul } from '../primitives/elementwise/mul.js';
import { inverse } from '../primitives/linalg/inverse.js';
import { matmul, matrixProduct } from '../primitives/linalg/matmul.js';
import { sum } from '../primitives/reduce/sum.js';
import { broadcastTo } from '../primitives/shape/broadcast-to.js';
import { reshape } from '../primitives/shape/reshape.js';
import { squareSize } from '../rules/matrices.js';
import { checkTensors, tensorOperand } from '../tensor/arguments.js';
import type { Tensor } from '../tensor/tensor.js';
import { diagonal, eye } from './diagonals.js';
import { unsqueeze } from './shapes.js';

const checkVectors = (op: string, a: Tensor, b: Tensor): void => {
  checkTensors(op, [a, b]);
  if (a.rank !== 1 || b.rank !== 1)
    throw new ShapeError({
      op,
      problem: 'takes two vectors',
      shapes: [a.shape, b.shape],
      remedy: 'flatten with reshape(x, [-1]), or use matmul or einsum for more axes',
    });
};

/**
 * The outer product `y[i,j] = a[i]·b[j]` of two vectors. `a: [M]`, `b: [N]` → `[M, N]`.
 * @throws ShapeError unless both have rank 1.
 * @example
 * outer(tensor([1, 2]), tensor([3, 4])).toArray() // [[3, 4], [6, 8]]
 */
export const outer = (a: Tensor, b: Tensor): Tensor =>
  inOperation('outer', () => {
    checkVectors('outer', a, b);
    return mul(unsqueeze(a, 1), unsqueeze(b, 0));
  });

/**
 * The inner product `Σᵢ a[i]·b[i]` of two vectors of one length. `a: [N]`, `b: [N]` → `[]`.
 * @throws ShapeError unless both have rank 1 and one length.
 * @example
 * dot(tensor([1, 2]), tensor([3, 4])).item() // 11
 */
export const dot = (a: Tensor, b: Tensor): Tensor =>
  inOperation('dot', () => {
    checkVectors('dot', a, b);
    if (a.size !== b.size)
      throw new ShapeError({
        op: 'dot',
        problem: `lengths differ: ${a.size} and ${b.size}`,
        shapes: [a.shape, b.shape],
        remedy: 'give two vectors of one length',
      });
    return matmul(a, b);
  });

/**
 * The trace, the sum of the main diagonal, of a matrix or of each matrix in a stack. `x: […, M, N]` → `[…]`.
 * @throws AxisError for a tensor of rank 0 or 1.
 * @example
 * matrixTrace(tensor([[1, 2], [3, 4]])).item() // 5
 */
export const matrixTrace = (x: Tensor): Tensor =>
  inOperation('matrixTrace', () => sum(diagonal(x, { axis0: -2, axis1: -1 }), { axes: -1 }));

/**
 * The matrix power `a·a·…·a` by repeated squaring; the inverse of it for a negative exponent, the identity for 0.
 * `a: […, N, N]` → `[…, N, N]`.
 * @throws ArgumentError for an exponent that is not whole, and for a negative one when a matrix is singular.
 * @example
 * matrixPower(tensor([[1, 1], [0, 1]]), 5).toArray() // [[1, 5], [0, 1]]
 */
export const matrixPower = (a: Tensor, exponent: number): Tensor =>
  inOperation('matrixPower', () => {
    const n = squareSize('matrixPower', tensorOperand('matrixPower', a).shape);
    if (!Number.isInteger(exponent))
      throw new ArgumentError({
        op: 'matrixPower',
        problem: `the exponent ${describe(exponent)} is not whole`,
        shapes: [a.shape],
        remedy: 'give an integer',
      });
    if (exponent < 0) return matrixPower(inverse(a), -exponent);
    if (exponent === 0) return broadcastTo(eye(n, { dtype: a.dtype }), a.shape);
    const half = exponent > 1 ? matrixPower(a, Math.floor(exponent / 2)) : null;
    const square = half === null ? null : matrixProduct(half, half);
    if (square === null) return a;
    return exponent % 2 === 0 ? square : matrixProduct(square, a);
  });

/**
 * The Kronecker product of NumPy: every element of `a` times the whole of `b`, laid out in blocks along each axis.
 * `a: [M, N]`, `b: [P, Q]` → `[M·P, N·Q]`; any rank, the smaller one with axes of size 1 in front.
 * @example
 * kron(tensor([[1, 2]]), tensor([[1], [10]])).toArray() // [[1, 2], [10, 20]]
 * kron(tensor([1, 2]), tensor([1, 10])).toArray() // [1, 10, 2, 20]
 */
export const kron = (a: Tensor, b: Tensor): Tensor =>
  inOperation('kron', () => {
    checkTensors('kron', [a, b]);
    const rank = Math.max(a.rank, b.rank);
    const sizes = (x: Tensor): readonly number[] => [...new Array<number>(rank - x.rank).fill(1), ...x.shape];
    const [left, right] = [sizes(a), sizes(b)];
    const blocks: Tensor = mul(
      reshape(
        a,
        left.flatMap((size) => [size, 1]),
      ) as Tensor,
      reshape(
        b,
        right.flatMap((size) => [1, size]),
      ) as Tensor,
    );
    return reshape(
      blocks,
      left.map((size, axis) => size * (right[axis] ?? 1)),
    );
  });
