/** Examples of a batch that take no part in what the others do: they stand in it with the values of one that does. */
import { bind } from '../../dispatch/interpreter.js';
import type { Tensor } from '../../tensor/tensor.js';
import { cast } from '../elementwise/cast.js';
import { stopGradientPrimitive } from '../elementwise/stop-gradient.js';
import { where } from '../elementwise/where.js';
import { take } from '../index/take.js';
import { argmax } from '../reduce/argmax.js';
import { broadcastTo } from '../shape/broadcast-to.js';
import { reshape } from '../shape/reshape.js';

/** A mask of examples `[B]` as one that broadcasts against their stack. */
const beside = (mask: Tensor, stack: Tensor): Tensor =>
  reshape(mask, [...mask.shape, ...stack.shape.slice(1).map(() => 1)]) as Tensor;

/** The number of an example that takes part: the first, int32 `[1]`. */
export const oneExample = (taken: Tensor): Tensor => reshape(argmax(cast(taken, 'int32')) as Tensor, [1]) as Tensor;

/** The stack with the values of example `one` in the places of those that do not take part; nothing flows back from these. */
export const stillExamples = (taken: Tensor, stack: Tensor, one: Tensor): Tensor => {
  const other = bind(stopGradientPrimitive, [take(stack, one, 0) as Tensor], null);
  return where(beside(taken, stack), stack, broadcastTo(other, stack.shape)) as Tensor;
};

/** `yes` where an example takes part, `no` where it does not. */
export const selectExamples = (taken: Tensor, yes: readonly Tensor[], no: readonly Tensor[]): readonly Tensor[] =>
  yes.map((y, i) => where(beside(taken, y), y, no[i] as Tensor) as Tensor);
