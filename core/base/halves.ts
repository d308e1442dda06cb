/**
 * float16 and bfloat16 as bits: what stores them, and how a double is rounded to them, to nearest, ties to even.
 * A double goes through a float32 that was rounded to odd, which keeps what decides: two roundings to nearest would not (Boldo and
 * Melquiond 2008, "Emulation of a FMA and correctly rounded sums").
 */

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The bits of a double as float32, cut off towards zero; the last bit is set where something was cut off. */
const roundedToOdd = (x: number): number => {
  float[0] = x;
  const near = float[0] as number;
  const found = bits[0] as number;
  if (near === x || Number.isNaN(x)) return found;
  return ((Math.abs(near) > Math.abs(x) ? found - 1 : found) | 1) >>> 0;
};

/** The bits of ∞ as float32; what is above them is NaN. */
const infinite = 0x7f80_0000;

/** How elements of 16 bits stand for numbers. */
export interface Half {
  /** The bits of the nearest number. */
  readonly encode: (x: number) => number;
  readonly decode: (bits: number) => number;
}

/** IEEE 754 binary16: 1 sign bit, 5 of exponent (bias 15), 10 of fraction. */
export const float16: Half = {
  encode: (x) => {
    const all = roundedToOdd(x);
    const sign = (all >>> 16) & 0x8000;
    const size = all & 0x7fff_ffff;
    if (size > infinite) return sign | 0x7e00 | ((size >>> 13) & 0x3ff);
    if (size >= 0x3880_0000)
      // Normal, or beyond the largest: a carry out of the fraction goes into the exponent, as it should.
      return sign | Math.min(0x7c00, (size - 0x3800_0000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
    // Subnormal: multiples of 2⁻²⁴, which are also what numbers from ½ to 1 are multiples of in float32.
    bits[0] = size;
    float[0] = (float[0] as number) + 0.5;
    return sign | ((bits[0] as number) - 0x3f00_0000);
  },
  decode: (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
  },
};

/** The upper half of a float32: 1 sign bit, 8 of exponent (bias 127), 7 of fraction. */
export const bfloat16: Half = {
  encode: (x) => {
    const all = roundedToOdd(x);
    if ((all & 0x7fff_ffff) > infinite) return (all >>> 16) | 0x40;
    return (all + 0x7fff + ((all >>> 16) & 1)) >>> 16;
  },
  decode: (half) => {
    bits[0] = half << 16;
    return float[0] as number;
  },
};
