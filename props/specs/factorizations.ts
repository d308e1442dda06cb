/**
 * Specs of factorisations. Matrices are drawn where the factors are smooth: off equal values, off values that are 0, and off vectors
 * whose sign is about to be fixed by another element.
 */
import * as fc from 'fast-check';
import { factorSingular, factorSymmetric } from '../../core/backends/reference/orthogonal.js';
import { sizeOf } from '../../core/base/shape.js';
import type { PinvParams } from '../../core/primitives/linalg/pinv.js';
import { shapes } from '../arbitraries/shapes.js';
import { value } from '../arbitraries/values.js';
import { cramerInverse, type Matrix, matricesOf, transposed } from './matrix-oracles.js';
import type { Case, OpSpec } from './spec.js';

const batches = { maxRank: 1, maxSize: 2 } as const;

/** Mostly 1 to `max`, now and then 0. */
const sizes = (max: number): fc.Arbitrary<number> =>
  fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max }) }, { weight: 1, arbitrary: fc.constant(0) });

/** Numbers in [−1, 1] with more on the diagonal: `more(i)` for place i. */
const withDiagonal = (rows: number, columns: number, more: (i: number) => number): fc.Arbitrary<Matrix> =>
  fc
    .array(value({ min: -1, max: 1 }), { minLength: rows * columns, maxLength: rows * columns })
    .map((data) =>
      Array.from({ length: rows }, (_, i) =>
        data.slice(i * columns, (i + 1) * columns).map((x, j) => (i === j ? x + more(i) : x)),
      ),
    );

/** Stacks of matrices, each drawn for itself. */
const stacks = (
  rowsAndColumns: fc.Arbitrary<readonly [number, number]>,
  matrices: (rows: number, columns: number) => fc.Arbitrary<Matrix>,
): fc.Arbitrary<Case<null>> =>
  fc.tuple(shapes(batches), rowsAndColumns).chain(([batch, [rows, columns]]) => {
    const count = sizeOf(batch);
    return fc
      .array(matrices(rows, columns), { minLength: count, maxLength: count })
      .map((stack) => ({ inputs: [{ shape: [...batch, rows, columns], data: stack.flat(2) }], params: null }));
  });

const anySizes = (max: number): fc.Arbitrary<readonly [number, number]> => fc.tuple(sizes(max), sizes(max));
const squares = (max: number): fc.Arbitrary<readonly [number, number]> =>
  sizes(max).map((n): readonly [number, number] => [n, n]);

/** Of full rank in its first columns, with pivots that are far from each other in size; rows in any order. */
const wellConditioned = (rows: number, columns: number): fc.Arbitrary<Matrix> =>
  fc
    .tuple(
      withDiagonal(rows, columns, (i) => (i % 2 === 0 ? 1 : -1) * (columns + 2)),
      fc.nat(Math.max(0, rows - 1)),
    )
    .map(([m, by]) => [...m.slice(by), ...m.slice(0, by)]);

const apart = (values: ArrayLike<number>, by: number): boolean =>
  Array.from(values).every((x, i) => i === 0 || Math.abs(x - (values[i - 1] ?? 0)) > by);

/** Whether no element is about as large as what fixes the sign of its vector. */
const settled = (vectors: Float64Array, length: number): boolean =>
  Array.from({ length: length === 0 ? 0 : vectors.length / length }, (_, i) =>
    vectors.subarray(i * length, (i + 1) * length),
  ).every((row) => {
    const largest = row.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    return row.every((x) => Math.abs(Math.abs(x) / largest - 0.9) > 0.04);
  });

const flat = (m: Matrix): Float64Array => Float64Array.from(m.flat());

const separated = (rows: number, columns: number): fc.Arbitrary<Matrix> =>
  withDiagonal(rows, columns, (i) => 1.2 * i).filter((m) => {
    const { values, vectors } = factorSymmetric(flat(m), rows);
    return apart(values, 0.3) && settled(vectors, rows);
  });

