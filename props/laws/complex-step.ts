/**
 * Law 7, complex step: f′(x) = Im f(x + i·10⁻²⁰) / 10⁻²⁰ for analytic f, exact to rounding because nothing is subtracted
 * (Squire and Trapp 1998). For functions that act element by element.
 */

import { vjp } from '../../autograd/transforms/vjp.js';
import { broadcastShapes, formatIndex } from '../../core/base/shape.js';
import { broadcastTo } from '../../core/primitives/shape/broadcast-to.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { onesLike } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import type { Complex } from '../complex.js';
import { type LawOptions, type Report, relative, reportOf } from './report.js';
import { requireDoubles } from './trees.js';

const step = 1e-20;

const complexStepLawNames = { seed: true, tolerance: true } as const;

/**
 * The derivatives of the elementwise function `f` at `args` equal the complex steps of `onComplex`, to 1e-14·(1 + |d|).
 * @throws DtypeError for float32 arguments.
 * @example
 * complexStepLaw((x: Tensor) => mul(x, x), (z) => ({ re: z.re * z.re - z.im * z.im, im: 2 * z.re * z.im }), [tensor([1, 2], { dtype: 'float64' })]).holds // true
 */
export const complexStepLaw = (
  f: (...args: Tensor[]) => Tensor,
  onComplex: (...z: Complex[]) => Complex,
  args: readonly Tensor[],
  options: LawOptions = {},
): Report => {
  const { tolerance = 1e-14 } = checkedOptions('complexStepLaw', options, complexStepLawNames);
  requireDoubles('complexStepLaw', args);
  const shape = broadcastShapes(
    'complexStepLaw',
    args.map((arg) => arg.shape),
  );
  const x = args.map((arg): Tensor => broadcastTo(arg, shape));
  const [y, pullback] = vjp<Tensor[], Tensor>(f, ...x);
  const points = x.map((arg) => arg.dataSync());
  const deviations = pullback(onesLike(y)).flatMap((derivative, k) =>
    Array.from(derivative.dataSync(), (got, i) => {
      const z = points.map((numbers, argument) => ({ re: numbers[i] ?? 0, im: argument === k ? step : 0 }));
      return relative(
        `∂/∂ argument ${k} at ${z.map(({ re }) => re).join()} ${formatIndex(i, shape)}`,
        got,
        onComplex(...z).im / step,
      );
    }),
  );
  return reportOf('law 7, complex step', tolerance, deviations);
};
