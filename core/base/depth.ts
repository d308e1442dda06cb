/** How deep things may stand in each other: trees, layers in layers, functions of functions. Beyond, the stack would end somewhere. */
import { ArgumentError } from './errors.js';

/** The one limit: what is deeper was not made on purpose. */
export const deepest: number = 500;

let depth = 0;

/**
 * Runs `f`, a part of `op` that may hold others of its kind. What takes more of the stack counts as several, by `weight`.
 * @throws ArgumentError where more than `deepest/weight` of them run within each other.
 */
export const nested = <T>(op: string, f: () => T, weight = 1): T => {
  if (depth + weight > deepest)
    throw new ArgumentError({
      op,
      problem: `more than ${deepest / weight} functions or layers stand within each other`,
      remedy: 'put them side by side, in one list, instead of one into the other',
    });
  depth += weight;
  try {
    return f();
  } finally {
    depth -= weight;
  }
};
