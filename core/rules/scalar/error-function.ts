/**
 * The error function of one number, its complement and its inverse, to a few units in the last place of a double.
 * Apart from the primitives because three of them share it: rational approximations by W. J. Cody, "Rational Chebyshev
 * approximations for the error function", Math. Comp. 23 (1969), 631-637.
 */

/** `(…(c₀x + c₁)x + …)x + cₙ`, Horner's rule. */
const polynomial = (coefficients: readonly number[], x: number): number => {
  let y = 0;
  for (const coefficient of coefficients) y = y * x + coefficient;
  return y;
};

/** A rational function by the coefficients of its numerator and its denominator, the highest power first. */
export interface Quotient {
  readonly above: readonly number[];
  readonly below: readonly number[];
}

/** `erf x = x·R(x²)` for |x| ≤ 0.46875. */
const centre: Quotient = {
  above: [0.18577770618460315, 3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694],
  below: [1, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171],
};

/** `erfc x = e^(−x²)·R(x)` for 0.46875 ≤ x ≤ 4. */
const middle: Quotient = {
  above: [
    2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001,
    881.952221241769, 1712.0476126340707, 2051.0783778260716, 1230.3393547979972,
  ],
  below: [
    1, 15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597,
    4362.619090143247, 3439.3676741437216, 1230.3393548037495,
  ],
};

/** `erfc x = e^(−x²)/x·(1/√π − R(1/x²)/x²)` for x ≥ 4. */
const tail: Quotient = {
  above: [
    0.016315387137302097, 0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275,
    0.0006587491615298378,
  ],
  below: [1, 2.568520192289822, 1.8729528499234673, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918],
};

/** The three pieces, for whoever computes the same elsewhere. */
export const approximations: { readonly [Piece in 'centre' | 'middle' | 'tail']: Quotient } = { centre, middle, tail };

/** `2/√π`, the slope of erf at 0. */
export const twoOverRootPi: number = 2 / Math.sqrt(Math.PI);

/** `e^(−x²)`: x is split at a multiple of 1/16, whose square is exact, so that the rounding of x² is not amplified. */
const gaussian = (x: number): number => {
  const head = Math.trunc(x * 16) / 16;
  return Math.exp(-head * head) * Math.exp(-(x - head) * (x + head));
};

/** `erfc x` for x > 0.46875, with small relative error however small the result. */
const upperTail = (x: number): number => {
  if (x > 28) return 0;
  if (x <= 4) return gaussian(x) * (polynomial(middle.above, x) / polynomial(middle.below, x));
  const z = 1 / (x * x);
  const correction = (z * polynomial(tail.above, z)) / polynomial(tail.below, z);
  return (gaussian(x) / x) * (twoOverRootPi / 2 - correction);
};

/** `erf x = 2/√π ∫₀ˣ e^(−t²) dt`. */
export const errorFunction = (x: number): number => {
  if (Math.abs(x) <= 0.46875) return (x * polynomial(centre.above, x * x)) / polynomial(centre.below, x * x);
  return x > 0 ? 1 - upperTail(x) : x < 0 ? upperTail(-x) - 1 : x;
};

/** `erfc x = 1 − erf x`, without cancellation for large x. */
export const complementaryErrorFunction = (x: number): number => {
  if (Math.abs(x) <= 0.46875) return 1 - errorFunction(x);
  return x > 0 ? upperTail(x) : x < 0 ? 2 - upperTail(-x) : x;
};

/**
 * The x with `erf x = y`; ±∞ at ±1, NaN beyond. S. Winitzki's closed form starts within 0.4 %, and Halley's iteration
 * triples the number of digits each time: with `r = (erf x − y)/erf′(x)` and `erf″ = −2x·erf′` it reads
 * `x ← x − r/(1 + x·r)`. Towards 1 the residual is taken of erfc, which keeps its digits.
 */
export const inverseErrorFunction = (y: number): number => {
  const size = Math.abs(y);
  if (!(size < 1)) return size === 1 ? y * Number.POSITIVE_INFINITY : Number.NaN;
  if (size < 1e-9) return y / twoOverRootPi;
  const rest = 1 - size;
  const l = Math.log(rest * (1 + size));
  const b = 2 / (Math.PI * 0.147) + l / 2;
  let x = Math.sqrt(-l / 0.147 / (Math.sqrt(b * b - l / 0.147) + b));
  for (let step = 0; step < 3; step++) {
    const excess = size < 0.5 ? errorFunction(x) - size : rest - complementaryErrorFunction(x);
    const r = excess / (twoOverRootPi * gaussian(x));
    x -= r / (1 + x * r);
  }
  return y < 0 ? -x : x;
};
