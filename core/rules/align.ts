/** Batching rules of operations whose leading axes broadcast. */
import { reshape } from '../primitives/shape/reshape.js';
import type { Tensor } from '../tensor/tensor.js';

/**
 * Gives all operands the same logical rank, by size-1 axes behind the batch axis of each batched one, so that
 * broadcasting keeps the batch apart from the leading axes of an unbatched operand.
 */
export const alignRanks = (x: readonly Tensor[], batched: readonly boolean[]): readonly Tensor[] => {
  const ranks = x.map((input, i) => input.rank - (batched[i] === true ? 1 : 0));
  const rank = Math.max(...ranks);
  return x.map((input, i) => {
    const missing = rank - (ranks[i] ?? 0);
    if (batched[i] !== true || missing === 0) return input;
    return reshape(input, [input.shape[0] ?? 1, ...new Array<number>(missing).fill(1), ...input.shape.slice(1)]);
  });
};
