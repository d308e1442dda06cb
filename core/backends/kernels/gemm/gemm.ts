/**
 * The loops around the blocks, after Goto and van de Geijn (2008): B is packed a block of KC × NC at a time, A a block of MC × KC that
 * stays in the second-level cache, a panel of B of KC × NR in the first. Operands that few tiles read are not packed at all. The terms
 * of each sum are added in the order of k whatever the tile, the edges, the packing and the blocks of M and N, so that a number does
 * not depend on its neighbours.
 */
import {
  branchIf,
  call,
  type Expression,
  type Func,
  func,
  i32,
  type Local,
  letIn,
  local,
  locals,
  loop,
  loopOver,
  loopWhile,
  type Repeat,
  repeat,
  select,
  set,
  when,
} from '../assembler/index.js';
import { advance, smaller } from '../loops/addresses.js';
import { type BlockFunction, type GemmPlan, tileBytes, tileColumns } from './block.js';
import { packFunction } from './pack.js';
import { how, type OrderOfA } from './tile.js';

/** Bytes that stay at hand while a tile is computed, on any machine of these years. */
const firstLevelCache = 48 * 1024;

/**
 * `batch, m, n, k, alpha, beta`, then for A and B `at, row, column, batch`, for C `at, row, batch`, for D `at, row, column, batch`, then
 * the workspace: addresses and strides in bytes; and of `how` whether the sums begin from what is in C, and whether f is the rectifier.
 */
export type GemmFunction = Func<readonly [...Repeat<'i32', 4>, 'f64', 'f64', ...Repeat<'i32', 17>], 'none'>;

/**
 * How the blocks read A: where it lies, its rows or its columns one after another, or from packed panels; and B, where it lies or packed.
 * The suite has a drawer for each pair.
 */
export type WayOfA = OrderOfA | 'packed';
export type WayOfB = 'direct' | 'packed';

