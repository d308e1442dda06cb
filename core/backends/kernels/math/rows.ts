/**
 * Vectors of doubles in rows of memory: the loops of `core/backends/reference/rows.ts`, operation by operation and so bit for bit. Lengths
 * are counts of doubles, steps are bytes.
 */
import {
  call,
  choose,
  type Expression,
  type Func,
  f64,
  f64x2,
  func,
  i32,
  i64,
  leave,
  local,
  locals,
  loopOver,
  memory,
  type Repeat,
  repeat,
  set,
  together,
  v128,
  when,
} from '../assembler/index.js';
import { alongRow, place } from './elimination.js';

/** Σ x·y, even and odd places apart: `dot(x, y, count)`. */
export const dot: Func<Repeat<'i32', 3>, 'f64'> = func('dot', repeat('i32', 3), 'f64', (x, y, count) => {
  const [end, away] = locals('i32', 2);
  const sums = local('v128');
  const [total, last] = locals('f64', 2);
  const there = i32.add(x, away);
  return [
    set(away, i32.sub(y, x)),
    set(end, i32.add(x, i32.shl(count, 3))),
    ...alongRow(
      x,
      end,
      set(sums, f64x2.add(sums, f64x2.mul(v128.load(x), v128.load(there)))),
      set(last, f64.mul(f64.load(x), f64.load(there))),
    ),
    set(total, f64.add(f64x2.extract_lane(0, sums), f64x2.extract_lane(1, sums))),
    when(i32.and(count, 1), [set(total, f64.add(total, last))]),
    total,
  ];
});

/** (x, y) ← (c·x − s·y, s·x + c·y): `rotate(x, y, c, s, count)`. */
export const rotate: Func<readonly ['i32', 'i32', 'f64', 'f64', 'i32'], 'none'> = func(
  'rotate',
  ['i32', 'i32', 'f64', 'f64', 'i32'],
  'none',
  (x, y, c, s, count) => {
    const [end, away] = locals('i32', 2);
    const [left, right] = locals('v128', 2);
    const [first, second] = locals('f64', 2);
    const there = i32.add(x, away);
    const both = (vector: Expression<'f64'>): Expression<'v128'> => f64x2.splat(vector);
    return [
      set(away, i32.sub(y, x)),
      set(end, i32.add(x, i32.shl(count, 3))),
      ...alongRow(
        x,
        end,
        together(
          set(left, v128.load(x)),
          set(right, v128.load(there)),
          v128.store(x, f64x2.sub(f64x2.mul(both(c), left), f64x2.mul(both(s), right))),
          v128.store(there, f64x2.add(f64x2.mul(both(s), left), f64x2.mul(both(c), right))),
        ),
        together(
          set(first, f64.load(x)),
          set(second, f64.load(there)),
          f64.store(x, f64.sub(f64.mul(c, first), f64.mul(s, second))),
          f64.store(there, f64.add(f64.mul(s, first), f64.mul(c, second))),
        ),
      ),
    ];
  },
);

/** `mirror(a, line, n, p, q)`: rows p and q of a square matrix, whose rows are `line` apart, become its columns p and q too. */
export const mirror: Func<Repeat<'i32', 5>, 'none'> = func('mirror', repeat('i32', 5), 'none', (a, line, n, p, q) => {
  const [i, row, column, toRow, toColumn] = locals('i32', 5);
  return [
    set(row, place(a, line, p, 0)),
    set(column, place(a, line, 0, p)),
    set(toRow, i32.sub(place(a, line, q, 0), row)),
    set(toColumn, i32.shl(i32.sub(q, p), 3)),
    loopOver(i, { end: n }, [
      f64.store(column, f64.load(row)),
      f64.store(i32.add(column, toColumn), f64.load(i32.add(row, toRow))),
      set(row, i32.add(row, 8)),
      set(column, i32.add(column, i32.shl(line, 3))),
    ]),
  ];
});

/** The largest size, NaN where one is: `largestSize(x, count)`. */
export const largestSize: Func<Repeat<'i32', 2>, 'f64'> = func('largestSize', repeat('i32', 2), 'f64', (x, count) => {
  const i = local('i32');
  const [largest, size] = locals('f64', 2);
  return [
    loopOver(i, { end: count }, [
      set(size, f64.abs(f64.load(x))),
      when(i32.eqz(f64.le(size, largest)), [set(largest, size)]),
      when(f64.ne(largest, largest), [leave(largest)]),
      set(x, i32.add(x, 8)),
    ]),
    largest,
  ];
});

/** The power of two at or below a positive number, no less than the least normal one. */
export const powerBelow = (size: Expression<'f64'>): Expression<'f64'> =>
  f64.max(f64.reinterpret_i64(i64.and(i64.reinterpret_f64(size), 0x7ff0_0000_0000_0000n)), f64.const(2 ** -1022));

/** 1 or −1, by which the sign of a vector is fixed: `signOf(x, count)`. */
export const signOf: Func<Repeat<'i32', 2>, 'f64'> = func('signOf', repeat('i32', 2), 'f64', (x, count) => {
  const i = local('i32');
  const [bound, value] = locals('f64', 2);
  return [
    set(bound, f64.mul(0.9, call(largestSize, x, count))),
    loopOver(i, { end: count }, [
      set(value, f64.load(x)),
      when(f64.ge(f64.abs(value), bound), [leave(choose(f64.lt(value, 0), f64.const(-1), f64.const(1)))]),
      set(x, i32.add(x, 8)),
    ]),
    f64.const(1),
  ];
});

/** `to[j, i] = from[i, j]`: `transpose(from, to, rows, columns)`. */
export const transpose: Func<Repeat<'i32', 4>, 'none'> = func(
  'transpose',
  repeat('i32', 4),
  'none',
  (from, to, rows, columns) => {
    const [i, j] = locals('i32', 2);
    return [
      loopOver(i, { end: rows }, [
        loopOver(j, { end: columns }, [f64.store(place(to, rows, j, i), f64.load(place(from, columns, i, j)))]),
      ]),
    ];
  },
);

/** A square matrix with ones on its diagonal: `identity(x, n)`. */
export const identity: Func<Repeat<'i32', 2>, 'none'> = func('identity', repeat('i32', 2), 'none', (x, n) => {
  const i = local('i32');
  return [
    memory.fill(x, 0, i32.shl(i32.mul(n, n), 3)),
    loopOver(i, { end: n }, [f64.store(place(x, n, i, i), f64.const(1))]),
  ];
});

/** Every number is NaN: `fillNaN(x, count)`. */
export const fillNaN: Func<Repeat<'i32', 2>, 'none'> = func('fillNaN', repeat('i32', 2), 'none', (x, count) => {
  const i = local('i32');
  return [loopOver(i, { end: count }, [f64.store(i32.add(x, i32.shl(i, 3)), f64.const(Number.NaN))])];
});
