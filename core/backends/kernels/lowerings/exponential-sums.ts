/**
 * What is made of sums of exponentials in doubles: the logarithm of such a sum over any axes, and softmax of float64. Each line is gone
 * along two or three times: for its maximum, for the exponentials and their sum, for the result. Two doubles are taken at once: along
 * the line where its elements lie next to each other, otherwise of two lines side by side.
 */
import { bytesPerElement } from '../../../base/dtype.js';
import { stridesOf } from '../../../base/shape.js';
import type { Aval } from '../../../program/program.js';
import { f32x4, f64x2, i8x16, i32, type Local, local, type Statement, set, v128 } from '../assembler/index.js';
import type { Vector } from '../loops/lanes.js';
import { beyond, collapse, nest } from '../loops/nest.js';
import { loadPair, type Numeric, storePair } from '../loops/scalars.js';
import { exp, log1p } from '../math/float64.js';
import { doubleLanes } from './elementary.js';
import type { Lowered, Lowering, Lowerings } from './lowering.js';

const infinity = Number.POSITIVE_INFINITY;

const swapped = (x: Vector): Vector => i8x16.shuffle([8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7], x, x);

/** Stores both of two doubles, or the first alone. */
const storeSome = (dtype: Numeric, at: Local<'i32'>, value: Vector, count: number): Statement => {
  if (count === 2) return storePair(dtype, at, value);
  return dtype === 'float64'
    ? v128.store64_lane(0, at, value)
    : v128.store32_lane(0, at, f32x4.demote_f64x2_zero(value));
};

/** An infinite maximum is not subtracted, nor is a NaN: it makes NaN by itself. */
const finite = (x: Local<'v128'>): Vector => v128.and(x, f64x2.lt(f64x2.abs(x), f64x2.const(infinity)));

/** Where the first and second double of a vector are read and written, and which of them count. */
interface Element {
  readonly value: Vector;
  readonly to: Local<'i32'>;
  readonly count: number;
  /** What does not count replaced by a number that changes nothing. */
  readonly masked: (x: Vector, neutral: number) => Vector;
}

/** Goes along the line, or both lines. */
type Pass = (body: (element: Element) => readonly Statement[]) => Statement[];

/** One line, or two side by side. */
interface Lines {
  readonly pass: Pass;
  /** All of a line in one number, in both lanes, where the two lanes belong to one line. */
  readonly across: (total: Local<'v128'>, f: (own: Vector, other: Vector) => Statement[]) => Statement[];
  /** Where the result of the line stands, if it has only one, and how many lines there are. */
  readonly result: Local<'i32'>;
  readonly count: number;
}

/**
 * The code that goes through all lines over `axes`, where `each` says what is done with them. Elements are written where they are
 * read in an array like x, and results one after another.
 */
