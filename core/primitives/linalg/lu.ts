/** Gaussian elimination with partial pivoting: `A[permutation] = L·U`, L unit lower and U upper triangular. */

import { factorRows } from '../../backends/reference/factorizations.js';
import { numberAt } from '../../backends/reference/rows.js';
import { bindAll } from '../../dispatch/interpreter.js';
import { tril, triu } from '../../ops/diagonals.js';
import { unsqueeze } from '../../ops/shapes.js';
import { defineJoint, type Primitive, type View } from '../../program/primitive.js';
import { commonDtype } from '../../rules/elementwise.js';
import { columnsOf, invertibleOrNaN, rowsOf, timesInverse } from '../../rules/factors.js';
import { eachMatrix, matrixSizes } from '../../rules/matrices.js';
import { zerosLike } from '../../tensor/creation.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add } from '../elementwise/add.js';
import { sub } from '../elementwise/sub.js';
import { argsort } from '../index/argsort.js';
import { gather } from '../index/gather.js';
import { broadcastTo } from '../shape/broadcast-to.js';
import { concat } from '../shape/concat.js';
import { matrixProduct } from './matmul.js';
import { triangularSolve } from './triangular-solve.js';

/** The factors of `lu`. */
export interface LUFactors {
  /** `[…, M]`, int32: row i of `lower·upper` is row `permutation[i]` of the matrix. */
  readonly permutation: Tensor;
  /** `[…, M, K]`, K the smaller of M and N; ones on the diagonal, zeros above it, no element above 1 in size. */
  readonly lower: Tensor;
  /** `[…, K, N]`; zeros below the diagonal. */
  readonly upper: Tensor;
}

/** Row i of each result is row `order[i]` of x. */
const rowsInOrder = (x: Tensor, order: Tensor): Tensor =>
  gather(x, broadcastTo(unsqueeze(order, -1), x.shape), x.rank - 2);

const unitLower = { unitDiagonal: true } as const;

/** Of a square matrix: with X = L⁻¹·dA·U⁻¹, `dL = L·tril(X, −1)` and `dU = triu(X)·U`. */
const pushSquare = (l: Tensor, u: Tensor, t: Tensor): readonly [dl: Tensor, du: Tensor] => {
  const x = timesInverse(triangularSolve(l, t, unitLower), invertibleOrNaN(u));
  return [matrixProduct(l, tril(x, -1)), matrixProduct(triu(x), u)];
};

/** The adjoint: `Ā = L⁻ᵀ(tril(LᵀL̄, −1) + triu(ŪUᵀ))U⁻ᵀ`. */
const pullSquare = (l: Tensor, u: Tensor, gl: Tensor, gu: Tensor): Tensor => {
  const inner = add(tril(matrixProduct(l, gl, true), -1), triu(matrixProduct(gu, u, false, true)));
  return timesInverse(triangularSolve(l, inner, { transpose: true, ...unitLower }), invertibleOrNaN(u), true);
};

/**
 * Of the rows in their order. A tall matrix adds rows A₂ = L₂·U, so `dL₂ = (dA₂ − L₂·dU)U⁻¹`; a wide one adds columns A₂ = L·U₂, so
 * `dU₂ = L⁻¹(dA₂ − dL·U₂)`.
 */
const pushOrdered = (l: Tensor, u: Tensor, t: Tensor): readonly [dl: Tensor, du: Tensor] => {
  const [m, n] = matrixSizes('lu', t.shape);
  if (m > n) {
    const [dl, du] = pushSquare(rowsOf(l, 0, n), u, rowsOf(t, 0, n));
    const rest = sub(rowsOf(t, n, m), matrixProduct(rowsOf(l, n, m), du));
    return [concat([dl, timesInverse(rest, invertibleOrNaN(u))], -2), du];
  }
  if (m === n) return pushSquare(l, u, t);
  const [dl, du] = pushSquare(l, columnsOf(u, 0, m), columnsOf(t, 0, m));
  const rest = sub(columnsOf(t, m, n), matrixProduct(dl, columnsOf(u, m, n)));
  return [dl, concat([du, triangularSolve(l, rest, unitLower)], -1)];
};

