/**
 * The exponential of one matrix of doubles in memory: the loops of `core/backends/reference/exponential.ts`, which explains them, operation by
 * operation and so bit for bit.
 */
import { padeCoefficients, padeError, padeRadius } from '../../../rules/scalar/pade.js';
import {
  call,
  type Expression,
  type Func,
  f64,
  func,
  i32,
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
import { divideBy, factorLU, place, solveLU, subtractMultiple } from './elimination.js';
import { engineFunction } from './engine-math.js';
import { fillNaN, largestSize, powerBelow } from './rows.js';

type Int = Expression<'i32'>;
type Double = Expression<'f64'>;

const item = (array: Int, i: Int): Int => i32.add(array, i32.shl(i, 3));
const log2 = (x: Double): Double => call(engineFunction('log2'), x);

/** X ← A·B, in which a product with 0 is 0: `multiplySquare(x, a, b, n)`. */
const multiplySquare: Func<Repeat<'i32', 4>, 'none'> = func(
  'multiplySquare',
  repeat('i32', 4),
  'none',
  (x, a, b, n) => {
    const [i, k, j] = locals('i32', 3);
    const [factor, other] = locals('f64', 2);
    const at = place(x, n, i, j);
    return [
      memory.fill(x, 0, i32.shl(i32.mul(n, n), 3)),
      loopOver(i, { end: n }, [
        loopOver(k, { end: n }, [
          set(factor, f64.load(place(a, n, i, k))),
          when(f64.ne(factor, 0), [
            when(
              f64.ne(f64.abs(factor), Number.POSITIVE_INFINITY),
              [call(subtractMultiple, place(x, n, i, 0), place(b, n, k, 0), f64.neg(factor), n)],
              [
                loopOver(j, { end: n }, [
                  set(other, f64.load(place(b, n, k, j))),
                  when(f64.ne(other, 0), [f64.store(at, f64.add(f64.load(at), f64.mul(factor, other)))]),
                ]),
              ],
            ),
          ]),
        ]),
      ]),
    ];
  },
);

/** The largest sum of sizes in a column: `columnNorm(a, n, sums)`. */
const columnNorm: Func<Repeat<'i32', 3>, 'f64'> = func('columnNorm', repeat('i32', 3), 'f64', (a, n, sums) => {
  const [i, j] = locals('i32', 2);
  return [
    memory.fill(sums, 0, i32.shl(n, 3)),
    loopOver(i, { end: n }, [
      loopOver(j, { end: n }, [
        f64.store(item(sums, j), f64.add(f64.load(item(sums, j)), f64.abs(f64.load(place(a, n, i, j))))),
      ]),
    ]),
    call(largestSize, sums, n),
  ];
});

/** log₂ of the largest column sum of |A|²⁷: `growthOf(a, n, row, next)`. */
const growthOf: Func<Repeat<'i32', 4>, 'f64'> = func('growthOf', repeat('i32', 4), 'f64', (a, n, row, next) => {
  const [i, j, power] = locals('i32', 3);
  const [growth, size] = locals('f64', 2);
  return [
    loopOver(i, { end: n }, [f64.store(item(row, i), f64.const(1))]),
    loopOver(power, { end: 27 }, [
      memory.fill(next, 0, i32.shl(n, 3)),
      loopOver(i, { end: n }, [
        loopOver(j, { end: n }, [
          f64.store(
            item(next, j),
            f64.add(f64.load(item(next, j)), f64.mul(f64.load(item(row, i)), f64.abs(f64.load(place(a, n, i, j))))),
          ),
        ]),
      ]),
      set(size, call(largestSize, next, n)),
      when(f64.eq(size, 0), [leave(f64.const(Number.NEGATIVE_INFINITY))]),
      set(growth, f64.add(growth, log2(size))),
      call(divideBy, next, size, n),
      memory.copy(row, next, i32.shl(n, 3)),
    ]),
    growth,
  ];
});

/** x ← x + value on the diagonal: `addToDiagonal(x, n, value)`. */
const addToDiagonal: Func<readonly ['i32', 'i32', 'f64'], 'none'> = func(
  'addToDiagonal',
  ['i32', 'i32', 'f64'],
  'none',
  (x, n, value) => {
    const i = local('i32');
    const at = place(x, n, i, i);
    return [loopOver(i, { end: n }, [f64.store(at, f64.add(f64.load(at), value))])];
  },
);

/** Doubles that `exponential` needs beside the matrix. */
export const exponentialScratch = (n: number): number => 7 * n * n + 3 * n + 1;

/** `exponential(a, n, scratch)`: gives where e^A is, within the scratch. What stands in `a` is lost. */
export const exponential: Func<Repeat<'i32', 3>, 'i32'> = func(
  'exponential',
  repeat('i32', 3),
  'i32',
  (a, n, scratch) => {
    const [a2, a4, a6, u, v, w, x, sums, next, order, all, bytes, squarings, i, result, other] = locals('i32', 16);
    const [norm, factor, size, measure, growth] = locals('f64', 5);
    const coefficient = (k: number): Double => f64.const(padeCoefficients[k] as number);
    const add = (to: Int, from: Int, value: Double): Statement => call(subtractMultiple, to, from, f64.neg(value), all);
    const terms = (to: Int, [sixth, fourth, second]: readonly [number, number, number]): Statement[] => [
      add(to, a6, coefficient(sixth)),
      add(to, a4, coefficient(fourth)),
      add(to, a2, coefficient(second)),
    ];
    const powers: Statement[] = [
      call(multiplySquare, a2, a, a, n),
      call(multiplySquare, a4, a2, a2, n),
      call(multiplySquare, a6, a4, a2, n),
    ];
    const halve: Statement[] = [set(factor, f64.div(factor, 2)), set(squarings, i32.add(squarings, 1))];
    const at = item(a, i);
    return [
      set(all, i32.mul(n, n)),
      set(bytes, i32.shl(all, 3)),
      set(a2, scratch),
      ...(
        [
          [a4, a2],
          [a6, a4],
          [u, a6],
          [v, u],
          [w, v],
          [x, w],
          [sums, x],
        ] as const
      ).map(([to, from]) => set(to, i32.add(from, bytes))),
      set(next, item(sums, n)),
      set(order, item(next, n)),
      set(norm, call(columnNorm, a, n, sums)),
      when(i32.eqz(f64.lt(norm, Number.POSITIVE_INFINITY)), [call(fillNaN, u, all), leave(u)]),
      set(factor, powerBelow(norm)),
      call(divideBy, a, factor, all),
      set(size, call(columnNorm, a, n, sums)),
      ...powers,
      set(measure, f64.sqrt(f64.sqrt(call(columnNorm, a4, n, sums)))),
      set(measure, f64.max(measure, call(engineFunction('cbrt'), f64.sqrt(call(columnNorm, a6, n, sums))))),
      loopWhile(f64.gt(f64.mul(measure, factor), padeRadius), halve),
      set(growth, f64.add(f64.sub(call(growthOf, a, n, sums, next), log2(size)), f64.mul(26, log2(factor)))),
      set(growth, f64.ceil(f64.div(f64.add(growth, padeError), 26))),
      loopWhile(f64.gt(growth, 0), [...halve, set(growth, f64.sub(growth, 1))]),
      loopOver(i, { end: all }, [f64.store(at, f64.mul(f64.load(at), factor))]),
      ...powers,
      memory.fill(u, 0, bytes),
      ...terms(u, [13, 11, 9]),
      call(multiplySquare, w, a6, u, n),
      ...terms(w, [7, 5, 3]),
      call(addToDiagonal, w, n, coefficient(1)),
      call(multiplySquare, u, a, w, n),
      memory.fill(w, 0, bytes),
      ...terms(w, [12, 10, 8]),
      call(multiplySquare, v, a6, w, n),
      ...terms(v, [6, 4, 2]),
      call(addToDiagonal, v, n, coefficient(0)),
      memory.copy(w, v, bytes),
      add(w, u, f64.const(-1)),
      add(v, u, f64.const(1)),
      set(i, call(factorLU, w, n, order)),
      call(solveLU, w, order, n, v, x, n, 0),
      set(result, x),
      set(other, u),
      loopOver(i, { end: squarings }, [
        call(multiplySquare, other, result, result, n),
        set(v, result),
        set(result, other),
        set(other, v),
      ]),
      result,
    ];
  },
);
