/**
 * Batching: a function written for one example runs on a stack of them. A batched tensor shows the shape of one example;
 * beneath it stands the whole stack, always with the batch at axis 0.
 */
import {
  bindAll,
  type CustomRule,
  call,
  type Interpreter,
  recompute,
  withInterpreter,
} from '../../core/dispatch/interpreter.js';
import { broadcastTo } from '../../core/primitives/shape/broadcast-to.js';
import { Tensor } from '../../core/tensor/tensor.js';
import { programTransforms } from './programs.js';
import { ruleUnder } from './substitution.js';

export interface Batch extends Interpreter {
  /** The example inside a stack (batch at axis 0). */
  lift(stack: Tensor): Tensor;
  /** The stack beneath `x`; an unbatched tensor is repeated. */
  lower(x: Tensor): Tensor;
  isBatched(x: Tensor): boolean;
}

/** A new batch of `size` examples. */
export const createBatch = (name: string, size: number): Batch => {
  const isBatched = (x: Tensor): boolean => x.owner === batch;
  const stackOf = (x: Tensor): Tensor => (isBatched(x) ? (x.payload as Tensor) : x);
  const lift = (stack: Tensor): Tensor => new Tensor(stack.shape.slice(1), stack.dtype, batch, stack);
  const lower = (x: Tensor): Tensor => (isBatched(x) ? stackOf(x) : broadcastTo(x, [size, ...x.shape]));
  const liftAll = (stacks: readonly Tensor[]): readonly Tensor[] => stacks.map(lift);
  const lowerAll = (examples: readonly Tensor[]): readonly Tensor[] => examples.map(lower);

  const batch: Batch = {
    name,
    lift,
    lower,
    isBatched,
    reveal: (x) => (isBatched(x) ? null : x),

    bind(primitive, inputs, params) {
      const batched = inputs.map(isBatched);
      const x = inputs.map(stackOf);
      if (!batched.includes(true)) return bindAll(primitive, x, params);
      primitive.infer(inputs, params);
      const on = programTransforms(() => false);
      const lifted = (rule: CustomRule): CustomRule => ruleUnder(batch, rule, liftAll, lowerAll);
      return primitive.batch({ x, batched, size, p: params, primitive, on, lifted }).map(lift);
    },

    // The rule stays: its functions run on examples, it is called on stacks.
    call: (rule, inputs) => call(ruleUnder(batch, rule, liftAll, lowerAll), lowerAll(inputs)).map(lift),

    recompute(run, inputs) {
      const given = inputs.map(isBatched);
      let returned: readonly boolean[] = [];
      const onStacks = (stacks: readonly Tensor[]): readonly Tensor[] => {
        const x = stacks.map((stack, i) => (given[i] === true ? lift(stack) : stack));
        const outputs = withInterpreter(batch, () => run(x));
        returned = outputs.map(isBatched);
        return outputs.map(stackOf);
      };
      const outputs = recompute(onStacks, inputs.map(stackOf));
      return outputs.map((y, i) => (returned[i] === true ? lift(y) : y));
    },
  };
  return batch;
};
