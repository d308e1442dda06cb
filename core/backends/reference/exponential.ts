/**
 * The exponential of one matrix of doubles, by scaling and squaring with the Padé approximant of degree 13. Every loop has a bound.
 * Sources: N. J. Higham, The scaling and squaring method for the matrix exponential revisited (2005); A. H. Al-Mohy and N. J. Higham, A new
 * scaling and squaring algorithm for the matrix exponential (2009), from which the measure of the scaling is.
 */
import { padeCoefficients, padeError, padeRadius } from '../../rules/scalar/pade.js';
import { factorLU, solveLU } from './factorizations.js';
import { divideRow, largestSize, numberAt, powerBelow, subtractRow } from './rows.js';

/** X ← A·B. A product with 0 is 0, by infinity too. */
export const multiplySquare = (x: Float64Array, a: Float64Array, b: Float64Array, n: number): void => {
  x.fill(0);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < n; k++) {
      const factor = numberAt(a, i * n + k);
      if (factor === 0) continue;
      if (Math.abs(factor) !== Number.POSITIVE_INFINITY) subtractRow(x, i * n, b, k * n, -factor, n);
      else
        for (let j = 0; j < n; j++) {
          const other = numberAt(b, k * n + j);
          if (other !== 0) x[i * n + j] = numberAt(x, i * n + j) + factor * other;
        }
    }
};

/** The largest sum of sizes in a column; `sums` is overwritten. */
const columnNorm = (a: Float64Array, n: number, sums: Float64Array): number => {
  sums.fill(0);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) sums[j] = numberAt(sums, j) + Math.abs(numberAt(a, i * n + j));
  return largestSize(sums, 0, n);
};

/** log₂ of the largest column sum of |A|²⁷, whose growth says how much the products that the approximant is made of may cancel. */
const growthOf = (a: Float64Array, n: number, row: Float64Array, next: Float64Array): number => {
  row.fill(1);
  let growth = 0;
  for (let power = 0; power < 27; power++) {
    next.fill(0);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) next[j] = numberAt(next, j) + numberAt(row, i) * Math.abs(numberAt(a, i * n + j));
    const size = largestSize(next, 0, n);
    if (size === 0) return Number.NEGATIVE_INFINITY;
    growth += Math.log2(size);
    divideRow(next, 0, size, n);
    row.set(next);
  }
  return growth;
};

/** x ← x + factor·y. */
const addMultiple = (x: Float64Array, y: Float64Array, factor: number): void =>
  subtractRow(x, 0, y, 0, -factor, x.length);

const addToDiagonal = (x: Float64Array, n: number, value: number): void => {
  for (let i = 0; i < n; i++) x[i * (n + 1)] = numberAt(x, i * (n + 1)) + value;
};

const coefficient = (i: number): number => padeCoefficients[i] as number;

/** e^A; works in `a`. */
export const exponential = (a: Float64Array, n: number): Float64Array => {
  const [a2, a4, a6, u, v, w] = Array.from({ length: 6 }, () => new Float64Array(n * n)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const [sums, next] = [new Float64Array(n), new Float64Array(n)];
  const norm = columnNorm(a, n, sums);
  if (!(norm < Number.POSITIVE_INFINITY)) return u.fill(Number.NaN);
  // A = factor·B with B of size about 1, whose powers do not overflow.
  let factor = powerBelow(norm);
  divideRow(a, 0, factor, n * n);
  const size = columnNorm(a, n, sums);
  multiplySquare(a2, a, a, n);
  multiplySquare(a4, a2, a2, n);
  multiplySquare(a6, a4, a2, n);
  const fourth = Math.sqrt(Math.sqrt(columnNorm(a4, n, sums)));
  const sixth = Math.cbrt(Math.sqrt(columnNorm(a6, n, sums)));
  const measure = Math.max(fourth, sixth);
  let squarings = 0;
  while (measure * factor > padeRadius) {
    factor /= 2;
    squarings++;
  }
  const growth = growthOf(a, n, sums, next) - Math.log2(size) + 26 * Math.log2(factor);
  for (let more = Math.ceil((growth + padeError) / 26); more > 0; more--) {
    factor /= 2;
    squarings++;
  }
  for (let i = 0; i < n * n; i++) a[i] = numberAt(a, i) * factor;
  multiplySquare(a2, a, a, n);
  multiplySquare(a4, a2, a2, n);
  multiplySquare(a6, a4, a2, n);
  // u = A·(A⁶(b₁₃A⁶ + b₁₁A⁴ + b₉A²) + b₇A⁶ + b₅A⁴ + b₃A² + b₁), by way of w.
  u.fill(0);
  for (const [power, i] of [
    [a6, 13],
    [a4, 11],
    [a2, 9],
  ] as const)
    addMultiple(u, power, coefficient(i));
  multiplySquare(w, a6, u, n);
  for (const [power, i] of [
    [a6, 7],
    [a4, 5],
    [a2, 3],
  ] as const)
    addMultiple(w, power, coefficient(i));
  addToDiagonal(w, n, coefficient(1));
  multiplySquare(u, a, w, n);
  // v = A⁶(b₁₂A⁶ + b₁₀A⁴ + b₈A²) + b₆A⁶ + b₄A⁴ + b₂A² + b₀.
  w.fill(0);
  for (const [power, i] of [
    [a6, 12],
    [a4, 10],
    [a2, 8],
  ] as const)
    addMultiple(w, power, coefficient(i));
  multiplySquare(v, a6, w, n);
  for (const [power, i] of [
    [a6, 6],
    [a4, 4],
    [a2, 2],
  ] as const)
    addMultiple(v, power, coefficient(i));
  addToDiagonal(v, n, coefficient(0));
  // (v − u)·e^A = v + u, and as many squarings as there were halvings.
  w.set(v);
  addMultiple(w, u, -1);
  addMultiple(v, u, 1);
  let result = solveLU(factorLU(w, n), n, v, n, false);
  let other = u;
  for (let i = 0; i < squarings; i++) {
    multiplySquare(other, result, result, n);
    [result, other] = [other, result];
  }
  return result;
};
