/** Units in the last place: the distance between neighbouring floats. */
import type { Dtype } from '../../core/base/dtype.js';
import type { Deviation } from './report.js';

/** Bits of the fraction, and the exponent of the least normal number. */
const formats = { float32: { fraction: 23, least: -126 }, float64: { fraction: 52, least: -1022 } } as const;

/** The distance from |x| to the next float of its element type. */
export const ulpOf = (x: number, dtype: 'float32' | 'float64'): number => {
  const { fraction, least } = formats[dtype];
  const exponent = x === 0 ? least : Math.max(least, Math.floor(Math.log2(Math.abs(x))));
  return 2 ** (exponent - fraction);
};

/** The nearest number of an element type. */
const rounded = (x: number, dtype: Dtype): number => (dtype === 'float32' ? Math.fround(x) : x);

/**
 * |got − want| in units in the last place of `want`, or of `magnitude` where that is larger; `want` is rounded to the element
 * type first, so that 0 means correctly rounded. For integers and booleans, 0 or 1.
 */
export const inUlps =
  (dtype: Dtype) =>
  (where: string, got: number, exactly: number, magnitude = 0): Deviation => {
    const want = rounded(exactly, dtype);
    const unit =
      (dtype === 'float32' || dtype === 'float64') && Number.isFinite(want)
        ? ulpOf(Math.max(Math.abs(want), magnitude), dtype)
        : 0;
    const error = Object.is(got, want) || got === want ? 0 : unit === 0 ? 1 : Math.abs(got - want) / unit;
    return { where, got, want, error };
  };
