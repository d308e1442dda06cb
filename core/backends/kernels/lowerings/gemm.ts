/** Matrix products through the packed kernel: either operand transposed by its strides, leading axes broadcast. */
import { bytesPerElement, computed, type FloatDtype, isComputeFloat } from '../../../base/dtype.js';
import { broadcastStrides, type Shape } from '../../../base/shape.js';
import { call, i32, type Local, local, type Operand, set, when } from '../assembler/index.js';
import { features, sharedPages } from '../features.js';
import { createGemm, type GemmModule } from '../gemm/create.js';
import { how } from '../gemm/tile.js';
import { onward } from '../loops/addresses.js';
import { collapse, isDense, nest } from '../loops/nest.js';
import { shareOf } from '../loops/share.js';
import { productOfIntegers } from './in-order.js';
import { type Epilogue, gemmImports, type KernelLowering, type Lowering, type Site } from './lowering.js';

const modules = new Map<string, GemmModule>();

/** The product of one type for this engine and arithmetic, and for memory that is shared wherever it can be. */
export const gemmModule = (dtype: FloatDtype): GemmModule => {
  const pages = sharedPages();
  const name = `${dtype} ${features().relaxedSimd ? 'fused' : 'plain'}`;
  const known =
    modules.get(name) ?? createGemm(features(), { dtype, ...(pages === null ? {} : { sharedPages: pages }) });
  modules.set(name, known);
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

const nothing: Epilogue = { scale: 1, addend: null, rectify: false };

export const matmul: Lowering<MatmulParams> = (site) =>
  isComputeFloat(site.output.dtype) ? productOf(site, site.output.dtype, nothing) : productOfIntegers(site);

const productOf = (
  { inputs: [a, b], output, params }: Site<MatmulParams>,
  dtype: FloatDtype,
  { scale, addend, rectify }: Epilogue,
): KernelLowering => {
  if (a === undefined || b === undefined) throw new RangeError('an operand is missing');
  const bytes = bytesPerElement(dtype);
  const [aRows, aColumns] = stored(a.shape);
  const [, bColumns] = stored(b.shape);
  const [m, n] = stored(output.shape);
  const k = params.transposeA ? aRows : aColumns;
  const matrices = (shape: Shape): number[] =>
    broadcastStrides(shape.slice(0, -2), output.shape.slice(0, -2)).map(
      (stride) => stride * (shape.at(-1) ?? 1) * (shape.at(-2) ?? 1),
    );
  const added = addend?.strides ?? output.shape.map(() => 0);
  // The innermost batch axis is the kernel's; those before it are loops around it.
  const batches = collapse({
    shape: output.shape.slice(0, -2),
    strides: [matrices(a.shape), matrices(b.shape), matrices(output.shape), added.slice(0, -2)],
  });
  const batch = batches.shape.at(-1) ?? 1;
  const batchSteps = batches.strides.map((strides) => (strides.at(-1) ?? 0) * bytes);
  const [aBatch = 0, bBatch = 0, cBatch = 0, dBatch = 0] = batchSteps;
  const outer = batches.shape.slice(0, -1);
  const { tile, terms, workspaceBytes } = gemmModule(dtype);
  const cut = cutOf(batch, m / tile.rows, n / tile.columns);
  const [aRow, aColumn] = steps(aColumns, params.transposeA, bytes);
  const [bRow, bColumn] = steps(bColumns, params.transposeB, bytes);
  const [dRow = 0, dColumn = 0] = added.slice(-2).map((stride) => stride * bytes);
  return {
    kind: 'kernel',
    workspace: workspaceBytes({ m, n, k }),
    parallel: true,
    finished: (epilogue) => {
      const strides = epilogue.addend?.strides ?? [];
      const column = n === 1 ? 0 : (strides.at(-1) ?? 0);
      if (column !== 0 && column !== 1) return null;
      // Sums that wait for more terms would lie where a residual does, which a loop of its own could overwrite.
      if (epilogue.addend !== null && m > 1 && k > terms && isDense(output.shape, strides)) return null;
      return productOf({ inputs: [a, b], output, outputs: [output], params }, dtype, epilogue);
    },
    overwrites: addend?.offset === 0 && k <= terms && isDense(output.shape, added) ? [2] : [],
    emit: ({ inputs: [left, right, third], output: out, workspace, ...threads }) => {
      if (left === undefined || right === undefined) throw new RangeError('an operand is missing');
      const [count, unit] = { batch: [batch, 1], rows: [m, tile.rows], columns: [n, tile.columns] }[cut] as [
        number,
        number,
      ];
      const share = shareOf(threads, count, unit);
      const size = i32.sub(share.to, share.from);
      const [x, y, z, d] = [local('i32'), local('i32'), local('i32'), local('i32')];
      /** Bytes from one unit of what is cut to the next in A, B, C and D. */
      const moves = {
        batch: batchSteps,
        rows: [aRow, 0, n * bytes, dRow],
        columns: [0, bColumn, bytes, dColumn],
      }[cut];
      const sizes: readonly Operand<'i32'>[] = [
        cut === 'batch' ? size : batch,
        cut === 'rows' ? size : m,
        cut === 'columns' ? size : n,
      ];
      const product = call(
        gemmImports[computed(dtype)],
        ...(sizes as readonly [Operand<'i32'>, Operand<'i32'>, Operand<'i32'>]),
        ...([k, scale, addend?.weight ?? 0] as const),
        ...([x, aRow, aColumn, aBatch] as const),
        ...([y, bRow, bColumn, bBatch] as const),
        ...([z, n * bytes, cBatch, d, dRow, dColumn, dBatch, workspace, rectify ? how.rectifies : 0] as const),
      );
      const from = (start: Local<'i32'>, move = 0): Operand<'i32'> =>
        move === 0 ? start : i32.add(start, i32.mul(share.from, move));
      const walkers = [x, y, z, d].map((pointer, i) => ({
        pointer,
        strides: (batches.strides[i] ?? []).slice(0, -1).map((stride) => stride * bytes),
      }));
      return [
        ...share.code,
        set(x, from(left, moves[0])),
        set(y, from(right, moves[1])),
        set(z, from(out, moves[2])),
        ...(third === undefined ? [] : [set(d, from(third, moves[3])), ...onward(d, (addend?.offset ?? 0) * bytes)]),
        when(i32.lt_u(share.from, share.to), nest(outer, walkers, 1, [product])),
      ];
    },
  };
};
