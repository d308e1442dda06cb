/**
 * Softmax and its logarithm over one axis of float32, in three passes over each lane: its maximum, the exponentials and their
 * sum (in doubles), the result. Lanes whose elements lie next to each other are gone along; others are taken four side by side.
 */
import { type Shape, sizeOf } from '../../../base/shape.js';
import { f32x4, f64x2, i8x16, i32, type Local, local, type Statement, set, v128 } from '../assembler/index.js';
import { firstLanes, storeLanes, type Vector } from '../loops/lanes.js';
import { nest, nestShare } from '../loops/nest.js';
import type { Threads } from '../loops/share.js';
import { exp, log1p } from '../math/float32.js';
import { lanes } from './elementary.js';
import { logSoftmaxOfDoubles, softmaxOfDoubles } from './exponential-sums.js';
import { inDoubles } from './folds.js';
import type { Lowering, Lowerings } from './lowering.js';

const infinity = Number.POSITIVE_INFINITY;
const bytes = 4;
const width = 4;

/** Lane-wise maximum of all lanes, in all lanes. */
const largestOf = (x: Local<'v128'>): Statement[] =>
  [
    [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7] as const,
    [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11] as const,
  ].map((order) => set(x, f32x4.max(x, i8x16.shuffle(order, x, x))));

/** An infinite maximum is not subtracted, nor is a NaN: it makes NaN by itself. */
const finite = (x: Local<'v128'>): Vector =>
  v128.bitselect(x, f32x4.const(0), f32x4.lt(f32x4.abs(x), f32x4.const(infinity)));

/** What is done with each element once shift and sum are known. */
interface Finish {
  /** From the sum, two doubles a vector, lower and upper lanes: what the last pass needs. */
  readonly prepare: (low: Vector, high: Vector) => Vector;
  /** Whether the exponentials are kept in the output, to be read by the last pass instead of the input. */
  readonly keepsExponentials: boolean;
  readonly last: (element: Vector, shift: Vector, prepared: Vector) => Vector;
}

const demoted = (low: Vector, high: Vector): Vector =>
  i8x16.shuffle(
    [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23],
    f32x4.demote_f64x2_zero(low),
    f32x4.demote_f64x2_zero(high),
  );

const softmax: Finish = {
  keepsExponentials: true,
  prepare: demoted,
  last: (element, _, total) => f32x4.div(element, total),
};

/** The largest element alone adds 1 to the sum, which is therefore taken from it while it is a double: ln total = ln(1 + rest). */
const logSoftmax: Finish = {
  keepsExponentials: false,
  prepare: (low, high) => {
    const less = (x: Vector): Vector => f64x2.sub(x, f64x2.const(1));
    return log1p(demoted(less(low), less(high)), lanes());
  },
  last: (element, shift, logarithm) => f32x4.sub(f32x4.sub(element, shift), logarithm),
};

const fold = inDoubles(0, f64x2.add);

/** Stores the first `count` floats of a vector. */
const storeSome = (at: Local<'i32'>, value: Local<'v128'>, count: number): Statement[] =>
  storeLanes('float32', width, at, value, count);

/**
 * One lane, or `kept` of them side by side: `stride` bytes from one vector of it to the next; `across` where a vector holds one
 * lane's elements. What is stored is read again, so nothing is stored beyond its place.
 */
const passes = (
  { prepare, keepsExponentials, last }: Finish,
  [from, to]: readonly [Local<'i32'>, Local<'i32'>],
  length: number,
  stride: number,
  across: boolean,
  kept = width,
): Statement[] => {
  const step = across ? width : 1;
  const move = across ? bytes : stride;
  const [read, write] = [local('i32'), local('i32')];
  const [element, shift, prepared] = [local('v128'), local('v128'), local('v128')];
  const [low, high] = [local('v128'), local('v128')];
  const rest = across ? length % width : 0;
  const walkers = [read, write].map((pointer) => ({ pointer, strides: [move] }));
  /** A pass over whole vectors, and over what is left with a mask. */
  const pass = (
    body: (masked: (x: Vector, neutral: number) => Vector, count: number) => readonly Statement[],
  ): Statement[] => {
    const whole = length - rest;
    const place = (by: number): Statement[] => [set(read, i32.add(from, by)), set(write, i32.add(to, by))];
    return [
      ...place(0),
      ...nest(
        [whole],
        walkers,
        step,
        body((x) => x, kept),
      ),
      ...(rest === 0
        ? []
        : [
            ...place(whole * bytes),
            ...body((x, neutral) => v128.bitselect(x, f32x4.const(neutral), firstLanes('float32', width, rest)), rest),
          ]),
    ];
  };
  return [
    set(shift, f32x4.const(-infinity)),
    ...pass((masked) => [set(shift, f32x4.max(shift, masked(v128.load(read), -infinity)))]),
    ...(across ? largestOf(shift) : []),
    set(shift, finite(shift)),
    set(low, f64x2.const(0)),
    set(high, f64x2.const(0)),
    ...pass((masked, count) => [
      set(element, exp(f32x4.sub(v128.load(read), shift), lanes())),
      ...(keepsExponentials ? storeSome(write, element, count) : []),
      set(element, masked(element, 0)),
      ...fold.take([low, high], element),
    ]),
    ...(across
      ? [
          set(low, f64x2.add(low, high)),
          set(low, f64x2.add(low, i8x16.shuffle([8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7], low, low))),
          set(high, low),
        ]
      : []),
    set(prepared, prepare(low, high)),
    ...pass((_, count) => [
      set(element, v128.load(keepsExponentials ? write : read)),
      set(element, last(element, shift, prepared)),
      ...storeSome(write, element, count),
    ]),
  ];
};

const overAxis = (
  shape: Shape,
  axis: number,
  finish: Finish,
  from: Local<'i32'>,
  to: Local<'i32'>,
  threads: Threads,
): Statement[] => {
  const length = shape[axis] ?? 1;
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  const block = length * inner * bytes;
  const blocks = [from, to].map((pointer) => ({ pointer, strides: [block] }));
  const ends = [from, to].map((pointer) => ({ pointer, strides: [bytes] }));
  if (inner === 1) return nestShare(threads, [outer], blocks, 1, passes(finish, [from, to], length, bytes, true));
  const whole = inner - (inner % width);
  const side = (kept: number): Statement[] => passes(finish, [from, to], length, inner * bytes, false, kept);
  const skip = (by: number): Statement[] => ends.map(({ pointer }) => set(pointer, i32.add(pointer, by)));
  return nestShare(threads, [outer], blocks, 1, [
    ...nest([whole], ends, width, side(width)),
    ...(inner === whole
      ? []
      : [...skip(whole * bytes), ...nest([inner - whole], ends, width, side(inner - whole)), ...skip(-whole * bytes)]),
  ]);
};

const lowering =
  (finish: Finish, onDoubles: Lowering<{ readonly axis: number }>): Lowering<{ readonly axis: number }> =>
  (site) => {
    const [x] = site.inputs;
    if (x?.dtype !== 'float32') return onDoubles(site);
    return {
      kind: 'kernel',
      workspace: 0,
      parallel: true,
      emit: ({ inputs: [from], output, ...threads }) =>
        overAxis(x.shape, site.params.axis, finish, from ?? output, output, threads),
    };
  };

export const softmaxLowerings: Pick<Lowerings, 'logSoftmax' | 'softmax'> = {
  logSoftmax: lowering(logSoftmax, logSoftmaxOfDoubles),
  softmax: lowering(softmax, softmaxOfDoubles),
};
