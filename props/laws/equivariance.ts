/**
 * Equivariance: f(σx) = τf(x), for values and gradients: permuting rows, shifting an image, transposing an operand
 * before the function is the same as doing so after it.
 */

import { vjp } from '../../autograd/transforms/vjp.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { numbersFrom } from '../numbers.js';
import { vectorSpace } from '../vector-space.js';
import { type LawOptions, type Report, relativeOrNaN, reportOf, type TreeFunction } from './report.js';
import { compareTrees } from './trees.js';

const lawNames = { seed: true, tolerance: true } as const;

/**
 * `left` and `right` are one function written in two ways: they agree at `args` in value and gradient, to 1e-12·(1 + |want|).
 * @example
 * equalityLaw((x: Tensor) => mul(x, x), (x: Tensor) => pow(x, 2), [tensor([1, 2], { dtype: 'float64' })]).holds // true
 */
export const equalityLaw = <Args extends readonly unknown[], Y>(
  left: TreeFunction<Args, Y>,
  right: TreeFunction<Args, Y>,
  args: Args,
  options: LawOptions = {},
): Report => {
  const { seed = 1, tolerance = 1e-12 } = checkedOptions('equalityLaw', options, lawNames);
  const [got, pullGot] = vjp(left, ...args);
  const [want, pullWant] = vjp(right, ...args);
  const u = vectorSpace(want).direction(numbersFrom(seed));
  return reportOf('equality', tolerance, [
    ...compareTrees('the value', got, want, relativeOrNaN),
    ...compareTrees('the gradient of argument', pullGot(u), pullWant(u), relativeOrNaN),
  ]);
};

/**
 * `f` after `before` equals `after` after `f` at `x`, in value and gradient.
 * @example
 * equivarianceLaw((x: Tensor) => exp(x), tensor([0, 1], { dtype: 'float64' }), (x) => flip(x, 0), (y) => flip(y, 0)).holds // true
 */
export const equivarianceLaw = <X, Y>(
  f: (x: X) => Y,
  x: X,
  before: (x: X) => X,
  after: (y: Y) => Y,
  options: LawOptions = {},
): Report => ({
  ...equalityLaw<readonly [X], Y>(
    (given) => f(before(given)),
    (given) => after(f(given)),
    [x],
    checkedOptions('equivarianceLaw', options, lawNames),
  ),
  law: 'equivariance',
});
