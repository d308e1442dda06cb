/**
 * The complementary error function of four floats at once: e^(−x²) times a smooth function, so that its small values keep their digits. The form of
 * the fit is that of M. M. Shepherd, J. G. Laframboise, "Chebyshev approximation of (1 + 2x)exp(x²)erfc x in 0 ≤ x < ∞", Math. Comp. 36
 * (1981), 249-253; the coefficients are our own.
 */
import { f64x2, letIn } from '../assembler/index.js';
import { all, type Floats, inDoubles, polynomial, type Vector, where } from './doubles.js';
import { exponential } from './exponentials.js';

/** (1 + 2x)·e^(x²)·erfc x by powers of t = (x − 3.75)/(x + 3.75), for 0 ≤ x ≤ 11: interpolated at Chebyshev's points, to 1.9·10⁻¹⁰. */
const fit: readonly number[] = [
  1.2375126310186022, -0.14024059793656585, 0.003585384569024592, 0.08227668492369634, -0.10880309707880606,
  0.09230580776651134, -0.05870094993436938, 0.028345652764348764, -0.009723550449597615, 0.0018326631103618646,
  0.00030470642114320903, -0.00040936976214086174, -0.00006428352234939004,
];

/** erfc(−x) = 2 − erfc x; beyond 11 it is zero as a float. */
export const erfc = (x: Vector, floats: Floats): Vector =>
  inDoubles(x, floats, (value, lanes) =>
    letIn(f64x2.min(f64x2.abs(value), all(11)), (size) =>
      letIn(f64x2.div(f64x2.sub(size, all(3.75)), f64x2.add(size, all(3.75))), (t) => {
        const smooth = f64x2.div(polynomial(lanes, t, fit), lanes.multiplyAdd(size, all(2), all(1)));
        return letIn(f64x2.mul(smooth, exponential(f64x2.neg(f64x2.mul(size, size)), lanes)), (tail) =>
          where(f64x2.lt(value, all(0)), f64x2.sub(all(2), tail), tail),
        );
      }),
    ),
  );