/** The adjoint of `pushOrdered`. */
const pullOrdered = (l: Tensor, u: Tensor, gl: Tensor, gu: Tensor): Tensor => {
  const [m, n] = [l.shape.at(-2) as number, u.shape.at(-1) as number];
  if (m > n) {
    const rest = timesInverse(rowsOf(gl, n, m), invertibleOrNaN(u), true);
    const ofUpper = sub(gu, matrixProduct(rowsOf(l, n, m), rest, true));
    return concat([pullSquare(rowsOf(l, 0, n), u, rowsOf(gl, 0, n), ofUpper), rest], -2);
  }
  if (m === n) return pullSquare(l, u, gl, gu);
  const rest = triangularSolve(l, columnsOf(gu, m, n), { transpose: true, ...unitLower });
  const ofLower = sub(gl, matrixProduct(rest, columnsOf(u, m, n), false, true));
  return concat([pullSquare(l, columnsOf(u, 0, m), ofLower, columnsOf(gu, 0, m)), rest], -1);
};

export const luPrimitive: Primitive<'lu', null> = defineJoint<'lu', null>({
  name: 'lu',
  family: 'other',
  docs: 'a[permutation] = lower·upper, by partial pivoting',
  arity: 1,
  infer: (inputs) => {
    const shape = inputs[0]?.shape ?? [];
    const [m, n] = matrixSizes('lu', shape);
    const dtype = commonDtype('lu', inputs, 'float');
    const k = Math.min(m, n);
    const batch = shape.slice(0, -2);
    return [
      { shape: [...batch, m], dtype: 'int32' },
      { shape: [...batch, m, k], dtype },
      { shape: [...batch, k, n], dtype },
    ];
  },
  forward: (outs, inputs) => {
    const [a, permutation, lower, upper] = [inputs[0], ...outs] as [View, View, View, View];
    const [m, n] = matrixSizes('lu', a.shape);
    const k = Math.min(m, n);
    eachMatrix(a, (matrix, position) => {
      permutation.data.set(factorRows(matrix, m, n), position * m);
      for (let i = 0; i < m; i++)
        for (let j = 0; j < k; j++)
          lower.data[position * m * k + i * k + j] = i === j ? 1 : i > j ? numberAt(matrix, i * n + j) : 0;
      for (let i = 0; i < k; i++)
        for (let j = 0; j < n; j++) upper.data[position * k * n + i * n + j] = i <= j ? numberAt(matrix, i * n + j) : 0;
    });
  },
  rules: {
    record: (x, _, p) => {
      const outputs = bindAll(luPrimitive, x, p);
      const [order, l, u] = outputs as [Tensor, Tensor, Tensor];
      return {
        outputs,
        back: ([, gl, gu]) => [
          rowsInOrder(pullOrdered(l, u, gl ?? zerosLike(l), gu ?? zerosLike(u)), argsort(order, { axis: -1 })),
        ],
      };
    },
    push: (x, [t], p) => {
      const outputs = bindAll(luPrimitive, x, p);
      const [order, l, u] = outputs as [Tensor, Tensor, Tensor];
      if (t === null || t === undefined) return { outputs, tangents: [null, null, null] };
      return { outputs, tangents: [null, ...pushOrdered(l, u, rowsInOrder(t, order))] };
    },
  },
  batch: ({ x, p, primitive }) => bindAll(primitive, x, p),
});

/**
 * The LU factorisation with partial pivoting of a matrix or of each matrix in a stack: `a[permutation] = lower·upper`.
 * `a: […, M, N]` → `permutation: […, M]` (int32), `lower: […, M, K]`, `upper: […, K, N]`, K the smaller of M and N.
 * A column without a pivot leaves 0 on the diagonal of `upper`, by which the derivative divides: it is NaN then.
 * @throws ShapeError below rank 2; DtypeError unless it is float.
 * @example
 * lu(tensor([[1, 2], [2, 8]])).permutation.toArray() // [1, 0]
 * lu(tensor([[1, 2], [2, 8]])).lower.toArray() // [[1, 0], [0.5, 1]]
 * lu(tensor([[1, 2], [2, 8]])).upper.toArray() // [[2, 8], [0, -2]]
 */
export const lu = (a: Tensor): LUFactors => {
  const [permutation, lower, upper] = bindAll(luPrimitive, [a], null) as [Tensor, Tensor, Tensor];
  return { permutation, lower, upper };
};
