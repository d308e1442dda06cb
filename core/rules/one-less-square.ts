/** What the derivatives of the inverse sine, cosine and hyperbolic tangent have in common: `1 − x²`, 0 at the ends of the domain. */
import { add } from '../primitives/elementwise/add.js';
import { mul } from '../primitives/elementwise/mul.js';
import { neg } from '../primitives/elementwise/neg.js';
import { stopGradient } from '../primitives/elementwise/stop-gradient.js';
import { sub } from '../primitives/elementwise/sub.js';
import type { Tensor } from '../tensor/tensor.js';

/**
 * `1 − x²`, with the digits of `(1 − x)(1 + x)` and the derivative `−2x` of the plain form. The product rule would multiply the factor
 * that is 0 at ±1 by the infinite derivative of what is made of it: NaN, or not, depending on the mode. Of `−x² − stop(−x²)`, which
 * is 0, only the derivatives remain.
 */
export function oneLessSquare(x: Tensor): Tensor {
  const square = neg(mul(x, x));
  const value = stopGradient(mul(sub(1, x), add(1, x)) as Tensor);
  return add(value, sub(square, stopGradient(square))) as Tensor;
}
