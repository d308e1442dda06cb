/**
 * Elementary functions of two doubles at once, within 1.2 units in the last place of the mathematical value (softplus, a composition,
 * within 1.5); special values as `Math` has them. Those that are not faster than the engine's own do not stand here, but for the
 * logarithm, which others are made of (`engine-math.ts` has them). The formulas are those of `float32.ts`, with longer series and with every rounding error that counts carried along.
 */
import { f64x2, i64x2, letIn, v128 } from '../assembler/index.js';
import { all, type Doubles, integerBits, polynomial, signOf, type Vector, where } from './doubles.js';

/** ln 2 in two parts: the first has 42 bits, so that its products with exponents are exact. `Math.LN2` is ln 2 less 2.3190468138462996·10⁻¹⁷. */
const ln2High = Math.floor(Math.LN2 * 2 ** 42) / 2 ** 42;
const ln2Low = Math.LN2 - ln2High + 2.3190468138462996e-17;

/** 1/k! from k = 2 on: e^r = 1 + r + r²·(1/2! + r/3! + …), where |r| ≤ ½ ln 2 and the term after r¹³ is beneath 2⁻⁵⁷. */
const exponentialSeries: readonly number[] = (() => {
  const coefficients = [1 / 2];
  for (let k = 3; k <= 13; k++) coefficients.push((coefficients.at(-1) ?? 1) / k);
  return coefficients;
})();

/** 2ⁿ for whole n from −1022 to 1023: the low bits of n + 1023, as an integer, become the exponent. */
const powerOfTwo = (n: Vector): Vector => i64x2.shl(f64x2.add(n, all(integerBits + 1023)), 52);

/** `y·2ⁿ` in two steps, so that neither factor leaves the normal numbers; only the second step rounds. */
const scale = (y: Vector, n: Vector): Vector =>
  letIn(n, (whole) =>
    letIn(f64x2.floor(f64x2.mul(whole, all(0.5))), (half) =>
      f64x2.mul(f64x2.mul(y, powerOfTwo(half)), powerOfTwo(f64x2.sub(whole, half))),
    ),
  );

/**
 * `eˣ` as 2ⁿ·(sum + tail): with n the integer nearest to x/ln 2 and r = x − n·ln 2, sum is 1 + r as it is rounded, and tail what that
 * and the rounding of r lost, and the rest of the series of e^r.
 */
const exponential = (x: Vector, lanes: Doubles, use: (sum: Vector, tail: Vector, n: Vector) => Vector): Vector =>
  // Beyond these bounds it is zero or infinite whatever x.
  letIn(f64x2.min(f64x2.max(x, all(-746)), all(710)), (bounded) =>
    letIn(f64x2.nearest(f64x2.mul(bounded, all(Math.LOG2E))), (n) =>
      // Exact.
      letIn(lanes.multiplyAdd(n, all(-ln2High), bounded), (high) =>
        letIn(f64x2.mul(n, all(ln2Low)), (low) =>
          letIn(f64x2.sub(high, low), (r) =>
            letIn(f64x2.add(all(1), r), (sum) => {
              const lostOfRest = f64x2.sub(f64x2.sub(high, r), low);
              const lost = f64x2.add(f64x2.add(f64x2.sub(all(1), sum), r), lostOfRest);
              const tail = lanes.multiplyAdd(f64x2.mul(r, r), polynomial(lanes, r, exponentialSeries), lost);
              return letIn(tail, (rest) => use(sum, rest, n));
            }),
          ),
        ),
      ),
    ),
  );

export const exp = (x: Vector, lanes: Doubles): Vector =>
  exponential(x, lanes, (sum, tail, n) => scale(f64x2.add(sum, tail), n));

/** What `a + b` lost by rounding, `sum`, whichever is larger (D. E. Knuth, The Art of Computer Programming 2, 4.2.2). */
const lostBy = (a: Vector, b: Vector, sum: Vector): Vector =>
  letIn(f64x2.sub(sum, a), (part) => f64x2.add(f64x2.sub(a, f64x2.sub(sum, part)), f64x2.sub(b, part)));

/** `eˣ − 1`, as (2ⁿ·sum − 1) + 2ⁿ·tail, with what the first part lost; beyond 2⁶⁰ the 1 is beneath notice. */
export const expm1 = (x: Vector, lanes: Doubles): Vector =>
  letIn(x, (value) =>
    exponential(value, lanes, (sum, tail, n) =>
      letIn(scale(sum, n), (power) =>
        letIn(f64x2.sub(power, all(1)), (less) => {
          const lost = v128.and(lostBy(power, all(-1), less), f64x2.lt(power, all(2 ** 60)));
          return v128.or(f64x2.add(less, f64x2.add(scale(tail, n), lost)), signOf(value));
        }),
      ),
    ),
  );

/** 2/(2k + 1), from k = 1 on: 2·artanh s = 2s + s·(2s²/3 + 2s⁴/5 + …); the term left out is beneath 2⁻⁵⁹ of the sum for |s| ≤ 3 − 2√2. */
const logarithmSeries: readonly number[] = Array.from({ length: 10 }, (_, k) => 2 / (2 * k + 3));

/**
 * `ln x + correction`: with x = 2ᵏ·(1 + f) and 1 + f between √½ and √2, it is k·ln 2 + ln(1 + f). With s = f/(2 + f),
 * ln(1 + f) = 2s + s·R, R = 2s²/3 + …; and 2s = f − s·f = f − f²/2 + s·f²/2, so that it is f − (f²/2 − s·(f²/2 + R)), in which the
 * parts that carry errors are small beside f.
 */
