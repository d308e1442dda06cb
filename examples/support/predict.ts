/** What a trained model says about examples. */
import { argmax, compile, type Tensor } from '../../autograd/index.js';
import type { Examples } from '../../data/index.js';
import type { Model, Variables } from '../../optim/index.js';

/** The class with the largest score for every example of the batches, as numbers. */
export const predictClasses = <P, S>(
  model: Model<P, S, Tensor, Tensor>,
  { params, state }: Variables<P, S>,
  batches: Iterable<Examples>,
): Int32Array => {
  const classes = compile(
    (variables: Variables<P, S>, x: Tensor): Tensor =>
      argmax(model.apply(variables, x, { training: false })[0], { axis: 1 }),
  );
  return Int32Array.from([...batches].flatMap(({ x }) => [...classes({ params, state }, x).dataSync()]));
};
