/**
 * Eliminations on one row-major n×n matrix of doubles in memory: the loops of `core/backends/reference/factorizations.ts`, operation by operation
 * and so bit for bit, with rows in vectors. What does not exist is reported as a number. Sizes and addresses are arguments, so that one
 * function serves every shape of a program.
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
  type Local,
  leave,
  local,
  locals,
  loopOver,
  memory,
  type Operand,
  type Repeat,
  repeat,
  type Statement,
  select,
  set,
  v128,
  when,
} from '../assembler/index.js';

type Int = Expression<'i32'>;
type Double = Expression<'f64'>;
type Routine<N extends number, R extends 'i32' | 'f64' | 'none'> = Func<Repeat<'i32', N>, R>;

/** The address of element (i, j) of a matrix with `columns` columns. */
export const place = (matrix: Int, columns: Operand<'i32'>, i: Operand<'i32'>, j: Operand<'i32'>): Int =>
  i32.add(matrix, i32.shl(i32.add(i32.mul(i, columns), j), 3));

export const item = (array: Int, i: Operand<'i32'>): Int => i32.add(array, i32.shl(i, 2));

/** `for (i = start; i < end; i++)`; `end` may be any expression. */
export const counting = (
  i: Local<'i32'>,
  start: Operand<'i32'>,
  end: Expression<'i32'>,
  body: readonly Statement[],
): Statement => loopOver(i, { start, end }, body);

export const increased = (i: Int): Int => i32.add(i, 1);

/** `for (at = from; at < end; at += 8)`, pairs first: `pair` and `single` do two elements, and one. */
export const alongRow = (at: Local<'i32'>, end: Local<'i32'>, pair: Statement, single: Statement): Statement[] => {
  const lastPair = local('i32');
  return [
    set(lastPair, i32.sub(end, 8)),
    loopOver(at, { start: at, end: lastPair, step: 16 }, [pair]),
    when(i32.lt_u(at, end), [single]),
  ];
};

/** x ← x − factor·y for rows of `count` doubles. */
export const subtractMultiple: Func<readonly ['i32', 'i32', 'f64', 'i32'], 'none'> = func(
  'subtractMultiple',
  ['i32', 'i32', 'f64', 'i32'],
  'none',
  (x, y, factor, count) => {
    const [end, away] = locals('i32', 2);
    const there = i32.add(x, away);
    return [
      set(away, i32.sub(y, x)),
      set(end, i32.add(x, i32.shl(count, 3))),
      ...alongRow(
        x,
        end,
        v128.store(x, f64x2.sub(v128.load(x), f64x2.mul(f64x2.splat(factor), v128.load(there)))),
        f64.store(x, f64.sub(f64.load(x), f64.mul(factor, f64.load(there)))),
      ),
    ];
  },
);

/** x ← x/divisor for a row of `count` doubles. */
export const divideBy: Func<readonly ['i32', 'f64', 'i32'], 'none'> = func(
  'divideBy',
  ['i32', 'f64', 'i32'],
  'none',
  (x, divisor, count) => {
    const end = local('i32');
    return [
      set(end, i32.add(x, i32.shl(count, 3))),
      ...alongRow(
        x,
        end,
        v128.store(x, f64x2.div(v128.load(x), f64x2.splat(divisor))),
        f64.store(x, f64.div(f64.load(x), divisor)),
      ),
    ];
  },
);

/** Exchanges `count` doubles that stand `step` bytes apart. */
export const exchange: Routine<4, 'none'> = func(
  'exchange',
  ['i32', 'i32', 'i32', 'i32'],
  'none',
  (x, y, step, count) => {
    const i = local('i32');
    const kept = local('f64');
    return [
      loopOver(i, { end: count }, [
        set(kept, f64.load(x)),
        f64.store(x, f64.load(y)),
        f64.store(y, kept),
        set(x, i32.add(x, step)),
        set(y, i32.add(y, step)),
      ]),
    ];
  },
);

export const exchangeItems = (array: Int, i: Int, j: Int, kept: Local<'i32'>): Statement[] => [
  set(kept, i32.load(item(array, i))),
  i32.store(item(array, i), i32.load(item(array, j))),
  i32.store(item(array, j), kept),
];

/** The numbers from 0 to n − 1. */
export const countUp = (array: Int, n: Local<'i32'>, i: Local<'i32'>): Statement =>
  loopOver(i, { end: n }, [i32.store(item(array, i), i)]);

