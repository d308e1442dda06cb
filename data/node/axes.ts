/**
 * Axes of charts for numbers of any size. The library that draws counts in steps that it rounds to twenty digits behind the point, and
 * subtracts the ends of an axis: it fails where steps are smaller and where the difference is infinite. Such numbers are drawn in a unit of
 * their own, a power of ten, and the labels name them as they are.
 */

/** An axis: what its options say of it, and where a number stands on it. */
export interface ChartAxis {
  /** The type of the axis, and how its labels are written where it has a unit. */
  readonly options: {
    readonly type: 'value' | 'log';
    readonly minInterval?: number;
    readonly axisLabel?: { readonly formatter: (value: number) => string };
  };
  /** The place of a number; `null` where the axis has none for it. */
  readonly place: (value: number) => number | null;
}

/** `value · 10^exponent`, in two steps, of which neither leaves the numbers that there are. */
const scaled = (value: number, exponent: number): number => {
  const half = Math.trunc(exponent / 2);
  return value * 10 ** half * 10 ** (exponent - half);
};

/** As far from the middle as a place may be, in units of the axis: what lies beyond is cut off in any case. */
const farthest = 1e12;
const within = (value: number): number => Math.min(farthest, Math.max(-farthest, value));

/** `2e-20`: a number of units as the number that it is; as a text, since it may be larger than all numbers. */
const labelOf = (value: number, exponent: number): string => {
  const units = Number(value.toPrecision(10));
  const number = Number(`${units}e${exponent}`);
  return units === 0 ? '0' : Number.isFinite(number) && number !== 0 ? String(number) : `${units}e${exponent}`;
};

/**
 * A linear axis on which `ends`, all numbers that it has to reach, can be told apart.
 * @param whole whether its steps are whole numbers.
 */
export const linearAxis = (ends: readonly number[], whole = false): ChartAxis => {
  const [least, greatest] = [ends.reduce((a, b) => Math.min(a, b)), ends.reduce((a, b) => Math.max(a, b))];
  const largest = Math.max(Math.abs(least), Math.abs(greatest));
  const span = greatest - least;
  const isPlain = largest === 0 || (largest >= 1e-9 && largest <= 1e15 && (span === 0 || span >= 1e-15));
  const type = 'value';
  if (isPlain)
    return {
      options: { type, ...(whole ? { minInterval: 1 } : {}) },
      place: (value) => (largest === 0 ? within(value) : Math.abs(value) <= 1e15 ? value : Math.sign(value) * 1e15),
    };
  const exponent = Math.floor(Math.log10(largest));
  return {
    options: { type, axisLabel: { formatter: (value) => labelOf(value, exponent) } },
    place: (value) => within(scaled(value, -exponent)),
  };
};

/** A logarithmic axis that reaches all of `ends` above 0. Numbers that are not above 0 have no place on it. */
export const logAxis = (ends: readonly number[]): ChartAxis => {
  const positive = ends.filter((value) => value > 0);
  const isPlain = positive.every((value) => value > 1e-250 && value < 1e250);
  if (isPlain)
    return {
      options: { type: 'log' },
      place: (value) => (value > 0 ? Math.min(1e290, Math.max(1e-290, value)) : null),
    };
  return {
    options: {
      type: 'value',
      minInterval: 1,
      axisLabel: { formatter: (power) => labelOf(10 ** (power - Math.floor(power)), Math.floor(power)) },
    },
    place: (value) => (value > 0 ? Math.log10(value) : null),
  };
};

/**
 * The ends of an axis of shares of one whole, where the library would let it go on beyond 1: 1, and a round number below all values.
 * `null` where the values lie far from 1.
 */
export const shareEnds = (
  values: readonly number[],
): { readonly min: number; readonly max: number; readonly interval: number } | null => {
  const [least, greatest] = [
    values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  ];
  if (!(least >= 0 && greatest <= 1)) return null;
  if (least === greatest) return { min: 0, max: 1, interval: 0.2 };
  if (1 - greatest >= greatest - least) return null;
  const steps = [1e-5, 1e-4, 1e-3, 1e-2, 0.1].flatMap((power) => [power, 2 * power, 5 * power]);
  const step = steps.find((size) => (1 - Math.floor(least / size) * size) / size <= 6) ?? 0.2;
  return { min: Number((Math.floor(least / step) * step).toFixed(6)), max: 1, interval: Number(step.toFixed(6)) };
};
