/** The terms that losses add up. A share of nothing counts for nothing, even of an infinity; NaN stays NaN. */
import { abs, equal, logicalAnd, mul, type Tensor, where } from '../../core/index.js';

/** Where x is +∞ or −∞. */
export const isInfinite = (x: Tensor): Tensor => equal(abs(x), Number.POSITIVE_INFINITY);

/** `share·term`, 0 where the share is 0 and the term infinite: `t·log p → 0` where both go to 0. Operands broadcast. */
export const shareOf = (share: Tensor, term: Tensor): Tensor =>
  mul(share, where(logicalAnd(equal(share, 0), isInfinite(term)), 0, term));
