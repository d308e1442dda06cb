/**
 * Law 4, Taylor order: the remainder r(h) = φ(x + hv) − φ(x) − h⟨∇φ, v⟩ is h²vᵀHv/2 + O(h³), so halving h divides it by
 * four: log₂ R has slope 2 in log₂ h, and 1 as soon as the gradient is wrong. φ = ⟨w, f⟩ with random weights w, and
 * R(h) = |r(h)| + |r(−h)| = max(h²|vᵀHv|, …), in which the cubic term cannot hide the quadratic one.
 * Directions without curvature say nothing about the slope and are drawn again.
 */

import { vjp } from '../../autograd/transforms/vjp.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { numbersFrom } from '../numbers.js';
import { vectorSpace } from '../vector-space.js';
import { type LawOptions, type Report, reportOf, type TreeFunction } from './report.js';
import { requireDoubles } from './trees.js';

const halvings = 5;
const draws = 8;

/** The slope of the line of least squares through (−k, yₖ). */
const slopeOf = (y: readonly number[]): number => {
  const centre = (y.length - 1) / 2;
  const spread = y.reduce((total, _, k) => total + (k - centre) ** 2, 0);
  return y.reduce((total, value, k) => total - (k - centre) * value, 0) / spread;
};

/** First step of the halvings, small enough for the quadratic term to lead; `null` without curvature. */
const firstStep = (phi: (h: number) => number, size: number): number | null => {
  const d = 1e-2;
  const [far, near, here, back, farBack] = [phi(2 * d), phi(d), phi(0), phi(-d), phi(-2 * d)];
  const second = Math.abs(near - 2 * here + back) / d ** 2;
  const third = Math.abs(far - 2 * near + 2 * back - farBack) / (2 * d ** 3);
  const step = Math.min(d, (0.3 * second) / third);
  return second > 1e-3 * (1 + size) && step > 5e-4 ? step : null;
};

const taylorLawNames = { seed: true, tolerance: true } as const;

/**
 * The remainder of the first-order Taylor polynomial of `f` at `args` is of second order: slope 2 ± 0.1 over five halvings.
 * Where eight directions show no curvature, the slope must be 2 or more, or the remainder rounding.
 * @throws DtypeError for float32 arguments.
 * @example
 * taylorLaw((x: Tensor) => exp(x), [tensor([0, 1], { dtype: 'float64' })]).holds // true
 */
export const taylorLaw = <Args extends readonly unknown[], Y>(
  f: TreeFunction<Args, Y>,
  args: Args,
  options: LawOptions = {},
): Report => {
  const { seed = 1, tolerance = 0.1 } = checkedOptions('taylorLaw', options, taylorLawNames);
  requireDoubles('taylorLaw', args);
  const law = 'law 4, Taylor order';
  const next = numbersFrom(seed);
  const inputs = vectorSpace(args);
  const [y, pullback] = vjp(f, ...args);
  const outputs = vectorSpace(y);
  if (inputs.dimension === 0 || outputs.dimension === 0) return reportOf(law, tolerance, []);
  const weights = outputs.direction(next);
  const gradient = pullback(weights);
  // φ may cancel what its terms had lost to rounding, so their size counts.
  const size = outputs.norm(y);

  for (let draw = 1; ; draw++) {
    const v = inputs.direction(next);
    const slope = inputs.inner(gradient, v);
    const phi = (h: number): number => outputs.inner(weights, f(...inputs.axpy(h, v, args)));
    const curved = firstStep(phi, size);
    if (curved === null && draw < draws) continue;
    const here = phi(0);
    const steps = Array.from({ length: halvings + 1 }, (_, k) => (curved ?? 1e-2) / 2 ** k);
    const remainder = (h: number): number => Math.abs(phi(h) - here - h * slope);
    const remainders = steps.map((h) => remainder(h) + remainder(-h));
    const rounding = 1e-14 * (1 + size + Math.abs(slope));
    if (curved === null && remainders.every((r) => r <= rounding))
      return reportOf(law, tolerance, [{ where: 'R(h) of a straight line', got: 0, want: 0, error: 0 }]);
    const got = slopeOf(remainders.map((r) => Math.log2(r + rounding * 1e-3)));
    const error = curved === null ? Math.max(0, 2 - got) : Math.abs(got - 2);
    return reportOf(law, tolerance, [{ where: 'the slope of log R(h)', got, want: 2, error }]);
  }
};
