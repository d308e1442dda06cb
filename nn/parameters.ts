/** Questions about trees of parameters that do not depend on the layers they belong to. */

import { isFloat } from '../core/base/dtype.js';
import { checkCallable } from '../core/base/methods.js';
import { treeEntries, treeLeaves } from '../core/index.js';
import { checkedOptions } from '../core/tensor/arguments.js';
import { madeBy } from './layer.js';

/**
 * How many numbers a tree of parameters or of state holds. Count a part of a model by giving that part of the tree.
 * @example
 * countParameters({ weight: zeros([4, 3]), bias: zeros([4]) }) // 16
 */
export const countParameters = (tree: unknown): number =>
  treeLeaves(tree, 'countParameters').reduce((total, leaf) => total + leaf.size, 0);

export interface ParameterCounts {
  /** Numbers that training changes. */
  readonly trainable: number;
  /** Numbers that stay as they are. */
  readonly frozen: number;
  /** Trainable and frozen ones. */
  readonly all: number;
  /** Means and variances that batch norm keeps; not parameters, and not its counters of batches. */
  readonly runningStatistics: number;
}

export interface ParameterCountOptions {
  /** Says of each parameter, by its path (`features[0].weight`), whether it is frozen; none by default. The same function as `fit` takes. */
  readonly frozen?: (path: string) => boolean;
}

const parameterCountsNames = { frozen: true } as const;

/**
 * How many parameters a model has, and how many of them are trained; `variables` is what `init` returned.
 * @example
 * parameterCounts(batchNorm1d(3).init(key(0))) // { trainable: 6, frozen: 0, all: 6, runningStatistics: 6 }
 * parameterCounts(linear(4, 3).init(key(0)), { frozen: (path) => path === 'bias' }) // { trainable: 12, frozen: 3, all: 15, runningStatistics: 0 }
 */
export const parameterCounts = (
  variables: { readonly params: unknown; readonly state?: unknown },
  options: ParameterCountOptions = {},
): ParameterCounts => {
  const { frozen = () => false } = checkedOptions('parameterCounts', options, parameterCountsNames);
  checkCallable('parameterCounts', 'frozen', frozen);
  const entries = treeEntries(madeBy('parameterCounts', variables).params, 'parameterCounts');
  const all = entries.reduce((total, [, leaf]) => total + leaf.size, 0);
  const kept = entries.reduce((total, [path, leaf]) => (frozen(path) ? total + leaf.size : total), 0);
  const runningStatistics = treeLeaves(variables.state ?? null, 'parameterCounts').reduce(
    (total, { dtype, size }) => (isFloat(dtype) ? total + size : total),
    0,
  );
  return { trainable: all - kept, frozen: kept, all, runningStatistics };
};