const overLines = (
  { shape, dtype: type }: Aval,
  axes: readonly number[],
  [source, target]: readonly [Local<'i32'>, Local<'i32'>],
  each: (lines: Lines) => readonly Statement[],
): Statement[] => {
  const dtype = type as Numeric;
  const bytes = bytesPerElement(dtype);
  let step = 1;
  const outStrides = new Array<number>(shape.length).fill(0);
  for (let axis = shape.length - 1; axis >= 0; axis--)
    if (!axes.includes(axis)) {
      outStrides[axis] = step;
      step *= shape[axis] ?? 1;
    }
  const space = collapse({ shape, strides: [stridesOf(shape), outStrides] });
  const [inStrides = [], moves = []] = space.strides;
  const all = space.shape.map((size, axis) => ({ size, from: inStrides[axis] ?? 0, to: moves[axis] ?? 0 }));
  // A tensor of one element is a line of one: collapsing gives it an axis that moves both.
  const single = shape.every((size) => size === 1);
  const kept = single ? [] : all.filter(({ to }) => to !== 0);
  const reduced = single ? all : all.filter(({ to }) => to === 0);
  const [line, to, result, read, write] = [local('i32'), local('i32'), local('i32'), local('i32'), local('i32')];
  const sizes = (of: typeof all): number[] => of.map(({ size }) => size);
  const elementWalkers = (
    pointers: readonly Local<'i32'>[],
    of: typeof all,
  ): { pointer: Local<'i32'>; strides: number[] }[] =>
    pointers.map((pointer) => ({ pointer, strides: of.map(({ from }) => from * bytes) }));
  const lineWalkers = (of: typeof all): { pointer: Local<'i32'>; strides: number[] }[] => [
    ...elementWalkers([line, to], of),
    { pointer: result, strides: of.map((axis) => axis.to * bytes) },
  ];
  const start = [set(line, source), set(to, target), set(result, target)];
  const begin = [set(read, line), set(write, to)];
  const whole = (count: number): Element => ({ value: loadPair(dtype, read), to: write, count, masked: (x) => x });

  const last = kept.at(-1);
  if (last !== undefined && all.at(-1) === last) {
    // Lines side by side.
    const outer = kept.slice(0, -1);
    const lines = (count: number): readonly Statement[] =>
      each({
        pass: (body) =>
          shape.includes(0)
            ? []
            : [...begin, ...nest(sizes(reduced), elementWalkers([read, write], reduced), 1, body(whole(count)))],
        across: () => [],
        result,
        count,
      });
    const pairs = last.size - (last.size % 2);
    return [
      ...start,
      ...nest(sizes(outer), lineWalkers(outer), 1, [
        ...(pairs === 0 ? [] : nest([pairs], lineWalkers([last]), 2, lines(2))),
        ...(pairs === last.size ? [] : beyond(lineWalkers([last]), 0, pairs, lines(1))),
      ]),
    ];
  }

  // Along a line; of what is beyond its end nothing counts.
  const along = reduced.at(-1) ?? { size: 1, from: 1, to: 0 };
  const outer = reduced.slice(0, -1);
  const pairs = along.size - (along.size % 2);
  const both = [read, write];
  const move = (by: number): Statement[] => both.map((pointer) => set(pointer, i32.add(pointer, by * bytes)));
  const lone: Element = {
    ...whole(1),
    masked: (x, neutral) => v128.bitselect(x, f64x2.const(neutral), i8x16.const(...firstDouble)),
  };
  return [
    ...start,
    ...nest(
      sizes(kept),
      lineWalkers(kept),
      1,
      each({
        pass: (body) =>
          shape.includes(0)
            ? []
            : [
                ...begin,
                ...nest(sizes(outer), elementWalkers(both, outer), 1, [
                  ...(pairs === 0
                    ? []
                    : nest(
                        [pairs],
                        both.map((pointer) => ({ pointer, strides: [bytes] })),
                        2,
                        body(whole(2)),
                      )),
                  ...(pairs === along.size ? [] : [...move(pairs), ...body(lone), ...move(-pairs)]),
                ]),
              ],
        across: (total, f) => f(total, swapped(total)),
        result,
        count: 1,
      }),
    ),
  ];
};

const firstDouble = Array.from({ length: 16 }, (_, i) => (i < 8 ? -1 : 0));

/** The maximum of a line, or 0 where it is not finite. */
const findShift = ({ pass, across }: Lines, shift: Local<'v128'>): Statement[] => [
  set(shift, f64x2.const(-infinity)),
  ...pass(({ value, masked }) => [set(shift, f64x2.max(shift, masked(value, -infinity)))]),
  ...across(shift, (own, other) => [set(shift, f64x2.max(own, other))]),
  set(shift, finite(shift)),
];

