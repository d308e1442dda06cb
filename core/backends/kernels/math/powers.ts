/**
 * Powers, roots and logarithms to other bases of four floats at once, by way of e and ln in doubles; special values as in IEEE 754, §9.2.1.
 */
import { f64x2, letIn, v128 } from '../assembler/index.js';
import { all, bothInDoubles, type Floats, inDoubles, signOf, type Vector, where } from './doubles.js';
import { exponential, logarithm, naturalLogarithm } from './exponentials.js';

/** log₂ x = k + ln(1 + f)/ln 2: powers of two are exact. */
export const log2 = (x: Vector, floats: Floats): Vector =>
  inDoubles(x, floats, (value, lanes) =>
    logarithm(value, lanes, (power, fraction) => lanes.multiplyAdd(fraction, all(Math.LOG2E), power)),
  );

/** log₁₀ x = k·log₁₀ 2 + ln(1 + f)/ln 10. */
export const log10 = (x: Vector, floats: Floats): Vector =>
  inDoubles(x, floats, (value, lanes) =>
    logarithm(value, lanes, (power, fraction) =>
      lanes.multiplyAdd(power, all(Math.log10(2)), f64x2.mul(fraction, all(Math.LOG10E))),
    ),
  );

/** ∛x = ±e^(ln|x|/3). */
export const cbrt = (x: Vector, floats: Floats): Vector =>
  inDoubles(x, floats, (value, lanes) => {
    const third = f64x2.mul(naturalLogarithm(f64x2.abs(value), lanes), all(1 / 3));
    return v128.or(exponential(third, lanes), signOf(value));
  });

/**
 * aᵇ = ±e^(b·ln|a|), negative where the base is and the exponent is odd, NaN where the base is negative and the exponent not whole. It is 1
 * where b is zero or a is one, even beside NaN, and (−1)^±∞ = 1, as in the reference (`core/rules/scalar/power.ts`).
 */
export const pow = (a: Vector, b: Vector, floats: Floats): Vector =>
  bothInDoubles(a, b, floats, (base, exponent, lanes) =>
    letIn(f64x2.abs(base), (size) => {
      const whole = f64x2.eq(f64x2.floor(exponent), exponent);
      const half = f64x2.mul(exponent, all(0.5));
      const odd = v128.andnot(
        whole,
        letIn(half, (value) => f64x2.eq(f64x2.floor(value), value)),
      );
      const one = v128.or(f64x2.eq(size, all(1)), f64x2.eq(exponent, all(0)));
      const power = exponential(f64x2.mul(exponent, naturalLogarithm(size, lanes)), lanes);
      const signed = v128.xor(where(one, all(1), power), v128.and(odd, signOf(base)));
      // Of a negative number only whole powers are real; of −∞ the others are those of ∞.
      const finite = v128.and(f64x2.lt(base, all(0)), f64x2.gt(base, all(-Infinity)));
      const real = v128.or(f64x2.eq(base, all(1)), f64x2.eq(exponent, all(0)));
      const unreal = v128.andnot(v128.andnot(finite, whole), real);
      return where(unreal, all(Number.NaN), signed);
    }),
  );

/** √(a² + b²): the squares are exact and do not overflow. Infinite where either is, even beside NaN. */
export const hypot = (a: Vector, b: Vector, floats: Floats): Vector =>
  bothInDoubles(a, b, floats, (x, y, lanes) => {
    const infinite = (value: Vector): Vector => f64x2.eq(f64x2.abs(value), all(Infinity));
    const length = f64x2.sqrt(lanes.multiplyAdd(x, x, f64x2.mul(y, y)));
    return where(v128.or(infinite(x), infinite(y)), all(Infinity), length);
  });
