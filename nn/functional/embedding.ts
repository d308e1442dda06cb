/** Looking rows up in a table. */
import { checkedOptions, checkTensors } from '../../core/arguments.js';
import {
  ArgumentError,
  equal,
  logicalOr,
  stopGradient,
  type Tensor,
  take,
  unsqueeze,
  where,
} from '../../core/index.js';

export interface EmbeddingFunctionOptions {
  /** The row of this number takes no gradient; a negative number counts from the last row. */
  readonly paddingIndex?: number;
}

/**
 * Rows of `weight: [count, size]` at int32 `index: […]` → `[…, size]`; gradients of repeated rows add up.
 * @throws ArgumentError when an index or `paddingIndex` names no row; DtypeError unless the index is int32.
 * @example
 * functional.embedding(tensor([[1, 2], [3, 4]]), tensor([1, 0, 1], { dtype: 'int32' })).toArray() // [[3, 4], [1, 2], [3, 4]]
 */
export const embedding = (weight: Tensor, index: Tensor, options: EmbeddingFunctionOptions = {}): Tensor => {
  checkTensors('embedding', [weight, index]);
  const { paddingIndex } = checkedOptions('embedding', options, ['paddingIndex']);
  const rows = take(weight, index, 0);
  if (paddingIndex === undefined) return rows;
  const [count = 0] = weight.shape;
  if (!Number.isInteger(paddingIndex) || paddingIndex < -count || paddingIndex >= count)
    throw new ArgumentError({
      op: 'embedding',
      problem: `paddingIndex = ${paddingIndex} names no row of a table of ${count}`,
      shapes: [weight.shape],
      remedy: 'give a row number, or leave it out',
    });
  // A row can be written in two ways: from the first and, negative, from the last.
  const row = paddingIndex < 0 ? paddingIndex + count : paddingIndex;
  const isPadding = logicalOr(equal(index, row), equal(index, row - count));
  return where(unsqueeze(isPadding, -1), stopGradient(rows), rows);
};
