/**
 * Law 3, linear and bilinear functions: [f(x + v) − f(x − v)] / 2 = Jv exactly, with no truncation to allow for, so
 * that a gradient wrong in its twelfth digit is found.
 */

import { checkedOptions } from '../../core/tensor/arguments.js';
import { vectorSpace } from '../vector-space.js';
import { pullbackAgainst, type Quotient } from './differences.js';
import { combined, type LawOptions, type Report, reportOf, type TreeFunction } from './report.js';
import { requireDoubles } from './trees.js';

const central: Quotient = (line) => {
  const back = line(-1);
  return line(1).map((value, i) => (value - (back[i] ?? 0)) / 2);
};

export interface ExactDifferenceOptions extends LawOptions {
  /** `jointly` linear (or affine) in all arguments, the default, or linear in `each` while the others stand still. */
  readonly linear?: 'jointly' | 'each';
}

const exactDifferenceLawNames = { seed: true, tolerance: true, linear: true } as const;

/**
 * The gradient of the linear or multilinear function `f` agrees with its difference over a step of length 1, to 1e-12.
 * @throws DtypeError for float32 arguments.
 * @example
 * exactDifferenceLaw((a: Tensor, b: Tensor) => mul(a, b), [tensor([1, 2], { dtype: 'float64' }), tensor([3, 4], { dtype: 'float64' })], { linear: 'each' }).holds // true
 */
export const exactDifferenceLaw = <Args extends readonly unknown[], Y>(
  f: TreeFunction<Args, Y>,
  args: Args,
  options: ExactDifferenceOptions = {},
): Report => {
  const {
    seed = 1,
    tolerance = 1e-12,
    linear = 'jointly',
  } = checkedOptions('exactDifferenceLaw', options, exactDifferenceLawNames);
  requireDoubles('exactDifferenceLaw', args);
  const law = 'law 3, exact difference';
  if (linear === 'jointly')
    return reportOf(
      law,
      tolerance,
      pullbackAgainst(central, f, args, () => true, { seed }),
    );
  const sizes = args.map((arg) => vectorSpace(arg).dimension);
  const parts = sizes.flatMap((size, k) => {
    // An argument without floats has nothing that could move.
    if (size === 0) return [];
    const first = sizes.slice(0, k).reduce((total, other) => total + other, 0);
    const moves = (coordinate: number): boolean => coordinate >= first && coordinate < first + size;
    return [reportOf(law, tolerance, pullbackAgainst(central, f, args, moves, { seed: seed + k }))];
  });
  return combined(law, parts);
};
