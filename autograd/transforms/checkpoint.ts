/** Checkpointing: time for memory. Between the forward pass and the backward pass only the arguments are kept. */

import { nested } from '../../core/base/depth.js';
import { recompute } from '../../core/dispatch/interpreter.js';
import { synchronous } from '../../core/dispatch/synchronous.js';
import { checkFunction } from '../../core/tensor/arguments.js';
import { outline, tensorsIn, treeLeaves, treeUnflatten, withTensors } from '../../core/tensor/tree.js';

/** A way back runs a checkpoint within all those around it: fifty deep is as much as the stack holds at second order, too. */
const heavy = 10;

/**
 * `f`, with nothing of its inside kept for the backward pass, which runs it again instead. Values are the same bits,
 * gradients too, also those of tensors that `f` closes over. Arguments may hold anything beside tensors.
 * Chen, Xu, Zhang, Guestrin: Training Deep Nets with Sublinear Memory Cost (2016).
 * @throws TreeError when `f` returns anything but a tree of tensors; ArgumentError for more than fifty checkpoints within each other.
 * @example
 * grad((x: Tensor) => sum(checkpoint((y: Tensor) => mul(y, y))(x)))(tensor([1, 2])).toArray() // [2, 4]
 */
export const checkpoint = <Args extends readonly unknown[], Y>(f: (...args: Args) => Y): ((...args: Args) => Y) => {
  checkFunction('checkpoint', f);
  return (...args) =>
    nested(
      'checkpoint',
      () => {
        const given = outline(args, 'checkpoint');
        const returned: Y[] = [];
        const outputs = recompute(
          (tensors) => {
            const y = synchronous('checkpoint', f(...withTensors(given, tensors)));
            returned[0] = outline(y, 'checkpoint');
            return treeLeaves(y, 'checkpoint');
          },
          tensorsIn(args, 'checkpoint'),
        );
        return treeUnflatten(returned[0] as Y, outputs);
      },
      heavy,
    );
};
