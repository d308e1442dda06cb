/**
 * Pruning by magnitude: masks that say which weights stay. A mask is a bool tensor, or a tree of them like the parameters;
 * apply it once to make the pruning permanent, or after every update to keep the pruned weights at 0.
 */

import { describe } from '../core/base/errors.js';
import { checkCallable } from '../core/base/methods.js';
import { inOperation } from '../core/base/scope.js';
import {
  ArgumentError,
  abs,
  argsort,
  broadcastTo,
  concat,
  countNonZero,
  greaterEqual,
  norm,
  ones,
  reshape,
  type Shape,
  slice,
  type Tensor,
  treeEntries,
  treeLeaves,
  treeMap,
  treeUnflatten,
  where,
} from '../core/index.js';
import { checkedOptions, rankOf } from '../core/tensor/arguments.js';
import { chosenAxis, type OneAxis } from '../core/tensor/axis.js';

/** `amount` of `total`, rounded to the nearest whole number, halves to even. */
const countOf = (op: string, amount: number, total: number): number => {
  if (!(typeof amount === 'number' && amount >= 0 && amount <= 1))
    throw new ArgumentError({
      op,
      problem: `the amount ${describe(amount)} is not a share`,
      remedy: 'give a number from 0 to 1',
    });
  const exact = amount * total;
  return exact % 1 === 0.5 ? 2 * Math.round(exact / 2) : Math.round(exact);
};

/** False for the `count` smallest of a vector, true for the rest; among equals the first go first. */
const allButSmallest = (sizes: Tensor, count: number): Tensor => {
  const rank = argsort(argsort(sizes, { axis: 0 }), { axis: 0 });
  return greaterEqual(rank, count);
};

export interface MagnitudeMaskOptions {
  /** Which leaves may be pruned, by path or by themselves, such as the weights but not the biases; all by default. */
  readonly include?: (path: string, leaf: Tensor) => boolean;
}

const magnitudeMaskNames = { include: true } as const;

/**
 * Masks that drop the `amount` of all weights with the smallest absolute values, with one threshold over the whole tree.
 * The number dropped is `amount` times the number of weights, rounded (halves to even).
 * @throws ArgumentError unless the amount is between 0 and 1.
 * @example
 * magnitudeMask({ a: tensor([3, -1]), b: tensor([0.5, 2]) }, 0.5) // { a: [1, 0], b: [0, 1] }
 */
export const magnitudeMask = <T>(params: T, amount: number, options: MagnitudeMaskOptions = {}): T =>
  inOperation('magnitudeMask', () => {
    const { include = () => true } = checkedOptions('magnitudeMask', options, magnitudeMaskNames);
    checkCallable('magnitudeMask', 'include', include);
    const entries = treeEntries(params, 'magnitudeMask');
    const pruned = entries.flatMap(([path, leaf]) => (include(path, leaf) ? [leaf] : []));
    const total = pruned.reduce((sum, leaf) => sum + leaf.size, 0);
    const count = countOf('magnitudeMask', amount, total);
    const kept =
      pruned.length === 0
        ? null
        : allButSmallest(
            concat(
              pruned.map((leaf) => reshape(abs(leaf), [leaf.size])),
              0,
            ),
            count,
          );
    let start = 0;
    const masks = entries.map(([path, leaf]) => {
      if (kept === null || !include(path, leaf)) return ones(leaf.shape, 'bool');
      const part = slice(kept, [[start, start + leaf.size, 1]]);
      start += leaf.size;
      return reshape(part as Tensor, leaf.shape);
    });
    return treeUnflatten(params, masks, 'magnitudeMask');
  });

export interface SliceMaskOptions {
  /** Which norm measures a slice: 1 by default. */
  readonly p?: number | 'inf';
  /** The axis whose slices are dropped whole: 0, the output filters, by default. */
  readonly axis?: OneAxis;
  /** Another name of `axis`. */
  readonly axes?: OneAxis;
}

const sliceNormsNames = { p: true, axis: true, axes: true } as const;

/** The norm of each slice along an axis: `[size of the axis]`. */
export const sliceNorms = (weight: Tensor, options: SliceMaskOptions = {}): Tensor =>
  inOperation('sliceNorms', () => normsOf('sliceNorms', weight, options).norms);

/** The norm of each slice along an axis, and that axis. */
const normsOf = (
  op: string,
  weight: Tensor,
  options: SliceMaskOptions,
): { readonly norms: Tensor; readonly along: number } => {
  const { p = 1, axis, axes } = checkedOptions(op, options, sliceNormsNames);
  const along = chosenAxis(op, axis, axes, 0, rankOf(op, weight));
  const others = weight.shape.map((_, i) => i).filter((i) => i !== along);
  return { norms: others.length === 0 ? abs(weight) : norm(weight, { axis: others, p }), along };
};

/**
 * A mask that drops whole slices of a weight, those with the smallest norms: for a convolution, output filters.
 * The number dropped is `amount` times the number of slices, rounded (halves to even).
 * @throws ArgumentError unless the amount is between 0 and 1; AxisError for an axis that does not exist.
 * @example
 * sliceMask(tensor([[1, 1], [0, 1], [2, 2], [3, 0]]), 0.5).toArray() // [[0, 0], [0, 0], [1, 1], [1, 1]]
 */
export const sliceMask = (weight: Tensor, amount: number, options: SliceMaskOptions = {}): Tensor =>
  inOperation('sliceMask', () => {
    const { norms, along } = normsOf('sliceMask', weight, options);
    const kept = allButSmallest(norms, countOf('sliceMask', amount, norms.size));
    const column: Shape = weight.shape.map((size, i) => (i === along ? size : 1));
    return broadcastTo(reshape(kept, column) as Tensor, weight.shape) as Tensor;
  });

/**
 * The parameters with 0 where a mask is false. The gradient flows to the weights that stay.
 * @example
 * applyMasks(tensor([1, 2]), tensor([true, false])).toArray() // [1, 0]
 */
export const applyMasks = <T>(params: T, masks: T): T =>
  inOperation('applyMasks', () => treeMap((leaf, mask = leaf) => where(mask, leaf, 0), params, masks));

/**
 * The share of zeros in a tree of parameters.
 * @example
 * sparsity({ a: tensor([0, 1]), b: tensor([2, 3]) }) // 0.25
 */
export const sparsity = (params: unknown): number =>
  inOperation('sparsity', () => {
    const leaves = treeLeaves(params, 'sparsity');
    const total = leaves.reduce((sum, leaf) => sum + leaf.size, 0);
    const nonZero = leaves.reduce((sum, leaf) => sum + countNonZero(leaf).item(), 0);
    return total === 0 ? 0 : 1 - nonZero / total;
  });
