/**
 * Reductions in vectors, over any axes. Where the innermost axis is reduced, a lane runs along it in several accumulators;
 * where it is kept, neighbouring lanes are reduced side by side.
 */
import { bytesPerElement, type Dtype } from '../../dtype.js';
import { type Shape, stridesOf } from '../../shape.js';
import {
  f32x4,
  f64x2,
  i32,
  i32x4,
  type Local,
  local,
  loopWhile,
  type Statement,
  select,
  set,
  v128,
} from '../assembler/index.js';
import { firstLanes, loadVector, storeFirst, storeLanes, storeVector, type Vector } from '../loops/lanes.js';
import { collapse, nest, nestShare, type Walker } from '../loops/nest.js';
import { shareOf, type Threads } from '../loops/share.js';
import { compensated, type Fold, inDoubles, simple } from './folds.js';
import { productInOrder } from './in-order.js';
import type { Lowering, Lowerings } from './lowering.js';

interface ReductionParams {
  readonly axes: readonly number[];
}

/** Vectors that are folded side by side: so many additions are under way at once. */
const unroll = 4;

export const reduction =
  (foldOf: (dtype: Dtype) => Fold): Lowering<ReductionParams> =>
  ({ inputs: [x], output, params: { axes } }) => {
    if (x === undefined) throw new RangeError('an operand is missing');
    const fold = foldOf(x.dtype);
    return {
      kind: 'kernel',
      workspace: 0,
      // Outputs are divided, never the terms of one: the order of additions is everybody's.
      parallel: true,
      emit: ({ inputs: [from], output: to, ...threads }) =>
        reduce(fold, x.dtype, x.shape, axes, output.dtype, from ?? to, to, threads),
    };
  };

