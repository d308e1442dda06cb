/**
 * The fundamental theorem of calculus: a function grows by the integral of its derivative. Beside a zero of the function its values
 * are held to their own size, so that a formula whose terms cancel there is found, even where every other evaluation of it cancels alike.
 */
import { jvp } from '../../autograd/transforms/jvp.js';
import { cast } from '../../core/primitives/elementwise/cast.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { fromData, onesLike } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { type Deviation, type Report, reportOf } from './report.js';

export interface IntegralOptions {
  /** The largest error in proportion to the larger of the two values and their difference; 1e-12 by default. */
  readonly tolerance?: number;
}

const integralLawNames = { tolerance: true } as const;

/** Places and weights of Gauss and Legendre's rule of five points on [0, 1], which is exact for polynomials of degree nine. */
const rule: readonly (readonly [place: number, weight: number])[] = [
  [0.5, 0.5688888888888889],
  [0.5 - 0.5384693101056831 / 2, 0.4786286704993665],
  [0.5 + 0.5384693101056831 / 2, 0.4786286704993665],
  [0.5 - 0.906179845938664 / 2, 0.23692688505618908],
  [0.5 + 0.906179845938664 / 2, 0.23692688505618908],
].map(([place = 0, weight = 0]) => [place, weight / 2]);

/** No powers of two: sums with numbers in between are rounded. */
const steps: readonly number[] = [1 / 12, 1 / 700, 1 / 3e4, 1 / 7e6, 1 / 3e8].flatMap((step) => [step, -step]);

/**
 * From each number of `x: [N]` the elementwise function `f` grows over a small step by the integral of its derivative in forward mode, in
 * float64. Left out are numbers where the value, the first or the second derivative is not finite.
 * @example
 * integralLaw((x: Tensor) => expm1(x), tensor([0, 1])).holds // true
 */
export const integralLaw = (f: (x: Tensor) => Tensor, x: Tensor, options: IntegralOptions = {}): Report => {
  const { tolerance = 1e-12 } = checkedOptions('integralLaw', options, integralLawNames);

  const at = (numbers: readonly number[]): Tensor => fromData(Float64Array.from(numbers), [numbers.length], 'float64');
  const slopes = (points: Tensor): Tensor => jvp(f, [points], [onesLike(points)])[1];
  const starts = [...cast(x, 'float64').dataSync()];
  const [first, second] = jvp(slopes, [at(starts)], [onesLike(at(starts))]).map((each) => each.dataSync());
  const values = f(at(starts)).dataSync();
  const runs = starts
    .filter((_, i) => [values[i], first?.[i], second?.[i]].every(Number.isFinite))
    .flatMap((from) => steps.map((step) => ({ from, to: from + step, step: from + step - from })));
  const begins = f(at(runs.map(({ from }) => from))).dataSync();
  const ends = f(at(runs.map(({ to }) => to))).dataSync();
  const sums = runs.map(() => 0);
  for (const [place, weight] of rule)
    slopes(at(runs.map(({ from, step }) => from + step * place)))
      .dataSync()
      .forEach((slope, i) => {
        sums[i] = (sums[i] ?? Number.NaN) + weight * slope;
      });
  const deviations = runs.map(({ from, step }, i): Deviation => {
    const [begin, end] = [begins[i] ?? Number.NaN, ends[i] ?? Number.NaN];
    const [got, want] = [end - begin, step * (sums[i] ?? Number.NaN)];
    const size = Math.max(Math.abs(begin), Math.abs(end), Math.abs(want));
    return {
      where: `from ${from} by ${step}`,
      got,
      want,
      error: Object.is(got, want) || got === want ? 0 : Math.abs(got - want) / size,
    };
  });
  return reportOf('integral', tolerance, deviations);
};
