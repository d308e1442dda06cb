/**
 * Elementary functions of four floats at once: code that is put in place wherever a kernel needs it. Within two units in the last
 * place of the mathematical value over the whole range, subnormal results, infinities and NaN included, whether or not multiply-adds
 * are fused; a sweep in the tests says so. Every series here is derived beside its use, and long enough that its remainder is beneath half a unit.
 */
import { type Expression, f32x4, type Global, getGlobal, global, i32x4, letIn, v128 } from '../assembler/index.js';
import type { FloatLanes } from '../loops/float-lanes.js';

type Vector = Expression<'v128'>;
type Lanes = FloatLanes<'float32'>;

const constants = new Map<number, Global<'v128'>>();

/**
 * All four lanes one constant, given by its bits and kept in a variable of the module: V8 builds a constant anew in every round of a
 * loop, and a third of the time of `exp` went there.
 */
const allBits = (bits: number): Vector => {
  const constant = constants.get(bits) ?? global(i32x4.const(bits));
  constants.set(bits, constant);
  return getGlobal(constant);
};
const bitsOf = (value: number): number => new Int32Array(Float32Array.of(value).buffer)[0] ?? 0;
const all = (value: number): Vector => allBits(bitsOf(value));

/** `(…(cₙx + cₙ₋₁)x + …)x + c₀`, Horner's rule; `x` is read once a coefficient. */
const polynomial = (lanes: Lanes, x: Vector, [first = 0, ...rest]: readonly number[]): Vector =>
  rest.length === 0 ? all(first) : lanes.multiplyAdd(polynomial(lanes, x, rest), x, all(first));

/** Takes `then` where the mask is set. */
const where = (mask: Vector, then: Vector, otherwise: Vector): Vector => v128.bitselect(then, otherwise, mask);

/** Within `[low, high]`; NaN stays NaN. One instruction each, where `max` and `min` take several to order zeros and spread NaN. */
const atLeast = (x: Vector, low: number): Vector => f32x4.pmax(x, all(low));
const atMost = (x: Vector, high: number): Vector => f32x4.pmin(x, all(high));

/** The sign of `x` and nothing else. */
const signBit = (x: Vector): Vector => v128.and(x, all(-0));

const log2e = Math.LOG2E;
/** ln 2 in two parts: the first has so few digits that its products with exponents are exact. */
const ln2High = 0.693359375;
const ln2Low = Math.LN2 - ln2High;

/** Added to a float below 2²² it leaves the nearest integer in the low bits, as a two's complement. */
const integerBits = 1.5 * 2 ** 23;
/** What stands for 1, in the bits of an exponent. */
const exponentOfOne = 127;

/**
 * e^r = 1 + r + r²·(c₀ + c₁r + …) for |r| ≤ ½ ln 2: fitted so that the largest error, which is 2⁻²⁸ of e^r, is least (iteratively
 * reweighted least squares at Chebyshev's points).
 */
const exponentialSeries = [
  0.49999993432114653, 0.1666652039900296, 0.04166839078656577, 0.00836874511258922, 0.0013814540026848563,
];

/**
 * `eˣ` as 2ⁿ·(1 + v): with n the integer nearest to x/ln 2 and r = x − n·ln 2, v is e^r − 1. n + `bias` stands where a float has its
 * exponent, and is 2ⁿ if the bias is that of a float; `x` must be within ±2⁸ ln 2.
 */
const exponential = (x: Vector, lanes: Lanes, bias: number, use: (v: Vector, exponent: Vector) => Vector): Vector =>
  letIn(x, (bounded) =>
    letIn(lanes.multiplyAdd(bounded, all(log2e), all(integerBits + bias)), (bits) =>
      letIn(f32x4.sub(bits, all(integerBits + bias)), (n) =>
        letIn(lanes.multiplyAdd(n, all(-ln2Low), lanes.multiplyAdd(n, all(-ln2High), bounded)), (r) =>
          letIn(lanes.multiplyAdd(f32x4.mul(r, r), polynomial(lanes, r, exponentialSeries), r), (v) =>
            use(v, i32x4.shl(bits, 23)),
          ),
        ),
      ),
    ),
  );

/** Beyond these bounds `eˣ` is zero or infinite whatever x. */
const bounded = (x: Vector): Vector => atMost(atLeast(x, -104), 89);