/** The exponentials of a line, stored as float64, and their sum. */
const addExponentials = ({ pass, across }: Lines, shift: Local<'v128'>, total: Local<'v128'>): Statement[] => {
  const element = local('v128');
  return [
    set(total, f64x2.const(0)),
    ...pass(({ value, to, count, masked }) => [
      set(element, exp(f64x2.sub(value, shift), doubleLanes())),
      storeSome('float64', to, element, count),
      set(total, f64x2.add(total, masked(element, 0))),
    ]),
    ...across(total, (own, other) => [set(total, f64x2.add(own, other))]),
  ];
};

/**
 * The logarithm of that sum. The largest element alone adds 1, which is taken away while what additions lost is still known, so that the
 * others keep their digits beside it: ln total = ln(1 + others).
 */
const logOfExponentials = ({ pass, across }: Lines, shift: Local<'v128'>, total: Local<'v128'>): Statement[] => {
  const [lost, next, part, term] = [local('v128'), local('v128'), local('v128'), local('v128')];
  /** total ← total + term, and what that loses into `lost`. */
  const add = (value: Vector): Statement[] => [
    set(term, value),
    set(next, f64x2.add(total, term)),
    set(part, f64x2.sub(next, total)),
    set(lost, f64x2.add(lost, f64x2.add(f64x2.sub(total, f64x2.sub(next, part)), f64x2.sub(term, part)))),
    set(total, next),
  ];
  return [
    set(total, f64x2.const(0)),
    set(lost, f64x2.const(0)),
    ...pass(({ value, masked }) => add(masked(exp(f64x2.sub(value, shift), doubleLanes()), 0))),
    ...across(lost, (own, other) => [set(lost, f64x2.add(own, other))]),
    ...across(total, (_, other) => add(other)),
    ...add(f64x2.const(-1)),
    // An infinite sum has lost nothing, only a NaN stands in its place.
    set(total, f64x2.add(total, v128.and(lost, f64x2.eq(lost, lost)))),
    set(total, log1p(total, doubleLanes())),
  ];
};

const logsumexp: Lowering<{ readonly axes: readonly number[] }> = ({ inputs: [x], params: { axes } }): Lowered => {
  if (x === undefined) throw new RangeError('an operand is missing');
  const dtype = x.dtype as Numeric;
  return {
    kind: 'kernel',
    workspace: 0,
    emit: ({ inputs: [source], output: target }) =>
      overLines(x, axes, [source ?? target, target], (lines) => {
        const [shift, total] = [local('v128'), local('v128')];
        return [
          ...findShift(lines, shift),
          ...logOfExponentials(lines, shift, total),
          storeSome(dtype, lines.result, f64x2.add(shift, total), lines.count),
        ];
      }),
  };
};

type AxisLowering = Lowering<{ readonly axis: number }>;

const emitting =
  (each: (lines: Lines) => readonly Statement[]): AxisLowering =>
  ({ inputs: [x], params: { axis } }): Lowered => {
    if (x === undefined) throw new RangeError('an operand is missing');
    return {
      kind: 'kernel',
      workspace: 0,
      emit: ({ inputs: [source], output: target }) => overLines(x, [axis], [source ?? target, target], each),
    };
  };

/** Softmax of float64: the exponentials are kept in the output until their sum is known. */
export const softmaxOfDoubles: AxisLowering = emitting((lines) => {
  const [shift, total] = [local('v128'), local('v128')];
  return [
    ...findShift(lines, shift),
    ...addExponentials(lines, shift, total),
    ...lines.pass(({ to, count }) => [storeSome('float64', to, f64x2.div(v128.load(to), total), count)]),
  ];
});

export const logSoftmaxOfDoubles: AxisLowering = emitting((lines) => {
  const [shift, total] = [local('v128'), local('v128')];
  return [
    ...findShift(lines, shift),
    ...logOfExponentials(lines, shift, total),
    ...lines.pass(({ value, to, count }) => [
      storeSome('float64', to, f64x2.sub(f64x2.sub(value, shift), total), count),
    ]),
  ];
});

export const exponentialSumLowerings: Pick<Lowerings, 'logsumexp'> = { logsumexp };
