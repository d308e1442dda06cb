/**
 * Pooling of windows that are lanes of a vector: all taps of a window are read while its sum, or its leader, is in a register.
 * Where windows do not overlap, what goes back to each place of the plane comes from one window and is stored once.
 */
import { bytesPerElement, type Dtype } from '../../../base/dtype.js';
import { type Shape, sizeOf } from '../../../base/shape.js';
import type { PoolParams } from '../../../rules/pooling.js';
import { axisOf } from '../../../rules/window.js';
import {
  type Expression,
  f32x4,
  f64x2,
  i8x16,
  i32,
  i32x4,
  i64x2,
  type Local,
  local,
  memory,
  type Statement,
  set,
  v128,
} from '../assembler/index.js';
import { constantVector } from '../loops/lanes.js';
import { shareOf, type Threads } from '../loops/share.js';
import { loadApart, overPieces, type Piece, piecesOf, type Sliding, storeApart, tapsOfPieces } from './pieces.js';

/** Pieces whose taps are more code than this are computed tap by tap instead. */
const mostCode = 2000;

export const slidingOf = (large: Shape, small: Shape, params: PoolParams): Sliding => {
  const leading = large.length - params.kernel.length;
  return {
    planes: sizeOf(large.slice(0, leading)),
    spatial: large.slice(leading),
    outputs: small.slice(leading),
    kernel: params.kernel,
    window: params,
  };
};

/** The pieces, unless they are too much code. */
export const smallPieces = (sliding: Sliding): Piece[] | null => {
  const taps = sizeOf(sliding.kernel);
  if (taps > mostCode) return null;
  const pieces = piecesOf(sliding);
  return tapsOfPieces(pieces) > mostCode ? null : pieces;
};

/** The place of the first largest element of each window within its plane; −1 where all is padding. */
export const argmaxOfPieces = (
  dtype: 'float32' | 'float64',
  sliding: Sliding,
  pieces: readonly Piece[],
  threads: Threads,
  source: Expression<'i32'>,
  target: Expression<'i32'>,
): Statement[] => {
  const bytes = bytesPerElement(dtype) as 4 | 8;
  const lanes = 16 / bytes;
  const [float, all] = bytes === 4 ? [f32x4, i32x4.const] : [f64x2, (n: number) => i64x2.const(BigInt(n))];
  const [best, candidate, place, leads] = [local('v128'), local('v128'), local('v128'), local('v128')];
  const elements = { inPlane: bytes, inOutputs: 4, lanes };
  return overPieces(sliding, pieces, elements, threads, source, target, ({ plane, read, write }, neighbours) => {
    const { count, ahead, behind, step, taps } = neighbours;
    const [first, ...others] = taps;
    if (first === undefined) return [set(place, i32x4.const(-1)), ...storeApart(4, count, write, place, behind)];
    const load = (tap: number): Expression<'v128'> => loadApart(bytes, count, read, ahead + tap * bytes, step);
    const start = i32.add(i32.shr_u(i32.sub(read, plane), Math.log2(bytes)), ahead / bytes);
    const starts = i32x4.add(i32x4.splat(start), i32x4.const(0, step, 2 * step, 3 * step));
    /** Places as 32-bit lanes from the first on. */
    const narrow =
      bytes === 4 ? place : i8x16.shuffle([0, 1, 2, 3, 8, 9, 10, 11, ...new Array(8).fill(0)], place, place);
    return [
      set(best, load(first)),
      set(place, all(first)),
      ...others.flatMap((tap) => [
        set(candidate, load(tap)),
        // `!(candidate ≤ best)` is true of a NaN, and of nothing against a NaN that leads.
        set(leads, v128.andnot(float.eq(best, best), float.le(candidate, best))),
        set(best, v128.bitselect(candidate, best, leads)),
        set(place, v128.bitselect(all(tap), place, leads)),
      ]),
      set(place, i32x4.add(narrow, starts)),
      ...storeApart(4, count, write, place, behind),
    ];
  });
};

const addition = { float32: f32x4.add, float64: f64x2.add, int32: i32x4.add } as const;

type Summable = 'float32' | 'float64' | 'int32';

/** The sum of each window. */
export const sumsOfPieces = (
  dtype: Summable,
  sliding: Sliding,
  pieces: readonly Piece[],
  threads: Threads,
  source: Expression<'i32'>,
  target: Expression<'i32'>,
): Statement[] => {
  const bytes = bytesPerElement(dtype) as 4 | 8;
  const sum = local('v128');
  const elements = { inPlane: bytes, inOutputs: bytes, lanes: 16 / bytes };
  return overPieces(sliding, pieces, elements, threads, source, target, ({ read, write }, neighbours) => {
    const { count, ahead, behind, step, taps } = neighbours;
    return [
      set(sum, constantVector(dtype, 0)),
      ...taps.map((tap) => set(sum, addition[dtype](sum, loadApart(bytes, count, read, ahead + tap * bytes, step)))),
      ...storeApart(bytes, count, write, sum, behind),
    ];
  });
};