const logarithm = (x: Vector, lanes: Doubles, correction: Vector | null): Vector =>
  letIn(x, (value) => {
    const positive = letIn(f64x2.lt(value, all(2 ** -1022)), (subnormal) =>
      // Subnormal numbers are first brought among the normal ones.
      letIn(where(subnormal, f64x2.mul(value, all(2 ** 54)), value), (bits) =>
        // The bits above those of √½ count the powers of two.
        letIn(i64x2.shr_s(i64x2.sub(bits, all(Math.SQRT1_2)), 52), (k) =>
          letIn(f64x2.sub(i64x2.sub(bits, i64x2.shl(k, 52)), all(1)), (f) =>
            letIn(f64x2.div(f, f64x2.add(f, all(2))), (s) =>
              letIn(f64x2.mul(f64x2.mul(f, f), all(0.5)), (half) =>
                letIn(
                  f64x2.sub(f64x2.sub(i64x2.add(k, all(integerBits)), all(integerBits)), v128.and(subnormal, all(54))),
                  (power) => {
                    const series = letIn(f64x2.mul(s, s), (square) =>
                      f64x2.mul(square, polynomial(lanes, square, logarithmSeries)),
                    );
                    const low = f64x2.mul(power, all(ln2Low));
                    const small = lanes.multiplyAdd(
                      s,
                      f64x2.add(half, series),
                      correction === null ? low : f64x2.add(low, correction),
                    );
                    return f64x2.sub(f64x2.mul(power, all(ln2High)), f64x2.sub(f64x2.sub(half, small), f));
                  },
                ),
              ),
            ),
          ),
        ),
      ),
    );
    // ±0 → −∞, negative → NaN, ∞ → ∞ and NaN → NaN.
    const finite = where(
      f64x2.gt(value, all(0)),
      positive,
      where(f64x2.eq(value, all(0)), all(-Infinity), all(Number.NaN)),
    );
    return where(f64x2.lt(value, all(Infinity)), finite, value);
  });

export const log = (x: Vector, lanes: Doubles): Vector => logarithm(x, lanes, null);

/** `ln(1 + x)`: of u = 1 + x as it is rounded, and what that lost, δ, as δ/u among the small parts. Near zero u is 1 and δ is x. */
export const log1p = (x: Vector, lanes: Doubles): Vector =>
  letIn(x, (value) =>
    letIn(f64x2.add(all(1), value), (u) =>
      letIn(f64x2.div(lostBy(all(1), value, u), u), (lost) =>
        letIn(logarithm(u, lanes, lost), (y) => where(f64x2.eq(value, all(0)), value, y)),
      ),
    ),
  );

/**
 * `a/b` of a = above + aboveLost and b = below + belowLost: the quotient of the first parts, and of what is left over. Where
 * multiply-adds are fused the remainder of the first quotient is exact, and is divided too.
 */
const quotient = (above: Vector, aboveLost: Vector, below: Vector, belowLost: Vector, lanes: Doubles): Vector =>
  letIn(above, (a) =>
    letIn(below, (b) =>
      letIn(f64x2.div(a, b), (q) => {
        const lost = f64x2.sub(aboveLost, f64x2.mul(q, belowLost));
        const rest = lanes.fused ? f64x2.add(lanes.multiplyAdd(f64x2.neg(q), b, a), lost) : lost;
        return f64x2.add(q, f64x2.div(rest, b));
      }),
    ),
  );

/** `tanh x` as e/(e + 2) of e = e^2|x| − 1, with the sign of x; beyond 22 it is ±1. */
export const tanh = (x: Vector, lanes: Doubles): Vector =>
  letIn(x, (value) =>
    letIn(f64x2.min(f64x2.abs(value), all(22)), (size) =>
      exponential(f64x2.add(size, size), lanes, (sum, tail, n) =>
        letIn(scale(sum, n), (power) =>
          letIn(f64x2.sub(power, all(1)), (less) =>
            letIn(f64x2.add(scale(tail, n), lostBy(power, all(-1), less)), (small) =>
              letIn(f64x2.add(less, small), (above) =>
                letIn(lostBy(less, small, above), (aboveLost) =>
                  letIn(f64x2.add(above, all(2)), (below) => {
                    const belowLost = f64x2.add(lostBy(above, all(2), below), aboveLost);
                    const q = quotient(above, aboveLost, below, belowLost, lanes);
                    return v128.or(q, signOf(value));
                  }),
                ),
              ),
            ),
          ),
        ),
      ),
    ),
  );

/** `1/(1 + e^−|x|)`, where x < 0 e^−|x| times that: nothing overflows, and small values keep their digits. */
export const sigmoid = (x: Vector, lanes: Doubles): Vector =>
  letIn(x, (value) =>
    exponential(f64x2.neg(f64x2.abs(value)), lanes, (sum, tail, n) =>
      letIn(f64x2.add(sum, tail), (unscaled) =>
        letIn(scale(unscaled, n), (e) =>
          letIn(scale(f64x2.add(f64x2.sub(sum, unscaled), tail), n), (lost) =>
            letIn(f64x2.add(all(1), e), (below) => {
              const negative = f64x2.lt(value, all(0));
              const belowLost = f64x2.add(f64x2.add(f64x2.sub(all(1), below), e), lost);
              return quotient(where(negative, e, all(1)), v128.and(negative, lost), below, belowLost, lanes);
            }),
          ),
        ),
      ),
    ),
  );

/** `ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|)`: nothing overflows. */
export const softplus = (x: Vector, lanes: Doubles): Vector =>
  letIn(x, (value) => f64x2.add(f64x2.max(value, all(0)), log1p(exp(f64x2.neg(f64x2.abs(value)), lanes), lanes)));
