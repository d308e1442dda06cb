/** Lengths of rows that neither overflow nor vanish on the way. */
import {
  abs,
  div,
  less,
  logicalAnd,
  logicalOr,
  max,
  mul,
  norm,
  squeeze,
  stopGradient,
  type Tensor,
  where,
} from '../../core/index.js';

/**
 * What to divide the rows of the last axis by before their powers are taken: their largest number where that is very large or very small, else
 * 1, so that other rows keep their bits. `x: […, D]` → `[…, 1]`, without a gradient.
 */
const scaleOf = (x: Tensor, p: number): Tensor => {
  const size = stopGradient(max(abs(x), { axes: -1, keepDims: true }));
  const bound = 10 ** Math.min(10, 30 / p);
  const short = logicalAnd(less(0, size), less(size, 1 / bound));
  const long = logicalAnd(less(bound, size), less(size, Number.POSITIVE_INFINITY));
  return where(logicalOr(short, long), size, 1);
};

/** The p-norm of each row, `x: […, D]` → `[…]`; the gradient of a row of zeros is 0. */
export const rowNorms = (x: Tensor, p: number): Tensor => {
  if (!(p > 0 && p < Number.POSITIVE_INFINITY) || x.shape.at(-1) === 0) return norm(x, { axes: -1, p });
  const scale = scaleOf(x, p);
  return squeeze(mul(norm(div(x, scale), { axes: -1, keepDims: true, p }), scale), -1);
};