const separatedSingular = (rows: number, columns: number): fc.Arbitrary<Matrix> =>
  withDiagonal(rows, columns, (i) => 1 + 1.2 * i).filter((m) => {
    if (rows === 0 || columns === 0) return true;
    const wide = rows < columns;
    const k = Math.min(rows, columns);
    const { values, long, short } = factorSingular(flat(wide ? m : transposed(m)), k, Math.max(rows, columns), !wide);
    return apart([...values, 0], 0.3) && (wide ? settled(short, k) : settled(long, rows));
  });

/** Gram–Schmidt, column by column, twice over; for a wide matrix the first columns give Q. */
const gramSchmidt = (m: Matrix): readonly [q: Matrix, r: Matrix] => {
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, x, i) => sum + x * (b[i] ?? Number.NaN), 0);
  const minus = (a: readonly number[], factor: number, b: readonly number[]): number[] =>
    a.map((x, i) => x - factor * (b[i] ?? Number.NaN));
  const columns = transposed(m);
  const q: (readonly number[])[] = [];
  for (const column of columns.slice(0, m.length)) {
    const rest = [...q, ...q].reduce((x: readonly number[], other) => minus(x, dot(x, other), other), column);
    q.push(rest.map((x) => x / Math.sqrt(dot(rest, rest))));
  }
  return [transposed(q), q.map((row, i) => columns.map((column, j) => (j < i ? 0 : dot(row, column))))];
};

/** The numbers of all results, one result after another, from those of each matrix. */
const eachFactor =
  (f: (m: Matrix) => readonly (Matrix | readonly number[])[]): NonNullable<OpSpec['oracle']> =>
  ({ inputs: [a] }) => {
    const found = a === undefined || sizeOf(a.shape) === 0 ? [] : matricesOf(a).map(f);
    return (found[0] ?? []).flatMap((_, k) => found.flatMap((factors) => (factors[k] ?? []).flat()));
  };

const product = (a: Matrix, b: Matrix): Matrix => {
  const columns = transposed(b);
  return a.map((row) => columns.map((column) => row.reduce((sum, x, k) => sum + x * (column[k] ?? Number.NaN), 0)));
};

/** (AᵀA)⁻¹Aᵀ of a tall matrix of full rank, Aᵀ(AAᵀ)⁻¹ of a wide one. */
const normalEquations = (m: Matrix): Matrix => {
  const across = transposed(m);
  return m.length >= across.length
    ? product(cramerInverse(product(across, m)), across)
    : product(across, cramerInverse(product(m, across)));
};

/** Σ Aᵏ/k!, for matrices whose powers do not cancel much. */
const exponentialSeries = (m: Matrix): Matrix => {
  const one: Matrix = m.map((row, i) => row.map((_, j) => Number(i === j)));
  let [sum, term] = [one, one];
  for (let k = 1; k < 50; k++) {
    term = product(term, m).map((row) => row.map((x) => x / k));
    const next = term;
    sum = sum.map((row, i) => row.map((x, j) => x + (next[i]?.[j] ?? Number.NaN)));
  }
  return sum;
};

const pinvCases: fc.Arbitrary<Case<PinvParams>> = stacks(anySizes(4), wellConditioned).map(({ inputs }) => ({
  inputs,
  params: { relative: 1e-12 },
}));

export const factorizationSpecs: Record<'eigh' | 'lu' | 'matrixExp' | 'pinv' | 'qr' | 'svd', OpSpec> = {
  eigh: { cases: stacks(squares(4), separated), derivative: 'smooth', tolerance: 1e-7, ulp: 1 },
  lu: { cases: stacks(anySizes(4), wellConditioned), derivative: 'smooth', ulp: 1 },
  matrixExp: {
    cases: stacks(squares(3), (rows, columns) => withDiagonal(rows, columns, () => 0)),
    derivative: 'smooth',
    oracle: eachFactor((m) => [exponentialSeries(m)]),
    ulp: 1,
  },
  pinv: { cases: pinvCases, derivative: 'smooth', oracle: eachFactor((m) => [normalEquations(m)]), ulp: 1 },
  qr: { cases: stacks(anySizes(4), wellConditioned), derivative: 'smooth', oracle: eachFactor(gramSchmidt), ulp: 1 },
  svd: { cases: stacks(anySizes(4), separatedSingular), derivative: 'smooth', tolerance: 1e-7, ulp: 1 },
};
