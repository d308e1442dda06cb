/**
 * The loops around the register tile, after Goto and van de Geijn (2008): B is packed a block of KC × NC at a time, A a block of
 * MC × KC that stays in the second-level cache, a panel of B of KC × NR in the first. The terms of each sum are added in the order of
 * k whatever the tile, the edges and the block sizes of M and N, so that a number does not depend on its neighbours.
 */
import {
  branchIf,
  call,
  type Expression,
  type Func,
  f64,
  func,
  i32,
  type Local,
  local,
  locals,
  loop,
  loopOver,
  loopWhile,
  type Repeat,
  repeat,
  type Statement,
  select,
  set,
  when,
} from '../assembler/index.js';
import type { FloatLanes } from '../float-lanes.js';
import { packFunction } from './pack.js';
import { type Activation, type TileFunction, type TileShape, tileFunction } from './tile.js';

export interface Blocking {
  /** Rows of A that are packed at once; a multiple of the tile's. */
  readonly rows: number;
  /** Terms of the sums that are taken at once. */
  readonly terms: number;
  /** Columns of B that are packed at once; a multiple of the tile's. */
  readonly columns: number;
}

export interface GemmPlan {
  readonly lanes: FloatLanes;
  readonly tile: TileShape;
  readonly blocking: Blocking;
  readonly activation?: Activation;
}

/** Columns of a tile. */
export const tileColumns = ({ lanes, tile }: GemmPlan): number => tile.vectors * lanes.count;

/** Bytes of one tile that is kept apart while it is at the edge. */
export const tileBytes = (plan: GemmPlan): number => plan.tile.rows * tileColumns(plan) * plan.lanes.bytes;

const advance = (variable: Local<'i32'>, by: Expression<'i32'> | number): Statement =>
  set(variable, i32.add(variable, by));
const smaller = (a: Expression<'i32'>, b: Expression<'i32'> | number): Expression<'i32'> =>
  select(i32.lt_s(a, b), a, typeof b === 'number' ? i32.const(b) : b);

type CopyFunction = Func<Repeat<'i32', 7>, 'none'>;

/** Copies `rows` × `columns` numbers; `fromColumn` is the stride within a row where they come from, zero to repeat one number. */
const copyFunction = ({ bytes, copyScalar }: FloatLanes): CopyFunction =>
  func('copyTile', repeat('i32', 7), 'none', (rows, columns, from, fromRow, fromColumn, to, toRow) => {
    const [j, source, target] = locals('i32', 3);
    return [
      loopWhile(i32.gt_s(rows, 0), [
        set(source, from),
        set(target, to),
        loopOver(j, { end: columns }, [
          copyScalar(target, source),
          advance(source, fromColumn),
          advance(target, bytes),
        ]),
        advance(from, fromRow),
        advance(to, toRow),
        advance(rows, -1),
      ]),
    ];
  });

/** `m, n, k, a, b, c, cRow, alpha, beta, d, dRow, dColumn, last, scratch`: one packed block of A by one of B. */
type BlockFunction = Func<readonly [...Repeat<'i32', 7>, 'f64', 'f64', ...Repeat<'i32', 5>], 'none'>;

const blockFunction = (plan: GemmPlan): BlockFunction => {
  const { lanes, tile, activation } = plan;
  const { bytes } = lanes;
  const columns = tileColumns(plan);
  const row = columns * bytes;
  const copy = copyFunction(lanes);
  /** Smaller tiles for the edges, so that a last row or column does not cost a whole tile. */
  const heights = [...new Set([Math.ceil(tile.rows / 2), tile.rows])];
  const widths = Array.from({ length: tile.vectors }, (_, i) => i + 1);
  const whole = tileFunction(lanes, tile, tile, activation);
  const tileOf = (rows: number, vectors: number): TileFunction =>
    rows === tile.rows && vectors === tile.vectors ? whole : tileFunction(lanes, { rows, vectors }, tile, activation);
  return func(
    'block',
    [...repeat('i32', 7), 'f64', 'f64', ...repeat('i32', 5)],
    'none',
    (m, n, k, a, b, c, cRow, alpha, beta, d, dRow, dColumn, last, scratch) => {
      const [i, j, height, width, panelA, panelB, at, from] = locals('i32', 8);
      const scratchD = i32.add(scratch, tileBytes(plan));
      /** The smallest tile that covers what is left, on copies of C and D that are as large as a tile. */
      const edge = heights
        .map((rows) =>
          widths
            .map((vectors) =>
              call(tileOf(rows, vectors), k, panelA, panelB, scratch, row, alpha, beta, scratchD, row, bytes, last),
            )
            .reduceRight((wider, tiled, v) => when(i32.le_s(width, (v + 1) * lanes.count), [tiled], [wider])),
        )
        .reduceRight((taller, tiled, r) => when(i32.le_s(height, heights[r] ?? 0), [tiled], [taller]));
      return [
        set(panelB, b),
        loopOver(j, { end: n, step: columns }, [
          set(width, smaller(i32.sub(n, j), columns)),
          set(panelA, a),
          loopOver(i, { end: m, step: tile.rows }, [
            set(height, smaller(i32.sub(m, i), tile.rows)),
            set(at, i32.add(i32.add(c, i32.mul(i, cRow)), i32.mul(j, bytes))),
            set(from, i32.add(i32.add(d, i32.mul(i, dRow)), i32.mul(j, dColumn))),
            when(
              i32.and(i32.eq(width, columns), i32.eq(height, tile.rows)),
              [call(whole, k, panelA, panelB, at, cRow, alpha, beta, from, dRow, dColumn, last)],
              [
                when(f64.ne(beta, 0), [call(copy, height, width, from, dRow, dColumn, scratchD, row)]),
                edge,
                call(copy, height, width, scratch, row, bytes, at, cRow),
              ],
            ),
            advance(panelA, i32.mul(k, tile.rows * bytes)),
          ]),
          advance(panelB, i32.mul(k, row)),
        ]),
      ];
    },
  );
};

