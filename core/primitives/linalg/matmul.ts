/**
 * Batched matrix product `y[…,m,n] = Σₖ A[…,m,k]·B[…,k,n]`, either operand transposed on request, so that the
 * gradients are matrix products too and never copy a transpose:
 * for `Y = AB`, `dA = G Bᵀ` and `dB = Aᵀ G`. Leading axes broadcast.
 */

import { isInteger } from '../../base/dtype.js';
import { ShapeError } from '../../base/errors.js';
import { inOperation } from '../../base/scope.js';
import { broadcastStrides, type Shape, sizeOf, walk } from '../../base/shape.js';
import type { Check, MatMul } from '../../base/typed-shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import { alignRanks } from '../../rules/align.js';
import { commonDtype } from '../../rules/elementwise.js';
import { broadcastBatches } from '../../rules/matrices.js';
import { checkTensors } from '../../tensor/arguments.js';
import type { Tensor } from '../../tensor/tensor.js';
import { reshape } from '../shape/reshape.js';

export interface MatmulParams {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Rows and columns of an operand as the product sees it. */
const matrixOf = (shape: Shape, transposed: boolean): readonly [rows: number, columns: number] => {
  const rows = shape[shape.length - 2] ?? 1;
  const columns = shape[shape.length - 1] ?? 1;
  return transposed ? [columns, rows] : [rows, columns];
};

/** The matrix product proper, of operands with two axes at least; either is read transposed on request. */
export const matrixProduct = (a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor =>
  bind(matmulPrimitive, [a, b], { transposeA, transposeB } satisfies MatmulParams);

const innerMismatch = (k: number, k2: number, shapes: readonly Shape[]): ShapeError =>
  new ShapeError({
    op: 'matmul',
    problem: `inner dimensions differ: ${k} and ${k2}`,
    shapes,
    remedy:
      "the first operand's columns must equal the second's rows; transpose one or check the previous layer's width",
  });

export const matmulPrimitive: Primitive<'matmul', MatmulParams> = define<readonly [Tensor, Tensor], MatmulParams>()({
  name: 'matmul',
  family: 'bilinear',
  docs: 'y[…,m,n] = Σₖ a[…,m,k]·b[…,k,n]',
  widening: 'modular',
  saves: 'inputs',
  broadcasts: true,
  infer: (inputs, { transposeA, transposeB }) => {
    const dtype = commonDtype('matmul', inputs, 'number');
    const [a = [], b = []] = inputs.map((input) => input.shape);
    const [m, k] = matrixOf(a, transposeA);
    const [k2, n] = matrixOf(b, transposeB);
    if (k !== k2) throw innerMismatch(k, k2, [a, b]);
    return { shape: [...broadcastBatches('matmul', a, b), m, n], dtype };
  },
  forward: (out, [a, b], { transposeA, transposeB }) => {
    if (a === undefined || b === undefined) return;
    const [m, k] = matrixOf(a.shape, transposeA);
    const [, n] = matrixOf(b.shape, transposeB);
    const [aRow, aColumn] = transposeA ? [1, m] : [k, 1];
    const batch = out.shape.slice(0, -2);
    const bOffsets = new Float64Array(sizeOf(batch));
    walk(batch, broadcastStrides(b.shape.slice(0, -2), batch), (matrix, position) => {
      bOffsets[position] = matrix * k * n;
    });
    // One row of the result at a time, its terms added in the order of k; memory is read along rows of b as it lies.
    const left = new Float64Array(k);
    const row = new Float64Array(n);
    /** Adds a term. Integers wrap at every step: their products have more digits than a double. */
    const plus: (total: number, x: number, y: number) => number = isInteger(out.dtype)
      ? (total, x, y) => (total + Math.imul(x, y)) | 0
      : (total, x, y) => total + x * y;
    walk(batch, broadcastStrides(a.shape.slice(0, -2), batch), (matrix, position) => {
      const bStart = bOffsets[position] ?? 0;
      for (let i = 0; i < m; i++) {
        const aStart = matrix * m * k + i * aRow;
        for (let l = 0; l < k; l++) left[l] = a.data[aStart + l * aColumn] ?? 0;
        row.fill(0);
        if (transposeB)
          for (let j = 0; j < n; j++) {
            let total = 0;
            for (let l = 0; l < k; l++) total = plus(total, left[l] ?? 0, b.data[bStart + j * k + l] ?? 0);
            row[j] = total;
          }
        else
          for (let l = 0; l < k; l++) {
            const factor = left[l] ?? 0;
            for (let j = 0; j < n; j++) row[j] = plus(row[j] ?? 0, factor, b.data[bStart + l * n + j] ?? 0);
          }
        out.data.set(row, (position * m + i) * n);
      }
    });
  },
  // Y = AB: Ā = G Bᵀ, B̄ = Aᵀ G. For Y = op(A)·op(B) the same, with the result transposed back where op transposes.
  vjp: [
    ({ g, x: [, b], p }) =>
      p.transposeA ? matrixProduct(b, g, p.transposeB, true) : matrixProduct(g, b, false, !p.transposeB),
    ({ g, x: [a], p }) =>
      p.transposeB ? matrixProduct(g, a, true, p.transposeA) : matrixProduct(a, g, !p.transposeA, false),
  ],
  jvp: 'multilinear',
  batch: ({ x, batched, p, primitive }) => bind(primitive, alignRanks(x, batched), p),
});

/**
 * The matrix product by NumPy's rules: matrices multiply over the last two axes, leading axes broadcast, a vector
 * counts as a row on the left and as a column on the right, and that axis is dropped again.
 * `a: […, M, K]`, `b: […, K, N]` → `[…, M, N]`.
 * @throws ShapeError when the inner dimensions differ, an operand is a scalar, or leading axes do not broadcast.
 * @example
 * matmul(tensor([[1, 2], [3, 4]]), tensor([1, 1])).toArray() // [3, 7]
 */
export const matmul = <A extends Shape, B extends Shape>(
  a: Tensor<A>,
  b: Tensor<B> & Check<MatMul<A, B>, 'matmul: inner dimensions differ', [A, B]>,
): Tensor<MatMul<A, B>> =>
  inOperation('matmul', () => {
    checkTensors('matmul', [a, b]);
    if (a.rank === 0 || b.rank === 0)
      throw new ShapeError({
        op: 'matmul',
        problem: 'an operand is a scalar',
        shapes: [a.shape, b.shape],
        remedy: 'use mul for scalars',
      });
    const k = a.shape[a.rank - 1] ?? 1;
    const k2 = b.shape[Math.max(b.rank - 2, 0)] ?? 1;
    if (k !== k2) throw innerMismatch(k, k2, [a.shape, b.shape]);
    const left = a.rank === 1 ? reshape(a, [1, a.size]) : a;
    const right = b.rank === 1 ? reshape(b, [b.size, 1]) : b;
    // A stack of rows times one matrix is one tall matrix times that matrix: one product, and a gradient without a batch to sum.
    const tall = right.rank === 2 && left.rank > 2;
    const rows = tall ? reshape(left, [sizeOf(left.shape.slice(0, -1)), left.shape[left.rank - 1] ?? 1]) : left;
    const y = matrixProduct(rows, right);
    const columns = right.shape[right.rank - 1] ?? 1;
    const full = tall ? reshape(y, [...left.shape.slice(0, -1), columns]) : y;
    const shape = full.shape.filter(
      (_, i) => !(a.rank === 1 && i === full.rank - 2) && !(b.rank === 1 && i === full.rank - 1),
    );
    return reshape(full, shape) as Tensor as Tensor<MatMul<A, B>>;
  });
