/** The numbers that an element type holds, and the neighbours of one: what bounds of draws are rounded to. */
import { asHeld, type FloatDtype, largestOf } from './dtype.js';

/** The largest finite number of each type. */
export const largest: Readonly<Record<FloatDtype, number>> = {
  float32: largestOf('float32'),
  float64: largestOf('float64'),
};

/** The nearest number of the type; beyond `largest` it is infinite. */
export const rounded = (x: number, dtype: FloatDtype): number => asHeld(x, dtype);

/** The smallest positive number of each type. */
const smallest: Readonly<Record<FloatDtype, number>> = { float32: 2 ** -149, float64: Number.MIN_VALUE };

/** The number whose bits are those of `x` and `by`, as integers. */
const bitsAway: Readonly<Record<FloatDtype, (x: number, by: 1 | -1) => number>> = {
  float32: (x, by) => {
    const number = Float32Array.of(x);
    const bits = new Int32Array(number.buffer);
    bits[0] = (bits[0] as number) + by;
    return number[0] as number;
  },
  float64: (x, by) => {
    const number = Float64Array.of(x);
    const bits = new BigInt64Array(number.buffer);
    bits[0] = (bits[0] as bigint) + BigInt(by);
    return number[0] as number;
  },
};

/** The next number of the type above or below one that it holds. */
const neighbour = (x: number, dtype: FloatDtype, direction: 1 | -1): number => {
  if (x === 0) return direction * smallest[dtype];
  // The bits of floats of one sign are in the order of their sizes.
  return bitsAway[dtype](x, x > 0 === direction > 0 ? 1 : -1);
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