/** All of it: for every matrix of the batch, C = f(α·(C₀ + A·B) + β·D), with what was in C for C₀ only where `how` says so. D is not read where β is zero. */
export const gemmFunction = (plan: GemmPlan, block: BlockFunction): GemmFunction => {
  const { lanes, tile, blocking } = plan;
  const { bytes } = lanes;
  const width = tileColumns(plan);
  const packA = packFunction(lanes, tile.rows);
  const packB = packFunction(lanes, width);
  return func(
    'gemm',
    [...repeat('i32', 4), 'f64', 'f64', ...repeat('i32', 17)],
    'none',
    (batch, m, n, k, alpha, beta, a, aRow, aColumn, aBatch, b, bRow, bColumn, bBatch, c, cRow, cBatch, ...rest) => {
      const [d, dRow, dColumn, dBatch, workspace, wanted] = rest;
      const [column, columns, term, terms, row, rows, packedA, packedB, mostRows, mostTerms] = locals('i32', 10);
      const [directA, directB, fromA, stepA, panelA, rowA, left, last] = locals('i32', 8);
      const [fromB, stepB, panelB, lastB, whole] = locals('i32', 5);
      const task = local('i32');
      const at = (start: Local<'i32'>, i: Expression<'i32'>, stride: Local<'i32'>): Expression<'i32'> =>
        i32.add(start, i32.mul(i, stride));

      /** The size of blocks of equal size, as few as can be, each a multiple of `unit` and `most` at most. */
      const evenly = (size: Local<'i32'>, most: number, unit: number): Expression<'i32'> =>
        letIn(i32.add(i32.div_s(i32.sub(size, 1), most), 1), (blocks) =>
          i32.mul(i32.div_u(i32.add(size, i32.sub(i32.mul(blocks, unit), 1)), i32.mul(blocks, unit)), unit),
        );

      const blockOfA = [
        set(fromA, i32.add(at(a, row, aRow), i32.mul(term, aColumn))),
        when(
          directA,
          [
            set(rowA, aRow),
            set(stepA, select(i32.ne(aRow, bytes), aRow, aColumn)),
            set(panelA, i32.mul(aRow, tile.rows)),
          ],
          [
            set(rowA, 0),
            set(stepA, tile.rows * bytes),
            set(panelA, i32.mul(terms, tile.rows * bytes)),
            // The last panel holds the last rows, whole where it can, so that vectors pack it.
            set(left, select(i32.lt_s(rows, tile.rows), i32.const(0), i32.rem_u(rows, tile.rows))),
            call(packA, fromA, aColumn, aRow, terms, i32.sub(rows, left), packedA),
            when(left, [
              set(last, i32.add(packedA, i32.mul(i32.div_u(rows, tile.rows), panelA))),
              call(packA, at(fromA, i32.sub(rows, tile.rows), aRow), aColumn, aRow, terms, tile.rows, last),
            ]),
            set(fromA, packedA),
          ],
        ),
      ];
      // Where B is read as it lies, its last columns are packed all the same: nothing may be read beyond the end of B.
      const blockOfB = [
        set(fromB, i32.add(at(b, term, bRow), i32.mul(column, bColumn))),
        set(whole, i32.sub(columns, i32.rem_u(columns, width))),
        when(
          directB,
          [
            set(stepB, bRow),
            set(panelB, width * bytes),
            set(lastB, packedB),
            call(packB, i32.add(fromB, i32.mul(whole, bytes)), bRow, bColumn, terms, i32.sub(columns, whole), packedB),
          ],
          [
            call(packB, fromB, bRow, bColumn, terms, columns, packedB),
            set(fromB, packedB),
            set(stepB, width * bytes),
            set(panelB, i32.mul(terms, width * bytes)),
            set(lastB, i32.add(packedB, i32.mul(whole, i32.mul(terms, bytes)))),
          ],
        ),
      ];
      const blocksOfA = loopOver(row, { end: m, step: mostRows }, [
        set(rows, smaller(i32.sub(m, row), mostRows)),
        ...blockOfA,
        call(
          block,
          ...([rows, columns, terms, fromA, stepA, panelA, rowA, fromB, stepB, panelB, lastB] as const),
          ...([i32.add(at(c, row, cRow), i32.mul(column, bytes)), cRow, task, alpha, beta] as const),
          ...([i32.add(at(d, row, dRow), i32.mul(column, dColumn)), dRow, dColumn] as const),
          workspace,
        ),
      ]);
      // At least one block of terms, so that an empty sum is stored too; what later blocks add to is what earlier ones left.
      const blocksOfTerms = loop((again) => [
        set(terms, smaller(i32.sub(k, term), mostTerms)),
        ...blockOfB,
        set(task, i32.or(wanted, select(i32.lt_s(i32.add(term, terms), k), i32.const(0), i32.const(how.finishes)))),
        when(term, [set(task, i32.or(task, how.continues))]),
        blocksOfA,
        advance(term, terms),
        branchIf(i32.lt_s(term, k), again),
      ]);
      return [
        set(packedA, i32.add(workspace, 2 * tileBytes(plan))),
        set(packedB, i32.add(packedA, blocking.rows * blocking.terms * bytes)),
        set(mostRows, evenly(m, blocking.rows, tile.rows)),
        set(mostTerms, evenly(k, blocking.terms, 1)),
        set(
          directA,
          i32.and(
            i32.le_s(n, blocking.directA * width),
            i32.or(i32.eq(aRow, bytes), i32.and(i32.eq(aColumn, bytes), i32.gt_s(aRow, 0))),
          ),
        ),
        // Rows of B that are far apart fight for the same cache lines, and are left so only for few readers.
        set(
          directB,
          i32.and(
            i32.eq(bColumn, bytes),
            i32.le_s(
              m,
              select(
                i32.le_s(i32.mul(mostTerms, bRow), firstLevelCache),
                i32.const(blocking.directB * tile.rows),
                i32.const((blocking.directB >> 2) * tile.rows),
              ),
            ),
          ),
        ),
        loopWhile(i32.gt_s(batch, 0), [
          loopOver(column, { end: n, step: blocking.columns }, [
            set(columns, smaller(i32.sub(n, column), blocking.columns)),
            set(term, 0),
            blocksOfTerms,
          ]),
          advance(a, aBatch),
          advance(b, bBatch),
          advance(c, cBatch),
          advance(d, dBatch),
          advance(batch, -1),
        ]),
      ];
    },
  );
};
