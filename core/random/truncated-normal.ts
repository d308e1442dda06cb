/**
 * Normal numbers that are conditioned to lie within bounds, by inversion. Where the bounds leave the middle of the
 * distribution its function is inverted between erf(min/√2) and erf(max/√2); where they lie in a tail, in which all of
 * that is next to 1, the logarithm of the tail's probability is.
 */
import type { FloatDtype } from '../base/dtype.js';
import { ArgumentError, describe } from '../base/errors.js';
import { largest, roundedDown, roundedUp } from '../base/floats.js';
import type { Shape } from '../base/shape.js';
import { add } from '../primitives/elementwise/add.js';
import { cast } from '../primitives/elementwise/cast.js';
import { div } from '../primitives/elementwise/div.js';
import { erfc } from '../primitives/elementwise/erfc.js';
import { erfinv } from '../primitives/elementwise/erfinv.js';
import { exp } from '../primitives/elementwise/exp.js';
import { hypot } from '../primitives/elementwise/hypot.js';
import { log } from '../primitives/elementwise/log.js';
import { log1p } from '../primitives/elementwise/log1p.js';
import { maximum } from '../primitives/elementwise/maximum.js';
import { minimum } from '../primitives/elementwise/minimum.js';
import { mul } from '../primitives/elementwise/mul.js';
import { neg } from '../primitives/elementwise/neg.js';
import { sqrt } from '../primitives/elementwise/sqrt.js';
import { sub } from '../primitives/elementwise/sub.js';
import { unitInterval } from '../primitives/random/unit-interval.js';
import { full } from '../primitives/shape/full.js';
import { complementaryErrorFunction, errorFunction } from '../rules/scalar/error-function.js';
import type { Tensor } from '../tensor/tensor.js';
import { aboveMinusOne, drawn, fineUniform, type SampleOptions, spread } from './draws.js';
import { type Key, randomWords } from './key.js';

export interface TruncatedNormalOptions extends SampleOptions {
  /** In standard deviations; −2 by default, −Infinity for no bound. */
  readonly min?: number;
  /** In standard deviations; 2 by default, Infinity for no bound. */
  readonly max?: number;
}

const truncatedNormalNames = { min: true, max: true, dtype: true } as const;

/** From this bound on numbers next to 1 are too coarse to tell those of the tail apart. */
const farFrom: Readonly<Record<FloatDtype, number>> = { float32: 2, float64: 5 };

/**
 * The tail beyond `a`. With Q(z) = P(Z > z), φ its density and Mills' ratio M = Q/φ, the share of the tail beyond a + d is
 *
 *     S(d) = Q(a + d)/Q(a) = exp(−d(a + d/2))·M(a + d)/M(a),   (log S)′ = −1/M(a + d).
 */
interface Tail {
  /** log S of one number, for the other bound. */
  readonly logShareAt: (d: number) => number;
  /** log S and M at each of many. */
  readonly at: (d: Tensor) => { readonly logShare: Tensor; readonly mills: Tensor };
}

/** Up to here the complement of erf is a normal number and says it all. */
const tailByErfc = (a: number): Tail => {
  const whole = complementaryErrorFunction(a / Math.SQRT2);
  return {
    logShareAt: (d) => Math.log(complementaryErrorFunction((a + d) / Math.SQRT2) / whole),
    at: (d) => {
      const z = add(d, a);
      const beyond = erfc(mul(z, Math.SQRT1_2));
      return {
        logShare: log(mul(beyond, 1 / whole)),
        mills: mul(mul(beyond, exp(mul(mul(z, z), 0.5))), Math.sqrt(Math.PI / 2)),
      };
    },
  };
};

/** (−1)ᵏ(2k − 1)‼ for k from 9 down to 0: `M(z) = 1/z·Σ (−1)ᵏ(2k − 1)‼/z²ᵏ`, to 1e-15 for z ≥ 20 (Laplace). */
const laplace = [-34459425, 2027025, -135135, 10395, -945, 105, -15, 3, -1, 1] as const;

