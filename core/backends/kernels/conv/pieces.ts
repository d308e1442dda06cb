/**
 * Windows that slide, cut into pieces in which every window reads the same taps: the inside of a plane and its borders.
 * Within a piece nothing asks where the padding begins, so windows next to each other are the lanes of a vector.
 */

import { type Shape, sizeOf, stridesOf } from '../../../base/shape.js';
import { axisOf, type Window } from '../../../rules/window.js';
import {
  type Expression,
  i8x16,
  i32,
  type Local,
  local,
  loopOver,
  type Statement,
  set,
  v128,
} from '../assembler/index.js';
import { nest } from '../loops/nest.js';
import { shareOf, type Threads } from '../loops/share.js';

export interface Sliding {
  /** Planes, one after another. */
  readonly planes: number;
  readonly spatial: Shape;
  readonly outputs: Shape;
  readonly kernel: Shape;
  readonly window: Window;
}

/** Outputs of one axis that read the taps from `low` to before `high`. */
interface Stretch {
  readonly from: number;
  readonly count: number;
  readonly low: number;
  readonly high: number;
}

const stretchesOf = ({ spatial, outputs, kernel, window }: Sliding, axis: number): Stretch[] => {
  const [size, taps] = [spatial[axis] ?? 1, kernel[axis] ?? 1];
  const { stride, padding, dilation } = axisOf(window, axis);
  const stretches: Stretch[] = [];
  for (let i = 0; i < (outputs[axis] ?? 1); i++) {
    const start = i * stride - padding[0];
    const low = Math.min(taps, Math.max(0, Math.ceil(-start / dilation)));
    const high = Math.max(low, Math.min(taps, Math.floor((size - 1 - start) / dilation) + 1));
    const last = stretches.at(-1);
    if (last !== undefined && last.low === low && last.high === high)
      stretches[stretches.length - 1] = { ...last, count: last.count + 1 };
    else stretches.push({ from: i, count: 1, low, high });
  }
  return stretches;
};

export interface Piece {
  /** Outputs along each axis. */
  readonly counts: readonly number[];
  /** The first output, in elements of the outputs' plane. */
  readonly to: number;
  /** What its first tap reads, in elements of the plane. */
  readonly from: number;
  /** Distances of all taps from the first, in elements of the plane, in row-major order; none where all is padding. */
  readonly taps: readonly number[];
}

export const piecesOf = (sliding: Sliding): Piece[] => {
  const { spatial, outputs, window } = sliding;
  const [inPlane, inOutputs] = [stridesOf(spatial), stridesOf(outputs)];
  let pieces: Piece[] = [{ counts: [], to: 0, from: 0, taps: [0] }];
  spatial.forEach((_, axis) => {
    const { stride, padding, dilation } = axisOf(window, axis);
    const [wide, narrow] = [inPlane[axis] ?? 1, inOutputs[axis] ?? 1];
    const stretches = stretchesOf(sliding, axis);
    pieces = pieces.flatMap((piece) =>
      stretches.map(({ from, count, low, high }) => ({
        counts: [...piece.counts, count],
        to: piece.to + from * narrow,
        from: piece.from + (from * stride - padding[0] + low * dilation) * wide,
        taps: piece.taps.flatMap((tap) => Array.from({ length: high - low }, (_, k) => tap + k * dilation * wide)),
      })),
    );
  });
  return pieces;
};

/** Bodies of taps that the pieces hold, as a measure of their code. */
export const tapsOfPieces = (pieces: readonly Piece[]): number =>
  pieces.reduce((sum, { taps }) => sum + 2 * taps.length, 0);

/** What is computed for up to a vector of neighbouring windows. */
export interface Neighbours {
  /** Windows, at most a vector's lanes. */
  readonly count: number;
  /** Where the first window's first tap is read, and where its output is, beyond the two pointers: in bytes. */
  readonly ahead: number;
  readonly behind: number;
  /** Elements from one window to the next. */
  readonly step: number;
  readonly taps: readonly number[];
}

/** Sizes of an element in the plane and among the outputs, and the lanes of a vector. */
export interface Elements {
  readonly inPlane: number;
  readonly inOutputs: number;
  readonly lanes: number;
}

export interface Pointers {
  readonly plane: Local<'i32'>;
  /** The first tap of the first window. */
  readonly read: Local<'i32'>;
  readonly write: Local<'i32'>;
}

