/**
 * Reflections and rotations on one matrix of doubles in memory: the loops of `core/backends/reference/orthogonal.ts`, which explains them,
 * operation by operation and so bit for bit.
 */
import {
  call,
  choose,
  type Expression,
  type Func,
  f64,
  func,
  i32,
  type Local,
  leave,
  local,
  locals,
  loopOver,
  loopWhile,
  memory,
  type Repeat,
  repeat,
  type Statement,
  set,
  when,
} from '../assembler/index.js';
import { counting, divideBy, exchange, increased, place, subtractMultiple } from './elimination.js';
import { dot, fillNaN, identity, largestSize, mirror, powerBelow, rotate, signOf } from './rows.js';

type Int = Expression<'i32'>;
type Double = Expression<'f64'>;
type Routine<N extends number> = Func<Repeat<'i32', N>, 'none'>;

const mostSweeps = 60;
const enormous = 2 ** 960;
const shrinking = 2 ** 60;
const negligible = 2 ** -60;
const vanishing = 2 ** -960;

const item = (array: Int, i: Int): Int => i32.add(array, i32.shl(i, 3));

/**
 * `factorQR(w, length, columns, q, r, rest)`: the columns of Q in the rows of `q`, R in `r`, of a matrix whose columns are the rows of `w`.
 * Both begin as zeros, as do the 2k doubles at `rest`.
 */
export const factorQR: Routine<6> = func('factorQR', repeat('i32', 6), 'none', (w, length, columns, q, r, rest) => {
  const [k, i, j, c, at, other, count, diagonals] = locals('i32', 8);
  const [scale, norm, first, alpha, sign, tau, shrunk] = locals('f64', 7);
  return [
    set(k, choose(i32.lt_s(length, columns), length, columns)),
    set(diagonals, item(rest, k)),
    set(norm, call(largestSize, w, i32.mul(length, columns))),
    set(
      shrunk,
      choose(
        i32.and(f64.gt(norm, enormous), f64.lt(norm, Number.POSITIVE_INFINITY)),
        f64.const(shrinking),
        f64.const(1),
      ),
    ),
    call(divideBy, w, shrunk, i32.mul(length, columns)),
    loopOver(j, { end: k }, [
      set(at, place(w, length, j, j)),
      set(count, i32.sub(length, j)),
      set(scale, call(largestSize, at, count)),
      when(f64.ne(scale, 0), [
        call(divideBy, at, scale, count),
        set(norm, f64.sqrt(call(dot, at, at, count))),
        set(first, f64.load(at)),
        set(alpha, choose(f64.lt(first, 0), norm, f64.neg(norm))),
        f64.store(item(diagonals, j), f64.mul(alpha, scale)),
        set(tau, f64.div(f64.sub(alpha, first), alpha)),
        f64.store(item(rest, j), tau),
        call(divideBy, at, f64.sub(first, alpha), count),
        f64.store(at, f64.const(1)),
        counting(c, increased(j), columns, [
          set(other, place(w, length, c, j)),
          call(subtractMultiple, other, at, f64.mul(tau, call(dot, at, other, count)), count),
        ]),
      ]),
    ]),
    loopOver(i, { end: k }, [
      set(scale, f64.load(item(diagonals, i))),
      set(sign, choose(f64.lt(scale, 0), f64.const(-1), f64.const(1))),
      f64.store(place(r, columns, i, i), f64.mul(sign, scale)),
      counting(c, increased(i), columns, [
        f64.store(place(r, columns, i, c), f64.mul(sign, f64.load(place(w, length, c, i)))),
      ]),
      f64.store(place(q, length, i, i), sign),
    ]),
    set(j, k),
    loopWhile(i32.gt_s(j, 0), [
      set(j, i32.sub(j, 1)),
      set(at, place(w, length, j, j)),
      set(count, i32.sub(length, j)),
      set(tau, f64.load(item(rest, j))),
      counting(i, j, k, [
        set(other, place(q, length, i, j)),
        call(subtractMultiple, other, at, f64.mul(tau, call(dot, at, other, count)), count),
      ]),
    ]),
    call(divideBy, r, f64.div(1, shrunk), i32.mul(k, columns)),
  ];
});

