/**
 * Stable sorting by merging: runs of 1, 2, 4, … are merged in pairs from one place of the workspace to another (D. E. Knuth, The Art of
 * Computer Programming 3, 5.2.4). Elements become signed 64-bit keys in the same order, so that floats are compared as integers.
 */
import { bytesPerElement, type Dtype } from '../../../base/dtype.js';
import { sizeOf } from '../../../base/shape.js';
import type { Aval } from '../../../program/program.js';
import {
  block,
  branch,
  branchIf,
  call,
  type Expression,
  type Func,
  f64,
  func,
  i32,
  i64,
  type Local,
  letIn,
  local,
  locals,
  loop,
  loopOver,
  loopWhile,
  type Statement,
  select,
  set,
  when,
} from '../assembler/index.js';
import { smallerUnsigned } from '../loops/addresses.js';
import { nestShare } from '../loops/nest.js';
import { loadDouble } from '../loops/scalars.js';
import type { Lowered, Lowering, Lowerings } from './lowering.js';

/**
 * The bits of a double as an integer in the order of the doubles: those of negative numbers run the other way. Both zeros are one, and
 * every NaN is above all numbers.
 */
const keyOf = (x: Expression<'f64'>): Expression<'i64'> =>
  letIn(f64.add(x, 0), (value) =>
    letIn(i64.reinterpret_f64(value), (bits) =>
      select(f64.eq(value, value), i64.xor(bits, i64.shr_u(i64.shr_s(bits, 63n), 1n)), i64.const(2n ** 63n - 1n)),
    ),
  );

/** A sorted run pair: moves the record at `from` to `to`, and both on. */
const take = (
  keys: Local<'i32'>,
  indices: Local<'i32'>,
  toKeys: Local<'i32'>,
  toIndices: Local<'i32'>,
  from: Local<'i32'>,
  to: Local<'i32'>,
): Statement[] => [
  i64.store(i32.add(toKeys, i32.shl(to, 3)), i64.load(i32.add(keys, i32.shl(from, 3)))),
  i32.store(i32.add(toIndices, i32.shl(to, 2)), i32.load(i32.add(indices, i32.shl(from, 2)))),
  set(from, i32.add(from, 1)),
  set(to, i32.add(to, 1)),
];

/** Merges the runs of `width` of `count` records into runs of twice that elsewhere. */
const mergeRuns = func(
  'mergeRuns',
  ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
  'none',
  (keys, indices, toKeys, toIndices, count, width) => {
    const [start, left, right, middle, end, to] = locals('i32', 6);
    const keyAt = (place: Local<'i32'>): Expression<'i64'> => i64.load(i32.add(keys, i32.shl(place, 3)));
    const move = (from: Local<'i32'>): Statement[] => take(keys, indices, toKeys, toIndices, from, to);
    return [
      loopOver(start, { end: count, step: i32.shl(width, 1) }, [
        set(left, start),
        set(middle, smallerUnsigned(i32.add(start, width), count)),
        set(right, middle),
        set(end, smallerUnsigned(i32.add(middle, width), count)),
        set(to, start),
        loopWhile(i32.and(i32.lt_u(left, middle), i32.lt_u(right, end)), [
          // Of equals the left one, which came first.
          when(i64.le_s(keyAt(left), keyAt(right)), move(left), move(right)),
        ]),
        loopWhile(i32.lt_u(left, middle), move(left)),
        loopWhile(i32.lt_u(right, end), move(right)),
      ]),
    ];
  },
);

/** Reads a line's keys, and counts its places. */
const readKeys = (dtype: Dtype, descending: boolean): Func<readonly ['i32', 'i32', 'i32', 'i32', 'i32'], 'none'> =>
  func('readKeys', ['i32', 'i32', 'i32', 'i32', 'i32'], 'none', (from, stride, count, keys, indices) => {
    const place = local('i32');
    const key = keyOf(loadDouble(dtype, from));
    return [
      loopOver(place, { end: count }, [
        i64.store(keys, descending ? i64.xor(key, -1n) : key),
        i32.store(indices, place),
        set(from, i32.add(from, stride)),
        set(keys, i32.add(keys, 8)),
        set(indices, i32.add(indices, 4)),
      ]),
    ];
  });

/**
 * The least `count` keys of a line, in order, of equals the first: each key is put into its place among those so far. For few, since in the
 * worst case every key moves all of them.
 */
const selectLeast = (
  dtype: Dtype,
  descending: boolean,
): Func<readonly ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], 'none'> =>
  func(
    'selectLeast',
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    'none',
    (from, stride, length, count, keys, indices) => {
      const [place, held, at] = locals('i32', 3);
      const key = local('i64');
      const read = keyOf(loadDouble(dtype, from));
      const keyAt = (i: Expression<'i32'>): Expression<'i32'> => i32.add(keys, i32.shl(i, 3));
      const indexAt = (i: Expression<'i32'>): Expression<'i32'> => i32.add(indices, i32.shl(i, 2));
      const before = i32.sub(at, 1);
      return [
        loopOver(place, { end: length }, [
          set(key, descending ? i64.xor(read, -1n) : read),
          set(from, i32.add(from, stride)),
          when(i32.lt_u(held, count), [set(at, held), set(held, i32.add(held, 1))], [set(at, count)]),
          // Where there is no room, the last of those so far falls out.
          when(i32.eq(at, count), [
            when(i64.lt_s(key, i64.load(keyAt(i32.sub(count, 1)))), [set(at, i32.sub(count, 1))]),
          ]),
          when(i32.lt_u(at, count), [
            block((found) => [
              loop((again) => [
                branchIf(i32.eqz(at), found),
                branchIf(i64.le_s(i64.load(keyAt(before)), key), found),
                i64.store(keyAt(at), i64.load(keyAt(before))),
                i32.store(indexAt(at), i32.load(indexAt(before))),
                set(at, before),
                branch(again),
              ]),
            ]),
            i64.store(keyAt(at), key),
            i32.store(indexAt(at), place),
          ]),
        ]),
      ];
    },
  );

