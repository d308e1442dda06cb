/**
 * Specs of the reductions, scans, softmax and order. The oracles sort elements into lanes by index arithmetic of their own
 * and use other formulas than the primitives' loops.
 */
import * as fc from 'fast-check';
import { type ShapeConstraints, shapeWithAxes, shapeWithAxis } from '../arbitraries/shapes.js';
import { type Draw, draw, drawDistinct, value } from '../arbitraries/values.js';
import type { Case, OpSpec } from './spec.js';

interface Reduction {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

interface Along {
  readonly axis: number;
}

interface Scan extends Along {
  readonly reverse: boolean;
}

/** A spec whose parameters are known while it is written. */
const spec = <P>(written: OpSpec<P>): OpSpec => written as OpSpec;

/** Flat indices of the elements of each lane, lanes in row-major order of the axes that stay. */
const lanes = (shape: readonly number[], axes: readonly number[]): number[][] => {
  const strideOf = (axis: number): number => shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const places = (among: readonly number[]): number[] =>
    among.reduce<number[]>(
      (starts, axis) =>
        starts.flatMap((start) => Array.from({ length: shape[axis] ?? 0 }, (_, i) => start + i * strideOf(axis))),
      [0],
    );
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  return places(kept).map((start) => places(axes).map((offset) => start + offset));
};

const none: Draw = { shape: [], data: [] };

/** A number from each lane. */
const reduced =
  (f: (lane: readonly number[]) => number) =>
  ({ inputs: [x = none], params: { axes } }: Case<Reduction>): number[] =>
    lanes(x.shape, axes).map((lane) => f(lane.map((i) => x.data[i] ?? Number.NaN)));

/** A lane from each lane: `f(lane, k)` is the k-th element. */
const along =
  <P extends Along>(f: (lane: readonly number[], k: number, params: P) => number) =>
  ({ inputs: [x = none], params }: Case<P>): number[] => {
    const out = x.data.map(() => Number.NaN);
    for (const places of lanes(x.shape, [params.axis])) {
      const lane = places.map((i) => x.data[i] ?? Number.NaN);
      for (const [k, i] of places.entries()) out[i] = f(lane, k, params);
    }
    return out;
  };

const reductions = (
  drawing: (shape: readonly number[]) => fc.Arbitrary<Draw>,
  { lanesHaveElements = false, ...constraints }: ShapeConstraints & { readonly lanesHaveElements?: boolean } = {},
): fc.Arbitrary<Case<Reduction>> =>
  shapeWithAxes(constraints).chain(({ shape, axes }) =>
    fc.record({
      inputs: fc.tuple(drawing(shape)),
      params: fc.record({
        axes: fc.constant(lanesHaveElements ? axes.filter((axis) => shape[axis] !== 0) : axes),
        keepDims: fc.boolean(),
      }),
    }),
  );

const axisCases = (
  drawing: (shape: readonly number[]) => fc.Arbitrary<Draw>,
  constraints: ShapeConstraints = {},
): fc.Arbitrary<Case<Along>> =>
  shapeWithAxis(constraints).chain(({ shape, axis }) => drawing(shape).map((x) => ({ inputs: [x], params: { axis } })));

const withFlag = <P extends Along, Flag extends string>(
  cases: fc.Arbitrary<Case<P>>,
  flag: Flag,
): fc.Arbitrary<Case<P & Record<Flag, boolean>>> =>
  fc.tuple(cases, fc.boolean()).map(([{ inputs, params }, on]) => ({
    inputs,
    params: { ...params, [flag]: on } as P & Record<Flag, boolean>,
  }));

/** Numbers of which every fifth is exactly 0. */
const drawWithZeros = (shape: readonly number[]): fc.Arbitrary<Draw> => {
  const size = shape.reduce((product, length) => product * length, 1);
  const element = fc.oneof({ weight: 4, arbitrary: value() }, { weight: 1, arbitrary: fc.constant(0) });
  return fc.array(element, { minLength: size, maxLength: size }).map((data) => ({ shape, data }));
};

/** Numbers that lie together, perhaps where exp overflows or underflows. */
const drawFarOut = (shape: readonly number[]): fc.Arbitrary<Draw> =>
  fc
    .tuple(draw(shape), fc.constantFrom(0, 0, 800, -800))
    .map(([x, offset]) => ({ shape, data: x.data.map((element) => element + offset) }));

const total = (lane: readonly number[]): number => lane.reduceRight((sum, x) => sum + x, 0);
const product = (lane: readonly number[]): number => lane.reduceRight((all, x) => all * x, 1);

/** `log(eᵃ + eᵇ)`, folded from the right. */
const logSumExp = (lane: readonly number[]): number =>
  lane.reduceRight((a, b) => Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b))), Number.NEGATIVE_INFINITY);

