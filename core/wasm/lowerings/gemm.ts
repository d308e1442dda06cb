/** Matrix products through the packed kernel: either operand transposed by its strides, leading axes broadcast. */
import { bytesPerElement, type FloatDtype, isFloat } from '../../dtype.js';
import { broadcastStrides, type Shape } from '../../shape.js';
import { call, type Local, local, type Statement, set } from '../assembler/index.js';
import { features } from '../features.js';
import { createGemm, type GemmModule } from '../gemm/create.js';
import { collapse, nest } from '../loops/nest.js';
import { productOfIntegers } from './in-order.js';
import { gemmImports, type Lowering } from './lowering.js';

const modules = new Map<FloatDtype, GemmModule>();

/** The product of one type for this engine. */
export const gemmModule = (dtype: FloatDtype): GemmModule => {
  const known = modules.get(dtype) ?? createGemm(features(), { dtype });
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
  return {
    kind: 'kernel',
    workspace: gemmModule(dtype).workspaceBytes({ m, n, k }),
    emit: ({ inputs: [left, right], output: out, workspace }) => {
      const product = (x: Local<'i32'>, y: Local<'i32'>, z: Local<'i32'>): Statement =>
        call(
          gemmImports[dtype],
          ...([batch, m, n, k, 1, 0] as const),
          ...([x, ...steps(aColumns, params.transposeA, bytes), aBatch] as const),
          ...([y, ...steps(bColumns, params.transposeB, bytes), bBatch] as const),
          ...([z, n * bytes, cBatch, z, n * bytes, bytes, cBatch, workspace] as const),
        );
      if (left === undefined || right === undefined) throw new RangeError('an operand is missing');
      const [x, y, z] = [local('i32'), local('i32'), local('i32')];
      const walkers = [x, y, z].map((pointer, i) => ({
        pointer,
        strides: (batches.strides[i] ?? []).slice(0, -1).map((stride) => stride * bytes),
      }));
      return [set(x, left), set(y, right), set(z, out), ...nest(outer, walkers, 1, [product(x, y, z)])];
    },
  };
};
