/** Specs of the linear-algebra primitives. Matrices to invert are well-conditioned; those of det and cofactor are often singular. */
import * as fc from 'fast-check';
import type { Triangle } from '../../core/backends/reference/factorizations.js';
import type { MatmulParams } from '../../core/primitives/linalg/matmul.js';
import type { SolveParams } from '../../core/primitives/linalg/solve.js';
import { broadcastable, shapes } from '../arbitraries/shapes.js';
import { type Draw, draw } from '../arbitraries/values.js';
import {
  choleskyByMinors,
  cofactors,
  cramerInverse,
  cramerSolve,
  laplace,
  type Matrix,
  matricesOf,
  matrixPairs,
  transposed,
} from './matrix-oracles.js';
import type { Case, OpSpec } from './spec.js';

const batches = { maxRank: 2, maxSize: 3 } as const;

/** Mostly 1 to `max`, now and then 0. */
const sizes = (max: number): fc.Arbitrary<number> =>
  fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max }) }, { weight: 1, arbitrary: fc.constant(0) });

/** Each matrix of the stack, changed. */
const mapMatrices = (x: Draw, f: (m: Matrix) => Matrix): Draw => ({ ...x, data: matricesOf(x).flatMap(f).flat() });

/** Row and column sums are dominated by the diagonal; half of the time the rows are in reverse order, so that pivots must be looked for. */
const invertible = (batch: readonly number[], n: number): fc.Arbitrary<Draw> =>
  fc.tuple(draw([...batch, n, n], { min: -1, max: 1 }), fc.boolean()).map(([x, reverse]) =>
    mapMatrices(x, (m) => {
      const dominant = m.map((row, i) => row.with(i, (row[i] ?? 0) + (i % 2 === 0 ? n + 1 : -n - 1)));
      return reverse ? dominant.toReversed() : dominant;
    }),
  );

/** X·Xᵀ + 1 plus a little that is not symmetric, which the operation is to average out. */
const positiveDefinite = (batch: readonly number[], n: number): fc.Arbitrary<Draw> =>
  draw([...batch, n, n], { min: -1, max: 1 }).map((x) =>
    mapMatrices(x, (m) =>
      m.map((row, i) =>
        m.map(
          (other, j) => row.reduce((total, v, k) => total + v * (other[k] ?? 0), i === j ? 1 : 0) + 0.1 * (row[j] ?? 0),
        ),
      ),
    ),
  );

/** Of any rank: the matrix as drawn, its last row a multiple of the first, every row one, or nothing but zeros. */
const ofAnyRank = (batch: readonly number[], n: number): fc.Arbitrary<Draw> =>
  fc.tuple(draw([...batch, n, n]), fc.constantFrom('full', 'one less', 'one', 'zero')).map(([x, rank]) =>
    mapMatrices(x, (m) =>
      m.map((row, i) => {
        if (rank === 'full' || (rank === 'one less' && (i === 0 || i < n - 1))) return row;
        const factor = rank === 'zero' ? 0 : i === 0 ? 1 : (row[0] ?? 0);
        return (m[0] ?? []).map((v) => v * factor);
      }),
    ),
  );

const squareCases = (
  matrices: (batch: readonly number[], n: number) => fc.Arbitrary<Draw>,
  max = 4,
): fc.Arbitrary<Case<null>> =>
  fc
    .tuple(shapes(batches), sizes(max))
    .chain(([batch, n]) => matrices(batch, n).map((a) => ({ inputs: [a], params: null })));

/** A square system and a matrix of right sides, whose leading axes broadcast. */
const systemCases = <P>(params: fc.Arbitrary<P>): fc.Arbitrary<Case<P>> =>
  fc
    .tuple(broadcastable(2, batches), sizes(4), sizes(3), params)
    .chain(([[batchA = [], batchB = []], n, columns, p]) =>
      fc.tuple(invertible(batchA, n), draw([...batchB, n, columns])).map((inputs) => ({ inputs, params: p })),
    );

/** As for `solve`, but with dominant diagonals in place. */
const triangularCases = fc
  .tuple(broadcastable(2, batches), sizes(4), sizes(3))
  .chain(([[batchA = [], batchB = []], n, columns]) =>
    fc
      .tuple(
        draw([...batchA, n, n], { min: -1, max: 1 }),
        draw([...batchB, n, columns]),
        fc.record({ lower: fc.boolean(), transpose: fc.boolean(), unitDiagonal: fc.boolean() }),
      )
      .map(([a, b, params]) => ({
        inputs: [mapMatrices(a, (m) => m.map((row, i) => row.with(i, (row[i] ?? 0) + 2.5))), b],
        params,
      })),
  );