/** The part of a lane that a scan has seen when it stands at k. */
const seen = (lane: readonly number[], k: number, { reverse }: Scan): readonly number[] =>
  reverse ? lane.slice(k) : lane.slice(0, k + 1);

/** Small shapes, whose products stay of the order of 1. */
const few: ShapeConstraints = { maxRank: 2, maxSize: 3 };

export const reductionSpecs: Record<
  | 'argmax'
  | 'argmin'
  | 'argsort'
  | 'cumprod'
  | 'cumsum'
  | 'logSoftmax'
  | 'logsumexp'
  | 'max'
  | 'min'
  | 'prod'
  | 'recurrence'
  | 'softmax'
  | 'sum',
  OpSpec
> = {
  sum: spec({ cases: reductions(draw), derivative: 'smooth', oracle: reduced(total), ulp: 4, sums: true }),
  prod: spec({
    cases: reductions(drawWithZeros, few),
    derivative: 'smooth',
    oracle: reduced(product),
    tolerance: 1e-8,
    ulp: 4,
  }),
  max: spec({
    cases: reductions(drawDistinct, { lanesHaveElements: true }),
    derivative: 'smooth',
    oracle: reduced((lane) => lane.toSorted((a, b) => b - a)[0] ?? Number.NaN),
    ulp: 0,
  }),
  min: spec({
    cases: reductions(drawDistinct, { lanesHaveElements: true }),
    derivative: 'smooth',
    oracle: reduced((lane) => lane.toSorted((a, b) => a - b)[0] ?? Number.NaN),
    ulp: 0,
  }),
  argmax: spec({
    cases: reductions(drawDistinct, { lanesHaveElements: true }),
    derivative: 'none',
    oracle: reduced((lane) => lane.indexOf(Math.max(...lane))),
    ulp: 0,
  }),
  argmin: spec({
    cases: reductions(drawDistinct, { lanesHaveElements: true }),
    derivative: 'none',
    oracle: reduced((lane) => lane.indexOf(Math.min(...lane))),
    ulp: 0,
  }),
  logsumexp: spec({
    cases: reductions(drawFarOut),
    derivative: 'smooth',
    oracle: reduced(logSumExp),
    tolerance: 1e-8,
    ulp: 4,
  }),
  softmax: spec({
    cases: axisCases(drawFarOut),
    derivative: 'smooth',
    oracle: along((lane, k) => 1 / total(lane.map((x) => Math.exp(x - (lane[k] ?? 0))))),
    tolerance: 1e-8,
    ulp: 8,
  }),
  logSoftmax: spec({
    cases: axisCases(drawFarOut),
    derivative: 'smooth',
    oracle: along((lane, k) => -logSumExp(lane.map((x) => x - (lane[k] ?? 0)))),
    tolerance: 1e-8,
    ulp: 8,
  }),
  cumsum: spec({
    cases: withFlag(axisCases(draw), 'reverse'),
    derivative: 'smooth',
    oracle: along((lane, k, params: Scan) => total(seen(lane, k, params))),
    ulp: 4,
    sums: true,
  }),
  cumprod: spec({
    cases: withFlag(axisCases(drawWithZeros), 'reverse'),
    derivative: 'smooth',
    oracle: along((lane, k, params: Scan) => product(seen(lane, k, params))),
    ulp: 4,
  }),
  // h_k = Σⱼ bⱼ · (the coefficients behind j, up to and including k)
  recurrence: spec({
    cases: shapeWithAxis().chain(({ shape, axis }) =>
      fc
        .tuple(drawWithZeros(shape), draw(shape), fc.boolean())
        .map(([a, b, reverse]) => ({ inputs: [a, b], params: { axis, reverse } })),
    ),
    derivative: 'smooth',
    oracle: ({ inputs: [a = none, b = none], params }: Case<Scan>) => {
      const out = b.data.map(() => Number.NaN);
      for (const line of lanes(a.shape, [params.axis])) {
        const places = params.reverse ? line.toReversed() : line;
        const coefficients = places.map((i) => a.data[i] ?? Number.NaN);
        for (const [k, i] of places.entries())
          out[i] = total(
            places
              .slice(0, k + 1)
              .map((at, j) => (b.data[at] ?? Number.NaN) * product(coefficients.slice(j + 1, k + 1))),
          );
      }
      return out;
    },
    ulp: 4,
  }),
  // Element i stands behind all that come before it in the order: out[rank of i] = i.
  argsort: spec({
    cases: withFlag(
      fc.oneof(
        axisCases(drawDistinct),
        axisCases((shape) => draw(shape).map((x) => ({ shape, data: x.data.map(Math.round) }))),
      ),
      'descending',
    ),
    derivative: 'none',
    oracle: along((lane, k, { descending }: Along & { readonly descending: boolean }) =>
      lane.findIndex((x, i) => lane.filter((y, j) => (descending ? y > x : y < x) || (y === x && j < i)).length === k),
    ),
    ulp: 0,
  }),
};
