/** Looking rows up in a table. */
import { equal, stopGradient, type Tensor, take, unsqueeze, where } from '../../core/index.js';

export interface EmbeddingFunctionOptions {
  /** The row of this number takes no gradient. */
  readonly paddingIndex?: number;
}

/**
 * Rows of `weight: [count, size]` at int32 `index: […]` → `[…, size]`; gradients of repeated rows add up.
 * @example
 * functional.embedding(tensor([[1, 2], [3, 4]]), tensor([1, 0, 1], { dtype: 'int32' })).toArray() // [[3, 4], [1, 2], [3, 4]]
 */
export const embedding = (weight: Tensor, index: Tensor, { paddingIndex }: EmbeddingFunctionOptions = {}): Tensor => {
  const rows = take(weight, index, 0);
  return paddingIndex === undefined ? rows : where(unsqueeze(equal(index, paddingIndex), -1), stopGradient(rows), rows);
};