/** Whether `value` is the better pivot; NaN wins. */
export const betterPivot = (value: Double, best: Local<'f64'>): Int =>
  i32.and(f64.eq(best, best), i32.eqz(f64.le(f64.abs(value), f64.abs(best))));

/** Subtracts multiples of row k from the rows below it, the multipliers left in the place of zeros. */
const eliminate = func('eliminate', ['i32', 'i32', 'i32'], 'none', (a, n, k) => {
  const [i, row] = locals('i32', 2);
  const [pivot, factor] = locals('f64', 2);
  return [
    set(pivot, f64.load(place(a, n, k, k))),
    counting(i, increased(k), n, [
      set(row, place(a, n, i, k)),
      set(factor, f64.div(f64.load(row), pivot)),
      f64.store(row, factor),
      call(subtractMultiple, i32.add(row, 8), place(a, n, k, increased(k)), factor, i32.sub(i32.sub(n, k), 1)),
    ]),
  ];
});

/**
 * `A[order] = L·U` in the place of `a`; `order` has room for n + 1 numbers, the last of which becomes the sign of the permutation. Gives
 * the first column without a pivot, or −1.
 */
export const factorLU: Routine<3, 'i32'> = func('factorLU', repeat('i32', 3), 'i32', (a, n, order) => {
  const [i, j, k, row, sign, singularAt, kept] = locals('i32', 7);
  const [best, value] = locals('f64', 2);
  const pivot = place(a, n, k, k);
  return [
    countUp(order, n, i),
    set(sign, 1),
    set(singularAt, -1),
    loopOver(k, { end: n }, [
      set(row, k),
      set(best, f64.load(place(a, n, k, k))),
      counting(i, increased(k), n, [
        set(value, f64.load(place(a, n, i, k))),
        when(betterPivot(value, best), [set(row, i), set(best, value)]),
      ]),
      when(i32.ne(row, k), [
        call(exchange, place(a, n, k, 0), place(a, n, row, 0), 8, n),
        ...exchangeItems(order, k, row, kept),
        set(sign, i32.sub(0, sign)),
      ]),
      // A NaN that is left is the pivot of a column of zeros.
      when(f64.eq(f64.load(pivot), 0), [
        counting(i, k, n, [
          counting(j, increased(k), n, [
            set(value, f64.load(place(a, n, i, j))),
            when(f64.ne(value, value), [f64.store(pivot, value)]),
          ]),
        ]),
      ]),
      when(
        f64.ne(f64.load(pivot), 0),
        [call(eliminate, a, n, k)],
        [when(i32.lt_s(singularAt, 0), [set(singularAt, k)])],
      ),
    ]),
    i32.store(item(order, n), sign),
    singularAt,
  ];
});

/**
 * `factorRows(a, rows, columns, order)`: `A[order] = L·U` of any shape, in the place of `a`. A column without a pivot leaves 0 on the
 * diagonal.
 */
export const factorRows: Routine<4, 'none'> = func(
  'factorRows',
  repeat('i32', 4),
  'none',
  (a, rows, columns, order) => {
    const [i, k, row, kept, line] = locals('i32', 5);
    const [best, value, factor] = locals('f64', 3);
    return [
      countUp(order, rows, i),
      loopOver(k, { end: choose(i32.lt_s(rows, columns), rows, columns) }, [
        set(row, k),
        set(best, f64.load(place(a, columns, k, k))),
        counting(i, increased(k), rows, [
          set(value, f64.load(place(a, columns, i, k))),
          when(betterPivot(value, best), [set(row, i), set(best, value)]),
        ]),
        call(exchange, place(a, columns, k, 0), place(a, columns, row, 0), 8, columns),
        ...exchangeItems(order, k, row, kept),
        when(f64.ne(best, 0), [
          counting(i, increased(k), rows, [
            set(line, place(a, columns, i, k)),
            set(factor, f64.div(f64.load(line), best)),
            f64.store(line, factor),
            call(
              subtractMultiple,
              i32.add(line, 8),
              place(a, columns, k, increased(k)),
              factor,
              i32.sub(i32.sub(columns, k), 1),
            ),
          ]),
        ]),
      ]),
    ];
  },
);

