/**
 * Batching: a function written for one example runs on a stack of them. A batched tensor shows the shape of one example;
 * beneath it stands the whole stack, always with the batch at axis 0.
 */
import { bind, currentInterpreter, type Interpreter, withInterpreter } from '../core/interpreter.js';
import { broadcastTo } from '../core/primitives/broadcast-to.js';
import { Tensor } from '../core/tensor.js';

export interface Batch extends Interpreter {
  /** The example inside a stack (batch at axis 0). */
  lift(stack: Tensor): Tensor;
  /** The stack beneath `x`; an unbatched tensor is repeated. */
  lower(x: Tensor): Tensor;
}

/** A new batch of `size` examples above the current interpreter. */
export const createBatch = (name: string, size: number): Batch => {
  const below = currentInterpreter();
  const isBatched = (x: Tensor): boolean => x.owner === batch;
  const stackOf = (x: Tensor): Tensor => (isBatched(x) ? (x.payload as Tensor) : x);
  const lift = (stack: Tensor): Tensor => new Tensor(stack.shape.slice(1), stack.dtype, batch, stack);
  const lower = (x: Tensor): Tensor => (isBatched(x) ? stackOf(x) : broadcastTo(x, [size, ...x.shape]));

  const batch: Batch = {
    name,
    lift,
    lower,
    reveal: (x) => (isBatched(x) ? null : x),

    bind(primitive, inputs, params) {
      const batched = inputs.map(isBatched);
      const x = inputs.map(stackOf);
      if (!batched.includes(true)) return withInterpreter(below, () => bind(primitive, x, params));
      primitive.infer(inputs, params);
      return withInterpreter(below, () => lift(primitive.batch({ x, batched, size, p: params, primitive })));
    },

    call(rule, inputs) {
      return rule.run(inputs);
    },
  };
  return batch;
};
