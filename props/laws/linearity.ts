/**
 * Laws that need no oracle, because they only say that differentiation is linear:
 * Jᵀ(αu + βw) = αJᵀu + βJᵀw, and ∇(αf + βg) = α∇f + β∇g.
 */

import { vjp } from '../../autograd/transforms/vjp.js';
import { add } from '../../core/primitives/elementwise/add.js';
import { mul } from '../../core/primitives/elementwise/mul.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { numbersFrom } from '../numbers.js';
import { type VectorSpace, vectorSpace } from '../vector-space.js';
import { type Deviation, type LawOptions, type Report, relative, reportOf, type TreeFunction } from './report.js';
import { requireDoubles } from './trees.js';

const [alpha, beta] = [1.75, -0.6];

/** Coordinate by coordinate: integers have no cotangent to compare. */
const compare = <T>(space: VectorSpace<T>, name: string, got: T, want: T): Deviation[] => {
  const wanted = space.coordinates(want);
  return Array.from(space.coordinates(got), (value, j) =>
    relative(`${name} ${space.place(j)}`, value, wanted[j] ?? Number.NaN),
  );
};

const pullbackLinearityLawNames = { seed: true, tolerance: true } as const;

/**
 * The pullback of `f` at `args` is linear in the cotangent, to 1e-12·(1 + |want|).
 * @throws DtypeError for float32 arguments.
 * @example
 * pullbackLinearityLaw((x: Tensor) => exp(x), [tensor([0, 1], { dtype: 'float64' })]).holds // true
 */
export const pullbackLinearityLaw = <Args extends readonly unknown[], Y>(
  f: TreeFunction<Args, Y>,
  args: Args,
  options: LawOptions = {},
): Report => {
  const { seed = 1, tolerance = 1e-12 } = checkedOptions('pullbackLinearityLaw', options, pullbackLinearityLawNames);
  requireDoubles('pullbackLinearityLaw', args);
  const next = numbersFrom(seed);
  const [y, pullback] = vjp(f, ...args);
  const [inputs, outputs] = [vectorSpace(args), vectorSpace(y)];
  const [u, w] = [outputs.direction(next), outputs.direction(next)];
  const scaled = (factor: number, x: Args): Args => inputs.axpy(factor, x, inputs.zero());
  const got = pullback(outputs.axpy(alpha, u, outputs.axpy(beta, w, outputs.zero())));
  const want = inputs.axpy(1, scaled(alpha, pullback(u)), scaled(beta, pullback(w)));
  return reportOf('linear pullback', tolerance, compare(inputs, 'Jᵀ(αu + βw) of argument', got, want));
};

const gradientLinearityLawNames = { seed: true, tolerance: true } as const;

/**
 * The gradient of a combination of two functions is the combination of their gradients, to 1e-12·(1 + |want|).
 * @throws DtypeError for float32 arguments.
 * @example
 * gradientLinearityLaw((x: Tensor) => exp(x), (x: Tensor) => mul(x, x), [tensor([0, 1], { dtype: 'float64' })]).holds // true
 */
export const gradientLinearityLaw = <Args extends readonly unknown[]>(
  f: TreeFunction<Args, Tensor>,
  g: TreeFunction<Args, Tensor>,
  args: Args,
  options: LawOptions = {},
): Report => {
  const { seed = 1, tolerance = 1e-12 } = checkedOptions('gradientLinearityLaw', options, gradientLinearityLawNames);
  requireDoubles('gradientLinearityLaw', args);
  const both = (...x: Args): Tensor => add(mul(f(...x), alpha), mul(g(...x), beta));
  const [y, pullback] = vjp(both, ...args);
  const u = vectorSpace<Tensor>(y).direction(numbersFrom(seed));
  const inputs = vectorSpace(args);
  const alone = (h: TreeFunction<Args, Tensor>, factor: number): Args =>
    inputs.axpy(factor, vjp(h, ...args)[1](u), inputs.zero());
  const want = inputs.axpy(1, alone(f, alpha), alone(g, beta));
  return reportOf('linear gradient', tolerance, compare(inputs, '∇(αf + βg) of argument', pullback(u), want));
};
