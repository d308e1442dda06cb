/**
 * One block of A by one of B: the register tile at every place of the block of C, tiles of lesser height and width at its edges, and
 * copies where a row of C ends within a vector.
 */
import {
  call,
  type Expression,
  type Func,
  f64,
  func,
  i32,
  type Local,
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
import type { FloatLanes } from '../float-lanes.js';
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

export const advance = (variable: Local<'i32'>, by: Expression<'i32'> | number): Statement =>
  set(variable, i32.add(variable, by));
export const smaller = (a: Expression<'i32'>, b: Expression<'i32'> | number): Expression<'i32'> =>
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
export type BlockFunction = Func<readonly [...Repeat<'i32', 13>, 'f64', 'f64', ...Repeat<'i32', 5>], 'none'>;

export const blockFunction = (plan: GemmPlan): BlockFunction => {
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