/** Where windows slide by one place, adding each output to all that its window reads sums windows the other way about. */
export const turned = ({ planes, spatial, outputs, kernel, window }: Sliding): Sliding | null => {
  const axes = kernel.map((taps, axis) => ({ taps, ...axisOf(window, axis) }));
  if (axes.some(({ stride }) => stride !== 1)) return null;
  return {
    planes,
    spatial: outputs,
    outputs: spatial,
    kernel,
    window: {
      stride: axes.map(() => 1),
      dilation: axes.map(({ dilation }) => dilation),
      padding: axes.map(({ taps, dilation, padding }) => [dilation * (taps - 1) - padding[0], 0]),
    },
  };
};

/** Whether no place is read by two windows. */
export const apart = ({ kernel, window }: Sliding): boolean =>
  kernel.every((taps, axis) => {
    const { stride, dilation } = axisOf(window, axis);
    return taps === 1 || (dilation === 1 && stride >= taps);
  });

/**
 * Stores for each place of the plane what its one window sends there: the window's number, or with `places` that number where the
 * place is the one named, and zero elsewhere. Places in no window become zero.
 */
export const spreadPieces = (
  dtype: Dtype,
  sliding: Sliding,
  pieces: readonly Piece[],
  threads: Threads,
  source: Local<'i32'>,
  target: Local<'i32'>,
  places?: Local<'i32'>,
): Statement[] => {
  const bytes = bytesPerElement(dtype) as 4 | 8;
  const lanes = 16 / bytes;
  const { planes, spatial, outputs, kernel, window } = sliding;
  const covered = kernel.every((taps, axis) => {
    const { stride, padding } = axisOf(window, axis);
    return stride === taps && (outputs[axis] ?? 0) * stride - padding[0] >= (spatial[axis] ?? 0);
  });
  const [value, wanted, here, even, odd] = [local('v128'), local('v128'), local('v128'), local('v128'), local('v128')];
  const distance = local('i32');
  const elements = { inPlane: bytes, inOutputs: bytes, lanes };
  const last = axisOf(window, kernel.length - 1).stride;
  const planeBytes = sizeOf(spatial) * bytes;
  const { from, to, code } = shareOf(threads, planes);
  return [
    ...(covered
      ? []
      : [...code, memory.fill(i32.add(target, i32.mul(from, planeBytes)), 0, i32.mul(i32.sub(to, from), planeBytes))]),
    ...(places === undefined ? [] : [set(distance, i32.sub(places, source))]),
    ...overPieces(sliding, pieces, elements, threads, target, source, ({ plane, read, write }, neighbours) => {
      const { count, ahead, behind, step, taps } = neighbours;
      const start = i32.add(i32.shr_u(i32.sub(read, plane), Math.log2(bytes)), ahead / bytes);
      const sent = (tap: number): Expression<'v128'> =>
        places === undefined ? value : v128.and(value, i32x4.eq(wanted, i32x4.add(here, i32x4.const(tap))));
      const named = places === undefined ? null : i32.add(write, distance);
      const stores = taps.flatMap((tap, i): Statement[] => {
        // Neighbouring taps of windows two places apart are woven into whole vectors.
        const paired = last === 2 && bytes === 4 && count === lanes;
        if (paired && (i & 1) === 1 && taps[i - 1] === tap - 1) return [];
        if (paired && taps[i + 1] === tap + 1 && (i & 1) === 0) {
          const woven = (first: number): Expression<'v128'> =>
            i8x16.shuffle(
              [first, first + 4, first + 1, first + 5].flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte)),
              even,
              odd,
            );
          return [
            set(even, sent(tap)),
            set(odd, sent(tap + 1)),
            v128.store(read, woven(0), ahead + tap * bytes),
            v128.store(read, woven(2), ahead + tap * bytes + 16),
          ];
        }
        return [set(even, sent(tap)), ...storeApart(bytes, count, read, even, ahead + tap * bytes, step)];
      });
      return [
        set(value, loadApart(bytes, count, write, behind, 1)),
        ...(named === null
          ? []
          : [
              set(wanted, loadApart(4, count, named, behind, 1)),
              set(here, i32x4.add(i32x4.splat(start), i32x4.const(0, step, 2 * step, 3 * step))),
            ]),
        ...stores,
      ];
    }),
  ];
};
