/**
 * The register tile: `rows` × `vectors` accumulators that take one packed panel of A and one of B through all of K. The inner loop
 * is what everything else exists to feed: for each k, the vectors of B's row, then each number of A's column spread over a vector
 * and multiplied in. It must equal `C = f(α·A·B + β·D)` on its tile.
 *
 * V8 has fifteen vector registers to give: accumulators, the vectors of B and one of A must fit, and one more for the product
 * where there is no fused multiply-add. Six rows of two vectors fill them exactly; without it, four rows of two leave V8 the room
 * that it needs (docs/performance.md has the numbers).
 */
import {
  branchIf,
  type Expression,
  type Func,
  f32,
  f64,
  func,
  i32,
  type Local,
  local,
  locals,
  loop,
  loopWhile,
  type Repeat,
  repeat,
  type Statement,
  set,
  tee,
  v128,
  when,
} from '../assembler/index.js';
import { advance } from '../loops/addresses.js';
import { type FloatLanes, rectified } from '../loops/float-lanes.js';

export interface TileShape {
  /** Rows of the tile, and of a panel of A. */
  readonly rows: number;
  /** Vectors across the tile; a panel of B is this many vectors wide. */
  readonly vectors: number;
}

/**
 * How the tile reads A. `columns`: the numbers of a column lie next to each other and columns are `aStep` apart, as in a packed panel or
 * in a matrix that is transposed. `rows`: the numbers of a row lie next to each other and rows are `aStep` apart.
 */
export type OrderOfA = 'columns' | 'rows';

/**
 * What is done beside multiplying, as bits: the sums begin from what is in C; they are finished, so that α, D and f have their turn; f is
 * the rectifier.
 */
export const how = { continues: 1, finishes: 2, rectifies: 4 } as const;

/**
 * `tiles, k, a, aStep, aPanel, b, bStep, c, cRow, how, alpha, beta, d, dRow, dColumn`: so many tiles, at least one, each below the last;
 * steps in bytes. `aPanel` leads from one tile's rows of A to the next; `dColumn` is zero or the size of a number.
 */
export type TileFunction = Func<readonly [...Repeat<'i32', 10>, 'f64', 'f64', ...Repeat<'i32', 3>], 'none'>;

export const tileFunction = (lanes: FloatLanes, { rows, vectors }: TileShape, order: OrderOfA): TileFunction =>
  func(
    `tile${rows}x${vectors * lanes.count}${order}`,
    [...repeat('i32', 10), 'f64', 'f64', ...repeat('i32', 3)],
    'none',
    (tiles, terms, panelA, aStep, aPanel, panelB, bStep, c, cRow, task, alpha, beta, d, dRow, dColumn) => {
      const [k, a, b] = locals('i32', 3);
      const { bytes, ops } = lanes;
      // Without fused instructions, more than one k a round costs registers, and V8 spills.
      const unroll = lanes.fused ? 4 : 1;
      const sums: Local<'v128'>[][] = Array.from({ length: rows }, () => locals('v128', vectors));
      const rowOfB: Local<'v128'>[] = locals('v128', vectors);
      const fromA = local('v128');

      /** Where each row of A is read: rows have addresses of their own, or share one. */
      const places: Local<'i32'>[] = order === 'rows' ? [a, ...locals('i32', rows - 1)] : [a];
      const loadA = (i: number, step: number): Expression<'v128'> =>
        order === 'rows' ? lanes.loadSplat(places[i] ?? a, step * bytes) : lanes.loadSplat(a, i * bytes);
      /** The products of one k, the `step`th of an unrolled round. */
      const multiply = (step: number): Statement[] => [
        ...rowOfB.map((vector, j) => set(vector, v128.load(b, 16 * j))),
        advance(b, bStep),
        ...sums.flatMap((row, i) => [
          set(fromA, loadA(i, step)),
          ...row.map((sum, j) => set(sum, lanes.multiplyAdd(fromA, rowOfB[j] ?? fromA, sum))),
        ]),
        ...(order === 'columns' ? [advance(a, aStep)] : []),
      ];
      const steps = (count: number): Statement[] => [
        ...Array.from({ length: count }, (_, step) => multiply(step)).flat(),
        ...(order === 'rows' ? places.map((place) => advance(place, count * bytes)) : []),
        advance(k, -count),
      ];

      const [scale, address] = [local('v128'), local('i32')];
      const spread = (value: Expression<'f64'>): Expression<'v128'> =>
        lanes.splat(lanes.scalar === 'f32' ? f32.demote_f64(value) : value);
      const everySum = (f: (sum: Local<'v128'>) => Statement): Statement[] => sums.flat().map(f);
      /** Something for each row, at `start` and then `stride` further on. */
      const byRows = (
        start: Local<'i32'>,
        stride: Local<'i32'>,
        f: (row: Local<'v128'>[]) => Statement[],
      ): Statement[] => [
        set(address, start),
        ...sums.flatMap((row, i) => [...(i === 0 ? [] : [advance(address, stride)]), ...f(row)]),
      ];
      const addend = (load: (j: number) => Expression<'v128'>): Statement[] =>
        byRows(d, dRow, (row) => row.map((sum, j) => set(sum, ops.add(sum, ops.mul(scale, load(j))))));

      const tile = [
        set(k, terms),
        set(a, panelA),
        set(b, panelB),
        ...everySum((sum) => set(sum, lanes.constant(0))),
        ...places.slice(1).map((place, i) => set(place, i32.add(places[i] ?? a, aStep))),
        ...(unroll === 1 ? [] : [loopWhile(i32.ge_s(k, unroll), steps(unroll))]),
        loopWhile(i32.gt_s(k, 0), steps(1)),
        when(
          i32.and(task, how.continues),
          byRows(c, cRow, (row) => row.map((sum, j) => set(sum, ops.add(sum, v128.load(address, 16 * j))))),
        ),
        when(i32.and(task, how.finishes), [
          when(f64.ne(alpha, 1), [set(scale, spread(alpha)), ...everySum((sum) => set(sum, ops.mul(sum, scale)))]),
          when(f64.ne(beta, 0), [
            set(scale, spread(beta)),
            when(
              dColumn,
              addend((j) => v128.load(address, 16 * j)),
              addend(() => lanes.loadSplat(address)),
            ),
          ]),
          when(
            i32.and(task, how.rectifies),
            everySum((sum) => set(sum, rectified(lanes, sum))),
          ),
        ]),
        ...byRows(c, cRow, (row) => row.map((sum, j) => v128.store(address, sum, 16 * j))),
      ];
      return [
        loop((again) => [
          ...tile,
          advance(panelA, aPanel),
          set(c, i32.add(address, cRow)),
          advance(d, i32.mul(dRow, rows)),
          branchIf(tee(tiles, i32.sub(tiles, 1)), again),
        ]),
      ];
    },
  );
