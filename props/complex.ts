/**
 * Complex arithmetic on pairs, independent of the tensors: the oracle behind the complex-step law
 * `f′(x) = Im f(x + iε)/ε` with ε = 1e-20. So every function here keeps a tiny imaginary part to full relative accuracy: no
 * formula may add it to something of size 1. The inverse functions follow W. Kahan, "Branch cuts for complex elementary
 * functions, or: much ado about nothing's sign bit" (1987).
 */

export interface Complex {
  readonly re: number;
  readonly im: number;
}

export const complex = (re: number, im = 0): Complex => ({ re, im });

export const add = (a: Complex, b: Complex): Complex => complex(a.re + b.re, a.im + b.im);

export const sub = (a: Complex, b: Complex): Complex => complex(a.re - b.re, a.im - b.im);

export const neg = (z: Complex): Complex => complex(-z.re, -z.im);

export const mul = (a: Complex, b: Complex): Complex => complex(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re);

export const scale = (z: Complex, factor: number): Complex => complex(z.re * factor, z.im * factor);

const conjugate = (z: Complex): Complex => complex(z.re, -z.im);

/** `i·z`. */
const turn = (z: Complex): Complex => complex(-z.im, z.re);

/** R. L. Smith's division, which scales by the larger part of the divisor. */
export const div = (a: Complex, b: Complex): Complex => {
  if (Math.abs(b.re) < Math.abs(b.im)) return div(neg(turn(a)), neg(turn(b)));
  const ratio = b.im / b.re;
  const size = b.re + b.im * ratio;
  return complex((a.re + a.im * ratio) / size, (a.im - a.re * ratio) / size);
};

/** The root with non-negative real part. */
export const sqrt = (z: Complex): Complex => {
  if (z.re === 0 && z.im === 0) return complex(0, z.im);
  const larger = Math.sqrt((Math.hypot(z.re, z.im) + Math.abs(z.re)) / 2);
  const smaller = z.im / (2 * larger);
  if (z.re >= 0) return complex(larger, smaller);
  return z.im < 0 ? complex(-smaller, -larger) : complex(smaller, larger);
};

export const exp = (z: Complex): Complex => complex(Math.exp(z.re) * Math.cos(z.im), Math.exp(z.re) * Math.sin(z.im));

/** `cos y − 1 = −2 sin²(y/2)`. */
export const expm1 = (z: Complex): Complex =>
  complex(Math.expm1(z.re) * Math.cos(z.im) - 2 * Math.sin(z.im / 2) ** 2, Math.exp(z.re) * Math.sin(z.im));

/** The branch with imaginary part in (−π, π]. */
export const log = (z: Complex): Complex => complex(Math.log(Math.hypot(z.re, z.im)), Math.atan2(z.im, z.re));

/** `ln|1 + z| = ½ ln(1 + 2x + |z|²)`. */
export const log1p = (z: Complex): Complex =>
  complex(Math.log1p(2 * z.re + z.re * z.re + z.im * z.im) / 2, Math.atan2(z.im, 1 + z.re));

/** `e^(w ln z)`. */
export const pow = (z: Complex, w: Complex): Complex => exp(mul(w, log(z)));

export const sin = (z: Complex): Complex => complex(Math.sin(z.re) * Math.cosh(z.im), Math.cos(z.re) * Math.sinh(z.im));

export const cos = (z: Complex): Complex =>
  complex(Math.cos(z.re) * Math.cosh(z.im), -Math.sin(z.re) * Math.sinh(z.im));

/** `(sin 2x + i·sinh 2y)/(cos 2x + cosh 2y)`. */
export const tan = (z: Complex): Complex =>
  scale(complex(Math.sin(2 * z.re), Math.sinh(2 * z.im)), 1 / (Math.cos(2 * z.re) + Math.cosh(2 * z.im)));

export const sinh = (z: Complex): Complex => neg(turn(sin(turn(z))));

export const cosh = (z: Complex): Complex => cos(turn(z));

export const tanh = (z: Complex): Complex => neg(turn(tan(turn(z))));

/** `asin z = atan(x/Re(√(1−z)·√(1+z))) + i·asinh(Im(√(1−z)* ·√(1+z)))`. */
export const asin = (z: Complex): Complex => {
  const low = sqrt(sub(complex(1), z));
  const high = sqrt(add(complex(1), z));
  return complex(Math.atan2(z.re, mul(low, high).re), Math.asinh(mul(conjugate(low), high).im));
};

/** `acos z = 2 atan(Re√(1−z)/Re√(1+z)) + i·asinh(Im(√(1+z)* ·√(1−z)))`. */
export const acos = (z: Complex): Complex => {
  const low = sqrt(sub(complex(1), z));
  const high = sqrt(add(complex(1), z));
  return complex(2 * Math.atan2(low.re, high.re), Math.asinh(mul(conjugate(high), low).im));
};

/** `Re = ½ atan2(2x, 1 − |z|²)`, `Im = ¼ ln((x² + (1+y)²)/(x² + (1−y)²)) = ¼ ln(1 + 4y/(x² + (1−y)²))`. */
export const atan = (z: Complex): Complex =>
  complex(
    Math.atan2(2 * z.re, 1 - z.re * z.re - z.im * z.im) / 2,
    Math.log1p((4 * z.im) / (z.re * z.re + (1 - z.im) ** 2)) / 4,
  );

export const asinh = (z: Complex): Complex => neg(turn(asin(turn(z))));

/** `acosh z = asinh(Re(√(z−1)* ·√(z+1))) + 2i·atan(Im√(z−1)/Re√(z+1))`. */
export const acosh = (z: Complex): Complex => {
  const low = sqrt(sub(z, complex(1)));
  const high = sqrt(add(z, complex(1)));
  return complex(Math.asinh(mul(conjugate(low), high).re), 2 * Math.atan2(low.im, high.re));
};

/** `½(ln(1 + z) − ln(1 − z))`. */
export const atanh = (z: Complex): Complex => scale(sub(log1p(z), log1p(neg(z))), 0.5);