const matmulCases: fc.Arbitrary<Case<MatmulParams>> = fc
  .tuple(broadcastable(2, batches), sizes(4), sizes(4), sizes(4), fc.boolean(), fc.boolean())
  .chain(([[batchA = [], batchB = []], m, k, n, transposeA, transposeB]) =>
    fc
      .tuple(draw([...batchA, ...(transposeA ? [k, m] : [m, k])]), draw([...batchB, ...(transposeB ? [n, k] : [k, n])]))
      .map((inputs) => ({ inputs, params: { transposeA, transposeB } })),
  );

const readTriangle = (m: Matrix, { lower, transpose, unitDiagonal }: Triangle): Matrix => {
  const triangle = m.map((row, i) => row.map((x, j) => (i === j ? (unitDiagonal ? 1 : x) : i > j === lower ? x : 0)));
  return transpose ? transposed(triangle) : triangle;
};

/** An oracle for one stack of square matrices. */
const eachMatrix =
  (f: (m: Matrix) => Matrix | number): NonNullable<OpSpec['oracle']> =>
  ({ inputs: [a] }) =>
    a === undefined ? [] : matricesOf(a).flatMap((m) => [f(m)].flat(2));

/** An oracle for two stacks of matrices. */
const eachPair =
  <P>(f: (a: Matrix, b: Matrix, p: P) => Matrix): NonNullable<OpSpec['oracle']> =>
  ({ inputs: [a, b], params }) =>
    a === undefined || b === undefined ? [] : matrixPairs(a, b).flatMap(([l, r]) => f(l, r, params as P).flat());

/** Σₖ a[i,k]·b[k,j], index by index; the sizes come from the shapes, which matrices without rows cannot tell. */
const productOracle: NonNullable<OpSpec['oracle']> = ({ inputs: [a, b], params }) => {
  if (a === undefined || b === undefined) return [];
  const { transposeA, transposeB } = params as MatmulParams;
  const [m = 0, k = 0] = transposeA ? a.shape.slice(-2).reverse() : a.shape.slice(-2);
  const n = b.shape.at(transposeB ? -2 : -1) ?? 0;
  const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
  return matrixPairs(a, b).flatMap(([left, right]) =>
    range(m).flatMap((i) =>
      range(n).map((j) =>
        range(k).reduce((total, l) => {
          const x = (transposeA ? left[l]?.[i] : left[i]?.[l]) ?? 0;
          const y = (transposeB ? right[j]?.[l] : right[l]?.[j]) ?? 0;
          return total + x * y;
        }, 0),
      ),
    ),
  );
};

export const linearAlgebraSpecs: Record<
  'matmul' | 'solve' | 'triangularSolve' | 'inverse' | 'cholesky' | 'det' | 'cofactor' | 'logabsdet',
  OpSpec
> = {
  matmul: { cases: matmulCases, derivative: 'smooth', oracle: productOracle, ulp: 8, sums: true },
  solve: {
    cases: systemCases<SolveParams>(fc.record({ transpose: fc.boolean() })),
    derivative: 'smooth',
    oracle: eachPair<SolveParams>((a, b, p) => cramerSolve(p.transpose ? transposed(a) : a, b)),
    ulp: 64,
  },
  triangularSolve: {
    cases: triangularCases,
    derivative: 'smooth',
    oracle: eachPair<Triangle>((a, b, p) => cramerSolve(readTriangle(a, p), b)),
    ulp: 64,
  },
  inverse: { cases: squareCases(invertible), derivative: 'smooth', oracle: eachMatrix(cramerInverse), ulp: 64 },
  cholesky: {
    cases: squareCases(positiveDefinite),
    derivative: 'smooth',
    oracle: eachMatrix((m) => choleskyByMinors(m.map((row, i) => row.map((x, j) => (x + (m[j]?.[i] ?? 0)) / 2)))),
    ulp: 64,
  },
  det: { cases: squareCases(ofAnyRank), derivative: 'smooth', oracle: eachMatrix(laplace), ulp: 64 },
  cofactor: { cases: squareCases(ofAnyRank), derivative: 'smooth', oracle: eachMatrix(cofactors), ulp: 64 },
  logabsdet: {
    cases: squareCases(invertible),
    derivative: 'smooth',
    oracle: eachMatrix((m) => Math.log(Math.abs(laplace(m)))),
    ulp: 64,
  },
};
