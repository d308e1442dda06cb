/**
 * Law 10, checkpoint: computing a function again on the way back changes neither its value nor its gradient, in a bit.
 */

import { checkpoint } from '../../autograd/transforms/checkpoint.js';
import { vjp } from '../../autograd/transforms/vjp.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { numbersFrom } from '../numbers.js';
import { vectorSpace } from '../vector-space.js';
import { exact, type LawOptions, type Report, reportOf, type TreeFunction } from './report.js';
import { compareTrees } from './trees.js';

export interface CheckpointLawOptions extends LawOptions {
  /** What stands for `checkpoint`, to hold another implementation against the law. */
  readonly by?: <Args extends readonly unknown[], Y>(f: (...args: Args) => Y) => (...args: Args) => Y;
}

const checkpointLawNames = { seed: true, tolerance: true, by: true } as const;

/**
 * `checkpoint(f)` at `args` has the value and the gradient of `f`, bit for bit.
 * @example
 * checkpointLaw((x: Tensor) => mul(x, exp(x)), [tensor([1, 2])]).holds // true
 */
export const checkpointLaw = <Args extends readonly unknown[], Y>(
  f: TreeFunction<Args, Y>,
  args: Args,
  options: CheckpointLawOptions = {},
): Report => {
  const { seed = 1, tolerance = 0, by = checkpoint } = checkedOptions('checkpointLaw', options, checkpointLawNames);
  const [value, pullback] = vjp(f, ...args);
  const [again, pullbackAgain] = vjp(by(f), ...args);
  const u = vectorSpace(value).direction(numbersFrom(seed));
  return reportOf('law 10, checkpoint', tolerance, [
    ...compareTrees('the value', again, value, exact),
    ...compareTrees('the gradient of argument', pullbackAgain(u), pullback(u), exact),
  ]);
};
