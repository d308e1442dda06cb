/**
 * One block of A by one of B: the register tile at every place of the block of C, tiles of lesser height and width at its edges, and
 * copies where a row of C ends within a vector.
 */
import {
  call,
  type Func,
  f64,
  func,
  i32,
  locals,
  loopOver,
  loopWhile,
  type Repeat,
  repeat,
  type Statement,
  select,
  set,
  when,
} from '../assembler/index.js';
import { advance, smaller } from '../loops/addresses.js';
import type { FloatLanes } from '../loops/float-lanes.js';
import { how, type OrderOfA, type TileFunction, type TileShape, tileFunction } from './tile.js';

export interface Blocking {
  /** Rows of A that are packed at once, at most; a multiple of the tile's. */
  readonly rows: number;
  /** Terms of the sums that are taken at once, at most. */
  readonly terms: number;
  /** Columns of B that are packed at once; a multiple of the tile's. */
  readonly columns: number;
  /** An operand is packed where more tiles than this read it; otherwise it is read as it lies, if it can be. */
  readonly directA: number;
  readonly directB: number;
}

export interface GemmPlan {
  readonly lanes: FloatLanes;
  readonly tile: TileShape;
  readonly blocking: Blocking;
}

/** Columns of a tile. */
export const tileColumns = ({ lanes, tile }: GemmPlan): number => tile.vectors * lanes.count;

/** Bytes of one tile that is kept apart while it is at the edge. */
export const tileBytes = (plan: GemmPlan): number => plan.tile.rows * tileColumns(plan) * plan.lanes.bytes;

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
 * `m, n, k`, then A as `at, step, panel, row`, B as `at, step, panel, last panel`, C as `at, row`, `how, alpha, beta`, D as `at, row,
 * column`, then `scratch`: one block of A by one of B, packed or where they are. `step` is what a tile needs, `panel` leads from one tile's to
 * the next. `row` is from one row of A to the next, zero where A is packed; there the last panel holds the last rows, as many as a tile
 * has if there are so many.
 */
export type BlockFunction = Func<readonly [...Repeat<'i32', 14>, 'f64', 'f64', ...Repeat<'i32', 4>], 'none'>;

export const blockFunction = (plan: GemmPlan): BlockFunction => {
  const { lanes, tile } = plan;
  const { bytes, count } = lanes;
  const columns = tileColumns(plan);
  const row = columns * bytes;
  const copy = copyFunction(lanes);
  const heights = Array.from({ length: tile.rows }, (_, i) => i + 1);
  const widths = Array.from({ length: tile.vectors }, (_, i) => i + 1);
  /** Tiles of every height and width, so that a last row or column does not cost a whole tile. */
  const tilesOf = (order: OrderOfA): TileFunction[][] =>
    heights.map((rows) => widths.map((vectors) => tileFunction(lanes, { rows, vectors }, order)));
  const [byColumns, byRows] = [tilesOf('columns'), tilesOf('rows')];
  return func(
    'block',
    [...repeat('i32', 14), 'f64', 'f64', ...repeat('i32', 4)],
    'none',
    (
      m,
      n,
      k,
      a,
      aStep,
      aPanel,
      aRow,
      b,
      bStep,
      bPanel,
      bLast,
      c,
      cRow,
      task,
      alpha,
      beta,
      d,
      dRow,
      dColumn,
      scratch,
    ) => {
      const [i, j, height, width, tiles, panelA, panelB, stepB, at, from, whole, upper] = locals('i32', 12);
      const scratchD = i32.add(scratch, tileBytes(plan));
      const inPlace = i32.eqz(i32.and(width, count - 1));
      /** Tiles in place, or one with copies of C and D, from which only whole vectors are read and written. */
      const onPlace = (which: TileFunction): Statement =>
        call(which, tiles, k, panelA, aStep, aPanel, panelB, stepB, at, cRow, task, alpha, beta, from, dRow, dColumn);
      const onScratch = (which: TileFunction): Statement =>
        call(which, 1, k, panelA, aStep, 0, panelB, stepB, scratch, row, task, alpha, beta, scratchD, row, bytes);
      /** The tile of this height and width, found by comparison. */
      const fitting = (choices: readonly TileFunction[][], use: (which: TileFunction) => Statement): Statement =>
        choices
          .map((ofHeight) =>
            ofHeight
              .map(use)
              .reduceRight((wider, narrow, v) => when(i32.le_s(width, (v + 1) * count), [narrow], [wider])),
          )
          .reduceRight((taller, low, r) => when(i32.le_s(height, r + 1), [low], [taller]));
      const either = (use: (which: TileFunction) => Statement): Statement =>
        when(i32.gt_u(aRow, bytes), [fitting(byRows, use)], [fitting(byColumns, use)]);
      return [
        // Too few rows at the end would have a multiplier wait for its own sums: they are shared evenly with the tile above.
        set(upper, i32.rem_u(m, tile.rows)),
        set(whole, i32.sub(m, upper)),
        when(i32.and(i32.gt_u(whole, 0), i32.lt_u(i32.sub(upper, 1), tile.rows >> 1)), [
          advance(whole, -tile.rows),
          set(upper, i32.shr_u(i32.add(upper, tile.rows + 1), 1)),
        ]),
        set(panelB, b),
        set(stepB, bStep),
        loopOver(j, { end: n, step: columns }, [
          set(width, smaller(i32.sub(n, j), columns)),
          when(i32.lt_s(width, columns), [set(panelB, bLast), set(stepB, row)]),
          set(panelA, a),
          set(i, 0),
          loopWhile(i32.lt_s(i, m), [
            set(tiles, i32.const(1)),
            when(
              i32.lt_s(i, whole),
              [set(height, i32.const(tile.rows)), when(inPlace, [set(tiles, i32.div_u(whole, tile.rows))])],
              [
                set(height, select(i32.eq(i, whole), upper, i32.sub(m, i))),
                when(
                  aRow,
                  [set(panelA, i32.add(a, i32.mul(i, aRow)))],
                  [
                    when(i32.and(i32.eq(i32.add(i, height), m), i32.ge_s(m, tile.rows)), [
                      advance(panelA, i32.mul(i32.sub(tile.rows, height), bytes)),
                    ]),
                  ],
                ),
              ],
            ),
            set(at, i32.add(i32.add(c, i32.mul(i, cRow)), i32.mul(j, bytes))),
            set(from, i32.add(i32.add(d, i32.mul(i, dRow)), i32.mul(j, dColumn))),
            when(
              inPlace,
              [either(onPlace)],
              [
                when(i32.and(task, how.continues), [call(copy, height, width, at, cRow, bytes, scratch, row)]),
                when(i32.and(task, how.finishes), [
                  when(f64.ne(beta, 0), [call(copy, height, width, from, dRow, dColumn, scratchD, row)]),
                ]),
                either(onScratch),
                call(copy, height, width, scratch, row, bytes, at, cRow),
              ],
            ),
            advance(i, i32.mul(tiles, height)),
            advance(panelA, i32.mul(tiles, aPanel)),
          ]),
          advance(panelB, bPanel),
        ]),
      ];
    },
  );
};
