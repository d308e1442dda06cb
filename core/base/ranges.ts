/**
 * Python's ranges: `[start, stop, step]` along an axis of a known size. Missing ends reach to the border, negative ends
 * count from the back, ends beyond the border stop at it, and a negative step walks backwards.
 */
import { ArgumentError, describe } from './errors.js';

/** `[start, stop, step]`; `null` or nothing stands for the default, a `null` in place of the list for the whole axis. */
export type Range = readonly [start?: number | null, stop?: number | null, step?: number | null] | null;

/** `count` places from `start` on, `step` apart; every one of them lies on the axis. */
export interface Progression {
  readonly start: number;
  readonly count: number;
  readonly step: number;
}

/** The border, or where `end` lies within [low, high]. */
const clampEnd = (end: number | null | undefined, border: number, size: number, low: number, high: number): number =>
  end === null || end === undefined ? border : Math.min(Math.max(end < 0 ? end + size : end, low), high);

/**
 * The places that `range` names on an axis of `size`.
 * @throws ArgumentError unless all parts are whole and the step is not 0.
 */
export const resolveRange = (op: string, range: Range, size: number): Progression => {
  if (range !== null && range !== undefined && !Array.isArray(range))
    throw new ArgumentError({
      op,
      problem: `a range is ${describe(range)}`,
      remedy: 'give [start, stop, step], or null for the whole axis',
    });
  const [start, stop, given] = range ?? [];
  const step = given ?? 1;
  for (const part of [start, stop, step])
    if (part !== null && part !== undefined && !Number.isInteger(part))
      throw new ArgumentError({
        op,
        problem: `${describe(part)} is not a whole number in the range [${[start, stop, given].map((end) => describe(end ?? null)).join(', ')}]`,
        remedy: 'give whole numbers, or null for the default',
      });
  if (step === 0)
    throw new ArgumentError({ op, problem: 'a range has step 0', remedy: 'give a positive or a negative step' });
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const first = clampEnd(start, step > 0 ? low : high, size, low, high);
  const end = clampEnd(stop, step > 0 ? high : low, size, low, high);
  const count = Math.max(0, Math.ceil((end - first) / step));
  return { start: count === 0 ? 0 : first, count, step };
};
