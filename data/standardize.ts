/** Standardisation: each feature shifted to mean 0 and scaled to standard deviation 1, fitted on one part and applied to all. */

import { ShapeError } from '../core/base/errors.js';
import { inOperation } from '../core/base/scope.js';
import { mean, std, unitOf } from '../core/ops/reductions.js';
import { div } from '../core/primitives/elementwise/div.js';
import { equal } from '../core/primitives/elementwise/equal.js';
import { mul } from '../core/primitives/elementwise/mul.js';
import { sub } from '../core/primitives/elementwise/sub.js';
import { where } from '../core/primitives/elementwise/where.js';
import { max } from '../core/primitives/reduce/max.js';
import { min } from '../core/primitives/reduce/min.js';
import type { Tensor } from '../core/tensor/tensor.js';
import { checkTensor } from './checks.js';

/**
 * The standardisation of `x: [N, …]` over axis 0: `(v − mean)/std`, with the biased standard deviation; a feature that
 * never varies is only shifted, to exactly 0. Fit it on the training part, and apply it to every part.
 * @throws ShapeError for a scalar, or no rows.
 * @example
 * standardize(tensor([[1], [3]]))(tensor([[5]])).toArray() // [[3]]
 */
export const standardize = (x: Tensor): ((part: Tensor) => Tensor) =>
  inOperation('standardize', () => {
    checkTensor('standardize', 'x', x);
    if (!(x.shape[0] !== undefined && x.shape[0] > 0))
      throw new ShapeError({
        op: 'standardize',
        problem: 'there is no row to fit to',
        shapes: [x.shape],
        remedy: 'give at least one row: [N, …]',
      });
    // In units of each feature's size nothing overflows, neither sums nor differences nor squares; powers of two round nothing.
    const { unit, scale: size } = unitOf(x, { axes: [0], keepDims: false });
    const units = div(x, unit) as Tensor;
    const [least, most] = [min(units, { axes: 0 }), max(units, { axes: 0 })];
    // The mean of equal numbers is rounded, and their deviation from it need not be 0: whether they vary is asked of them.
    const constant = equal(least, most);
    const centre = where(constant, least, mean(units, { axes: 0 }));
    const scale = where(constant, 1, std(units, { axes: 0, correction: 0 }));
    // A feature that never varies is shifted by its own numbers.
    const back = where(constant, size, 1);
    return (part) =>
      inOperation('standardize', () => {
        checkTensor('standardize', 'the part', part);
        return mul(div(sub(div(part, size), centre), scale), back);
      });
  });