/** The code of a reduction of what stands at `from` over `axes`. */
const reduce = (
  fold: Fold,
  dtype: Dtype,
  shape: Shape,
  axes: readonly number[],
  resultDtype: Dtype,
  from: Local<'i32'>,
  to: Local<'i32'>,
  threads: Threads,
): Statement[] => {
  const bytes = bytesPerElement(dtype);
  const strides = stridesOf(shape);
  // An axis belongs to one side where it moves either the output or not, so that merging never mixes the two.
  let step = 1;
  const outStrides = new Array<number>(shape.length).fill(0);
  for (let axis = shape.length - 1; axis >= 0; axis--)
    if (!axes.includes(axis)) {
      outStrides[axis] = step;
      step *= shape[axis] ?? 1;
    }
  const space = collapse({ shape, strides: [strides, outStrides] });
  const [inStrides = [], moves = []] = space.strides;
  const all = space.shape.map((size, axis) => ({ size, from: inStrides[axis] ?? 0, to: moves[axis] ?? 0 }));
  const kept = all.filter(({ to: move }) => move !== 0);
  const reduced = all.filter(({ to: move }) => move === 0);
  const empty = shape.includes(0);
  const sets = (accumulators: readonly Local<'v128'>[]): Statement[] =>
    accumulators.map((accumulator) => set(accumulator, fold.identity()));
  const makeSet = (): Local<'v128'>[] => Array.from({ length: fold.count }, () => local('v128'));
  const resultBytes = bytesPerElement(resultDtype);
  const [source, target, at] = [local('i32'), local('i32'), local('i32')];
  const walkersOf = (axesOf: typeof all): Walker[] => [
    { pointer: source, strides: axesOf.map((axis) => axis.from * bytes) },
    { pointer: target, strides: axesOf.map((axis) => axis.to * resultBytes) },
  ];
  const start = [set(source, from), set(target, to)];
  const last = all.at(-1);
  const element = local('v128');

  if (last !== undefined && last.to !== 0) {
    // Neighbouring lanes side by side.
    const inner = kept.at(-1) ?? last;
    const block = (vectors: number, lanes: number = fold.width): Statement[] => {
      const totals = Array.from({ length: vectors }, makeSet);
      const body = totals.flatMap((accumulators, v) => [
        set(element, loadVector(dtype, fold.width, at, v * fold.width * bytes)),
        ...fold.take(accumulators, element),
      ]);
      return [
        ...totals.flatMap(sets),
        set(at, source),
        ...(empty
          ? []
          : nest(
              reduced.map(({ size }) => size),
              [{ pointer: at, strides: reduced.map((axis) => axis.from * bytes) }],
              1,
              body,
            )),
        ...(lanes < fold.width
          ? [set(element, fold.result(totals[0] ?? [])), ...storeLanes(resultDtype, fold.width, target, element, lanes)]
          : totals.map((accumulators, v) =>
              storeVector(resultDtype, fold.width, target, fold.result(accumulators), v * fold.width * resultBytes),
            )),
      ];
    };
    const wide = fold.count > 1 ? 2 : unroll;
    const whole = Math.floor(inner.size / (wide * fold.width)) * wide * fold.width;
    const outer = kept.slice(0, -1);
    const row = walkersOf([inner]);
    const move = (by: number): Statement[] => [
      set(source, i32.add(source, by * bytes)),
      set(target, i32.add(target, by * resultBytes)),
    ];
    if (outer.length === 0) {
      const { from: first, to: end, code } = shareOf(threads, inner.size, wide * fold.width);
      const counter = local('i32');
      const wholeEnd = select(i32.lt_u(end, whole), end, i32.const(whole));
      return [
        ...start,
        ...code,
        set(source, i32.add(source, i32.mul(first, bytes))),
        set(target, i32.add(target, i32.mul(first, resultBytes))),
        set(counter, first),
        loopWhile(i32.lt_u(counter, wholeEnd), [
          ...block(wide),
          ...move(wide * fold.width),
          set(counter, i32.add(counter, wide * fold.width)),
        ]),
        loopWhile(i32.lt_u(counter, end), [
          ...block(1),
          ...move(fold.width),
          set(counter, i32.add(counter, fold.width)),
        ]),
      ];
    }
    // Lines follow one another, and the next may be another thread's: nothing is stored beyond the end of one.
    const rest = inner.size % fold.width;
    const most = inner.size - rest;
    const line = [
      ...nest([whole], row, wide * fold.width, block(wide)),
      ...move(whole),
      ...nest([most - whole], row, fold.width, block(1)),
      ...(rest === 0 ? [] : [...move(most - whole), ...block(1, rest), ...move(whole - most)]),
      ...move(-whole),
    ];
    return [
      ...start,
      ...nestShare(
        threads,
        outer.map(({ size }) => size),
        walkersOf(outer),
        1,
        line,
      ),
    ];
  }

  // Along a lane, in several accumulators; what is beyond its end is masked.
  const length = last?.size ?? 1;
  const used = Math.min(unroll, Math.max(1, Math.ceil(length / fold.width)));
  const totals = Array.from({ length: used }, makeSet);
  const whole = Math.floor(length / (used * fold.width)) * used * fold.width;
  const rest = length - whole;
  const load = (v: number, masked: number): Statement[] => {
    const value = loadVector(dtype, fold.width, at, v * fold.width * bytes);
    const mask = firstLanes(dtype, fold.width, masked);
    return [set(element, masked >= fold.width ? value : v128.bitselect(value, fold.neutral(), mask))];
  };
  const vectors = (elements: number): Statement[] =>
    totals.flatMap((accumulators, v) => {
      const here = elements - v * fold.width;
      return here <= 0 ? [] : [...load(v, here), ...fold.take(accumulators, element)];
    });
  const along = [
    ...nest([whole], [{ pointer: at, strides: [bytes] }], used * fold.width, vectors(used * fold.width)),
    set(at, i32.add(at, whole * bytes)),
    ...vectors(rest),
    set(at, i32.sub(at, whole * bytes)),
  ];
  const outerReduced = reduced.slice(0, -1);
  const [first = [], ...others] = totals;
  const spare = makeSet();
  const across = (move: (x: Vector) => Vector): Statement[] => [
    ...first.map((accumulator, i) => set(spare[i] as Local<'v128'>, move(accumulator))),
    ...fold.merge(first, spare),
  ];
  return [
    ...start,
    ...nestShare(threads, kept.length === 0 ? [1] : kept.map(({ size }) => size), walkersOf(kept), 1, [
      ...totals.flatMap(sets),
      set(at, source),
      ...(empty
        ? []
        : nest(
            outerReduced.map(({ size }) => size),
            [{ pointer: at, strides: outerReduced.map((axis) => axis.from * bytes) }],
            1,
            along,
          )),
      ...others.flatMap((accumulators) => fold.merge(first, accumulators)),
      ...fold.gather(first),
      ...fold.moves.flatMap(across),
      storeFirst(resultDtype, target, fold.result(first)),
    ]),
  ];
};

const float = (dtype: Dtype): typeof f32x4 | typeof f64x2 => (dtype === 'float64' ? f64x2 : f32x4);

const extremum =
  (sign: 'min' | 'max'): ((dtype: Dtype) => Fold) =>
  (dtype) => {
    const worst = sign === 'max' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    if (dtype === 'bool') return simple('bool', 4, sign === 'max' ? 0 : 1, sign === 'max' ? v128.or : v128.and);
    if (dtype === 'int32') {
      const [identity, f] = sign === 'max' ? [-(2 ** 31), i32x4.max_s] : [2 ** 31 - 1, i32x4.min_s];
      return simple('int32', 4, identity, f as (a: Vector, b: Vector) => Vector);
    }
    return simple(dtype, dtype === 'float64' ? 2 : 4, worst, float(dtype)[sign]);
  };

const productOfFloats = reduction(() => inDoubles(1, f64x2.mul));

export const reductionLowerings: Pick<Lowerings, 'max' | 'min' | 'prod' | 'sum'> = {
  max: reduction(extremum('max')),
  min: reduction(extremum('min')),
  // A product of doubles depends on the order of its factors, which the layout must not decide: the reference's order.
  prod: (site) => (site.inputs[0]?.dtype === 'float32' ? productOfFloats(site) : productInOrder(site)),
  sum: reduction((dtype) =>
    dtype === 'float32'
      ? inDoubles(0, f64x2.add)
      : dtype === 'float64'
        ? compensated()
        : simple('int32', 4, 0, i32x4.add),
  ),
};
