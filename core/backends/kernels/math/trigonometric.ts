/**
 * sin, cos and tan of four floats at once, correct to one unit in the last place for every float: angles are brought into a quarter turn
 * about zero (`quadrants.ts`), where Taylor's series (I. S. Gradshteyn, I. M. Ryzhik, 1.411) are short.
 */
import { f64x2, i64x2, letIn, v128 } from '../assembler/index.js';
import { all, type Doubles, type Floats, inDoubles, polynomial, signOf, type Vector, where } from './doubles.js';
import { inQuadrants } from './quadrants.js';

/** (−1)ᵏ/(2k + odd)!, for k from 0 to 5. */
const series = (odd: 0 | 1): number[] => {
  const coefficients = [1];
  for (let k = 1; k <= 5; k++) {
    const n = 2 * k + odd;
    coefficients.push(-(coefficients[k - 1] ?? 0) / (n * (n - 1)));
  }
  return coefficients;
};

/** sin r = r·(1 − r²/3! + …): the term after r¹¹ is beneath 2⁻³⁶ for |r| ≤ π/4. */
const sineSeries = series(1);
/** cos r = 1 − r²/2! + …: the term after r¹⁰ is beneath 2⁻³³. */
const cosineSeries = series(0);

/** Gives `use` the sine and cosine of a rest, and the square that both are series of is computed once. */
const sineAndCosine = (r: Vector, lanes: Doubles, use: (sine: Vector, cosine: Vector) => Vector): Vector =>
  letIn(f64x2.mul(r, r), (square) =>
    letIn(f64x2.mul(r, polynomial(lanes, square, sineSeries)), (sine) =>
      letIn(polynomial(lanes, square, cosineSeries), (cosine) => use(sine, cosine)),
    ),
  );

/** Set where an integer is odd. */
const isOdd = (n: Vector): Vector => i64x2.shr_s(i64x2.shl(n, 63), 63);

/** sin(r + n·π/2) is sin r, cos r, −sin r, −cos r for n = 0, 1, 2, 3 and so on. */
const sineOf = (r: Vector, n: Vector, lanes: Doubles): Vector =>
  sineAndCosine(r, lanes, (sine, cosine) => v128.xor(where(isOdd(n), cosine, sine), i64x2.shl(i64x2.shr_u(n, 1), 63)));

export const sin = (x: Vector, floats: Floats): Vector =>
  inDoubles(x, floats, (angle, lanes) =>
    letIn(f64x2.abs(angle), (size) => inQuadrants(size, lanes, (r, n) => v128.xor(sineOf(r, n, lanes), signOf(angle)))),
  );

/** cos x = sin(x + π/2). */
export const cos = (x: Vector, floats: Floats): Vector =>
  inDoubles(x, floats, (angle, lanes) =>
    letIn(f64x2.abs(angle), (size) =>
      inQuadrants(size, lanes, (r, n) => letIn(i64x2.sub(n, i64x2.splat(-1n)), (next) => sineOf(r, next, lanes))),
    ),
  );

/** tan(r + n·π/2) is sin r/cos r for even n, and −cos r/sin r for odd n. */
export const tan = (x: Vector, floats: Floats): Vector =>
  inDoubles(x, floats, (angle, lanes) =>
    letIn(f64x2.abs(angle), (size) =>
      inQuadrants(size, lanes, (r, n) =>
        sineAndCosine(r, lanes, (sine, cosine) =>
          letIn(isOdd(n), (odd) => {
            const quotient = f64x2.div(where(odd, cosine, sine), where(odd, f64x2.sub(all(0), sine), cosine));
            return v128.xor(quotient, signOf(angle));
          }),
        ),
      ),
    ),
  );
