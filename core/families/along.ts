/** Forward mode where a derivative is infinite: along no direction at all, nothing changes. */
import { abs } from '../primitives/abs.js';
import { equal } from '../primitives/equal.js';
import { mul } from '../primitives/mul.js';
import { where } from '../primitives/where.js';
import type { Tensor } from '../tensor.js';

/**
 * `slope·tangent`, and 0 where the tangent is 0 and the slope infinite: `√(relu x)` is constant below 0, so its derivative
 * there is 0 and not `∞·0`. Reverse mode gets there by selection: the pullback of relu drops the infinite cotangent.
 */
export function along(tangent: Tensor, slope: Tensor): Tensor {
  const finite = where(equal(abs(slope), Number.POSITIVE_INFINITY), 0, slope) as Tensor;
  return mul(tangent, where(equal(tangent, 0), finite, slope)) as Tensor;
}
