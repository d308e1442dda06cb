/**
 * Homogeneity over all exponents: f(2ᵏx) = 2^(dk)·f(x) and ∇f(2ᵏx) = 2^((d − 1)k)·∇f(x) for a function of degree d. Powers of
 * two round nothing, so that what squares on the way, and overflows or vanishes there, is found.
 */

import { vjp } from '../../autograd/transforms/vjp.js';
import { isFloat } from '../../core/base/dtype.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { fromData } from '../../core/tensor/creation.js';
import { mapTensors } from '../../core/tensor/tree.js';
import { numbersFrom } from '../numbers.js';
import { vectorSpace } from '../vector-space.js';
import { type Deviation, type LawOptions, type Report, reportOf, type TreeFunction } from './report.js';
import { compareTrees } from './trees.js';
import { inUlps } from './ulp.js';

/** Options of `homogeneityLaw`. */
export interface HomogeneityOptions extends LawOptions {
  /** The degree d: 1 of lengths, 0 of directions. */
  readonly degree: number;
  /** The exponents k; ±10, ±60 and ±100 by default, which is as far as float32 goes (10^±30). */
  readonly exponents?: readonly number[];
  /** Which of the arguments are scaled; all floats by default. */
  readonly scaled?: readonly boolean[];
}

const scaledBy = <T>(tree: T, factor: number): T =>
  mapTensors(tree, (x) =>
    isFloat(x.dtype)
      ? fromData(
          Float64Array.from(x.dataSync(), (value) => value * factor),
          x.shape,
          x.dtype,
        )
      : x,
  );

const homogeneityLawNames = { seed: true, tolerance: true, degree: true, exponents: true, scaled: true } as const;

/**
 * `f` is homogeneous of the given degree at `args`, and its gradient of one less, to 4 units in the last place: at any size.
 * @example
 * homogeneityLaw((x: Tensor) => norm(x), [tensor([3, -4])], { degree: 1 }).holds // true
 */
export const homogeneityLaw = <Args extends readonly unknown[], Y>(
  f: TreeFunction<Args, Y>,
  args: Args,
  options: HomogeneityOptions,
): Report => {
  const {
    degree,
    exponents = [-100, -60, -10, 10, 60, 100],
    scaled,
    seed = 1,
    tolerance = 4,
  } = checkedOptions('homogeneityLaw', options, homogeneityLawNames);
  const moves = (k: number): boolean => scaled?.[k] ?? true;
  const gradientAt = (x: Args): readonly [Y, Args] => {
    const [y, pullback] = vjp(f, ...x);
    return [y, pullback(vectorSpace(y).direction(numbersFrom(seed)))];
  };
  const [value, gradient] = gradientAt(args);
  const deviations = exponents.flatMap((k): Deviation[] => {
    const at = args.map((arg, i) => (moves(i) ? scaledBy(arg, 2 ** k) : arg)) as readonly unknown[] as Args;
    const [y, pulled] = gradientAt(at);
    const wanted = gradient.map((part, i) =>
      scaledBy(part, 2 ** (k * (moves(i) ? degree - 1 : degree))),
    ) as readonly unknown[] as Args;
    const measure = (where: string, got: number, want: number): Deviation => inUlps('float32')(where, got, want);
    return [
      ...compareTrees(`f(2^${k}·x)`, y, scaledBy(value, 2 ** (k * degree)), measure),
      ...compareTrees(`the gradient at 2^${k}·x of argument`, pulled, wanted, measure),
    ];
  });
  return reportOf('homogeneity', tolerance, deviations);
};
