/** The numbers that an element type holds, and the neighbours of one: what bounds of draws are rounded to. */
import type { FloatDtype } from './dtype.js';

/** The largest finite number of each type. */
export const largest: Readonly<Record<FloatDtype, number>> = {
  float32: (2 - 2 ** -23) * 2 ** 127,
  float64: Number.MAX_VALUE,
};

/** The nearest number of the type; beyond `largest` it is infinite. */
export const rounded = (x: number, dtype: FloatDtype): number => (dtype === 'float32' ? Math.fround(x) : x);

/** The next number of the type above or below one that it holds. */
const neighbour = (x: number, dtype: FloatDtype, direction: 1 | -1): number => {
  if (x === 0) return direction * (dtype === 'float32' ? 2 ** -149 : Number.MIN_VALUE);
  // The bits of floats of one sign are in the order of their sizes.
  const outwards = x > 0 === direction > 0;
  if (dtype === 'float32') {
    const number = Float32Array.of(x);
    const bits = new Int32Array(number.buffer);
    bits[0] = (bits[0] as number) + (outwards ? 1 : -1);
    return number[0] as number;
  }
  const number = Float64Array.of(x);
  const bits = new BigInt64Array(number.buffer);
  bits[0] = (bits[0] as bigint) + (outwards ? 1n : -1n);
  return number[0] as number;
};

/** The smallest number of the type that is at least `x`. */
export const roundedUp = (x: number, dtype: FloatDtype): number => {
  const near = rounded(x, dtype);
  return near < x ? neighbour(near, dtype, 1) : near;
};

/** The largest number of the type that is at most `x`. */
export const roundedDown = (x: number, dtype: FloatDtype): number => -roundedUp(-x, dtype);

/** The largest number of the type that is less than `x`. */
export const below = (x: number, dtype: FloatDtype): number => {
  const near = rounded(x, dtype);
  return near < x ? near : neighbour(near, dtype, -1);
};