/** 2ⁿ takes two factors, neither of which leaves the normal numbers; only the second product rounds. */
export const exp = (x: Vector, lanes: Lanes): Vector =>
  exponential(bounded(x), lanes, 0, (v, exponent) =>
    letIn(exponent, (whole) =>
      letIn(v128.and(i32x4.shr_s(whole, 1), allBits(-(2 ** 23))), (half) => {
        const power = (n: Vector): Vector => i32x4.add(n, all(1));
        return f32x4.mul(f32x4.mul(f32x4.add(v, all(1)), power(half)), power(i32x4.sub(whole, half)));
      }),
    ),
  );

/** `eˣ − 1`, as 2·(2ⁿ⁻¹·v + (2ⁿ⁻¹ − ½)): the difference is exact, and 2ⁿ⁻¹ is finite wherever the result is. −0 stays −0. */
export const expm1 = (x: Vector, lanes: Lanes): Vector =>
  letIn(x, (value) => {
    const half = exponential(atMost(atLeast(value, -30), 89), lanes, exponentOfOne - 1, (v, exponent) =>
      letIn(exponent, (power) => lanes.multiplyAdd(power, v, f32x4.sub(power, all(0.5)))),
    );
    return v128.or(
      letIn(half, (y) => f32x4.add(y, y)),
      signBit(value),
    );
  });

/**
 * `ln x`: with x = 2ᵏ·(1 + f) and 1 + f between √½ and √2, it is k·ln 2 + ln(1 + f). With s = f/(2 + f),
 * ln(1 + f) = 2·artanh s = 2s + s·R, R = 2(s²/3 + s⁴/5 + …); and 2s = f − s·f, so that it is f − s·(f − R), in which the part that
 * carries errors is small beside f. What is to be added to the logarithm, and is small too, is `correction`.
 */
const logarithm = (x: Vector, lanes: Lanes, correction: Vector | null): Vector => {
  const smallestNormal = 2 ** -126;
  const squareRootOfHalf = 0x3f3504f3;
  const positive = letIn(f32x4.lt(x, all(smallestNormal)), (subnormal) =>
    // Subnormal numbers are first brought among the normal ones.
    letIn(where(subnormal, f32x4.mul(x, all(2 ** 23)), x), (bits) =>
      // The bits above those of √½ count the powers of two.
      letIn(i32x4.shr_s(i32x4.sub(bits, i32x4.const(squareRootOfHalf)), 23), (k) =>
        letIn(f32x4.sub(i32x4.sub(bits, i32x4.shl(k, 23)), all(1)), (f) =>
          letIn(f32x4.div(f, f32x4.add(f, all(2))), (s) =>
            letIn(f32x4.mul(s, s), (square) => {
              const series = f32x4.mul(square, polynomial(lanes, square, [2 / 3, 2 / 5, 2 / 7, 2 / 9]));
              const exponent = f32x4.sub(f32x4.convert_i32x4_s(k), v128.and(subnormal, all(23)));
              return letIn(exponent, (power) => {
                const part = f32x4.sub(f32x4.mul(s, f32x4.sub(f, series)), f32x4.mul(power, all(ln2Low)));
                const small = correction === null ? part : f32x4.sub(part, correction);
                return f32x4.add(f32x4.mul(power, all(ln2High)), f32x4.sub(f, small));
              });
            }),
          ),
        ),
      ),
    ),
  );
  // ±0 → −∞, negative → NaN, ∞ → ∞ and NaN → NaN.
  const finite = where(f32x4.gt(x, all(0)), positive, where(f32x4.eq(x, all(0)), all(-Infinity), all(Number.NaN)));
  return where(f32x4.lt(x, all(Infinity)), finite, x);
};

export const log = (x: Vector, lanes: Lanes): Vector => logarithm(x, lanes, null);

/** `ln(1 + x)`: of u = 1 + x as it is rounded, and what that lost, δ, as δ/u among the small parts. Near zero u is 1 and δ is x. */
export const log1p = (x: Vector, lanes: Lanes): Vector =>
  letIn(f32x4.add(all(1), x), (u) => {
    const lost = where(f32x4.lt(x, all(1)), f32x4.sub(x, f32x4.sub(u, all(1))), f32x4.sub(all(1), f32x4.sub(u, x)));
    return letIn(logarithm(u, lanes, f32x4.div(lost, u)), (y) => where(f32x4.eq(x, all(0)), x, y));
  });

