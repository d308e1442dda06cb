/** Matrix products in a memory of their own: operands laid out in every manner, and the product by its definition beside them. */

import type { GemmCall, GemmModule, MatrixPlace } from '../../../core/backends/kernels/gemm/create.js';
import { engine, type Memory } from '../../../core/backends/wasm/engine.js';
import type { FloatDtype } from '../../../core/base/dtype.js';
import * as assert from '../../runner/assert.js';

export const memory: Memory = new (engine().Memory)({ initial: 64 });
export const bytes: DataView = new DataView(memory.buffer);

export interface Kernel {
  readonly name: string;
  readonly module: GemmModule;
}

export const size = (dtype: FloatDtype): number => (dtype === 'float32' ? 4 : 8);
export const read = (dtype: FloatDtype, place: MatrixPlace, b: number, i: number, j: number): number => {
  const at = place.offset + size(dtype) * (b * (place.batchStride ?? 0) + i * place.rowStride + j * place.columnStride);
  return dtype === 'float32' ? bytes.getFloat32(at, true) : bytes.getFloat64(at, true);
};
export const write = (dtype: FloatDtype, at: number, value: number): void => {
  if (dtype === 'float32') bytes.setFloat32(at, value, true);
  else bytes.setFloat64(at, value, true);
};

/** Every element of the product by its definition, with the sum of the sizes of its terms, to which rounding is relative. */
export const naive = (
  dtype: FloatDtype,
  { m, n, k, batch = 1, alpha = 1, beta = 0, accumulate, rectify, a, b, c, d = c }: GemmCall,
): [number, number][] => {
  const out: [number, number][] = [];
  for (let s = 0; s < batch; s++)
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        const start = accumulate === true ? read(dtype, c, s, i, j) : 0;
        let [total, scale] = [start, Math.abs(start)];
        for (let l = 0; l < k; l++) {
          const term = read(dtype, a, s, i, l) * read(dtype, b, s, l, j);
          total += term;
          scale += Math.abs(term);
        }
        const added = beta === 0 ? 0 : beta * read(dtype, d, s, i, j);
        const finished = alpha * total + added;
        out.push([rectify === true ? Math.max(finished, 0) : finished, Math.abs(alpha) * scale + Math.abs(added)]);
      }
  return out;
};

export const results = (dtype: FloatDtype, { m, n, batch = 1, c }: GemmCall): number[] =>
  Array.from({ length: batch * m * n }, (_, at) =>
    read(dtype, c, Math.floor(at / (m * n)), Math.floor(at / n) % m, at % n),
  );

export interface Layout {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Bytes before each matrix, elements after each row. */
  readonly shift: number;
  readonly gap: number;
}

/** Lays A, B, C, D and the workspace out one after another, and fills all with numbers drawn from `values`. */
export const layOut = (module: GemmModule, l: Layout, values: (i: number) => number): GemmCall => {
  const { dtype } = module;
  const { m, n, k, batch, gap } = l;
  let free = l.shift;
  let drawn = 0;
  const place = (rows: number, columns: number, transposed: boolean): MatrixPlace => {
    const [lines, length] = transposed ? [columns, rows] : [rows, columns];
    const stride = length + gap;
    const offset = free;
    free += size(dtype) * batch * lines * stride + l.shift;
    for (let at = offset; at + size(dtype) <= free; at += size(dtype)) write(dtype, at, values(drawn++));
    return {
      offset,
      rowStride: transposed ? 1 : stride,
      columnStride: transposed ? stride : 1,
      batchStride: lines * stride,
    };
  };
  const a = place(m, k, l.transposeA);
  const b = place(k, n, l.transposeB);
  const c = place(m, n, false);
  const d = place(m, n, false);
  return { m, n, k, batch, a, b, c, d, workspace: free };
};

/** Numbers between −1 and 1 without a pattern. */
export const noise = (i: number): number => ((i * 7919 + 104_729) % 1009) / 504.5 - 1;

export const assertProduct = ({ name, module }: Kernel, call: GemmCall): void => {
  const want = naive(module.dtype, call);
  module.on(memory)(call);
  const unit = module.dtype === 'float32' ? 2 ** -24 : 2 ** -53;
  results(module.dtype, call).forEach((got, at) => {
    const [exact, scale] = want[at] ?? [0, 0];
    const bound = (call.k + 3) * unit * scale;
    assert.ok(
      Object.is(got, exact) || got === exact || Math.abs(got - exact) <= bound,
      `${name}: element ${at} of ${call.m}x${call.k}x${call.n} is ${got}, not ${exact} ± ${bound}`,
    );
  });
};