/** Moves one element as it is. */
const copyElement = (bytes: number, to: Expression<'i32'>, from: Expression<'i32'>): Statement =>
  bytes === 8
    ? i64.store(to, i64.load(from))
    : bytes === 4
      ? i32.store(to, i32.load(from))
      : i32.store8(to, i32.load8_u(from));

interface Order {
  readonly axis: number;
  readonly descending: boolean;
  /** How many of a line are wanted, from the first on. */
  readonly count: number;
}

/** The first elements of each line in order: where they stand, and before that, where `values` are wanted, themselves. */
const ordering = (x: Aval, { axis, descending, count }: Order, values: boolean): Lowered => {
  const length = x.shape[axis] as number;
  const inner = sizeOf(x.shape.slice(axis + 1));
  const outer = sizeOf(x.shape.slice(0, axis));
  const bytes = bytesPerElement(x.dtype);
  const rounds = Math.ceil(Math.log2(length + 1));
  // Moving all of so few keys, each time, takes no longer than merging rounds; mostly hardly any key is moved.
  const few = count < length && count <= 4 * rounds;
  const read = readKeys(x.dtype, descending);
  const select = selectLeast(x.dtype, descending);
  const records = few ? count : length;
  return {
    kind: 'kernel',
    // Keys and places, here and, for merging, there.
    workspace: (few ? 1 : 2) * records * 8 + Math.ceil(((few ? 1 : 2) * records) / 2) * 8,
    parallel: true,
    nanoseconds: outer * inner * length * (few ? 6 : 4 + 4 * rounds),
    emit: ({ inputs: [source], outputs: targets, workspace, thread, threads }) => {
      const [line, toValues, toIndices, at, to, from] = locals('i32', 6);
      const [keys, indices, otherKeys, otherIndices, width, kept, i] = locals('i32', 7);
      const [first, second] = targets as [Local<'i32'>, Local<'i32'>];
      // Lines that begin beside each other, in the input and in a result.
      const walkers = [
        { pointer: line, strides: [length * inner * bytes, bytes] },
        { pointer: toIndices, strides: [count * inner * 4, 4] },
        ...(values ? [{ pointer: toValues, strides: [count * inner * bytes, bytes] }] : []),
      ].map(({ pointer, strides }) => ({ pointer, strides: outer === 1 ? strides.slice(1) : strides }));
      const merged = [
        set(otherKeys, i32.add(workspace, 8 * length)),
        set(indices, i32.add(workspace, 16 * length)),
        set(otherIndices, i32.add(workspace, 20 * length)),
        call(read, line, inner * bytes, length, keys, indices),
        set(width, 1),
        loopWhile(i32.lt_u(width, length), [
          call(mergeRuns, keys, indices, otherKeys, otherIndices, length, width),
          ...[[keys, otherKeys] as const, [indices, otherIndices] as const].flatMap(([a, b]) => [
            set(kept, a),
            set(a, b),
            set(b, kept),
          ]),
          set(width, i32.shl(width, 1)),
        ]),
      ];
      const selected = [
        set(indices, i32.add(workspace, 8 * count)),
        call(select, line, inner * bytes, length, count, keys, indices),
      ];
      return [
        set(line, source as Local<'i32'>),
        ...(values ? [set(toValues, first), set(toIndices, second)] : [set(toIndices, first)]),
        ...nestShare({ thread, threads }, outer === 1 ? [inner] : [outer, inner], walkers, 1, [
          set(keys, workspace),
          ...(few ? selected : merged),
          set(at, toIndices),
          set(to, toValues),
          loopOver(i, { end: count }, [
            set(from, i32.load(indices)),
            i32.store(at, from),
            ...(values ? [copyElement(bytes, to, i32.add(line, i32.mul(from, inner * bytes)))] : []),
            set(indices, i32.add(indices, 4)),
            set(at, i32.add(at, inner * 4)),
            set(to, i32.add(to, inner * bytes)),
          ]),
        ]),
      ];
    },
  };
};

const operand = ([x]: readonly Aval[]): Aval => {
  if (x === undefined) throw new RangeError('an operand is missing');
  return x;
};

const argsort: Lowering<Omit<Order, 'count'>> = ({ inputs, params }) => {
  const x = operand(inputs);
  return ordering(x, { ...params, count: x.shape[params.axis] as number }, false);
};

const sorted: Lowering<Order> = ({ inputs, output, params }) =>
  // An empty result has no code.
  sizeOf(output.shape) === 0 ? { kind: 'reference' } : ordering(operand(inputs), params, true);

export const sortingLowerings: Pick<Lowerings, 'argsort' | 'sorted'> = { argsort, sorted };
