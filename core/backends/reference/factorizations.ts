/**
 * Eliminations on one row-major n×n matrix of doubles: the readable loops beneath the linear-algebra primitives.
 * Nothing here knows tensors; what does not exist (a zero pivot) is reported as a number, never thrown.
 * Source: Golub & Van Loan, Matrix Computations, §3.1–3.4 and §4.2.
 */

import { numberAt, subtractRow } from './rows.js';

const swapRows = (a: Float64Array, columns: number, i: number, j: number): void => {
  if (i === j) return;
  for (let c = 0; c < columns; c++) {
    const kept = a[i * columns + c] ?? 0;
    a[i * columns + c] = a[j * columns + c] ?? 0;
    a[j * columns + c] = kept;
  }
};

const swapColumns = (a: Float64Array, n: number, i: number, j: number): void => {
  for (let r = 0; r < n && i !== j; r++) {
    const kept = a[r * n + i] ?? 0;
    a[r * n + i] = a[r * n + j] ?? 0;
    a[r * n + j] = kept;
  }
};

/** Whether `value` is the better pivot. NaN wins, so that it spreads instead of passing for zero. */
const betterPivot = (value: number, best: number): boolean =>
  !Number.isNaN(best) && !(Math.abs(value) <= Math.abs(best));

/** Subtracts multiples of row k from the rows below it; the multipliers are left in the place of the zeros they make. */
const eliminate = (a: Float64Array, n: number, k: number): void => {
  const pivot = a[k * n + k] ?? 0;
  for (let i = k + 1; i < n; i++) {
    const factor = (a[i * n + k] ?? 0) / pivot;
    a[i * n + k] = factor;
    for (let j = k + 1; j < n; j++) a[i * n + j] = (a[i * n + j] ?? 0) - factor * (a[k * n + j] ?? 0);
  }
};

const identityOrder = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** `A[order] = L·U`: L unit lower, U upper triangular, both in one matrix. */
export interface LU {
  readonly factors: Float64Array;
  readonly order: readonly number[];
  /** det of the permutation, 1 or −1. */
  readonly sign: number;
  /** The first column without a pivot other than 0; −1 for an invertible matrix. */
  readonly singularAt: number;
}

/** Whether NaN is among the elements that are left, behind column k and from row k on. */
const holdsNaN = (a: Float64Array, n: number, k: number): boolean => {
  for (let i = k; i < n; i++) for (let j = k + 1; j < n; j++) if (Number.isNaN(a[i * n + j] ?? 0)) return true;
  return false;
};

/**
 * Gaussian elimination with partial pivoting; works in `a`. Of a column of zeros before a NaN nobody can say whether the matrix is
 * singular: NaN is its pivot, and so spreads.
 */
export const factorLU = (a: Float64Array, n: number): LU => {
  const order = identityOrder(n);
  let sign = 1;
  let singularAt = -1;
  for (let k = 0; k < n; k++) {
    let row = k;
    for (let i = k + 1; i < n; i++) if (betterPivot(a[i * n + k] ?? 0, a[row * n + k] ?? 0)) row = i;
    if (row !== k) {
      swapRows(a, n, k, row);
      [order[k], order[row]] = [order[row] ?? 0, order[k] ?? 0];
      sign = -sign;
    }
    if (a[k * n + k] === 0 && holdsNaN(a, n, k)) a[k * n + k] = Number.NaN;
    if (a[k * n + k] !== 0) eliminate(a, n, k);
    else if (singularAt < 0) singularAt = k;
  }
  return { factors: a, order, sign, singularAt };
};

/**
 * Gaussian elimination with partial pivoting of a matrix of any shape; works in `a`, which becomes U and, below its diagonal, L without
 * its ones. A column without a pivot leaves 0 on the diagonal. Gives the order of the rows.
 */
export const factorRows = (a: Float64Array, rows: number, columns: number): readonly number[] => {
  const order = identityOrder(rows);
  for (let k = 0; k < Math.min(rows, columns); k++) {
    let row = k;
    for (let i = k + 1; i < rows; i++)
      if (betterPivot(numberAt(a, i * columns + k), numberAt(a, row * columns + k))) row = i;
    swapRows(a, columns, k, row);
    [order[k], order[row]] = [order[row] as number, order[k] as number];
    const pivot = numberAt(a, k * columns + k);
    if (pivot === 0) continue;
    for (let i = k + 1; i < rows; i++) {
      const factor = numberAt(a, i * columns + k) / pivot;
      a[i * columns + k] = factor;
      subtractRow(a, i * columns + k + 1, a, k * columns + k + 1, factor, columns - k - 1);
    }
  }
  return order;
};

/** `A[rowOrder, columnOrder] = L·D·V`: L unit lower, D diagonal, V unit upper triangular. */
export interface LDV {
  /** L below the diagonal, V above it. */
  readonly factors: Float64Array;
  readonly pivots: Float64Array;
  readonly rowOrder: readonly number[];
  readonly columnOrder: readonly number[];
  /** det of both permutations together, 1 or −1. */
  readonly sign: number;
}

