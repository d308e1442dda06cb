/**
 * Arrays as functions of their index lists: what shape operations mean, without strides or offsets, for oracles.
 */
import type { Draw } from '../arbitraries/values.js';

/** All index lists of `shape`, row-major. */
export const indexLists = (shape: readonly number[]): (readonly number[])[] => {
  const [size, ...rest] = shape;
  if (size === undefined) return [[]];
  const inner = indexLists(rest);
  return Array.from({ length: size }, (_, i) => i).flatMap((i) => inner.map((list) => [i, ...list]));
};

/** The numbers of the array of `shape` with entry `f(i₀, i₁, …)`. */
export const tabulate = (shape: readonly number[], f: (index: readonly number[]) => number): number[] =>
  indexLists(shape).map(f);

/** The entry of `x` at an index list, by Horner's rule; NaN outside. */
export const at = (x: Draw | undefined, index: readonly number[]): number => {
  if (x === undefined || index.some((i, axis) => i < 0 || i >= (x.shape[axis] ?? 0))) return Number.NaN;
  return x.data[index.reduce((place, i, axis) => place * (x.shape[axis] ?? 1) + i, 0)] ?? Number.NaN;
};
