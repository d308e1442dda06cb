/** The terms that losses add up. A share of nothing counts for nothing, even of an infinity; NaN stays NaN. */
import {
  abs,
  equal,
  isFinite as isFiniteEach,
  logicalAnd,
  logicalOr,
  mul,
  notEqual,
  type Tensor,
  where,
} from '../../core/index.js';

/** Where x is +∞ or −∞. */
export const isInfinite = (x: Tensor): Tensor => equal(abs(x), Number.POSITIVE_INFINITY);

/** `share·term`, 0 where the share is 0 and the term infinite: `t·log p → 0` where both go to 0. Operands broadcast. */
export const shareOf = (share: Tensor, term: Tensor): Tensor =>
  mul(share, where(logicalAnd(equal(share, 0), isInfinite(term)), 0, term));

/** `weight·loss`, element by element: what has a weight of 0 counts for nothing, not even NaN. */
export const weighedBy = (weights: Tensor, loss: Tensor): Tensor => mul(weights, where(equal(weights, 0), 0, loss));

/** `x`, with a harmless number in the place of infinities and NaN that an element's weight of 0 leaves out of a loss. */
export const counted = (x: Tensor, weight: Tensor | null, harmless: number): Tensor =>
  weight === null ? x : where(logicalOr(notEqual(weight, 0), isFiniteEach(x)), x, harmless);
