/**
 * Packing: a matrix X of K × W, wherever its numbers lie, becomes panels of `width` columns, each stored as [K][width] so that the
 * register tile reads it straight through. The last panel is filled up with zeros. A is packed by its rows and B by its columns, and
 * a transpose is only another pair of strides; both orders of memory have a path of vectors.
 */
import {
  call,
  type Func,
  func,
  i32,
  type Local,
  local,
  locals,
  loopOver,
  loopWhile,
  memory,
  type Repeat,
  repeat,
  type Statement,
  set,
  v128,
  when,
} from '../assembler/index.js';
import { advance, smaller } from '../loops/addresses.js';
import type { FloatLanes } from '../loops/float-lanes.js';

/** `from, strideK, strideW, k, w, to`: addresses and strides in bytes. */
export type PackFunction = Func<Repeat<'i32', 6>, 'none'>;

/** Where groups of `count` begin that cover `width` things; the last group overlaps its neighbour rather than run over. */
const coveringStarts = (width: number, count: number): number[] =>
  Array.from({ length: Math.ceil(width / count) }, (_, group) => Math.min(group * count, width - count));

/** `w` columns from row `k0` on, one number at a time, for any strides. */
const scalarFunction = (lanes: FloatLanes, width: number): PackFunction =>
  func(`packScalars${width}`, repeat('i32', 6), 'none', (from, strideK, strideW, k, w, to) => {
    const [column, i, source, target] = locals('i32', 4);
    return [
      loopOver(column, { end: w }, [
        set(source, i32.add(from, i32.mul(column, strideW))),
        set(target, i32.add(to, i32.mul(column, lanes.bytes))),
        loopOver(i, { end: k }, [
          lanes.copyScalar(target, source),
          advance(source, strideK),
          advance(target, width * lanes.bytes),
        ]),
      ]),
    ];
  });

/** A full panel whose columns lie next to each other: each row of the panel is copied as it is. */
const contiguousFunction = (lanes: FloatLanes, width: number): PackFunction =>
  func(`packRows${width}`, repeat('i32', 6), 'none', (from, strideK, _strideW, k, _w, to) => {
    const i = local('i32');
    return [
      loopOver(i, { end: k }, [
        ...coveringStarts(width, lanes.count).map((start) =>
          v128.store(to, v128.load(from, start * lanes.bytes), start * lanes.bytes),
        ),
        advance(from, strideK),
        advance(to, width * lanes.bytes),
      ]),
    ];
  });

/** A full panel whose rows lie next to each other: squares of vectors are transposed in registers, what is left goes by scalars. */
const transposingFunction = (lanes: FloatLanes, width: number, scalars: PackFunction): PackFunction =>
  func(`packColumns${width}`, repeat('i32', 6), 'none', (from, strideK, strideW, k, w, to) => {
    const { bytes, count } = lanes;
    const rows: Local<'v128'>[] = locals('v128', count);
    const source = local('i32');
    const square = (start: number): Statement[] => [
      set(source, i32.add(from, i32.mul(strideW, start))),
      ...rows.flatMap((row, i) => [set(row, v128.load(source)), ...(i + 1 < count ? [advance(source, strideW)] : [])]),
      ...rows.map((_, i) => v128.store(to, lanes.transposed(rows, i), (i * width + start) * bytes)),
    ];
    return [
      loopWhile(i32.ge_s(k, count), [
        ...coveringStarts(width, count).flatMap(square),
        advance(from, count * bytes),
        advance(to, count * width * bytes),
        advance(k, -count),
      ]),
      call(scalars, from, strideK, strideW, k, w, to),
    ];
  });

/** Packs all of `w` columns into panels of `width`. */
export const packFunction = (lanes: FloatLanes, width: number): PackFunction => {
  const scalars = scalarFunction(lanes, width);
  const contiguous = contiguousFunction(lanes, width);
  const transposing = transposingFunction(lanes, width, scalars);
  return func(`pack${width}`, repeat('i32', 6), 'none', (from, strideK, strideW, k, w, to) => {
    const panel = local('i32');
    const whole = i32.ge_s(w, width);
    return [
      set(panel, i32.mul(k, width * lanes.bytes)),
      loopWhile(i32.gt_s(w, 0), [
        when(
          i32.and(whole, i32.eq(strideW, lanes.bytes)),
          [call(contiguous, from, strideK, strideW, k, w, to)],
          [
            when(
              i32.and(whole, i32.eq(strideK, lanes.bytes)),
              [call(transposing, from, strideK, strideW, k, width, to)],
              [
                when(i32.eqz(whole), [memory.fill(to, 0, panel)]),
                call(scalars, from, strideK, strideW, k, smaller(w, width), to),
              ],
            ),
          ],
        ),
        advance(from, i32.mul(strideW, width)),
        advance(to, panel),
        advance(w, -width),
      ]),
    ];
  });
};
