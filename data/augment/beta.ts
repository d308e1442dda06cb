/** Gamma and beta distributed numbers, for transforms that mix examples. */
import { foldIn, type Key } from '../../core/random/key.js';
import { normal, uniform } from '../../core/random/samplers.js';

/**
 * A gamma distributed number of scale 1. Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables" (2000): with
 * d = shape − 1/3 and c = 1/√(9d), d(1 + cz)³ is accepted for most normal z. A shape below 1 is drawn one higher and
 * multiplied by u^(1/shape).
 */
const gamma = (key: Key, shape: number): number => {
  if (shape < 1) {
    const u = 1 - uniform(foldIn(key, 1), [], { dtype: 'float64' }).item();
    return gamma(foldIn(key, 0), shape + 1) * u ** (1 / shape);
  }
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (let attempt = 0; ; attempt++) {
    const own = foldIn(key, attempt);
    const z = normal(foldIn(own, 0), [], { dtype: 'float64' }).item();
    const v = (1 + c * z) ** 3;
    if (v <= 0) continue;
    const u = 1 - uniform(foldIn(own, 1), [], { dtype: 'float64' }).item();
    if (Math.log(u) < 0.5 * z * z + d * (1 - v + Math.log(v))) return d * v;
  }
};

/** A number from [0, 1] with density proportional to (x(1 − x))^(α − 1): X/(X + Y) of two gamma distributed numbers. */
export const symmetricBeta = (key: Key, alpha: number): number => {
  const [x, y] = [gamma(foldIn(key, 0), alpha), gamma(foldIn(key, 1), alpha)];
  // Both may round to 0 where α is tiny; the distribution then sits at the ends.
  return x + y > 0 ? x / (x + y) : Math.round(uniform(foldIn(key, 2), []).item());
};
