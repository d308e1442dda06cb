/**
 * Products: for every way in which the two matrices are read, every option that it may meet, against sums in doubles. What was packed is
 * seen in the workspace.
 */
import * as fc from 'fast-check';
import { features } from '../../../core/backends/kernels/features.js';
import { createGemm, type GemmModule } from '../../../core/backends/kernels/gemm/create.js';
import type { WayOfA, WayOfB } from '../../../core/backends/kernels/gemm/gemm.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { assertProduct, bytes, type Layout, layOut, noise } from './gemm-calls.js';

/** Blocks as small as tiles allow, so that small products have many; operands are read where they lie by up to two tiles. */
const blocking = { rows: 12, terms: 7, columns: 48, directA: 2, directB: 2 };
const modules = (['float32', 'float64'] as const).flatMap((dtype) =>
  [features(), { ...features(), relaxedSimd: false }].map((engine) => createGemm(engine, { dtype, blocking })),
);

/** What the workspace is full of beforehand. */
const rubbish = 0x5a;

type Sizes = Pick<Layout, 'm' | 'n' | 'k' | 'transposeA' | 'transposeB'>;

const among = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

/** Sizes up to two tiles, around whole ones. */
const upToTwo = (tile: number): fc.Arbitrary<number> =>
  fc.constantFrom(1, tile - 1, tile, tile + 1, 2 * tile - 1, 2 * tile, 2 * tile);

/** Which sizes lead to each way of A: how many tiles read it, and which of its strides is one. */
const waysOfA: Readonly<Record<WayOfA, (tile: GemmModule['tile']) => fc.Arbitrary<Pick<Sizes, 'n' | 'transposeA'>>>> = {
  rows: ({ columns }) => fc.record({ n: upToTwo(columns), transposeA: fc.constant(false) }),
  columns: ({ columns }) => fc.record({ n: upToTwo(columns), transposeA: fc.constant(true) }),
  packed: ({ columns }) => fc.record({ n: among(2 * columns + 1, 60), transposeA: fc.boolean() }),
};

/** The same for B. Its rows are near one another here, so that it is read where it lies by up to `directB` tiles. */
const waysOfB: Readonly<Record<WayOfB, (tile: GemmModule['tile']) => fc.Arbitrary<Pick<Sizes, 'm' | 'transposeB'>>>> = {
  direct: ({ rows }) => fc.record({ m: among(1, 2 * rows), transposeB: fc.constant(false) }),
  packed: ({ rows }) =>
    fc.oneof(
      fc.record({ m: among(2 * rows + 1, 2 * rows + 15), transposeB: fc.constant(false) }),
      fc.record({ m: among(1, 2 * rows + 15), transposeB: fc.constant(true) }),
    ),
};

const options = fc.record({
  // One term or two make a matrix whose rows and columns both lie next to each other.
  k: among(3, 23),
  batch: among(1, 3),
  shift: fc.constantFrom(0, 1, 4, 12),
  gap: fc.nat(2),
  alpha: fc.constantFrom(1, 1, -0.5, 0),
  beta: fc.constantFrom(0, 1, -1),
  accumulate: fc.boolean(),
  rectify: fc.boolean(),
  addend: fc.constantFrom('full', 'row', 'column', 'one'),
  shared: fc.constantFrom('neither', 'a', 'b'),
});

for (const a of Object.keys(waysOfA) as WayOfA[])
  for (const b of Object.keys(waysOfB) as WayOfB[])
    test(`ways: a product whose first factor is read by way of ${a} and whose second is ${b}`, () => {
      for (const module of modules)
        check(
          fc.property(waysOfA[a](module.tile), waysOfB[b](module.tile), options, (ofA, ofB, drawn) => {
            const { alpha, beta, accumulate, rectify, addend, shared, ...layout } = drawn;
            const call = layOut(module, { ...layout, ...ofA, ...ofB }, noise);
            const own = call.d ?? call.c;
            const d = {
              ...own,
              rowStride: addend === 'full' || addend === 'column' ? own.rowStride : 0,
              columnStride: addend === 'full' || addend === 'row' ? 1 : 0,
            };
            const { m, n, k, workspace } = call;
            const need = module.workspaceBytes({ m, n, k });
            new Uint8Array(bytes.buffer, workspace, need).fill(rubbish);
            const factors = {
              a: shared === 'a' ? { ...call.a, batchStride: 0 } : call.a,
              b: shared === 'b' ? { ...call.b, batchStride: 0 } : call.b,
            };
            assertProduct(
              { name: `${module.dtype}, ${a} and ${b}`, module },
              { ...call, ...factors, d, alpha, beta, accumulate, rectify },
            );
            // Tiles at the edge stand first in the workspace, then panels of A, then those of B.
            const size = module.dtype === 'float32' ? 4 : 8;
            const { rows, columns } = module.tile;
            const panelsOfA = 2 * rows * columns * size;
            const panelsOfB = module.workspaceBytes({ m, n: 0, k });
            const changed = (from: number, to: number): boolean =>
              new Uint8Array(bytes.buffer, workspace + from, Math.max(0, to - from)).some((byte) => byte !== rubbish);
            assert.is(changed(panelsOfA, panelsOfB), a === 'packed', 'whether the first factor was packed');
            // The last columns are packed in any case: one panel, where B is read as it lies.
            const onePanel = panelsOfB + Math.min(k, blocking.terms) * columns * size;
            if (n >= 2 * columns)
              assert.is(changed(onePanel, need), b === 'packed', 'whether the second factor was packed');
          }),
          { numRuns: 6 },
        );
    });