/**
 * `A[rowOrder, columnOrder] = L·D·V` in the place of `a`, with complete pivoting; D in `pivots`, which begins as zeros. Gives the sign of
 * both permutations together.
 */
const factorLDV: Routine<5, 'i32'> = func(
  'factorLDV',
  repeat('i32', 5),
  'i32',
  (a, n, pivots, rowOrder, columnOrder) => {
    const [i, j, k, row, column, sign, kept] = locals('i32', 7);
    const [best, value] = locals('f64', 2);
    return [
      countUp(rowOrder, n, i),
      countUp(columnOrder, n, i),
      set(sign, 1),
      loopOver(k, { end: n }, [
        set(row, k),
        set(column, k),
        set(best, f64.load(place(a, n, k, k))),
        counting(i, k, n, [
          counting(j, k, n, [
            set(value, f64.load(place(a, n, i, j))),
            when(betterPivot(value, best), [set(row, i), set(column, j), set(best, value)]),
          ]),
        ]),
        call(exchange, place(a, n, k, 0), place(a, n, row, 0), 8, n),
        call(exchange, place(a, n, 0, k), place(a, n, 0, column), i32.shl(n, 3), n),
        ...exchangeItems(rowOrder, k, row, kept),
        ...exchangeItems(columnOrder, k, column, kept),
        when(i32.ne(i32.eq(row, k), i32.eq(column, k)), [set(sign, i32.sub(0, sign))]),
        set(best, f64.load(place(a, n, k, k))),
        f64.store(i32.add(pivots, i32.shl(k, 3)), best),
        when(f64.eq(best, 0), [leave(sign)]),
        call(eliminate, a, n, k),
        call(divideBy, place(a, n, k, increased(k)), best, i32.sub(i32.sub(n, k), 1)),
      ]),
      sign,
    ];
  },
);

/**
 * Solves `op(T)·X = B` in the place of X, by substitution: `substitute(t, n, x, columns, lower, transpose, unitDiagonal)`, the last three
 * 0 or 1.
 */
export const substitute: Routine<7, 'none'> = func(
  'substitute',
  repeat('i32', 7),
  'none',
  (t, n, x, columns, lower, transpose, unitDiagonal) => {
    const [step, before, i, j, forwards] = locals('i32', 5);
    const inOrder = (at: Local<'i32'>): Int => choose(forwards, at, i32.sub(i32.sub(n, 1), at));
    const element = choose(transpose, place(t, n, j, i), place(t, n, i, j));
    return [
      set(forwards, i32.ne(lower, transpose)),
      loopOver(step, { end: n }, [
        set(i, inOrder(step)),
        loopOver(before, { end: step }, [
          set(j, inOrder(before)),
          call(subtractMultiple, place(x, columns, i, 0), place(x, columns, j, 0), f64.load(element), columns),
        ]),
        when(i32.eqz(unitDiagonal), [call(divideBy, place(x, columns, i, 0), f64.load(place(t, n, i, i)), columns)]),
      ]),
    ];
  },
);

/** Solves `A·X = B`, or `Aᵀ·X = B`: `solveLU(factors, order, n, b, x, columns, transpose)`; what stands in `b` is lost. */
export const solveLU: Routine<7, 'none'> = func(
  'solveLU',
  repeat('i32', 7),
  'none',
  (factors, order, n, b, x, columns, transpose) => {
    const [i, width] = locals('i32', 2);
    const row = (matrix: Int, number: Int): Int => i32.add(matrix, i32.mul(number, width));
    const each = (to: (i: Int) => Int, from: (i: Int) => Int): Statement =>
      loopOver(i, { end: n }, [memory.copy(to(i), from(i), width)]);
    const ordered = i32.load(item(order, i));
    return [
      set(width, i32.shl(columns, 3)),
      when(
        transpose,
        [
          call(substitute, factors, n, b, columns, 0, 1, 0),
          call(substitute, factors, n, b, columns, 1, 1, 1),
          each(
            () => row(x, ordered),
            () => row(b, i),
          ),
        ],
        [
          each(
            () => row(x, i),
            () => row(b, ordered),
          ),
          call(substitute, factors, n, x, columns, 1, 0, 1),
          call(substitute, factors, n, x, columns, 0, 0, 0),
        ],
      ),
    ];
  },
);

