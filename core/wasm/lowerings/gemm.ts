/** Matrix products through the packed kernel: either operand transposed by its strides, leading axes broadcast. */
import { bytesPerElement, type FloatDtype, isFloat } from '../../dtype.js';
import { broadcastStrides, type Shape } from '../../shape.js';
import { call, i32, type Local, local, type Operand, set, when } from '../assembler/index.js';
import { features, sharedPages } from '../features.js';
import { createGemm, type GemmModule } from '../gemm/create.js';
import { collapse, nest } from '../loops/nest.js';
import { shareOf } from '../loops/share.js';
import { productOfIntegers } from './in-order.js';
import { gemmImports, type Lowering } from './lowering.js';

const modules = new Map<FloatDtype, GemmModule>();

/** The product of one type for this engine, and for memory that is shared wherever it can be. */
export const gemmModule = (dtype: FloatDtype): GemmModule => {
  const pages = sharedPages();
  const known =
    modules.get(dtype) ?? createGemm(features(), { dtype, ...(pages === null ? {} : { sharedPages: pages }) });
  modules.set(dtype, known);
  return known;
};

interface MatmulParams {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Rows and columns of an operand as it lies. */
const stored = (shape: Shape): readonly [rows: number, columns: number] => [shape.at(-2) ?? 1, shape.at(-1) ?? 1];

/** Bytes from one row, and from one column, to the next of op(x). */
const steps = (columns: number, transposed: boolean, bytes: number): readonly [row: number, column: number] =>
  transposed ? [bytes, columns * bytes] : [columns * bytes, bytes];

/** What threads divide among them: matrices, where there are many, or else rows or columns, by whole tiles. */
const cutOf = (batch: number, rowTiles: number, columnTiles: number): 'batch' | 'rows' | 'columns' => {
  if (batch >= manyMatrices) return 'batch';
  return rowTiles >= columnTiles ? 'rows' : 'columns';
};
const manyMatrices = 8;

export const matmul: Lowering<MatmulParams> = (site) => {
  const {
    inputs: [a, b],
    output,
    params,
  } = site;
  if (a === undefined || b === undefined) throw new RangeError('an operand is missing');
  if (!isFloat(output.dtype)) return productOfIntegers(site);
  const dtype = output.dtype;
  const bytes = bytesPerElement(dtype);
  const [aRows, aColumns] = stored(a.shape);
  const [, bColumns] = stored(b.shape);
  const [m, n] = stored(output.shape);
  const k = params.transposeA ? aRows : aColumns;
  const matrices = (shape: Shape): number[] =>
    broadcastStrides(shape.slice(0, -2), output.shape.slice(0, -2)).map(
      (stride) => stride * (shape.at(-1) ?? 1) * (shape.at(-2) ?? 1),
    );
  // The innermost batch axis is the kernel's; those before it are loops around it.
  const batches = collapse({
    shape: output.shape.slice(0, -2),
    strides: [matrices(a.shape), matrices(b.shape), matrices(output.shape)],
  });
  const batch = batches.shape.at(-1) ?? 1;
  const [aBatch = 0, bBatch = 0, cBatch = 0] = batches.strides.map((strides) => (strides.at(-1) ?? 0) * bytes);
  const outer = batches.shape.slice(0, -1);
  const { tile, workspaceBytes } = gemmModule(dtype);
  const cut = cutOf(batch, m / tile.rows, n / tile.columns);
  return {
    kind: 'kernel',
    workspace: workspaceBytes({ m, n, k }),
    parallel: true,
    emit: ({ inputs: [left, right], output: out, workspace, ...threads }) => {
      if (left === undefined || right === undefined) throw new RangeError('an operand is missing');
      const [count, unit] = { batch: [batch, 1], rows: [m, tile.rows], columns: [n, tile.columns] }[cut] as [
        number,
        number,
      ];
      const share = shareOf(threads, count, unit);
      const size = i32.sub(share.to, share.from);
      const [x, y, z] = [local('i32'), local('i32'), local('i32')];
      const [aRow, aColumn] = steps(aColumns, params.transposeA, bytes);
      const [bRow, bColumn] = steps(bColumns, params.transposeB, bytes);
      /** Bytes from one unit of what is cut to the next in A, B and C. */
      const moves = { batch: [aBatch, bBatch, cBatch], rows: [aRow, 0, n * bytes], columns: [0, bColumn, bytes] }[cut];
      const sizes: readonly Operand<'i32'>[] = [
        cut === 'batch' ? size : batch,
        cut === 'rows' ? size : m,
        cut === 'columns' ? size : n,
      ];
      const product = call(
        gemmImports[dtype],
        ...(sizes as readonly [Operand<'i32'>, Operand<'i32'>, Operand<'i32'>]),
        ...([k, 1, 0] as const),
        ...([x, aRow, aColumn, aBatch] as const),
        ...([y, bRow, bColumn, bBatch] as const),
        ...([z, n * bytes, cBatch, z, n * bytes, bytes, cBatch, workspace, 0] as const),
      );
      const from = (start: Local<'i32'>, move = 0): Operand<'i32'> =>
        move === 0 ? start : i32.add(start, i32.mul(share.from, move));
      const walkers = [x, y, z].map((pointer, i) => ({
        pointer,
        strides: (batches.strides[i] ?? []).slice(0, -1).map((stride) => stride * bytes),
      }));
      return [
        ...share.code,
        set(x, from(left, moves[0])),
        set(y, from(right, moves[1])),
        set(z, from(out, moves[2])),
        when(i32.lt_u(share.from, share.to), nest(outer, walkers, 1, [product])),
      ];
    },
  };
};
