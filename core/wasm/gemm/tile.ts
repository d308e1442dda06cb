/**
 * The register tile: `rows` × `vectors` accumulators that take one packed panel of A and one of B through all of K. The inner loop
 * is what everything else exists to feed: for each k, the vectors of B's row, then each number of A's column spread over a vector
 * and multiplied in. It must equal `C = f(α·A·B + β·D)` on its tile.
 *
 * V8 has fifteen vector registers to give: accumulators, the vectors of B and one of A must fit, and one more for the product
 * where there is no fused multiply-add. Six rows of two vectors fill them exactly.
 */
import {
  type Expression,
  type Func,
  f32,
  f64,
  func,
  i32,
  type Local,
  local,
  locals,
  loopWhile,
  type Repeat,
  repeat,
  type Statement,
  set,
  v128,
  when,
} from '../assembler/index.js';
import type { FloatLanes } from '../float-lanes.js';

export interface TileShape {
  /** Rows of the tile, and of a panel of A. */
  readonly rows: number;
  /** Vectors across the tile; a panel of B is this many vectors wide. */
  readonly vectors: number;
}

/** What happens to a vector of finished sums before it is stored; it may use locals of its own through `letIn`. */
export type Activation = (x: Expression<'v128'>, lanes: FloatLanes) => Expression<'v128'>;

/** `k, a, b, c, cRow, alpha, beta, d, dRow, dColumn, last`: strides in bytes; `dColumn` is zero or the size of a number. */
export type TileFunction = Func<readonly [...Repeat<'i32', 5>, 'f64', 'f64', ...Repeat<'i32', 4>], 'none'>;

const unroll = 4;

/** A tile that uses the first rows and vectors of panels that may be made for a larger one. */
export const tileFunction = (
  lanes: FloatLanes,
  { rows, vectors }: TileShape,
  panel: TileShape,
  activation?: Activation,
): TileFunction =>
  func(
    `tile${rows}x${vectors * lanes.count}`,
    [...repeat('i32', 5), 'f64', 'f64', ...repeat('i32', 4)],
    'none',
    (k, a, b, c, cRow, alpha, beta, d, dRow, dColumn, last) => {
      const { bytes, ops } = lanes;
      const panelA = panel.rows * bytes;
      const panelB = panel.vectors * 16;
      const sums: Local<'v128'>[][] = Array.from({ length: rows }, () => locals('v128', vectors));
      const rowOfB: Local<'v128'>[] = locals('v128', vectors);
      const fromA = local('v128');

      /** The products of one k, `step` rows further on in the panels. */
      const multiply = (step: number): Statement[] => [
        ...rowOfB.map((vector, j) => set(vector, v128.load(b, step * panelB + 16 * j))),
        ...sums.flatMap((row, i) => [
          set(fromA, lanes.loadSplat(a, step * panelA + i * bytes)),
          ...row.map((sum, j) => set(sum, lanes.multiplyAdd(fromA, rowOfB[j] as Local<'v128'>, sum))),
        ]),
      ];
      const advance = (variable: Local<'i32'>, by: number): Statement => set(variable, i32.add(variable, by));
      const steps = (count: number): Statement[] => [
        ...Array.from({ length: count }, (_, step) => multiply(step)).flat(),
        advance(a, count * panelA),
        advance(b, count * panelB),
        advance(k, -count),
      ];

      const [scale, address] = [local('v128'), local('i32')];
      const spread = (value: Expression<'f64'>): Expression<'v128'> =>
        lanes.splat(lanes.scalar === 'f32' ? f32.demote_f64(value) : value);
      const everySum = (f: (sum: Local<'v128'>, i: number, j: number) => Statement): Statement[] =>
        sums.flatMap((row, i) => row.map((sum, j) => f(sum, i, j)));
      /** The rows at `start`, `stride` apart. */
      const byRows = (
        start: Local<'i32'>,
        stride: Local<'i32'>,
        f: (row: Local<'v128'>[]) => Statement[],
      ): Statement[] => [
        set(address, start),
        ...sums.flatMap((row, i) => [...(i === 0 ? [] : [set(address, i32.add(address, stride))]), ...f(row)]),
      ];
      const addend = (load: (j: number) => Expression<'v128'>): Statement[] =>
        byRows(d, dRow, (row) => row.map((sum, j) => set(sum, ops.add(sum, ops.mul(scale, load(j))))));

      return [
        ...everySum((sum) => set(sum, lanes.constant(0))),
        loopWhile(i32.ge_s(k, unroll), steps(unroll)),
        loopWhile(i32.gt_s(k, 0), steps(1)),
        set(scale, spread(alpha)),
        ...everySum((sum) => set(sum, ops.mul(sum, scale))),
        when(f64.ne(beta, 0), [
          set(scale, spread(beta)),
          when(
            dColumn,
            addend((j) => v128.load(address, 16 * j)),
            addend(() => lanes.loadSplat(address)),
          ),
        ]),
        ...(activation === undefined
          ? []
          : [
              when(
                last,
                everySum((sum) => set(sum, activation(sum, lanes))),
              ),
            ]),
        ...byRows(c, cRow, (row) => row.map((sum, j) => v128.store(address, sum, 16 * j))),
      ];
    },
  );