/** `body` for all windows of this thread's planes. The last windows of a line overlap their neighbours, and are computed twice, where they can. */
export const overPieces = (
  sliding: Sliding,
  pieces: readonly Piece[],
  { inPlane, inOutputs, lanes }: Elements,
  threads: Threads,
  source: Expression<'i32'>,
  target: Expression<'i32'>,
  body: (pointers: Pointers, neighbours: Neighbours) => Statement[],
): Statement[] => {
  const { planes, spatial, outputs, window } = sliding;
  const [plane, windows, read, write] = [local('i32'), local('i32'), local('i32'), local('i32')];
  const [planeBytes, windowBytes] = [sizeOf(spatial) * inPlane, sizeOf(outputs) * inOutputs];
  const { from: first, to: end, code } = shareOf(threads, planes);
  const pointers = { plane, read, write };
  const steps = stridesOf(spatial).map((stride, axis) => stride * axisOf(window, axis).stride);
  const step = steps.at(-1) ?? 1;
  const walkers = [
    { pointer: read, strides: steps.map((stride) => stride * inPlane) },
    { pointer: write, strides: stridesOf(outputs).map((stride) => stride * inOutputs) },
  ];
  const ofPiece = ({ counts, to, from, taps }: Piece): Statement[] => {
    const length = counts.at(-1) ?? 1;
    const whole = length - (length % lanes);
    const rest = length - whole;
    const at = (first: number, count: number): Statement[] =>
      body(pointers, { count, ahead: first * step * inPlane, behind: first * inOutputs, step, taps });
    const line = [
      ...nest(
        [whole],
        walkers.map(({ pointer, strides }) => ({ pointer, strides: strides.slice(-1) })),
        lanes,
        at(0, lanes),
      ),
      ...(rest === 0 ? [] : whole > 0 ? at(length - lanes, lanes) : at(0, rest)),
    ];
    return [
      set(read, i32.add(plane, from * inPlane)),
      set(write, i32.add(windows, to * inOutputs)),
      ...nest(
        counts.slice(0, -1),
        walkers.map(({ pointer, strides }) => ({ pointer, strides: strides.slice(0, -1) })),
        1,
        line,
      ),
    ];
  };
  return [
    ...code,
    set(plane, i32.add(source, i32.mul(first, planeBytes))),
    set(windows, i32.add(target, i32.mul(first, windowBytes))),
    loopOver(first, { start: first, end }, [
      ...pieces.flatMap(ofPiece),
      set(plane, i32.add(plane, planeBytes)),
      set(windows, i32.add(windows, windowBytes)),
    ]),
  ];
};

type Vector = Expression<'v128'>;

const shuffled = (bytes: number, lanes: readonly number[], a: Vector, b: Vector): Vector =>
  i8x16.shuffle(
    lanes.flatMap((lane) => Array.from({ length: bytes }, (_, byte) => lane * bytes + byte)),
    a,
    b,
  );

/** Elements of 4 or 8 bytes that are `step` apart, `count` of them from the first lane on; nothing beyond the last is read. */
export const loadApart = (bytes: 4 | 8, count: number, at: Expression<'i32'>, offset: number, step: number): Vector => {
  const lanes = 16 / bytes;
  if (count === lanes && (step === 1 || count === 1)) return v128.load(at, offset);
  if (count === lanes && step === 2)
    return shuffled(
      bytes,
      bytes === 4 ? [0, 2, 5, 7] : [0, 3],
      v128.load(at, offset),
      v128.load(at, offset + (lanes - 1) * bytes),
    );
  let vector = bytes === 4 ? v128.load32_zero(at, offset) : v128.load64_zero(at, offset);
  for (let lane = 1; lane < count; lane++) {
    const there = offset + lane * step * bytes;
    vector = bytes === 4 ? v128.load32_lane(lane, at, vector, there) : v128.load64_lane(lane, at, vector, there);
  }
  return vector;
};

/** Stores the first `count` lanes of 4 or 8 bytes, `step` elements apart. */
export const storeApart = (
  bytes: 4 | 8,
  count: number,
  at: Expression<'i32'>,
  value: Local<'v128'>,
  offset: number,
  step = 1,
): Statement[] => {
  if (step === 1 && count * bytes === 16) return [v128.store(at, value, offset)];
  if (step === 1 && bytes === 4 && count >= 2)
    return [
      v128.store64_lane(0, at, value, offset),
      ...(count === 3 ? [v128.store32_lane(2, at, value, offset + 8)] : []),
    ];
  return Array.from({ length: count }, (_, lane) =>
    bytes === 4
      ? v128.store32_lane(lane, at, value, offset + lane * step * bytes)
      : v128.store64_lane(lane, at, value, offset + lane * step * bytes),
  );
};
