/** What losses begin with, an input and a target of one shape, and end with: their elements, the mean or the sum. */
import { checkedOptions, checkTensors } from '../../core/arguments.js';
import { describe } from '../../core/errors.js';
import { ArgumentError, div, mean, ShapeError, sum, type Tensor } from '../../core/index.js';

/**
 * What becomes of the losses of elements or samples: their mean, their sum, or nothing. With a divisor of one's own the sum is divided by it, as
 * by samples times classes for cross-entropy that averages over both.
 */
export type Reduction = 'mean' | 'sum' | 'none' | { readonly divisor: number };

export interface ReductionOptions {
  /** `mean` by default. */
  readonly reduction?: Reduction;
}

/** Throws unless input and target are tensors of one shape. */
export const checkSameShapes = (op: string, x: Tensor, target: Tensor): void => {
  checkTensors(op, [x, target]);
  if (x.shape.join() !== target.shape.join())
    throw new ShapeError({
      op,
      problem: 'input and target have different shapes',
      shapes: [x.shape, target.shape],
      remedy: 'reshape or broadcast one of them; a loss never broadcasts silently',
    });
};

const reduceLossNames = { divisor: true } as const;

export const reduceLoss = (op: string, loss: Tensor, reduction: Reduction): Tensor => {
  if (reduction === 'none') return loss;
  if (reduction === 'sum') return sum(loss);
  if (reduction === 'mean') return mean(loss);
  if (typeof reduction === 'object' && reduction !== null) {
    const { divisor } = checkedOptions(op, reduction, reduceLossNames);
    if (typeof divisor !== 'number' || !(divisor > 0))
      throw new ArgumentError({
        op,
        problem: `the divisor is ${describe(divisor)}`,
        remedy: 'give a number greater than 0',
      });
    return div(sum(loss), divisor);
  }
  throw new ArgumentError({
    op,
    problem: `there is no reduction ${describe(reduction)}`,
    remedy: "use 'mean', 'sum', 'none' or { divisor }",
  });
};