/** The tangent of the smaller angle of a rotation. */
const tangentOf: Func<readonly ['f64'], 'f64'> = func('tangentOf', ['f64'], 'f64', (zeta) => {
  const [size, tangent] = locals('f64', 2);
  return [
    set(size, f64.abs(zeta)),
    set(
      tangent,
      choose(
        f64.gt(size, 1e8),
        f64.div(0.5, size),
        f64.div(1, f64.add(size, f64.sqrt(f64.add(1, f64.mul(size, size))))),
      ),
    ),
    choose(f64.lt(zeta, 0), f64.neg(tangent), tangent),
  ];
});

/** Cosine and sine of the rotation that makes `product` between `left` and `right` zero, and its tangent. */
const angle = (
  { left, right, product }: { readonly left: Double; readonly right: Double; readonly product: Double },
  { t, c, s }: { readonly t: Local<'f64'>; readonly c: Local<'f64'>; readonly s: Local<'f64'> },
): Statement[] => [
  set(t, call(tangentOf, f64.div(f64.sub(right, left), f64.mul(2, product)))),
  set(c, f64.div(1, f64.sqrt(f64.add(1, f64.mul(t, t))))),
  set(s, f64.mul(c, t)),
];

/** Rounds, each of which counts in `rotations` what it did, until one does nothing or there were too many. */
const sweeps = (sweep: Local<'i32'>, rotations: Local<'i32'>, body: readonly Statement[]): Statement[] => [
  set(sweep, 0),
  set(rotations, 1),
  loopWhile(i32.and(i32.gt_s(rotations, 0), i32.lt_s(sweep, mostSweeps)), [
    set(rotations, 0),
    ...body,
    set(sweep, increased(sweep)),
  ]),
];

/** Doubles that `factorSymmetric` needs: the matrix once more, its rows an odd number of doubles apart, so that a column is spread over the cache. */
export const symmetricScratch = (n: number): number => n * (n | 1);

/** `factorSymmetric(a, n, values, vectors, scratch)`: eigenvalues of the symmetric part, ascending, and their vectors as rows. */
export const factorSymmetric: Routine<5> = func(
  'factorSymmetric',
  repeat('i32', 5),
  'none',
  (a, n, values, vectors, b) => {
    const [i, j, p, q, sweep, rotations, least, line] = locals('i32', 8);
    const [size, scale, left, right, product, t, c, s] = locals('f64', 8);
    const all = i32.mul(n, n);
    const upper = place(b, line, p, q);
    return [
      call(identity, vectors, n),
      loopOver(i, { end: n }, [
        loopOver(j, { end: i }, [
          set(product, f64.add(f64.div(f64.load(place(a, n, i, j)), 2), f64.div(f64.load(place(a, n, j, i)), 2))),
          f64.store(place(a, n, i, j), product),
          f64.store(place(a, n, j, i), product),
        ]),
      ]),
      set(size, call(largestSize, a, all)),
      when(i32.eqz(f64.lt(size, Number.POSITIVE_INFINITY)), [
        call(fillNaN, values, n),
        call(fillNaN, vectors, all),
        leave(),
      ]),
      set(scale, powerBelow(size)),
      call(divideBy, a, scale, all),
      set(line, i32.or(n, 1)),
      loopOver(i, { end: n }, [memory.copy(place(b, line, i, 0), place(a, n, i, 0), i32.shl(n, 3))]),
      ...sweeps(sweep, rotations, [
        loopOver(p, { end: n }, [
          counting(q, increased(p), n, [
            set(product, f64.load(upper)),
            when(f64.gt(f64.abs(product), negligible), [
              set(rotations, increased(rotations)),
              set(left, f64.load(place(b, line, p, p))),
              set(right, f64.load(place(b, line, q, q))),
              ...angle({ left, right, product }, { t, c, s }),
              call(rotate, place(b, line, p, 0), place(b, line, q, 0), c, s, n),
              call(mirror, b, line, n, p, q),
              f64.store(place(b, line, p, p), f64.sub(left, f64.mul(t, product))),
              f64.store(place(b, line, q, q), f64.add(right, f64.mul(t, product))),
              f64.store(upper, f64.const(0)),
              f64.store(place(b, line, q, p), f64.const(0)),
              call(rotate, place(vectors, n, p, 0), place(vectors, n, q, 0), c, s, n),
            ]),
          ]),
        ]),
      ]),
      loopOver(i, { end: n }, [f64.store(item(values, i), f64.mul(f64.load(place(b, line, i, i)), scale))]),
      loopOver(i, { end: n }, [
        set(least, i),
        counting(j, increased(i), n, [
          when(f64.lt(f64.load(item(values, j)), f64.load(item(values, least))), [set(least, j)]),
        ]),
        call(exchange, item(values, i), item(values, least), 8, 1),
        call(exchange, place(vectors, n, i, 0), place(vectors, n, least, 0), 8, n),
        call(divideBy, place(vectors, n, i, 0), call(signOf, place(vectors, n, i, 0), n), n),
      ]),
    ];
  },
);

