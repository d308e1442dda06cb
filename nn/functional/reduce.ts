/** What losses begin with, an input and a target of one shape, and end with: their elements, the mean or the sum. */
import { checkTensors } from '../../core/arguments.js';
import { describe } from '../../core/errors.js';
import { ArgumentError, mean, ShapeError, sum, type Tensor } from '../../core/index.js';

export type Reduction = 'mean' | 'sum' | 'none';

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

export const reduceLoss = (op: string, loss: Tensor, reduction: Reduction): Tensor => {
  if (reduction === 'none') return loss;
  if (reduction === 'sum') return sum(loss);
  if (reduction === 'mean') return mean(loss);
  throw new ArgumentError({
    op,
    problem: `there is no reduction ${describe(reduction)}`,
    remedy: "use 'mean', 'sum' or 'none'",
  });
};
