/** Numbers for people and files: no more digits than tell an element from its neighbours. */
import { asHeld, type Dtype } from './dtype.js';

/** So many digits tell every number of the type from its neighbours; `null` where numbers are written as they are. */
const digitsOf: Readonly<Record<Dtype, number | null>> = {
  float16: 5,
  bfloat16: 4,
  float32: 9,
  float64: null,
  int8: null,
  uint8: null,
  int32: null,
  uint32: null,
  int64: null,
  bool: null,
};

/** The double with the fewest digits that rounds to the same element: 0.1 for the float32 nearest to 0.1, 0.10000000149011612. */
const shortest = (value: number, dtype: Dtype, most: number): number => {
  for (let digits = 1; digits < most; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (asHeld(candidate, dtype) === value) return candidate;
  }
  return value === 0 ? value : Number(value.toPrecision(most));
};

/** An element as it is written: `'NaN'`, `'Infinity'` and `'-Infinity'` where JSON has no number. */
export const writtenElement = (value: number | bigint, dtype: Dtype): number | string => {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (!Number.isFinite(value)) return String(value);
  const most = digitsOf[dtype];
  return most === null ? value : shortest(value, dtype, most);
};
