/**
 * Division with remainder: a = b·q + r, |r| < |b|, with one q: that of the value is that of both derivatives, ∂r/∂a = 1 and
 * ∂r/∂b = −q, also where a/b rounds to a whole number that it does not reach.
 */
import { jvp } from '../../autograd/transforms/jvp.js';
import { vjp } from '../../autograd/transforms/vjp.js';
import { formatIndex } from '../../core/base/shape.js';
import { onesLike, zerosLike } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { type Deviation, exact, type Report, reportOf } from './report.js';

/** Two functions that are said to divide. */
export interface Division {
  readonly quotient: (a: Tensor, b: Tensor) => Tensor;
  readonly remainder: (a: Tensor, b: Tensor) => Tensor;
}

/** What b·q + r misses of a, in units that the product b·q rounds by. */
const missing = (a: number, b: number, q: number, r: number): number => {
  if (!Number.isFinite(b)) return q === 0 ? (r === a ? 0 : 1) : q === -1 && r === b ? 0 : 1;
  const unit = Math.max(Math.abs(a), Math.abs(b)) * 2 ** -52;
  return Math.abs(b * q + r - a) / unit;
};

/**
 * `quotient` and `remainder` belong together at `a` and `b`, tensors of one shape with b ≠ 0: `a = b·q + r` to rounding (float64) and
 * the remainder's derivatives by both modes are 1 and −q, exactly.
 * @example
 * divisionLaw({ quotient: floorDivide, remainder }, tensor([1], { dtype: 'float64' }), tensor([0.1], { dtype: 'float64' })).holds // true
 */
export const divisionLaw = ({ quotient, remainder }: Division, a: Tensor, b: Tensor): Report => {
  const [q, r] = [quotient(a, b).dataSync(), remainder(a, b).dataSync()];
  const [dividends, divisors] = [a.dataSync(), b.dataSync()];
  const pulled = vjp(remainder, a, b)[1](onesLike(a));
  const pushed = [
    jvp(remainder, [a, b], [onesLike(a), zerosLike(b)])[1],
    jvp(remainder, [a, b], [zerosLike(a), onesLike(b)])[1],
  ];
  const single = a.dtype === 'float32';
  const deviations = Array.from(dividends, (dividend, i): Deviation[] => {
    const [divisor = 0, whole = 0, rest = 0] = [divisors[i], q[i], r[i]];
    const at = `${dividend} over ${divisor} ${formatIndex(i, a.shape)}`;
    const error = missing(dividend, divisor, whole, rest) / (single ? 2 ** 29 : 1);
    const slopes = [1, -whole].flatMap((want, k) => [
      exact(`∂r/∂ argument ${k}, backward, ${at}`, (pulled[k]?.dataSync()[i] ?? Number.NaN) + 0, want + 0),
      exact(`∂r/∂ argument ${k}, forward, ${at}`, (pushed[k]?.dataSync()[i] ?? Number.NaN) + 0, want + 0),
    ]);
    return [
      { where: `b·q + r, ${at}`, got: divisor * whole + rest, want: dividend, error: error <= 2 ? 0 : error },
      { where: `|r| against |b|, ${at}`, got: rest, want: divisor, error: Math.abs(rest) <= Math.abs(divisor) ? 0 : 1 },
      ...slopes,
    ];
  }).flat();
  return reportOf('division', 0, deviations);
};