const tailBySeries = (a: number): Tail => {
  const seriesAt = (z: number): number => laplace.reduce((sum, c) => sum / z / z + c, 0);
  const start = seriesAt(a);
  return {
    logShareAt: (d) =>
      d === Number.POSITIVE_INFINITY
        ? Number.NEGATIVE_INFINITY
        : -d * (a + d / 2) + Math.log((a / (a + d)) * (seriesAt(a + d) / start)),
    at: (d) => {
      const z = add(d, a);
      const inverse = div(1, z);
      const square = mul(inverse, inverse);
      const series = laplace
        .slice(1)
        .reduce((sum, c) => add(mul(sum, square), c), full([], laplace[0], 'float64') as Tensor);
      return {
        logShare: sub(log(mul(mul(series, inverse), a / start)), mul(d, add(mul(d, 0.5), a))),
        mills: mul(series, inverse),
      };
    },
  };
};

/**
 * Numbers from the tail between a > 0 and b, in float64, for shares u: the d of `log S(d) = log(1 − u(1 − S(b − a)))`. The
 * root for a constant M is within a few percent, and each of Newton's steps doubles its digits.
 */
const fromTail = (u: Tensor, a: number, b: number): Tensor => {
  const { logShareAt, at } = a < 20 ? tailByErfc(a) : tailBySeries(a);
  const target = log1p(mul(u, Math.expm1(logShareAt(b - a))));
  const twice = mul(neg(target), 2);
  let d = div(twice, add(hypot(full([], a, 'float64'), sqrt(twice)), a));
  for (let step = 0; step < 4; step++) {
    const { logShare, mills } = at(d);
    d = maximum(add(d, mul(sub(logShare, target), mills)), 0);
  }
  return add(d, a);
};

/**
 * Standard normal numbers conditioned to lie within [min, max], by inversion of the distribution function; in a tail, of the
 * tail's. Every number lies within the bounds.
 * @throws ArgumentError unless min < max and a number of the element type lies between them.
 * @example
 * truncatedNormal(key(0), [4]).shape // [4]
 */
export const truncatedNormal = <const S extends Shape>(
  key: Key,
  shape: S,
  options: TruncatedNormalOptions = {},
): Tensor<S> => {
  const { min = -2, max = 2, dtype = 'float32' } = drawn('truncatedNormal', key, shape, options, truncatedNormalNames);
  if (!(typeof min === 'number' && typeof max === 'number' && min < max))
    throw new ArgumentError({
      op: 'truncatedNormal',
      problem: `the interval [${describe(min)}, ${describe(max)}] is empty`,
      remedy: 'give min < max',
    });
  const [least, most] = [roundedUp(min, dtype), roundedDown(max, dtype)];
  if (Math.max(least, -largest[dtype]) > Math.min(most, largest[dtype]))
    throw new ArgumentError({
      op: 'truncatedNormal',
      problem: `${dtype} has no numbers from ${min} to ${max}`,
      remedy: dtype === 'float32' ? "draw in 'float64', or from a wider interval" : 'draw from a wider interval',
    });
  const shares = (): Tensor =>
    dtype === 'float64' ? unitInterval(randomWords(key, shape), dtype) : fineUniform(key, shape).whole;
  const middle = (): Tensor => {
    const low = Math.max(errorFunction(min / Math.SQRT2), aboveMinusOne[dtype]);
    const high = errorFunction(max / Math.SQRT2);
    return mul(erfinv(spread(unitInterval(randomWords(key, shape), dtype), low, high, dtype)), Math.SQRT2);
  };
  const z =
    min >= farFrom[dtype]
      ? cast(fromTail(shares(), min, max), dtype)
      : max <= -farFrom[dtype]
        ? cast(neg(fromTail(shares(), -max, -min)), dtype)
        : middle();
  return minimum(maximum(z, least), most) as Tensor as Tensor<S>;
};
