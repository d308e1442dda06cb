/**
 * Batched matrix product `y[…,m,n] = Σₖ A[…,m,k]·B[…,k,n]`, either operand transposed on request, so that the
 * gradients are matrix products too and never copy a transpose:
 * for `Y = AB`, `dA = G Bᵀ` and `dB = Aᵀ G`. Leading axes broadcast.
 */
import { ShapeError } from '../errors.js';
import { commonDtype } from '../families/elementwise.js';
import { bind } from '../interpreter.js';
import { type BatchContext, define, type Primitive } from '../primitive.js';
import { broadcastShapes, broadcastStrides, type Shape, sizeOf, walk } from '../shape.js';
import type { Tensor } from '../tensor.js';
import type { Check, MatMul } from '../typed-shape.js';
import { reshape } from './reshape.js';

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

/** The matrix product proper: both operands have two axes at least. */
const product = (a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor =>
  bind(matmulPrimitive, [a, b], { transposeA, transposeB } satisfies MatmulParams);

/** Batch axis first, the other operand's missing leading axes filled with 1. */
const batchMatmul = ({ x, batched, p, primitive }: BatchContext<readonly Tensor[], MatmulParams>): Tensor => {
  const ranks = x.map((input, i) => input.rank - (batched[i] === true ? 1 : 0));
  const rank = Math.max(...ranks);
  const aligned = x.map((input, i) =>
    batched[i] === true
      ? reshape(input, [
          input.shape[0] ?? 1,
          ...new Array<number>(rank - (ranks[i] ?? 0)).fill(1),
          ...input.shape.slice(1),
        ])
      : input,
  );
  return bind(primitive, aligned, p);
};

export const matmulPrimitive: Primitive<'matmul', MatmulParams> = define<readonly [Tensor, Tensor], MatmulParams>()({
  name: 'matmul',
  family: 'bilinear',
  docs: 'y[…,m,n] = Σₖ a[…,m,k]·b[…,k,n]',
  saves: 'inputs',
  broadcasts: true,
  infer: (inputs, { transposeA, transposeB }) => {
    const dtype = commonDtype('matmul', inputs, 'number');
    const [a = [], b = []] = inputs.map((input) => input.shape);
    const [m, k] = matrixOf(a, transposeA);
    const [k2, n] = matrixOf(b, transposeB);
    if (k !== k2)
      throw new ShapeError({
        op: 'matmul',
        problem: `inner dimensions differ: ${k} and ${k2}`,
        shapes: [a, b],
        remedy:
          "the first operand's columns must equal the second's rows; transpose one or check the previous layer's width",
      });
    return { shape: [...broadcastShapes('matmul', [a.slice(0, -2), b.slice(0, -2)]), m, n], dtype };
  },
  forward: (out, [a, b], { transposeA, transposeB }) => {
    if (a === undefined || b === undefined) return;
    const [m, k] = matrixOf(a.shape, transposeA);
    const [, n] = matrixOf(b.shape, transposeB);
    const [aRow, aColumn] = transposeA ? [1, m] : [k, 1];
    const [bRow, bColumn] = transposeB ? [1, k] : [n, 1];
    const batch = out.shape.slice(0, -2);
    const bOffsets: number[] = [];
    walk(batch, broadcastStrides(b.shape.slice(0, -2), batch), (offset, i) => {
      bOffsets[i] = offset * k * n;
    });
    const row = new Float64Array(n);
    walk(batch, broadcastStrides(a.shape.slice(0, -2), batch), (matrix, position) => {
      const aStart = matrix * m * k;
      const bStart = bOffsets[position] ?? 0;
      for (let i = 0; i < m; i++) {
        row.fill(0);
        for (let l = 0; l < k; l++) {
          const left = a.data[aStart + i * aRow + l * aColumn] ?? 0;
          for (let j = 0; j < n; j++) row[j] = (row[j] ?? 0) + left * (b.data[bStart + l * bRow + j * bColumn] ?? 0);
        }
        out.data.set(row, (position * m + i) * n);
      }
    });
  },
  vjp: [
    ({ g, x: [, b], p }) => (p.transposeA ? product(b, g, p.transposeB, true) : product(g, b, false, !p.transposeB)),
    ({ g, x: [a], p }) => (p.transposeB ? product(g, a, true, p.transposeA) : product(a, g, !p.transposeA, false)),
  ],
  jvp: 'multilinear',
  batch: batchMatmul,
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
): Tensor<MatMul<A, B>> => {
  if (a.rank === 0 || b.rank === 0)
    throw new ShapeError({
      op: 'matmul',
      problem: 'an operand is a scalar',
      shapes: [a.shape, b.shape],
      remedy: 'use mul for scalars',
    });
  const left = a.rank === 1 ? reshape(a, [1, a.size]) : a;
  const right = b.rank === 1 ? reshape(b, [b.size, 1]) : b;
  // A stack of rows times one matrix is one tall matrix times that matrix: one product, and a gradient without a batch to sum.
  const tall = right.rank === 2 && left.rank > 2;
  const rows = tall ? reshape(left, [sizeOf(left.shape.slice(0, -1)), left.shape[left.rank - 1] ?? 1]) : left;
  const y = product(rows, right, false, false);
  const columns = right.shape[right.rank - 1] ?? 1;
  const full = tall ? reshape(y, [...left.shape.slice(0, -1), columns]) : y;
  const shape = full.shape.filter(
    (_, i) => !(a.rank === 1 && i === full.rank - 2) && !(b.rank === 1 && i === full.rank - 1),
  );
  return reshape(full, shape) as Tensor as Tensor<MatMul<A, B>>;
};
