/**
 * The inverse error function of four floats at once, as x times a function of w = −ln(1 − x²) that bends little: the form is that of M. Giles,
 * "Approximating the erfinv function", GPU Computing Gems, Jade Edition (2011), ch. 10; the coefficients are our own, interpolated at
 * Chebyshev's points.
 */
import { f64x2, letIn } from '../assembler/index.js';
import { all, type Floats, inDoubles, polynomial, type Vector, where } from './doubles.js';
import { naturalLogarithm } from './exponentials.js';

/** By powers of w − 3, for 0 ≤ w ≤ 6: to 5.8·10⁻¹⁰. */
const centre: readonly number[] = [
  1.6235420064659793, 0.24163040186719126, -0.0057381354349795525, -0.0008361745588580578, 0.00019506196826143463,
  -1.2722989474472537e-5, -1.7485588772456439e-6, 4.5259677094949153e-7, -2.3485222260582403e-8, -5.989483522120492e-9,
  1.0760338192766983e-9, 2.2580875755594986e-11, -1.4845864470501818e-11,
];

/** By powers of √w − 3.2, for 6 ≤ w ≤ 16: to 4.2·10⁻¹⁰. The floats next to ±1 have w = 15.9. */
const tails: readonly number[] = [
  3.0336365743266573, 1.0046924449729047, 0.005973182970498148, -0.004294263368300704, 0.002950513093800278,
  -0.0019920870966392396, 0.001080854206623078, -0.0003616791039728614, -2.0401299876343636e-5, 0.00010212427759383399,
  -4.139347662731167e-5,
];

/** ±∞ at ±1, and NaN beyond, where the logarithm is. */
export const erfinv = (x: Vector, floats: Floats): Vector =>
  inDoubles(x, floats, (value, lanes) => {
    const product = f64x2.mul(f64x2.sub(all(1), value), f64x2.add(all(1), value));
    return letIn(f64x2.neg(naturalLogarithm(product, lanes)), (w) =>
      letIn(f64x2.sub(w, all(3)), (near) =>
        letIn(f64x2.sub(f64x2.sqrt(w), all(3.2)), (far) => {
          const bent = where(f64x2.gt(w, all(6)), polynomial(lanes, far, tails), polynomial(lanes, near, centre));
          return f64x2.mul(value, where(f64x2.eq(w, all(Infinity)), w, bent));
        }),
      ),
    );
  });
