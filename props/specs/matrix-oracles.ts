/**
 * Matrices by their definitions: sums over indices, Laplace expansion, Cramer's rule. Factorial time, no elimination
 * anywhere, so that they share no step with the loops they judge. For matrices up to 5 × 5 or so.
 */
import { broadcastStrides, sizeOf, tryBroadcast, walk } from '../../core/base/shape.js';
import type { Draw } from '../arbitraries/values.js';

export type Matrix = readonly (readonly number[])[];

/** A square matrix row-major, as rows. */
export const rowsOf = (data: readonly number[], rows: number, columns: number): Matrix =>
  Array.from({ length: rows }, (_, i) => data.slice(i * columns, (i + 1) * columns));

/** The matrices of a stack. */
export const matricesOf = ({ shape, data }: Draw): Matrix[] => {
  const [rows = 1, columns = 1] = shape.slice(-2);
  return Array.from({ length: sizeOf(shape.slice(0, -2)) }, (_, i) =>
    rowsOf(data.slice(i * rows * columns, (i + 1) * rows * columns), rows, columns),
  );
};

/** The pairs of matrices that meet when two stacks broadcast. */
export const matrixPairs = (a: Draw, b: Draw): (readonly [Matrix, Matrix])[] => {
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = tryBroadcast(batchA, batchB) ?? [];
  const places = (own: readonly number[]): number[] => {
    const out: number[] = [];
    walk(batch, broadcastStrides(own, batch), (place) => out.push(place));
    return out;
  };
  const [allA, allB, placesB] = [matricesOf(a), matricesOf(b), places(batchB)];
  return places(batchA).map((place, i) => [allA[place] ?? [], allB[placesB[i] ?? 0] ?? []]);
};

/** The transpose; a matrix without rows has none to say how many columns it has. */
export const transposed = (m: Matrix): Matrix => (m[0] ?? []).map((_, j) => m.map((row) => row[j] ?? 0));

const without = (m: Matrix, i: number, j: number): Matrix => m.toSpliced(i, 1).map((row) => row.toSpliced(j, 1));

/** Laplace expansion along the first row. */
export const laplace = (m: Matrix): number =>
  m.length === 0 ? 1 : (m[0] ?? []).reduce((total, x, j) => total + (-1) ** j * x * laplace(without(m, 0, j)), 0);

/** (−1)ⁱ⁺ʲ det(m without row i and column j). */
export const cofactors = (m: Matrix): Matrix =>
  m.map((row, i) => row.map((_, j) => (-1) ** (i + j) * laplace(without(m, i, j))));

/** Cramer: the transposed cofactors over the determinant. */
export const cramerInverse = (m: Matrix): Matrix => {
  const determinant = laplace(m);
  return transposed(cofactors(m)).map((row) => row.map((x) => x / determinant));
};

/** Cramer: x_ij = det(a with column i replaced by column j of b) / det a. */
export const cramerSolve = (a: Matrix, b: Matrix): Matrix => {
  const determinant = laplace(a);
  return a.map((_, i) =>
    (b[0] ?? []).map((_, j) => laplace(a.map((row, r) => row.with(i, b[r]?.[j] ?? 0))) / determinant),
  );
};

/** Gantmacher's formula by minors: L_ij = det A[0…j−1, i ; 0…j] / √(Dⱼ·Dⱼ₊₁), D_k being the leading minor of order k. */
export const choleskyByMinors = (m: Matrix): Matrix => {
  const corner = (rows: readonly number[], columns: number): number =>
    laplace(rows.map((i) => (m[i] ?? []).slice(0, columns)));
  const first = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  return m.map((row, i) =>
    row.map((_, j) =>
      j > i ? 0 : corner([...first(j), i], j + 1) / Math.sqrt(corner(first(j), j) * corner(first(j + 1), j + 1)),
    ),
  );
};
