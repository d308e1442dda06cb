/**
 * How many numbers become one, in vectors. Sums of float32 are taken in doubles, sums of float64 with their rounding errors
 * (Knuth's two-sum), so that both are as exact as the reference's pairwise sums, and better.
 */
import type { Dtype } from '../../../base/dtype.js';
import { f32x4, f64x2, i8x16, type Local, local, type Statement, set, v128 } from '../assembler/index.js';
import { constantVector, type Vector, type Width } from '../loops/lanes.js';

/** How lanes are folded: some accumulators a vector of elements, all of which begin as `identity`. */
export interface Fold {
  readonly width: Width;
  /** Vectors that one vector of elements is folded into. */
  readonly count: number;
  readonly identity: () => Vector;
  /** Takes a vector of elements in. */
  readonly take: (accumulators: readonly Local<'v128'>[], element: Local<'v128'>) => Statement[];
  /** What stands for a masked element: it changes nothing. */
  readonly neutral: () => Vector;
  /** Folds the second accumulators into the first. */
  readonly merge: (into: readonly Local<'v128'>[], from: readonly Local<'v128'>[]) => Statement[];
  /** Folds an accumulator of other elements into the first, before lanes are folded. */
  readonly gather: (accumulators: readonly Local<'v128'>[]) => Statement[];
  /** Movements that bring other lanes into the first one's place, in turn. */
  readonly moves: readonly ((x: Vector) => Vector)[];
  /** The accumulators as a vector of elements. */
  readonly result: (accumulators: readonly Local<'v128'>[]) => Vector;
}

const half = (x: Vector): Vector => i8x16.shuffle([8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7], x, x);
const odd = (x: Vector): Vector => i8x16.shuffle([4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11], x, x);

/** Folds of one accumulator of the element's own type: integer sums, extrema, … */
export const simple = (dtype: Dtype, width: Width, identity: number, f: (a: Vector, b: Vector) => Vector): Fold => ({
  width,
  count: 1,
  identity: () => constantVector(dtype, identity),
  neutral: () => constantVector(dtype, identity),
  take: ([total], x) => (total === undefined ? [] : [set(total, f(total, x))]),
  merge: ([a], [b]) => (a === undefined || b === undefined ? [] : [set(a, f(a, b))]),
  gather: () => [],
  moves: width === 4 ? [half, odd] : [half],
  result: ([total]) => total ?? constantVector(dtype, identity),
});

/** float32 in doubles: two accumulators, of the lower and the upper half. */
export const inDoubles = (identity: number, f: (a: Vector, b: Vector) => Vector): Fold => ({
  width: 4,
  count: 2,
  identity: () => f64x2.const(identity),
  neutral: () => f32x4.const(identity),
  take: ([low, high], x) =>
    low === undefined || high === undefined
      ? []
      : [set(low, f(low, f64x2.promote_low_f32x4(x))), set(high, f(high, f64x2.promote_low_f32x4(half(x))))],
  merge: (into, from) =>
    into.flatMap((a, i) => {
      const b = from[i];
      return b === undefined ? [] : [set(a, f(a, b))];
    }),
  gather: ([low, high]) => (low === undefined || high === undefined ? [] : [set(low, f(low, high))]),
  moves: [half],
  result: ([low, high]) => {
    if (low === undefined || high === undefined) throw new RangeError('an accumulator is missing');
    const [a, b] = [f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high)];
    return i8x16.shuffle([0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23], a, b);
  },
});

/** float64 with the errors: s + x rounds by e = (s − (s′ − b)) + (x − b), b = s′ − s, exactly. */
export const compensated = (): Fold => {
  const add = (total: Local<'v128'>, error: Local<'v128'>, x: Vector): Statement[] => {
    const [next, back, term] = [local('v128'), local('v128'), local('v128')];
    return [
      set(term, x),
      set(next, f64x2.add(total, term)),
      set(back, f64x2.sub(next, total)),
      set(error, f64x2.add(error, f64x2.add(f64x2.sub(total, f64x2.sub(next, back)), f64x2.sub(term, back)))),
      set(total, next),
    ];
  };
  return {
    width: 2,
    count: 2,
    identity: () => f64x2.const(0),
    neutral: () => f64x2.const(0),
    take: ([total, error], x) => (total === undefined || error === undefined ? [] : add(total, error, x)),
    merge: ([total, error], [more, moreError]) =>
      total === undefined || error === undefined || more === undefined || moreError === undefined
        ? []
        : [...add(total, error, more), set(error, f64x2.add(error, moreError))],
    gather: () => [],
    moves: [half],
    // An infinite sum has no error, only a NaN in its place.
    result: ([total, error]) => {
      if (total === undefined || error === undefined) throw new RangeError('an accumulator is missing');
      const sum = f64x2.add(total, error);
      return v128.bitselect(sum, total, f64x2.eq(error, error));
    },
  };
};