/** The square of a row's length. */
const squared = (w: Int, row: Int, length: Local<'i32'>): Double =>
  call(dot, place(w, length, row, 0), place(w, length, row, 0), length);

/** `longestFirst(w, rows, length, short, p)`: the longest of the rows from p on becomes row p. */
const longestFirst: Routine<5> = func('longestFirst', repeat('i32', 5), 'none', (w, rows, length, short, p) => {
  const [q, longest] = locals('i32', 2);
  const [most, size] = locals('f64', 2);
  return [
    set(longest, p),
    set(most, squared(w, p, length)),
    counting(q, increased(p), rows, [
      set(size, squared(w, q, length)),
      when(f64.gt(size, most), [set(longest, q), set(most, size)]),
    ]),
    call(exchange, place(w, length, p, 0), place(w, length, longest, 0), 8, length),
    call(exchange, place(short, rows, p, 0), place(short, rows, longest, 0), 8, rows),
  ];
});

/** `complete(w, rows, length, rank)`: rows from `rank` on become unit vectors that are orthogonal to all others. */
const complete: Routine<4> = func('complete', repeat('i32', 4), 'none', (w, rows, length, rank) => {
  const [row, i, r, axis, turn, at] = locals('i32', 6);
  const [least, covered, value] = locals('f64', 3);
  const other = place(w, length, r, 0);
  return [
    counting(row, rank, rows, [
      set(axis, 0),
      set(least, Number.POSITIVE_INFINITY),
      loopOver(i, { end: length }, [
        set(covered, 0),
        loopOver(r, { end: row }, [
          set(value, f64.load(place(w, length, r, i))),
          set(covered, f64.add(covered, f64.mul(value, value))),
        ]),
        when(f64.lt(covered, least), [set(axis, i), set(least, covered)]),
      ]),
      set(at, place(w, length, row, 0)),
      memory.fill(at, 0, i32.shl(length, 3)),
      f64.store(item(at, axis), f64.const(1)),
      loopOver(turn, { end: 2 }, [
        loopOver(r, { end: row }, [call(subtractMultiple, at, other, call(dot, at, other, length), length)]),
      ]),
      call(divideBy, at, f64.sqrt(call(dot, at, at, length)), length),
    ]),
  ];
});

/**
 * `factorSingular(w, rows, length, byLong, values, short)`: singular values of the rows of `w`, descending; the vectors that are as long as
 * a row are left in `w`, the others become the rows of `short`.
 */