/**
 * Gaussian elimination with complete pivoting; works in `a`. Each pivot is the largest element left, so L and V have no
 * element above 1 in size, and once a pivot is 0 nothing is left at all: D alone says what rank the matrix has.
 */
export const factorLDV = (a: Float64Array, n: number): LDV => {
  const [rowOrder, columnOrder] = [identityOrder(n), identityOrder(n)];
  const pivots = new Float64Array(n);
  let sign = 1;
  for (let k = 0; k < n; k++) {
    let [row, column] = [k, k];
    for (let i = k; i < n; i++)
      for (let j = k; j < n; j++) if (betterPivot(a[i * n + j] ?? 0, a[row * n + column] ?? 0)) [row, column] = [i, j];
    swapRows(a, n, k, row);
    swapColumns(a, n, k, column);
    [rowOrder[k], rowOrder[row]] = [rowOrder[row] ?? 0, rowOrder[k] ?? 0];
    [columnOrder[k], columnOrder[column]] = [columnOrder[column] ?? 0, columnOrder[k] ?? 0];
    if ((row === k) !== (column === k)) sign = -sign;
    const pivot = a[k * n + k] ?? 0;
    pivots[k] = pivot;
    if (pivot === 0) break;
    eliminate(a, n, k);
    for (let j = k + 1; j < n; j++) a[k * n + j] = (a[k * n + j] ?? 0) / pivot;
  }
  return { factors: a, pivots, rowOrder, columnOrder, sign };
};

/** Which triangle of a matrix is read, and how. */
export interface Triangle {
  readonly lower: boolean;
  /** Read transposed, after the triangle is chosen. */
  readonly transpose: boolean;
  /** Take the diagonal as ones, whatever stands there. */
  readonly unitDiagonal: boolean;
}

/** Solves `op(T)·X = B` by substitution; works in `x`, which holds the `columns` right sides as columns. */
export const substitute = (
  t: Float64Array,
  n: number,
  x: Float64Array,
  columns: number,
  { lower, transpose, unitDiagonal }: Triangle,
): void => {
  const [rowStep, columnStep] = transpose ? [1, n] : [n, 1];
  const forwards = lower !== transpose;
  for (let step = 0; step < n; step++) {
    const i = forwards ? step : n - 1 - step;
    for (let before = 0; before < step; before++) {
      const j = forwards ? before : n - 1 - before;
      const factor = t[i * rowStep + j * columnStep] ?? 0;
      for (let c = 0; c < columns; c++)
        x[i * columns + c] = (x[i * columns + c] ?? 0) - factor * (x[j * columns + c] ?? 0);
    }
    if (unitDiagonal) continue;
    const pivot = t[i * n + i] ?? 0;
    for (let c = 0; c < columns; c++) x[i * columns + c] = (x[i * columns + c] ?? 0) / pivot;
  }
};

/** Solves `A·X = B`, or `Aᵀ·X = B`, from `A[order] = L·U`; returns X. */
export const solveLU = (
  { factors, order }: LU,
  n: number,
  b: Float64Array,
  columns: number,
  transpose: boolean,
): Float64Array => {
  const x = new Float64Array(b.length);
  const lower: Triangle = { lower: true, transpose, unitDiagonal: true };
  const upper: Triangle = { lower: false, transpose, unitDiagonal: false };
  const row = (from: Float64Array, i: number): Float64Array => from.subarray(i * columns, (i + 1) * columns);
  if (!transpose) {
    order.forEach((from, i) => {
      row(x, i).set(row(b, from));
    });
    substitute(factors, n, x, columns, lower);
    substitute(factors, n, x, columns, upper);
    return x;
  }
  const w = b.slice();
  substitute(factors, n, w, columns, upper);
  substitute(factors, n, w, columns, lower);
  order.forEach((to, i) => {
    row(x, to).set(row(w, i));
  });
  return x;
};

/** The lower factor of the symmetric part ½(A + Aᵀ); `failedAt` is the first leading minor that is not positive, or −1. */
export const factorCholesky = (
  a: Float64Array,
  n: number,
): { readonly factor: Float64Array; readonly failedAt: number } => {
  const l = new Float64Array(n * n);
  for (let j = 0; j < n; j++)
    for (let i = j; i < n; i++) {
      let rest = ((a[i * n + j] ?? 0) + (a[j * n + i] ?? 0)) / 2;
      for (let k = 0; k < j; k++) rest -= (l[i * n + k] ?? 0) * (l[j * n + k] ?? 0);
      if (i === j && rest <= 0) return { factor: l, failedAt: j };
      l[i * n + j] = i === j ? Math.sqrt(rest) : rest / (l[j * n + j] ?? 0);
    }
  return { factor: l, failedAt: -1 };
};
