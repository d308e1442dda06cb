/**
 * The matrix product for JavaScript: `createGemm` generates a module for what the engine offers, and binds it to a memory. Everything
 * is told in elements; offsets alone are in bytes.
 */
import type { FloatDtype } from '../../../base/dtype.js';
import { type CompiledModule, engine, type Memory } from '../../wasm/engine.js';
import { encode, type HostFunction, link, type ModuleSource, print } from '../assembler/index.js';
import type { Features } from '../features.js';
import { floatLanes } from '../loops/float-lanes.js';
import { type BlockFunction, type Blocking, blockFunction, type GemmPlan, tileBytes, tileColumns } from './block.js';
import { type GemmFunction, gemmFunction } from './gemm.js';
import { how, type TileShape } from './tile.js';

/** A matrix, or a batch of them, in memory: element (b, i, j) lies `b·batchStride + i·rowStride + j·columnStride` elements after `offset`. */
export interface MatrixPlace {
  /** In bytes; need not be aligned. */
  readonly offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
  /** From one matrix of the batch to the next, zero to use one for all. */
  readonly batchStride?: number;
}

/** `C = f(α·(C₀ + A·B) + β·D)` with A: [batch, M, K], B: [batch, K, N], C and D: [batch, M, N]. */
export interface GemmCall {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch?: number;
  readonly alpha?: number;
  readonly beta?: number;
  readonly a: MatrixPlace;
  readonly b: MatrixPlace;
  /** Columns of C lie next to each other: `columnStride` is 1. */
  readonly c: MatrixPlace;
  /** C₀ is what is in C; otherwise it is zero. */
  readonly accumulate?: boolean;
  /** f is max(x, 0) of finished sums; otherwise it is the identity. */
  readonly rectify?: boolean;
  /** What is added where β is not zero. Its `columnStride` is 1, or 0 for a number a row; a `rowStride` of 0 is a number a column. */
  readonly d?: MatrixPlace;
  /** Where `workspaceBytes` bytes may be overwritten. */
  readonly workspace: number;
}

export type Gemm = (call: GemmCall) => void;

export interface GemmFunctions {
  readonly gemm: HostFunction<GemmFunction>;
  /** One block of A by one of B, packed or where they are. */
  readonly block: HostFunction<BlockFunction>;
}

export interface GemmModule {
  readonly dtype: FloatDtype;
  readonly tile: { readonly rows: number; readonly columns: number };
  /** Terms of a sum that are taken at once: where there are more, sums wait in C for the rest. */
  readonly terms: number;
  /** Bytes of workspace that products of this size need. */
  workspaceBytes(size: { readonly m: number; readonly n: number; readonly k: number }): number;
  /** The module, whose exports `gemm` and `block` are the generated functions. */
  module(): CompiledModule;
  /** The generated functions themselves on one memory, for other modules to import. */
  functionsOn(memory: Memory): GemmFunctions;
  /** The product on one memory; cheap, since the module is compiled once. */
  on(memory: Memory): Gemm;
  /** The generated code as text. */
  toString(): string;
}

export interface GemmOptions {
  readonly dtype?: FloatDtype;
  /** Register tile and blocks, where measurement should not choose. */
  readonly tile?: TileShape;
  readonly blocking?: Blocking;
  /** The memory is shared among threads, and has at most this many pages. */
  readonly sharedPages?: number;
}

const planOf = (features: Features, { dtype = 'float32', tile, blocking }: GemmOptions): GemmPlan => {
  const lanes = floatLanes(dtype, features);
  const shape = tile ?? (lanes.fused ? { rows: 6, vectors: 2 } : { rows: 4, vectors: 2 });
  if (shape.rows < lanes.count)
    throw new RangeError(`a tile of ${shape.rows} rows is lower than a vector of ${lanes.count}, and cannot be packed`);
  const whole = (size: number, unit: number): number => Math.floor(size / unit) * unit;
  return {
    lanes,
    tile: shape,
    blocking: blocking ?? {
      rows: whole(132, shape.rows),
      terms: 2048 / lanes.bytes,
      columns: whole(4096 / lanes.bytes, shape.vectors * lanes.count),
      // Six addresses of rows are more than V8 keeps in registers without fused multiply-adds.
      directA: lanes.fused ? 32 : 4,
      directB: 16,
    },
  };
};

/**
 * Generates the matrix product for an engine; nothing is compiled before it is bound to a memory.
 * @throws RangeError when a chosen tile has fewer rows than a vector has lanes.
 */
export const createGemm = (features: Features, options: GemmOptions = {}): GemmModule => {
  const plan = planOf(features, options);
  const { lanes, tile, blocking } = plan;
  const { bytes } = lanes;
  const { sharedPages } = options;
  const block = blockFunction(plan);
  const source = {
    memory: {
      importedFrom: 'host',
      name: 'memory',
      minimum: 0,
      ...(sharedPages === undefined ? {} : { maximum: sharedPages, shared: true }),
    },
    exports: { gemm: gemmFunction(plan, block), block },
  } satisfies ModuleSource;
  let compiled: CompiledModule | undefined;
  const module = (): CompiledModule => {
    const { Module } = engine();
    compiled ??= new Module(encode(link(source)));
    return compiled;
  };
  const functionsOn = (memory: Memory): GemmFunctions => {
    const { Instance } = engine();
    return new Instance(module(), { host: { memory } }).exports as unknown as GemmFunctions;
  };
  return {
    dtype: lanes.dtype,
    tile: { rows: tile.rows, columns: tileColumns(plan) },
    terms: blocking.terms,
    workspaceBytes: ({ n, k }) => {
      const columns = Math.ceil(Math.min(n, blocking.columns) / tileColumns(plan)) * tileColumns(plan);
      const fixed = 2 * tileBytes(plan) + blocking.rows * blocking.terms * bytes;
      return fixed + columns * Math.min(k, blocking.terms) * bytes;
    },
    module,
    functionsOn,
    on: (memory) => {
      const { gemm } = functionsOn(memory);
      return ({ m, n, k, batch = 1, alpha = 1, beta = 0, accumulate, rectify, a, b, c, d = c, workspace }) =>
        gemm(
          batch,
          m,
          n,
          k,
          alpha,
          beta,
          a.offset,
          a.rowStride * bytes,
          a.columnStride * bytes,
          (a.batchStride ?? 0) * bytes,
          b.offset,
          b.rowStride * bytes,
          b.columnStride * bytes,
          (b.batchStride ?? 0) * bytes,
          c.offset,
          c.rowStride * bytes,
          (c.batchStride ?? 0) * bytes,
          d.offset,
          d.rowStride * bytes,
          d.columnStride * bytes,
          (d.batchStride ?? 0) * bytes,
          workspace,
          (accumulate === true ? how.continues : 0) | (rectify === true ? how.rectifies : 0),
        );
    },
    toString: () => print(link(source)),
  };
};
