/**
 * A sample against the distribution that it is drawn from: every number within the support, the empirical distribution
 * function near the true one (Kolmogorov), and no number so far out in a tail that none should be there.
 */
import { checkedOptions } from '../../core/tensor/arguments.js';
import { combined, type Deviation, type LawOptions, type Report, reportOf } from './report.js';

export interface Distribution {
  /** P(X ≤ x). */
  readonly cumulative: (x: number) => number;
  /** P(X > x), where it needs care of its own: 1 − P(X ≤ x) by default. */
  readonly survival?: (x: number) => number;
  /** The smallest number that may be drawn; −Infinity, which may not, by default. */
  readonly min?: number;
  /** The largest number that may be drawn; Infinity, which may not, by default. */
  readonly max?: number;
}

const distributionLawNames = { tolerance: true } as const;

/**
 * With D the largest distance between the distribution functions of n numbers and of the distribution, `√n·D` exceeds 2.2 once
 * in eight thousand samples; `n·P` of the outermost number is below 1e-4 once in ten thousand.
 * @example
 * distributionLaw(uniform(key(0), [1000]).dataSync(), { cumulative: (x) => x, min: 0, max: 1 }).holds // true
 */
export const distributionLaw = (
  sample: ArrayLike<number>,
  { cumulative, survival = (x) => 1 - cumulative(x), min, max }: Distribution,
  options: Pick<LawOptions, 'tolerance'> = {},
): Report => {
  const { tolerance = 2.2 } = checkedOptions('distributionLaw', options, distributionLawNames);
  const sorted = Float64Array.from(sample).sort();
  const n = sorted.length;
  const outside = (x: number): boolean => !Number.isFinite(x) || x < (min ?? x) || x > (max ?? x);
  const places = Array.from(sorted, (x, i): Deviation => {
    const p = cumulative(x);
    const distance = Math.max(Math.abs(p - (i + 1) / n), Math.abs(p - i / n));
    return { where: `the number ${x}`, got: i / n, want: p, error: Math.sqrt(n) * distance };
  });
  const rarity = (where: string, p: number): Deviation => ({ where, got: n * p, want: 1, error: n * p < 1e-4 ? 1 : 0 });
  return combined('distribution', [
    reportOf(
      'support',
      0,
      Array.from(sorted, (x) => ({ where: 'a draw', got: x, want: x, error: outside(x) ? 1 : 0 })),
    ),
    reportOf('distribution function', tolerance, places),
    reportOf(
      'tails',
      0,
      n === 0
        ? []
        : [
            rarity('the smallest number', cumulative(sorted[0] as number)),
            rarity('the largest number', survival(sorted[n - 1] as number)),
          ],
    ),
  ]);
};
