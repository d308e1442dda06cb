/** Trees of numbers as vectors, which is what solvers work on. */
import { concat } from '../../core/primitives/shape/concat.js';
import { reshape } from '../../core/primitives/shape/reshape.js';
import { slice } from '../../core/primitives/shape/slice.js';
import type { Tensor } from '../../core/tensor/tensor.js';

export type Leaves = readonly Tensor[];

/** All numbers of some tensors as one vector, and back. */
export const packing = (
  like: Leaves,
): { readonly pack: (leaves: Leaves) => Tensor; readonly unpack: (vector: Tensor) => Leaves } => ({
  pack: (leaves) =>
    concat(
      leaves.map((leaf) => reshape(leaf, [leaf.size]) as Tensor),
      0,
    ) as Tensor,
  unpack: (vector) => {
    let next = 0;
    return like.map((leaf) => {
      const part = slice(vector, [[next, next + leaf.size]]);
      next += leaf.size;
      return reshape(part, leaf.shape) as Tensor;
    });
  },
});