export const factorSingular: Routine<6> = func(
  'factorSingular',
  repeat('i32', 6),
  'none',
  (w, rows, length, byLong, values, short) => {
    const [p, q, sweep, rotations, rank] = locals('i32', 5);
    const [size, scale, orthogonal, left, right, product, t, c, s, ofLong, ofShort] = locals('f64', 11);
    const all = i32.mul(rows, length);
    const first = place(w, length, p, 0);
    const second = place(w, length, q, 0);
    return [
      call(identity, short, rows),
      set(size, call(largestSize, w, all)),
      when(i32.eqz(f64.lt(size, Number.POSITIVE_INFINITY)), [
        call(fillNaN, values, rows),
        call(fillNaN, w, all),
        call(fillNaN, short, i32.mul(rows, rows)),
        leave(),
      ]),
      set(scale, powerBelow(size)),
      call(divideBy, w, scale, all),
      set(orthogonal, f64.mul(2 ** -51, f64.add(4, f64.div(f64.convert_i32_s(length), 16)))),
      ...sweeps(sweep, rotations, [
        loopOver(p, { end: rows }, [
          call(longestFirst, w, rows, length, short, p),
          counting(q, increased(p), rows, [
            set(left, squared(w, p, length)),
            set(right, squared(w, q, length)),
            when(i32.and(f64.gt(left, vanishing), f64.gt(right, vanishing)), [
              set(product, call(dot, first, second, length)),
              when(f64.gt(f64.abs(product), f64.mul(orthogonal, f64.mul(f64.sqrt(left), f64.sqrt(right)))), [
                set(rotations, increased(rotations)),
                ...angle({ left, right, product }, { t, c, s }),
                call(rotate, first, second, c, s, length),
                call(rotate, place(short, rows, p, 0), place(short, rows, q, 0), c, s, rows),
              ]),
            ]),
          ]),
        ]),
      ]),
      memory.fill(values, 0, i32.shl(rows, 3)),
      loopOver(p, { end: rows }, [call(longestFirst, w, rows, length, short, p)]),
      loopOver(p, { end: rows }, [
        set(left, squared(w, p, length)),
        when(f64.gt(left, vanishing), [
          set(rank, increased(p)),
          set(right, f64.sqrt(left)),
          f64.store(item(values, p), f64.mul(right, scale)),
          call(divideBy, first, right, length),
        ]),
      ]),
      call(complete, w, rows, length, rank),
      loopOver(p, { end: rows }, [
        set(ofLong, call(signOf, first, length)),
        set(ofShort, call(signOf, place(short, rows, p, 0), rows)),
        when(i32.lt_s(p, rank), [when(byLong, [set(ofShort, ofLong)], [set(ofLong, ofShort)])]),
        call(divideBy, first, ofLong, length),
        call(divideBy, place(short, rows, p, 0), ofShort, rows),
      ]),
    ];
  },
);

/**
 * `pseudoInverse(w, rows, length, relative, values, short, out)`: the pseudo-inverse of the columns or, transposed, of the rows that stand in
 * the rows of `w`.
 */
export const pseudoInverse: Func<readonly ['i32', 'i32', 'i32', 'f64', 'i32', 'i32', 'i32'], 'none'> = func(
  'pseudoInverse',
  ['i32', 'i32', 'i32', 'f64', 'i32', 'i32', 'i32'],
  'none',
  (w, rows, length, relative, values, short, out) => {
    const [r, i] = locals('i32', 2);
    const value = local('f64');
    return [
      call(factorSingular, w, rows, length, 1, values, short),
      memory.fill(out, 0, i32.shl(i32.mul(rows, length), 3)),
      loopOver(r, { end: rows }, [
        set(value, f64.load(item(values, r))),
        when(i32.eqz(f64.le(value, f64.mul(relative, f64.load(values)))), [
          loopOver(i, { end: rows }, [
            call(
              subtractMultiple,
              place(out, length, i, 0),
              place(w, length, r, 0),
              f64.div(f64.neg(f64.load(place(short, rows, r, i))), value),
              length,
            ),
          ]),
        ]),
      ]),
    ];
  },
);
