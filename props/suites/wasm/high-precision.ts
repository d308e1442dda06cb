/**
 * eˣ, ln x and what is made of them to a thousand binary digits, on whole numbers: an oracle for functions of doubles that depends on no
 * floating-point arithmetic. A real number is a bigint in units of 2⁻¹²⁸⁰, beneath which no double reaches.
 */
const digits = 1280n;
export const one: bigint = 1n << digits;

/** The exact value of a double. */
export const exactly = (x: number): bigint => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & (2n ** 52n - 1n);
  const mantissa = exponent === 0n ? fraction : fraction | (1n << 52n);
  const size = mantissa << ((exponent === 0n ? 1n : exponent) - 1075n + digits);
  return x < 0 ? -size : size;
};

const product = (a: bigint, b: bigint): bigint => (a * b) >> digits;
export const ratio = (a: bigint, b: bigint): bigint => (a << digits) / b;

/** By Taylor's series of x/2¹⁶, squared sixteen times. */
export const exponential = (x: bigint): bigint => {
  const halvings = 16n;
  const small = x >> halvings;
  let [term, sum] = [one, one];
  for (let k = 1n; term !== 0n && term !== -1n; k++) {
    term = product(term, small) / k;
    sum += term;
  }
  for (let i = 0n; i < halvings; i++) sum = product(sum, sum);
  return sum;
};

/** By Halley's iteration on the exponential, which triples the number of digits each time. */
export const logarithm = (y: bigint, guess: number): bigint => {
  let x = exactly(guess);
  for (let i = 0; i < 3; i++) {
    const e = exponential(x);
    x += ratio(2n * (y - e), y + e);
  }
  return x;
};

/** |got − want| in units in the last place of a double of that size. */
export const unitsApart = (got: number, want: bigint): number => {
  const size = want < 0n ? -want : want;
  const leading = BigInt(size.toString(2).length) - 1n;
  const least = digits - 1074n;
  const unit = 1n << (leading - 52n > least ? leading - 52n : least);
  const difference = exactly(got) - want;
  return Number(((difference < 0n ? -difference : difference) * 10_000n) / unit) / 10_000;
};
