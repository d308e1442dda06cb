/**
 * Law 8, determinism: the same bits every time. A pullback gives the same numbers however often it is called, a second
 * recording too, and no transform changes a forward result.
 */

import { jvp } from '../../autograd/transforms/jvp.js';
import { vjp } from '../../autograd/transforms/vjp.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { numbersFrom } from '../numbers.js';
import { vectorSpace } from '../vector-space.js';
import { exact, type LawOptions, type Report, reportOf, type TreeFunction } from './report.js';
import { compareTrees } from './trees.js';

const determinismLawNames = { seed: true, tolerance: true } as const;

/**
 * `f` and its derivatives at `args` give the same bits every time, and `f` the same inside and outside of transforms.
 * @example
 * determinismLaw((x: Tensor) => exp(x), [tensor([1, 2])]).holds // true
 */
export const determinismLaw = <Args extends readonly unknown[], Y>(
  f: TreeFunction<Args, Y>,
  args: Args,
  options: LawOptions = {},
): Report => {
  const { seed = 1, tolerance = 0 } = checkedOptions('determinismLaw', options, determinismLawNames);
  const next = numbersFrom(seed);
  const plain = f(...args);
  const u = vectorSpace(plain).direction(next);
  const v = vectorSpace(args).direction(next);
  const [value, pullback] = vjp(f, ...args);
  const pulled = pullback(u);
  const [pushedValue, pushed] = jvp(f, args, v);
  return reportOf('law 8, determinism', tolerance, [
    ...compareTrees('the value, computed again,', f(...args), plain, exact),
    ...compareTrees('the value under vjp', value, plain, exact),
    ...compareTrees('the value under jvp', pushedValue, plain, exact),
    ...compareTrees('the gradient, pulled back again, of argument', pullback(u), pulled, exact),
    ...compareTrees('the gradient, recorded again, of argument', vjp(f, ...args)[1](u), pulled, exact),
    ...compareTrees('the tangent, pushed again,', jvp(f, args, v)[1], pushed, exact),
  ]);
};
