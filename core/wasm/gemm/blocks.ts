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
import { type Activation, type OrderOfA, type TileFunction, type TileShape, tileFunction } from './tile.js';

export interface Blocking {
  /** Rows of A that are packed at once; a multiple of the tile's. */
  readonly rows: number;
  /** Terms of the sums that are taken at once. */
  readonly terms: number;
  /** Columns of B that are packed at once; a multiple of the tile's. */
  readonly columns: number;
  /** An operand is packed where it is read by more tiles than this; otherwise it is read as it lies, if it can be. */
  readonly direct: number;
}

/** Bytes that stay at hand while a tile is computed, on any machine of these years. */
const firstLevelCache = 48 * 1024;

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

/**
 * `m, n, k`, then A as `at, step, panel, by rows`, B as `at, step, panel, last panel`, C as `at, row`, `alpha, beta`, D as `at, row, column`,
 * then `last, scratch`: one block of A by one of B, packed or where they are. `step` is what a tile needs, `panel` leads from one
 * tile's to the next.
 */
type BlockFunction = Func<readonly [...Repeat<'i32', 13>, 'f64', 'f64', ...Repeat<'i32', 5>], 'none'>;

const blockFunction = (plan: GemmPlan): BlockFunction => {
  const { lanes, tile, activation } = plan;
  const { bytes, count } = lanes;
  const columns = tileColumns(plan);
  const row = columns * bytes;
  const copy = copyFunction(lanes);
  const heights = Array.from({ length: tile.rows }, (_, i) => i + 1);
  const widths = Array.from({ length: tile.vectors }, (_, i) => i + 1);
  /** Tiles of every height and width, so that a last row or column does not cost a whole tile. */
  const tilesOf = (order: OrderOfA): TileFunction[][] =>
    heights.map((rows) => widths.map((vectors) => tileFunction(lanes, { rows, vectors }, order, activation)));
  const [byColumns, byRows] = [tilesOf('columns'), tilesOf('rows')];
  return func(
    'block',
    [...repeat('i32', 13), 'f64', 'f64', ...repeat('i32', 5)],
    'none',
    (m, n, k, a, aStep, aPanel, aByRows, b, bStep, bPanel, bLast, c, cRow, alpha, beta, d, dRow, dColumn, ...rest) => {
      const [last, scratch] = rest;
      const [i, j, height, width, panelA, panelB, stepB, at, from] = locals('i32', 9);
      const scratchD = i32.add(scratch, tileBytes(plan));
      /** A tile in place, or with copies of C and D, from which only whole vectors are read and written. */
      const onPlace = (which: TileFunction): Statement =>
        call(which, k, panelA, aStep, panelB, stepB, at, cRow, alpha, beta, from, dRow, dColumn, last);
      const onScratch = (which: TileFunction): Statement =>
        call(which, k, panelA, aStep, panelB, stepB, scratch, row, alpha, beta, scratchD, row, i32.const(bytes), last);
      /** The tile of the height and width that are left, found by comparison. */
      const fitting = (tiles: readonly TileFunction[][], use: (which: TileFunction) => Statement): Statement =>
        tiles
          .map((choices) =>
            choices
              .map(use)
              .reduceRight((wider, narrow, v) => when(i32.le_s(width, (v + 1) * count), [narrow], [wider])),
          )
          .reduceRight((taller, low, r) => when(i32.le_s(height, r + 1), [low], [taller]));
      const wholeTile = (tiles: readonly TileFunction[][]): Statement => onPlace(tiles.at(-1)?.at(-1) as TileFunction);
      const either = (f: (tiles: readonly TileFunction[][]) => Statement): Statement =>
        when(aByRows, [f(byRows)], [f(byColumns)]);
      return [
        set(panelB, b),
        set(stepB, bStep),
        loopOver(j, { end: n, step: columns }, [
          set(width, smaller(i32.sub(n, j), columns)),
          when(i32.lt_s(width, columns), [set(panelB, bLast), set(stepB, row)]),
          set(panelA, a),
          loopOver(i, { end: m, step: tile.rows }, [
            set(height, smaller(i32.sub(m, i), tile.rows)),
            set(at, i32.add(i32.add(c, i32.mul(i, cRow)), i32.mul(j, bytes))),
            set(from, i32.add(i32.add(d, i32.mul(i, dRow)), i32.mul(j, dColumn))),
            when(
              i32.and(i32.eq(width, columns), i32.eq(height, tile.rows)),
              [either(wholeTile)],
              [
                when(
                  i32.and(width, count - 1),
                  [
                    when(f64.ne(beta, 0), [call(copy, height, width, from, dRow, dColumn, scratchD, row)]),
                    either((tiles) => fitting(tiles, onScratch)),
                    call(copy, height, width, scratch, row, bytes, at, cRow),
                  ],
                  [either((tiles) => fitting(tiles, onPlace))],
                ),
              ],
            ),
            advance(panelA, aPanel),
          ]),
          advance(panelB, bPanel),
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
  const width = tileColumns(plan);
  const packA = packFunction(lanes, tile.rows);
  const packB = packFunction(lanes, width);
  const block = blockFunction(plan);
  return func(
    'gemm',
    [...repeat('i32', 4), 'f64', 'f64', ...repeat('i32', 16)],
    'none',
    (batch, m, n, k, alpha, beta, a, aRow, aColumn, aBatch, b, bRow, bColumn, bBatch, c, cRow, cBatch, ...rest) => {
      const [d, dRow, dColumn, dBatch, workspace] = rest;
      const [column, columns, term, terms, row, rows, packedA, packedB, last] = locals('i32', 9);
      const [added, addedRow, addedColumn] = locals('i32', 3);
      const [directA, directB, fromA, stepA, panelA, byRows] = locals('i32', 6);
      const [fromB, stepB, panelB, lastB, whole] = locals('i32', 5);
      const weight = local('f64');
      const at = (start: Local<'i32'>, i: Expression<'i32'>, stride: Local<'i32'>): Expression<'i32'> =>
        i32.add(start, i32.mul(i, stride));

      const blockOfA = [
        set(fromA, i32.add(at(a, row, aRow), i32.mul(term, aColumn))),
        when(
          directA,
          [
            set(byRows, i32.ne(aRow, bytes)),
            set(stepA, select(byRows, aRow, aColumn)),
            set(panelA, i32.mul(aRow, tile.rows)),
          ],
          [
            call(packA, fromA, aColumn, aRow, terms, rows, packedA),
            set(fromA, packedA),
            set(byRows, 0),
            set(stepA, tile.rows * bytes),
            set(panelA, i32.mul(terms, tile.rows * bytes)),
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
      const blocksOfA = loopOver(row, { end: m, step: blocking.rows }, [
        set(rows, smaller(i32.sub(m, row), blocking.rows)),
        ...blockOfA,
        call(
          block,
          ...([rows, columns, terms, fromA, stepA, panelA, byRows, fromB, stepB, panelB, lastB] as const),
          ...([i32.add(at(c, row, cRow), i32.mul(column, bytes)), cRow, alpha, weight] as const),
          ...([i32.add(at(added, row, addedRow), i32.mul(column, addedColumn)), addedRow, addedColumn] as const),
          ...([last, workspace] as const),
        ),
      ]);
      // At least one block of terms, so that an empty sum is stored too; what later blocks add to is what earlier ones left.
      const blocksOfTerms = loop((again) => [
        set(terms, smaller(i32.sub(k, term), blocking.terms)),
        set(last, i32.ge_s(i32.add(term, terms), k)),
        ...blockOfB,
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
        set(
          directA,
          i32.and(i32.le_s(n, blocking.direct * width), i32.or(i32.eq(aRow, bytes), i32.eq(aColumn, bytes))),
        ),
        // Rows of B that are far apart fight for the same cache lines, and are left so only for few readers.
        set(
          directB,
          i32.and(
            i32.eq(bColumn, bytes),
            i32.le_s(
              m,
              select(
                i32.le_s(i32.mul(smaller(k, blocking.terms), bRow), firstLevelCache),
                i32.const(blocking.direct * tile.rows),
                i32.const((blocking.direct >> 2) * tile.rows),
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
