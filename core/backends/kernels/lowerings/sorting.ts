/**
 * Stable sorting by merging: runs of 1, 2, 4, … are merged in pairs from one place of the workspace to another (D. E. Knuth, The Art of
 * Computer Programming 3, 5.2.4). Elements become signed 64-bit keys in the same order, so that floats are compared as integers.
 */
import { bytesPerElement, type Dtype } from '../../../base/dtype.js';
import { sizeOf } from '../../../base/shape.js';
import {
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
import type { Lowering, Lowerings } from './lowering.js';

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

const argsort: Lowering<{ readonly axis: number; readonly descending: boolean }> = ({
  inputs: [x],
  params: { axis, descending },
}) => {
  if (x === undefined) throw new RangeError('an operand is missing');
  const length = x.shape[axis] ?? 1;
  const inner = sizeOf(x.shape.slice(axis + 1));
  const outer = sizeOf(x.shape.slice(0, axis));
  const bytes = bytesPerElement(x.dtype);
  const read = readKeys(x.dtype, descending);
  return {
    kind: 'kernel',
    // Keys and places, here and there.
    workspace: 2 * length * (8 + 4),
    parallel: true,
    nanoseconds: outer * inner * length * (4 + 4 * Math.ceil(Math.log2(length + 1))),
    emit: ({ inputs: [source], output: target, workspace, thread, threads }) => {
      const [line, to, at] = [local('i32'), local('i32'), local('i32')];
      const [keys, indices, otherKeys, otherIndices, width, kept, count] = locals('i32', 7);
      return [
        set(line, source ?? target),
        set(to, target),
        ...nestShare(
          { thread, threads },
          outer === 1 ? [inner] : [outer, inner],
          outer === 1
            ? [
                { pointer: line, strides: [bytes] },
                { pointer: to, strides: [4] },
              ]
            : [
                { pointer: line, strides: [length * inner * bytes, bytes] },
                { pointer: to, strides: [length * inner * 4, 4] },
              ],
          1,
          [
            set(keys, workspace),
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
            set(at, to),
            loopOver(count, { end: length }, [
              i32.store(at, i32.load(indices)),
              set(indices, i32.add(indices, 4)),
              set(at, i32.add(at, inner * 4)),
            ]),
          ],
        ),
      ];
    },
  };
};

export const sortingLowerings: Pick<Lowerings, 'argsort'> = { argsort };
