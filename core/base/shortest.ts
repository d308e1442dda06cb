/** Numbers for people and files: no more digits than tell an element from its neighbours. */
import type { Dtype } from './dtype.js';

/**
 * The double with the fewest digits that rounds to the same float32: 0.1 for the float32 nearest to 0.1, which is
 * 0.10000000149011612. Nine digits are enough for every float32.
 */
const shortestFloat32 = (value: number): number => {
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return value === 0 || !Number.isFinite(value) ? value : Number(value.toPrecision(9));
};

/** An element as it is written: `'NaN'`, `'Infinity'` and `'-Infinity'` where JSON has no number. */
export const writtenElement = (value: number, dtype: Dtype): number | string =>
  Number.isFinite(value) ? (dtype === 'float32' ? shortestFloat32(value) : value) : String(value);
