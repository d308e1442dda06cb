/** The matrix product against a loop in doubles: sizes, transposes, batches, places, special values, epilogues. */
import * as fc from 'fast-check';
import { type Features, features } from '../../../core/backends/kernels/features.js';
import { createGemm, type MatrixPlace } from '../../../core/backends/kernels/gemm/create.js';
import { engine } from '../../../core/backends/wasm/engine.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import {
  assertProduct,
  type Kernel,
  type Layout,
  layOut,
  memory,
  naive,
  noise,
  results,
  size,
  write,
} from './gemm-calls.js';

/** Small blocks, so that small products cross their edges. */
const smallBlocks = { rows: 12, terms: 5, columns: 24, directA: 1, directB: 1 };
const plain: Features = { ...features(), relaxedSimd: false };

const kernels: readonly Kernel[] = (['float32', 'float64'] as const).flatMap((dtype) => [
  { name: `${dtype}`, module: createGemm(features(), { dtype }) },
  { name: `${dtype}, plain`, module: createGemm(plain, { dtype }) },
  {
    name: `${dtype}, all packed`,
    module: createGemm(features(), { dtype, blocking: { ...smallBlocks, directA: 0, directB: 0 } }),
  },
  { name: `${dtype}, small blocks`, module: createGemm(features(), { dtype, blocking: smallBlocks }) },
  { name: `${dtype}, plain, 5 rows`, module: createGemm(plain, { dtype, tile: { rows: 5, vectors: 2 } }) },
]);

const layouts = fc.record<Layout>({
  m: fc.nat(17),
  n: fc.nat(29),
  k: fc.nat(17),
  batch: fc.integer({ min: 1, max: 3 }),
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
  shift: fc.constantFrom(0, 1, 4, 12),
  gap: fc.nat(2),
});
const scalars = fc.constantFrom(0, 1, -1, 0.5, 2);

test('gemm: equals the loop in doubles for every size, transpose, batch, stride, offset and scale', () => {
  for (const kernel of kernels)
    check(
      fc.property(layouts, scalars, scalars, fc.boolean(), fc.boolean(), (layout, alpha, beta, accumulate, rectify) => {
        assertProduct(kernel, { ...layOut(kernel.module, layout, noise), alpha, beta, accumulate, rectify });
      }),
      { numRuns: 120 },
    );
});

test('gemm: every small size in each dimension, around the edges of tiles', () => {
  for (const kernel of kernels)
    for (let edge = 0; edge <= 17; edge++)
      for (const [m, n, k] of [
        [edge, 9, 5],
        [7, edge, 6],
        [5, 11, edge],
      ] as const)
        assertProduct(
          kernel,
          layOut(
            kernel.module,
            { m, n, k, batch: 1, transposeA: edge % 2 === 1, transposeB: edge % 3 === 1, shift: 0, gap: 0 },
            noise,
          ),
        );
});

test('gemm: sizes beyond one block of rows, of terms and of columns', () => {
  for (const kernel of kernels.slice(0, 2))
    assertProduct(
      kernel,
      layOut(
        kernel.module,
        { m: 140, n: 37, k: 530, batch: 1, transposeA: false, transposeB: true, shift: 4, gap: 1 },
        noise,
      ),
    );
  for (const kernel of kernels.slice(0, 2))
    assertProduct(
      kernel,
      layOut(
        kernel.module,
        { m: 7, n: 1100, k: 19, batch: 1, transposeA: true, transposeB: false, shift: 4, gap: 1 },
        noise,
      ),
    );
});

test('gemm: nothing is written but C and the workspace', () => {
  for (const { module } of kernels) {
    const layout = { m: 7, n: 13, k: 9, batch: 2, transposeA: false, transposeB: false, shift: 8, gap: 2 };
    const call = layOut(module, layout, noise);
    const end = call.workspace + module.workspaceBytes(call);
    new Uint8Array(memory.buffer).fill(0xab, end, end + 64);
    const before = new Uint8Array(memory.buffer).slice(0, call.workspace);
    module.on(memory)(call);
    const after = new Uint8Array(memory.buffer).slice(0, call.workspace);
    const inC = new Set<number>();
    for (let s = 0; s < 2; s++)
      for (let i = 0; i < call.m; i++)
        for (let j = 0; j < call.n * size(module.dtype); j++)
          inC.add(call.c.offset + size(module.dtype) * (s * (call.c.batchStride ?? 0) + i * call.c.rowStride) + j);
    assert.ok(after.every((byte, at) => inC.has(at) || byte === before[at]));
    assert.ok(new Uint8Array(memory.buffer, end, 64).every((byte) => byte === 0xab));
  }
});

