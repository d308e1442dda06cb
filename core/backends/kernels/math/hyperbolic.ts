/**
 * Hyperbolic functions of four floats at once and their inverses, by way of e and ln in doubles (I. S. Gradshteyn, I. M. Ryzhik, 1.311,
 * 1.411 and 1.622); where terms would cancel near zero, by series or by ln(1 + x). tanh, which networks use, is in `float32.ts`.
 */
import { f64x2, letIn, v128 } from '../assembler/index.js';
import { all, type Floats, inDoubles, polynomial, signOf, type Vector, where } from './doubles.js';
import { exponential, logarithmOfOneAnd } from './exponentials.js';

/** 1/(2k + 1)!: the term after x¹¹ is beneath 2⁻³² for |x| ≤ 1. */
const sineSeries: readonly number[] = [1, 1 / 6, 1 / 120, 1 / 5040, 1 / 362_880, 1 / 39_916_800];

/** sinh x = ½(eˣ − e⁻ˣ), and x·(1 + x²/3! + …) where |x| < 1. */
export const sinh = (x: Vector, floats: Floats): Vector =>
  inDoubles(x, floats, (value, lanes) => {
    const near = letIn(f64x2.mul(value, value), (square) => f64x2.mul(value, polynomial(lanes, square, sineSeries)));
    const far = letIn(exponential(f64x2.abs(value), lanes), (e) =>
      f64x2.mul(f64x2.sub(e, f64x2.div(all(1), e)), all(0.5)),
    );
    return where(f64x2.lt(f64x2.abs(value), all(1)), near, v128.or(far, signOf(value)));
  });

/** cosh x = ½(eˣ + e⁻ˣ). */
export const cosh = (x: Vector, floats: Floats): Vector =>
  inDoubles(x, floats, (value, lanes) =>
    letIn(exponential(f64x2.abs(value), lanes), (e) => f64x2.mul(f64x2.add(e, f64x2.div(all(1), e)), all(0.5))),
  );

/** arsinh x = ln(|x| + √(x² + 1)) with the sign of x: √(x² + 1) is 1 + x²/(1 + √(x² + 1)). */
export const asinh = (x: Vector, floats: Floats): Vector =>
  inDoubles(x, floats, (value, lanes) =>
    letIn(f64x2.abs(value), (size) =>
      letIn(f64x2.mul(size, size), (square) => {
        const root = f64x2.sqrt(f64x2.add(square, all(1)));
        const above = f64x2.add(size, f64x2.div(square, f64x2.add(root, all(1))));
        const finite = f64x2.lt(size, all(Infinity));
        return v128.or(where(finite, logarithmOfOneAnd(above, lanes), size), signOf(value));
      }),
    ),
  );

/** arcosh x = ln(x + √(x² − 1)) = ln(1 + t + √t·√(t + 2)) with t = x − 1; the root is NaN where x < 1. */
export const acosh = (x: Vector, floats: Floats): Vector =>
  inDoubles(x, floats, (value, lanes) =>
    letIn(f64x2.sub(value, all(1)), (t) =>
      logarithmOfOneAnd(f64x2.add(t, f64x2.mul(f64x2.sqrt(t), f64x2.sqrt(f64x2.add(t, all(2))))), lanes),
    ),
  );

/** artanh x = ½ ln((1 + |x|)/(1 − |x|)) with the sign of x: the quotient is 1 + 2|x|/(1 − |x|). */
export const atanh = (x: Vector, floats: Floats): Vector =>
  inDoubles(x, floats, (value, lanes) =>
    letIn(f64x2.abs(value), (size) => {
      const above = f64x2.div(f64x2.add(size, size), f64x2.sub(all(1), size));
      return v128.or(f64x2.mul(logarithmOfOneAnd(above, lanes), all(0.5)), signOf(value));
    }),
  );
