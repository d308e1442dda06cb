/**
 * Angles from their tangents, sines and cosines, of four floats at once in doubles. All are angles of a point: of (1, x), (√(1 − x²), x) and
 * (x, √(1 − x²)) (M. Abramowitz, I. A. Stegun, 4.4.32-33), so that no quotient overflows and none loses digits near ±1.
 */
import { f64x2, i64x2, letIn, v128 } from '../assembler/index.js';
import {
  all,
  bothInDoubles,
  type Doubles,
  type Floats,
  inDoubles,
  polynomial,
  signOf,
  type Vector,
  where,
} from './doubles.js';

/** (−1)ᵏ/(2k + 1): arctan t = t − t³/3 + …; the term after t²¹ is beneath 2⁻³² for |t| ≤ √2 − 1 = tan(π/8). */
const series: readonly number[] = Array.from({ length: 11 }, (_, k) => (-1) ** k / (2 * k + 1));

const eighth = Math.SQRT2 - 1;

/**
 * The angle of the point (x, y), both ≥ 0: within π/8 of the axis of x the arctangent of y/x; within π/8 of the axis of y that of −x/y, and
 * π/2; between them that of (y − x)/(y + x), the point turned back, and π/4.
 */
const angle = (y: Vector, x: Vector, lanes: Doubles): Vector =>
  letIn(y, (up) =>
    letIn(x, (along) => {
      const steep = f64x2.gt(f64x2.mul(up, all(eighth)), along);
      const middle = f64x2.gt(up, f64x2.mul(along, all(eighth)));
      return letIn(steep, (nearY) =>
        letIn(middle, (notNearX) => {
          const above = where(nearY, f64x2.neg(along), where(notNearX, f64x2.sub(up, along), up));
          const below = where(nearY, up, where(notNearX, f64x2.add(up, along), along));
          const turn = where(nearY, all(Math.PI / 2), v128.and(notNearX, all(Math.PI / 4)));
          return letIn(f64x2.div(above, below), (t) => {
            const sum = letIn(f64x2.mul(t, t), (square) => f64x2.mul(t, polynomial(lanes, square, series)));
            return f64x2.add(turn, sum);
          });
        }),
      );
    }),
  );

export const atan = (x: Vector, floats: Floats): Vector =>
  inDoubles(x, floats, (value, lanes) => v128.or(angle(f64x2.abs(value), all(1), lanes), signOf(value)));

/** The root is NaN where |x| > 1. */
export const asin = (x: Vector, floats: Floats): Vector =>
  inDoubles(x, floats, (value, lanes) =>
    letIn(f64x2.abs(value), (size) => {
      const beside = f64x2.sqrt(f64x2.mul(f64x2.sub(all(1), size), f64x2.add(all(1), size)));
      return v128.or(angle(size, beside, lanes), signOf(value));
    }),
  );

/** arccos x = 2·arctan(√(1 − x)/√(1 + x)): one of the roots is NaN where |x| > 1. */
export const acos = (x: Vector, floats: Floats): Vector =>
  inDoubles(x, floats, (value, lanes) =>
    letIn(angle(f64x2.sqrt(f64x2.sub(all(1), value)), f64x2.sqrt(f64x2.add(all(1), value)), lanes), (half) =>
      f64x2.add(half, half),
    ),
  );

/** The angle of (x, y) in all four quadrants: of (|x|, |y|), or π less that, with the sign of y. Two infinities are taken for equal numbers. */
export const atan2 = (y: Vector, x: Vector, floats: Floats): Vector =>
  bothInDoubles(y, x, floats, (up, along, lanes) => {
    const size = (value: Vector): Vector => f64x2.min(f64x2.abs(value), all(2 ** 300));
    const origin = v128.and(f64x2.eq(up, all(0)), f64x2.eq(along, all(0)));
    // The origin has the angle 0 of its axis, which (1, 0) has too.
    return letIn(angle(size(up), where(origin, all(1), size(along)), lanes), (acute) =>
      // The sign bit of −0 counts too.
      v128.or(where(i64x2.shr_s(along, 63), f64x2.sub(all(Math.PI), acute), acute), signOf(up)),
    );
  });
