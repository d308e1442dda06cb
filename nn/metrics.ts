/** Figures of merit that nobody differentiates. */
import { checkTensors } from '../core/arguments.js';
import { argmax, cast, equal, mean, ShapeError, type Tensor } from '../core/index.js';

/**
 * The share of samples whose largest score is that of the target class; a tie counts as the first of the classes.
 * `scores: [N, C]`, `target: [N]` int32 → a scalar between 0 and 1.
 * @throws ShapeError when the shapes do not fit.
 * @example
 * accuracy(tensor([[1, 3], [2, 0]]), tensor([1, 1], { dtype: 'int32' })).item() // 0.5
 */
export const accuracy = (scores: Tensor, target: Tensor): Tensor => {
  checkTensors('accuracy', [scores, target]);
  if (scores.rank !== 2 || target.shape.join() !== String(scores.shape[0]))
    throw new ShapeError({
      op: 'accuracy',
      problem: 'scores and class numbers do not fit',
      shapes: [scores.shape, target.shape],
      remedy: 'give scores [N, C] and class numbers [N]',
    });
  const right = equal(argmax(scores, { axis: 1 }), cast(target, 'int32'));
  return mean(cast(right, scores.dtype === 'float64' ? 'float64' : 'float32'));
};
