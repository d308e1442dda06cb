/**
 * Splitting a batch: for a loss that averages over examples, the gradient of the whole batch is the mean of the gradients of
 * its parts. True of every layer that treats examples one by one, which batch norm in training does not.
 */

import { vjp } from '../../autograd/transforms/vjp.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { ones } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { treeLeaves } from '../../core/tensor/tree.js';
import { vectorSpace } from '../vector-space.js';
import { exampleOf, stackOf } from './batching.js';
import { type LawOptions, type Report, relative, reportOf } from './report.js';
import { compareTrees } from './trees.js';

const batchSplitLawNames = { tolerance: true } as const;

/**
 * The gradient of `loss(params, batch)` with respect to `params` is the mean of those for single examples, to
 * 1e-12·(1 + |want|). Leaves of `batch` have the batch at axis 0.
 * @example
 * batchSplitLaw((w: Tensor, x: Tensor) => mean(mul(w, x)), tensor(2, { dtype: 'float64' }), tensor([1, 2], { dtype: 'float64' })).holds // true
 */
export const batchSplitLaw = <P, B>(
  loss: (params: P, batch: B) => Tensor,
  params: P,
  batch: B,
  options: Omit<LawOptions, 'seed'> = {},
): Report => {
  const { tolerance = 1e-12 } = checkedOptions('batchSplitLaw', options, batchSplitLawNames);
  const size = treeLeaves(batch)[0]?.shape[0] ?? 0;
  const space = vectorSpace(params);
  const gradient = (part: B): P => {
    const [y, pullback] = vjp((p: P) => loss(p, part), params);
    return pullback(ones([], y.dtype))[0];
  };
  const want = Array.from({ length: size }, (_, i) => gradient(stackOf([exampleOf(batch, i)]))).reduce(
    (mean, part) => space.axpy(1 / size, part, mean),
    space.zero(),
  );
  return reportOf(
    'split batch',
    tolerance,
    size === 0 ? [] : compareTrees('the gradient', gradient(batch), want, relative),
  );
};
