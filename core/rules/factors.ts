/** What the derivative rules of factorisations share: parts of matrices, quotients that are taken as 0, and pivots that are none. */

import { epsilonOf } from '../base/dtype.js';
import { diagonal, tril } from '../ops/diagonals.js';
import { transpose, unsqueeze } from '../ops/shapes.js';
import { abs } from '../primitives/elementwise/abs.js';
import { add } from '../primitives/elementwise/add.js';
import { div } from '../primitives/elementwise/div.js';
import { equal } from '../primitives/elementwise/equal.js';
import { lessEqual } from '../primitives/elementwise/less-equal.js';
import { logicalAnd } from '../primitives/elementwise/logical-and.js';
import { mul } from '../primitives/elementwise/mul.js';
import { stopGradient } from '../primitives/elementwise/stop-gradient.js';
import { sub } from '../primitives/elementwise/sub.js';
import { where } from '../primitives/elementwise/where.js';
import { triangularSolve } from '../primitives/linalg/triangular-solve.js';
import { iota } from '../primitives/shape/iota.js';
import { slice } from '../primitives/shape/slice.js';
import type { Tensor } from '../tensor/tensor.js';

/** Rows `from` up to, not including, `to` of each matrix. */
export const rowsOf = (x: Tensor, from: number, to: number): Tensor =>
  slice(x, [...x.shape.slice(0, -2).map(() => null), [from, to, 1], null]);

/** Columns `from` up to, not including, `to` of each matrix, or elements of each vector. */
export const columnsOf = (x: Tensor, from: number, to: number): Tensor =>
  slice(x, [...x.shape.slice(0, -1).map(() => null), [from, to, 1]]);

/** ½(X + Xᵀ). */
export const symmetricPart = (x: Tensor): Tensor => mul(add(x, transpose(x)), 0.5);

/** ½(X − Xᵀ). */
export const skewPart = (x: Tensor): Tensor => mul(sub(x, transpose(x)), 0.5);

/** The main diagonal of each matrix. */
export const diagonalOf = (x: Tensor): Tensor => diagonal(x, { axis0: -2, axis1: -1 });

/** The lower triangle minus its transpose: below the diagonal X, above it −Xᵀ. */
export const skewFromLower = (x: Tensor): Tensor => {
  const lower = tril(x, -1);
  return sub(lower, transpose(lower));
};

/** How large a difference of values counts as none: `count·ε` of the largest. `largest: […, 1]` or `[…, 0]`. */
export const toleranceOf = (largest: Tensor, count: number): Tensor =>
  stopGradient(mul(abs(largest), count * epsilonOf(largest.dtype)));

/** 1/x, and 0 where |x| is within `tolerance`. */
export const inverseBeyond = (x: Tensor, tolerance: Tensor): Tensor => {
  const small = lessEqual(stopGradient(abs(x)), tolerance);
  return where(small, 0, div(1, where(small, 1, x)));
};

/** `[…, i, j]`: x[…, j] − x[…, i]. */
export const differencesOf = (x: Tensor): Tensor => sub(unsqueeze(x, -2), unsqueeze(x, -1));

/** `[…, i, j]`: x[…, j] + x[…, i]. */
export const sumsOf = (x: Tensor): Tensor => add(unsqueeze(x, -2), unsqueeze(x, -1));

/** A triangular matrix whose diagonal elements that are 0 are NaN: it has no inverse, and what needs one is NaN. */
export const invertibleOrNaN = (x: Tensor): Tensor => {
  const n = x.shape.at(-1) as number;
  const onDiagonal = equal(iota([n, n], 0), iota([n, n], 1));
  return where(logicalAnd(onDiagonal, equal(x, 0)), Number.NaN, x);
};

/** `X·R⁻¹` for an upper triangular R, or `X·R⁻ᵀ`. */
export const timesInverse = (x: Tensor, r: Tensor, transposed = false): Tensor =>
  transpose(triangularSolve(r, transpose(x), { lower: false, transpose: !transposed }));
