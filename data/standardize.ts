/** Standardisation: each feature shifted to mean 0 and scaled to standard deviation 1, fitted on one part and applied to all. */
import { onesLike } from '../core/creation.js';
import { mean, std } from '../core/ops/reductions.js';
import { div } from '../core/primitives/div.js';
import { equal } from '../core/primitives/equal.js';
import { sub } from '../core/primitives/sub.js';
import { where } from '../core/primitives/where.js';
import type { Tensor } from '../core/tensor.js';

/**
 * The standardisation of `x: [N, …]` over axis 0: `(v − mean)/std`, with the biased standard deviation; a feature that
 * never varies is only shifted. Fit it on the training part, and apply it to every part.
 * @example
 * standardize(tensor([[1], [3]]))(tensor([[5]])).toArray() // [[3]]
 */
export const standardize = (x: Tensor): ((part: Tensor) => Tensor) => {
  const centre = mean(x, { axes: 0 });
  const spread = std(x, { axes: 0, correction: 0 });
  const scale = where(equal(spread, 0), onesLike(spread), spread);
  return (part) => div(sub(part, centre), scale);
};
