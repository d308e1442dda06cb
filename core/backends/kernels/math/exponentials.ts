/**
 * eˣ and ln x of pairs of doubles, to about ten digits: what powers, hyperbolic functions and their inverses are made of. The formulas
 * are those of `float32.ts` (after W. J. Cody, W. Waite, "Software Manual for the Elementary Functions", 1980), longer, and without
 * the care for the last place that doubles make needless.
 */
import { f64x2, i64x2, letIn } from '../assembler/index.js';
import { all, type Doubles, integerBits, polynomial, type Vector, where } from './doubles.js';

/** 1/k!: the term after r⁹ is beneath 2⁻³⁶ for |r| ≤ ½ ln 2. */
const exponentialSeries = [1, 1, 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040, 1 / 40_320, 1 / 362_880];

/** `eˣ = 2ⁿ·e^r`; beyond −110 and 90 it is zero or infinite as a float, whatever x. */
export const exponential = (x: Vector, lanes: Doubles): Vector =>
  letIn(f64x2.min(f64x2.max(x, all(-110)), all(90)), (bounded) =>
    letIn(f64x2.nearest(f64x2.mul(bounded, all(Math.LOG2E))), (n) =>
      letIn(lanes.multiplyAdd(n, all(-Math.LN2), bounded), (r) =>
        // The low bits of n + 1023, as an integer, become the exponent.
        f64x2.mul(polynomial(lanes, r, exponentialSeries), i64x2.shl(f64x2.add(n, all(integerBits + 1023)), 52)),
      ),
    ),
  );

/** 2/(2k + 1): 2·artanh s = 2s + 2s³/3 + … to s¹³; the next term is beneath 2⁻³⁹ of the first for |s| ≤ (√2 − 1)/(√2 + 1). */
const logarithmSeries: readonly number[] = Array.from({ length: 7 }, (_, k) => 2 / (2 * k + 1));

/**
 * A logarithm of x from what `use` makes of k and ln(1 + f), where x = 2ᵏ·(1 + f) and 1 + f lies between √½ and √2; with s = f/(2 + f),
 * ln(1 + f) = 2·artanh s. ±0 → −∞, negative → NaN, ∞ → ∞ and NaN → NaN.
 */
export const logarithm = (x: Vector, lanes: Doubles, use: (power: Vector, fraction: Vector) => Vector): Vector =>
  letIn(x, (bits) =>
    // The bits above those of √½ count the powers of two.
    letIn(i64x2.shr_s(i64x2.sub(bits, all(Math.SQRT1_2)), 52), (k) =>
      letIn(f64x2.sub(i64x2.sub(bits, i64x2.shl(k, 52)), all(1)), (f) =>
        letIn(f64x2.div(f, f64x2.add(f, all(2))), (s) => {
          const power = f64x2.sub(i64x2.add(k, all(integerBits)), all(integerBits));
          const fraction = letIn(f64x2.mul(s, s), (square) => f64x2.mul(s, polynomial(lanes, square, logarithmSeries)));
          const finite = where(
            f64x2.gt(bits, all(0)),
            use(power, fraction),
            where(f64x2.eq(bits, all(0)), all(-Infinity), all(Number.NaN)),
          );
          return where(f64x2.lt(bits, all(Infinity)), finite, bits);
        }),
      ),
    ),
  );

export const naturalLogarithm = (x: Vector, lanes: Doubles): Vector =>
  logarithm(x, lanes, (power, fraction) => lanes.multiplyAdd(power, all(Math.LN2), fraction));

/** `ln(1 + x)`: of w = 1 + x as it is rounded, and what that lost, δ, as δ/w. Near zero w is 1 and δ is x. */
export const logarithmOfOneAnd = (x: Vector, lanes: Doubles): Vector =>
  letIn(x, (part) =>
    letIn(f64x2.add(all(1), part), (w) => {
      const lost = f64x2.div(f64x2.sub(part, f64x2.sub(w, all(1))), w);
      const sum = f64x2.add(naturalLogarithm(w, lanes), lost);
      return where(f64x2.eq(w, all(Infinity)), w, sum);
    }),
  );
