/**
 * Law 6, hand derivation: a forward pass and gradients worked out on paper equal what the library computes and what its
 * tape derives, entry by entry.
 */

import { vjp } from '../../autograd/transforms/vjp.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { numbersFrom } from '../numbers.js';
import { vectorSpace } from '../vector-space.js';
import { type LawOptions, type Report, relative, reportOf, type TreeFunction } from './report.js';
import { compareTrees, requireDoubles } from './trees.js';

/** A function worked out by hand: its value, and its gradients from the cotangent of that value. */
export type HandDerivation<Args extends readonly unknown[], Y> = (
  ...args: Args
) => readonly [value: Y, backward: (cotangent: Y) => Args];

const handDerivationLawNames = { seed: true, tolerance: true } as const;

/**
 * `f` and its gradient at `args` equal `byHand`, to 1e-12·(1 + |want|).
 * @throws DtypeError for float32 arguments.
 * @example
 * handDerivationLaw((x: Tensor) => mul(x, x), (x) => [mul(x, x), (g) => [mul(2, mul(x, g))]], [tensor([1, 2], { dtype: 'float64' })]).holds // true
 */
export const handDerivationLaw = <Args extends readonly unknown[], Y>(
  f: TreeFunction<Args, Y>,
  byHand: HandDerivation<Args, Y>,
  args: Args,
  options: LawOptions = {},
): Report => {
  const { seed = 1, tolerance = 1e-12 } = checkedOptions('handDerivationLaw', options, handDerivationLawNames);
  requireDoubles('handDerivationLaw', args);
  const [y, pullback] = vjp(f, ...args);
  const [value, backward] = byHand(...args);
  const cotangent = vectorSpace(y).direction(numbersFrom(seed));
  return reportOf('law 6, hand derivation', tolerance, [
    ...compareTrees('the value', y, value, relative),
    ...compareTrees('the gradient of argument', pullback(cotangent), backward(cotangent), relative),
  ]);
};