/** The lower factor of ½(A + Aᵀ) in `l`, which begins as zeros; gives the first leading minor that is not positive, or −1. */
export const factorCholesky: Routine<3, 'i32'> = func('factorCholesky', repeat('i32', 3), 'i32', (a, n, l) => {
  const [i, j, k] = locals('i32', 3);
  const rest = local('f64');
  const at = place(l, n, i, j);
  return [
    loopOver(j, { end: n }, [
      counting(i, j, n, [
        set(rest, f64.div(f64.add(f64.load(place(a, n, i, j)), f64.load(place(a, n, j, i))), 2)),
        loopOver(k, { end: j }, [
          set(rest, f64.sub(rest, f64.mul(f64.load(place(l, n, i, k)), f64.load(place(l, n, j, k))))),
        ]),
        when(
          i32.eq(i, j),
          [when(f64.le(rest, 0), [leave(j)]), f64.store(at, f64.sqrt(rest))],
          [f64.store(at, f64.div(rest, f64.load(place(l, n, j, j))))],
        ),
      ]),
    ]),
    i32.const(-1),
  ];
});

/** The product of a diagonal, times the sign of a permutation. */
export const diagonalProduct: Routine<3, 'f64'> = func('diagonalProduct', repeat('i32', 3), 'f64', (a, n, sign) => {
  const i = local('i32');
  const product = local('f64');
  return [
    set(product, f64.convert_i32_s(sign)),
    loopOver(i, { end: n }, [set(product, f64.mul(product, f64.load(place(a, n, i, i))))]),
    product,
  ];
});

/**
 * The cofactors of `a`, which is lost, in `out`: `cofactors(a, n, x, y, orders, out)`, with room for n² + n doubles in `x`, n² in `y` and 2n
 * integers in `orders`. `core/primitives/linalg/cofactor.ts` derives it.
 */
export const cofactors: Routine<6, 'none'> = func('cofactors', repeat('i32', 6), 'none', (a, n, x, y, orders, out) => {
  const [i, j, sign, pivots, columnOrder, bytes] = locals('i32', 6);
  const [before, behind] = locals('f64', 2);
  const mirror = i32.sub(i32.sub(n, 1), i);
  /** The product of the other pivots, on the diagonal of x. */
  const diagonal = (at: Int): Int => place(x, n, at, at);
  const pivot = (at: Int): Double => f64.load(i32.add(pivots, i32.shl(at, 3)));
  const times = (at: Int, factor: Double): Statement =>
    f64.store(diagonal(at), f64.mul(f64.load(diagonal(at)), factor));
  return [
    set(bytes, i32.shl(i32.mul(n, n), 3)),
    set(pivots, i32.add(x, bytes)),
    set(columnOrder, item(orders, n)),
    memory.fill(x, 0, i32.add(bytes, i32.shl(n, 3))),
    set(sign, call(factorLDV, a, n, pivots, orders, columnOrder)),
    loopOver(i, { end: n }, [f64.store(diagonal(i), f64.const(1))]),
    set(before, 1),
    set(behind, 1),
    loopOver(i, { end: n }, [
      times(i, before),
      times(mirror, behind),
      set(before, f64.mul(before, pivot(i))),
      set(behind, f64.mul(behind, pivot(mirror))),
    ]),
    loopOver(i, { end: n }, [f64.store(diagonal(i), f64.mul(f64.convert_i32_s(sign), f64.load(diagonal(i))))]),
    call(substitute, a, n, x, n, 1, 1, 1),
    loopOver(i, { end: n }, [loopOver(j, { end: n }, [f64.store(place(y, n, j, i), f64.load(place(x, n, i, j)))])]),
    call(substitute, a, n, y, n, 0, 0, 1),
    loopOver(i, { end: n }, [
      loopOver(j, { end: n }, [
        f64.store(
          place(out, n, i32.load(item(orders, i)), i32.load(item(columnOrder, j))),
          f64.load(place(y, n, j, i)),
        ),
      ]),
    ]),
  ];
});

/** Whether some element of the diagonal is 0. */
export const hasZeroPivot: Routine<2, 'i32'> = func('hasZeroPivot', repeat('i32', 2), 'i32', (a, n) => {
  const [i, found] = locals('i32', 2);
  return [
    loopOver(i, { end: n }, [set(found, select(f64.eq(f64.load(place(a, n, i, i)), 0), i32.const(1), found))]),
    found,
  ];
});
