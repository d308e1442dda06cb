/**
 * Elementary functions of four floats at once: code that is put in place wherever a kernel needs it. Within two units in the last
 * place of the mathematical value over the whole range, subnormal results, infinities and NaN included, whether or not multiply-adds
 * are fused; a sweep in the tests says so. Every series here is derived beside its use, and long enough that its remainder is beneath half a unit.
 */
import { type Expression, f32x4, type Global, getGlobal, global, i32x4, letIn, v128 } from '../assembler/index.js';
import type { FloatLanes } from '../float-lanes.js';

type Vector = Expression<'v128'>;
type Lanes = FloatLanes<'float32'>;

const constants = new Map<number, Global<'v128'>>();

/**
 * All four lanes one constant, kept in a variable of the module: V8 builds a constant anew in every round of a loop, and a third of
 * the time of `exp` went there.
 */
const all = (value: number): Vector => {
  const known = constants.get(value);
  if (known !== undefined) return getGlobal(known);
  const constant = global(f32x4.const(value));
  constants.set(value, constant);
  return getGlobal(constant);
};

/** `(…(cₙx + cₙ₋₁)x + …)x + c₀`, Horner's rule; `x` is read once a coefficient. */
const polynomial = (lanes: Lanes, x: Vector, [first = 0, ...rest]: readonly number[]): Vector =>
  rest.length === 0 ? all(first) : lanes.multiplyAdd(polynomial(lanes, x, rest), x, all(first));

/** Takes `then` where the mask is set. */
const where = (mask: Vector, then: Vector, otherwise: Vector): Vector => v128.bitselect(then, otherwise, mask);

/** Within `[low, high]`; NaN stays NaN. */
const clamp = (x: Vector, low: number, high: number): Vector => f32x4.min(f32x4.max(x, all(low)), all(high));

/** |x|, and the sign of `x` put back. */
const signBit = (x: Vector): Vector => v128.and(x, i32x4.const(-(2 ** 31)));

const log2e = Math.LOG2E;
/** ln 2 in two parts: the first has so few digits that its products with exponents are exact. */
const ln2High = 0.693359375;
const ln2Low = Math.LN2 - ln2High;

/** 2ⁿ for integers n from −126 to 127, put together from its bits. */
const powerOfTwo = (n: Vector): Vector => i32x4.shl(i32x4.add(n, i32x4.const(127)), 23);

/** `y·2ⁿ` in two steps, so that neither factor leaves the normal numbers; only the second step rounds. */
const scale = (y: Vector, n: Vector): Vector =>
  letIn(n, (whole) =>
    letIn(i32x4.shr_s(whole, 1), (half) =>
      f32x4.mul(f32x4.mul(y, powerOfTwo(half)), powerOfTwo(i32x4.sub(whole, half))),
    ),
  );

/** 1/k! from k = 2 on: e^r = 1 + r + r²·(1/2! + r/3! + …), where |r| ≤ ½ ln 2 and the term after r⁷ is beneath 2⁻²⁷. */
const exponentialSeries = [1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040];

/**
 * `eˣ` as 2ⁿ·(sum + tail): with n the integer nearest to x/ln 2 and r = x − n·ln 2, sum is 1 + r as it is rounded, and tail what that
 * lost and the rest of the series of e^r.
 */
const exponential = (x: Vector, lanes: Lanes, use: (sum: Vector, tail: Vector, n: Vector) => Vector): Vector =>
  // Beyond these bounds it is zero or infinite whatever x.
  letIn(clamp(x, -104, 89), (bounded) =>
    letIn(f32x4.nearest(f32x4.mul(bounded, all(log2e))), (n) =>
      letIn(lanes.multiplyAdd(n, all(-ln2Low), lanes.multiplyAdd(n, all(-ln2High), bounded)), (r) =>
        letIn(f32x4.add(all(1), r), (sum) => {
          const lost = f32x4.add(f32x4.sub(all(1), sum), r);
          const rest = lanes.multiplyAdd(f32x4.mul(r, r), polynomial(lanes, r, exponentialSeries), lost);
          return letIn(rest, (tail) => letIn(i32x4.trunc_sat_f32x4_s(n), (power) => use(sum, tail, power)));
        }),
      ),
    ),
  );

export const exp = (x: Vector, lanes: Lanes): Vector =>
  exponential(x, lanes, (sum, tail, n) => scale(f32x4.add(sum, tail), n));

/** `eˣ − 1`, as (2ⁿ·sum − 1) + 2ⁿ·tail: where n is zero the first part is exact, and near zero all is in the tail. */
export const expm1 = (x: Vector, lanes: Lanes): Vector =>
  exponential(x, lanes, (sum, tail, n) =>
    v128.or(f32x4.add(f32x4.sub(scale(sum, n), all(1)), scale(tail, n)), signBit(x)),
  );

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
 * `1/(1 + e⁻ˣ)`, where x < 0 as e^x/(1 + e^x): nothing overflows, and small values keep their digits. With q the quotient as it is
 * rounded, and δ what the denominator d and ε what the numerator lost before, it is q + (ε − q·δ)/d; and 1/d is q or 1 − q.
 */
export const sigmoid = (x: Vector, lanes: Lanes): Vector =>
  exponential(v128.or(x, i32x4.const(-(2 ** 31))), lanes, (sum, tail, n) =>
    letIn(f32x4.add(sum, tail), (unscaled) =>
      letIn(scale(unscaled, n), (e) =>
        letIn(scale(f32x4.add(f32x4.sub(sum, unscaled), tail), n), (lost) =>
          letIn(f32x4.add(all(1), e), (below) =>
            letIn(f32x4.lt(x, all(0)), (negative) =>
              letIn(f32x4.div(where(negative, e, all(1)), below), (q) => {
                const lostBelow = f32x4.add(f32x4.add(f32x4.sub(all(1), below), e), lost);
                const error = f32x4.sub(v128.and(negative, lost), f32x4.mul(q, lostBelow));
                return f32x4.add(q, f32x4.mul(error, where(negative, f32x4.sub(all(1), q), q)));
              }),
            ),
          ),
        ),
      ),
    ),
  );

/**
 * `tanh x`: near zero by Lambert's continued fraction x/(1 + x²/(3 + x²/(5 + x²/(7 + x²/9)))), which is
 * x − x·x²(315 + 14x²)/(945 + 420x² + 15x⁴); further out 1 − 2/(e^2|x| + 1), with the sign of x.
 */
export const tanh = (x: Vector, lanes: Lanes): Vector =>
  letIn(f32x4.mul(x, x), (square) =>
    letIn(f32x4.abs(x), (size) => {
      const above = f32x4.mul(square, lanes.multiplyAdd(square, all(14), all(315)));
      const below = polynomial(lanes, square, [945, 420, 15]);
      const near = f32x4.sub(x, f32x4.mul(x, f32x4.div(above, below)));
      const far = f32x4.sub(all(1), f32x4.div(all(2), f32x4.add(exp(f32x4.add(size, size), lanes), all(1))));
      return v128.or(where(f32x4.lt(size, all(0.625)), near, far), signBit(x));
    }),
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
