/**
 * Law 2, finite differences: ⟨u, Jv⟩ by the pullback equals ⟨u, d⟩ with
 * d = [8(f(x + hv) − f(x − hv)) − (f(x + 2hv) − f(x − 2hv))] / 12h = Jv + O(h⁴), h = 5e-4.
 * Truncation is about h⁴/30 = 2e-15 times the fifth derivative, rounding about 1e-12 times the value: 1e-9 has room.
 */
import { checkedOptions } from '../../core/tensor/arguments.js';
import { pullbackAgainst, type Quotient } from './differences.js';
import { type LawOptions, type Report, reportOf, type TreeFunction } from './report.js';
import { requireDoubles } from './trees.js';

const fourthOrder =
  (h: number): Quotient =>
  (line) => {
    const [near, back, far, farBack] = [line(h), line(-h), line(2 * h), line(-2 * h)];
    return near.map((value, i) => (8 * (value - (back[i] ?? 0)) - ((far[i] ?? 0) - (farBack[i] ?? 0))) / (12 * h));
  };

export interface DifferenceOptions extends LawOptions {
  /** The step h; 5e-4 by default. */
  readonly step?: number;
}

const finiteDifferenceLawNames = { seed: true, tolerance: true, step: true } as const;

/**
 * The gradient of `f` at `args` agrees with fourth-order differences, to 1e-9·(1 + |d|): every entry of the Jacobian up to
 * 32 of them, else three random projections. The arguments must lie off kinks by more than two steps.
 * @throws DtypeError for float32 arguments.
 * @example
 * finiteDifferenceLaw((x: Tensor) => exp(x), [tensor([0, 1], { dtype: 'float64' })]).holds // true
 */
export const finiteDifferenceLaw = <Args extends readonly unknown[], Y>(
  f: TreeFunction<Args, Y>,
  args: Args,
  options: DifferenceOptions = {},
): Report => {
  const {
    seed = 1,
    tolerance = 1e-9,
    step = 5e-4,
  } = checkedOptions('finiteDifferenceLaw', options, finiteDifferenceLawNames);
  requireDoubles('finiteDifferenceLaw', args);
  const deviations = pullbackAgainst(fourthOrder(step), f, args, () => true, { seed });
  return reportOf('law 2, finite differences', tolerance, deviations);
};
