/**
 * One step of the method of Dormand and Prince (1980): fifth order, with an estimate of its error by the embedded fourth-order formula, and a value in the
 * middle (Shampine 1986) through which the solution between the ends is a polynomial of degree four.
 */
import { add } from '../../core/primitives/elementwise/add.js';
import { mul } from '../../core/primitives/elementwise/mul.js';
import type { Tensor } from '../../core/tensor/tensor.js';

/** The right side of `y′ = f(y, t)`, of vectors. */
export type RightSide = (y: Tensor, t: Tensor) => Tensor;

/** When the stages are, from the second on, and what they are made of. */
const times = [1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1] as const;
const stages: readonly (readonly number[])[] = [
  [1 / 5],
  [3 / 40, 9 / 40],
  [44 / 45, -56 / 15, 32 / 9],
  [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
  [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
];
/** The difference of the two formulas. */
const errors = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40] as const;
/** Where the solution is in the middle. */
const middle = [
  6025192743 / 60171106304,
  0,
  51252292925 / 130801643196,
  -2691868925 / 90256659456,
  187940372067 / 3189068634112,
  -1776094331 / 39487288512,
  11237099 / 470086768,
] as const;

const combination = (weights: readonly number[], slopes: readonly Tensor[]): Tensor =>
  weights
    .flatMap((weight, i) => (weight === 0 ? [] : [mul(slopes[i] as Tensor, weight) as Tensor]))
    .reduce((total, one) => add(total, one) as Tensor);

export interface Step {
  /** The solution at the end, and its slope there. */
  readonly y: Tensor;
  readonly slope: Tensor;
  readonly error: Tensor;
  /** The coefficients `θ⁴ … θ⁰` of the solution at the share θ of the step. */
  readonly between: readonly Tensor[];
}

/** A step of length `h` from `y` at time `t`, where the slope is `slope`. */
export const step = (f: RightSide, y: Tensor, slope: Tensor, t: Tensor, h: Tensor): Step => {
  const slopes = [slope];
  let end = y;
  stages.forEach((weights, i) => {
    end = add(y, mul(h, combination(weights, slopes))) as Tensor;
    slopes.push(f(end, add(t, mul(h, times[i] as number)) as Tensor));
  });
  const last = slopes.at(-1) as Tensor;
  const centre = add(y, mul(h, combination(middle, slopes))) as Tensor;
  // p(0) = y, p(½) = centre, p(1) = end, p′(0) = h·slope, p′(1) = h·last.
  const [first, second] = [mul(h, slope) as Tensor, mul(h, last) as Tensor];
  const values = [y, end, centre, first, second];
  const between = [
    combination([-8, -8, 16, -2, 2], values),
    combination([18, 14, -32, 5, -3], values),
    combination([-11, -5, 16, -4, 1], values),
    first,
    y,
  ];
  return { y: end, slope: last, error: mul(h, combination(errors, slopes)) as Tensor, between };
};