/**
 * `1/(1 + e⁻ˣ)`, where x < 0 as eˣ/(1 + eˣ): nothing overflows, and small values keep their digits. Neither 1 + v nor 2ⁿ⁺²⁴ is
 * subnormal; where the result is, the product with 2⁻²⁴ rounds. With d = 1 + e as it is rounded and what that lost, δ, the quotient q
 * becomes q − q·δ/d; where δ/d is worth it, e is small and d nearly 1.
 */
export const sigmoid = (x: Vector, lanes: Lanes): Vector =>
  letIn(x, (value) =>
    exponential(atLeast(v128.or(value, all(-0)), -104), lanes, exponentOfOne + 24, (v, exponent) =>
      letIn(f32x4.mul(f32x4.mul(f32x4.add(v, all(1)), exponent), all(2 ** -24)), (e) =>
        letIn(f32x4.add(e, all(1)), (below) =>
          letIn(f32x4.div(where(f32x4.lt(value, all(0)), e, all(1)), below), (q) =>
            lanes.multiplyAdd(f32x4.sub(f32x4.sub(below, all(1)), e), q, q),
          ),
        ),
      ),
    ),
  );

/**
 * `tanh |x|` is a/(2 − a) with a = 1 − e^−2|x| = −2ⁿ·v + (1 − 2ⁿ), which keeps the digits of a small x; it is 1 beyond 9.02. The bias
 * makes the power negative. With d = 2 − a as it is rounded and what that lost, δ, and what a lost, ε, the quotient q becomes
 * q + (ε − q·δ)/d; 1/d lies between ½ and 1, and is nearly ½ where this is worth it.
 */
export const tanh = (x: Vector, lanes: Lanes): Vector =>
  letIn(x, (value) =>
    exponential(f32x4.mul(atMost(f32x4.abs(value), 10), all(-2)), lanes, exponentOfOne + 256, (v, exponent) =>
      letIn(exponent, (power) =>
        letIn(f32x4.add(power, all(1)), (rest) =>
          letIn(lanes.multiplyAdd(power, v, rest), (above) =>
            letIn(f32x4.sub(all(2), above), (below) =>
              letIn(f32x4.div(above, below), (q) => {
                const lostAbove = lanes.multiplyAdd(power, v, f32x4.sub(rest, above));
                const lostBelow = f32x4.add(f32x4.sub(below, all(2)), above);
                const correction = lanes.multiplyAdd(q, lostBelow, lostAbove);
                return v128.or(lanes.multiplyAdd(correction, all(0.5), q), signBit(value));
              }),
            ),
          ),
        ),
      ),
    ),
  );

/** 2/√π·(−1)ⁿ/(n!·(2n + 1)): the series of erf, whose twelfth term is beneath 2⁻²⁹ for |x| ≤ 1. */
const errorSeries = Array.from({ length: 12 }, (_, n) => {
  let factorial = 1;
  for (let i = 2; i <= n; i++) factorial *= i;
  return ((2 / Math.sqrt(Math.PI)) * (-1) ** n) / (factorial * (2 * n + 1));
});

/**
 * −ln erfc(1 + u) for 0 ≤ u ≤ 3, fitted by least squares with weights raised where the error of erfc, which is erfc times that of the
 * fit, was largest; it is 1.1·10⁻⁹ at most.
 */
const logErfc = [
  1.8496055603027344, 2.6389667987823486, 0.8431183099746704, 0.041500698775053024, -0.009890878573060036,
  0.001826119376346469, -0.00018555260612629354,
];

/** `erf x`: the series where |x| < 1, otherwise 1 − erfc|x| with the sign of x; beyond 4 it is ±1. */
export const erf = (x: Vector, lanes: Lanes): Vector =>
  letIn(f32x4.abs(x), (size) =>
    letIn(f32x4.mul(x, x), (square) =>
      letIn(f32x4.sub(f32x4.min(size, all(4)), all(1)), (u) => {
        const [first = 0, ...rest] = errorSeries;
        // x itself is added last: the rest is small beside it, and so are its errors.
        const near = lanes.multiplyAdd(x, polynomial(lanes, square, [first - 1, ...rest]), x);
        const far = f32x4.sub(all(1), exp(f32x4.neg(polynomial(lanes, u, logErfc)), lanes));
        return where(f32x4.lt(size, all(1)), near, v128.or(far, signBit(x)));
      }),
    ),
  );