/**
 * `batch, m, n, k, alpha, beta`, then for A and B `at, row, column, batch`, for C `at, row, batch`, for D `at, row, column, batch`, then
 * the workspace: addresses and strides in bytes.
 */
export type GemmFunction = Func<readonly [...Repeat<'i32', 4>, 'f64', 'f64', ...Repeat<'i32', 16>], 'none'>;

/** All of it: for every matrix of the batch, C = f(α·A·B + β·D). D is not read where β is zero. */
export const gemmFunction = (plan: GemmPlan): GemmFunction => {
  const { lanes, tile, blocking } = plan;
  const { bytes } = lanes;
  const packA = packFunction(lanes, tile.rows);
  const packB = packFunction(lanes, tileColumns(plan));
  const block = blockFunction(plan);
  return func(
    'gemm',
    [...repeat('i32', 4), 'f64', 'f64', ...repeat('i32', 16)],
    'none',
    (batch, m, n, k, alpha, beta, a, aRow, aColumn, aBatch, b, bRow, bColumn, bBatch, c, cRow, cBatch, ...rest) => {
      const [d, dRow, dColumn, dBatch, workspace] = rest;
      const [column, columns, term, terms, row, rows, packedA, packedB, last] = locals('i32', 9);
      const [added, addedRow, addedColumn] = locals('i32', 3);
      const weight = local('f64');
      const at = (start: Local<'i32'>, i: Expression<'i32'>, stride: Local<'i32'>): Expression<'i32'> =>
        i32.add(start, i32.mul(i, stride));

      const blocksOfA = loopOver(row, { end: m, step: blocking.rows }, [
        set(rows, smaller(i32.sub(m, row), blocking.rows)),
        call(packA, i32.add(at(a, row, aRow), i32.mul(term, aColumn)), aColumn, aRow, terms, rows, packedA),
        call(
          block,
          ...([rows, columns, terms, packedA, packedB] as const),
          ...([i32.add(at(c, row, cRow), i32.mul(column, bytes)), cRow, alpha, weight] as const),
          ...([i32.add(at(added, row, addedRow), i32.mul(column, addedColumn)), addedRow, addedColumn] as const),
          ...([last, workspace] as const),
        ),
      ]);
      // At least one block of terms, so that an empty sum is stored too; what later blocks add to is what earlier ones left.
      const blocksOfTerms = loop((again) => [
        set(terms, smaller(i32.sub(k, term), blocking.terms)),
        set(last, i32.ge_s(i32.add(term, terms), k)),
        call(packB, i32.add(at(b, term, bRow), i32.mul(column, bColumn)), bRow, bColumn, terms, columns, packedB),
        when(
          i32.eqz(term),
          [set(weight, beta), set(added, d), set(addedRow, dRow), set(addedColumn, dColumn)],
          [set(weight, 1), set(added, c), set(addedRow, cRow), set(addedColumn, bytes)],
        ),
        blocksOfA,
        advance(term, terms),
        branchIf(i32.lt_s(term, k), again),
      ]);
      return [
        set(packedA, i32.add(workspace, 2 * tileBytes(plan))),
        set(packedB, i32.add(packedA, blocking.rows * blocking.terms * bytes)),
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