test('gemm: infinities and NaN reach the sums they belong to and no others', () => {
  for (const kernel of kernels)
    check(
      fc.property(
        fc.array(fc.tuple(fc.nat(200), fc.constantFrom(Number.NaN, Infinity, -Infinity, -0)), { maxLength: 4 }),
        fc.boolean(),
        (specials, transposeA) => {
          const values = new Map(specials);
          const layout = { m: 9, n: 10, k: 7, batch: 1, transposeA, transposeB: !transposeA, shift: 0, gap: 0 };
          const call = layOut(kernel.module, layout, (i) => values.get(i) ?? Math.round(4 * noise(i)));
          const want = naive(kernel.module.dtype, call);
          kernel.module.on(memory)(call);
          results(kernel.module.dtype, call).forEach((got, at) => {
            const [exact] = want[at] ?? [0];
            // The other terms are small multiples of a half, so finite sums are exact.
            assert.ok(Object.is(got, exact) || got === exact, `${kernel.name}: ${got}, not ${exact}`);
          });
        },
      ),
      { numRuns: 60 },
    );
});

test('gemm: where β is zero, what was in C does not matter, not even NaN', () => {
  for (const kernel of kernels) {
    const layout = { m: 7, n: 9, k: 3, batch: 1, transposeA: false, transposeB: false, shift: 0, gap: 0 };
    const call = layOut(kernel.module, layout, noise);
    for (let at = 0; at < 63; at++)
      write(kernel.module.dtype, call.c.offset + at * size(kernel.module.dtype), Number.NaN);
    assertProduct(kernel, call);
  }
});

test('gemm: D may be a number a row or a number a column, as a bias is', () => {
  for (const kernel of kernels)
    for (const [rowStride, columnStride] of [
      [0, 1],
      [1, 0],
      [0, 0],
    ] as const) {
      const layout = { m: 8, n: 21, k: 6, batch: 1, transposeA: false, transposeB: false, shift: 0, gap: 0 };
      const call = layOut(kernel.module, layout, noise);
      const d = { offset: call.d?.offset ?? 0, rowStride, columnStride };
      assertProduct(kernel, { ...call, d, beta: 1 });
    }
});

test('gemm: the same bits again, for any tile and any blocks of rows and columns', () => {
  for (const dtype of ['float32', 'float64'] as const) {
    const shapes = [
      {},
      {},
      { tile: { rows: 4, vectors: 3 } },
      { tile: { rows: 5, vectors: 1 } },
      { blocking: { rows: 6, terms: 2048 / size(dtype), columns: 16, directA: 0, directB: 0 } },
    ];
    const runs = shapes.map((shape) => {
      const module = createGemm(features(), { dtype, ...shape });
      const layout = { m: 17, n: 29, k: 40, batch: 1, transposeA: true, transposeB: false, shift: 4, gap: 1 };
      const call = layOut(module, layout, noise);
      module.on(memory)({ ...call, alpha: 1.1, beta: 0.3 });
      return results(dtype, call);
    });
    for (const run of runs.slice(1)) assert.equal(run, runs[0]);
  }
});

test('gemm: scale, addend and rectifier have their turn once the sums are finished, whatever the blocks', () => {
  const naturals = (i: number): number => ((i * 7919) % 7) - 3;
  for (const { name, module } of kernels) {
    const layout = { m: 13, n: 11, k: 17, batch: 2, transposeA: false, transposeB: true, shift: 0, gap: 1 };
    const call = { ...layOut(module, layout, naturals), alpha: 2, beta: 3, accumulate: true, rectify: true };
    const want = naive(module.dtype, call);
    module.on(memory)(call);
    results(module.dtype, call).forEach((got, at) => {
      assert.is(got, want[at]?.[0], name);
    });
  }
});

test('gemm: a tile lower than a vector is refused', () => {
  assert.throws(
    () => createGemm(features(), { tile: { rows: 3, vectors: 1 } }),
    /a tile of 3 rows is lower than a vector of 4/,
  );
});

test('gemm: shared memory works as well', () => {
  const shared = new (engine().Memory)({ initial: 16, maximum: 16, shared: true });
  const numbers = new Float32Array(shared.buffer);
  numbers.set([1, 2, 3, 4, 5, 6], 0);
  const place = (offset: number): MatrixPlace => ({ offset, rowStride: 2, columnStride: 1 });
  createGemm(features(), { sharedPages: 16 }).on(shared)({
    m: 1,
    n: 2,
    k: 2,
    a: place(0),
    b: place(8),
    c: place(64),
    workspace: 256,
  });
  assert.equal([...numbers.slice(16, 18)], [1 * 3 + 2 * 5, 1 * 4 + 2 * 6]);
});

test('gemm: the generated code can be read', () => {
  assert.match(String(createGemm(features())), /func \$tile\d+x\d+/);
});
