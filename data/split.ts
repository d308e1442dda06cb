/** Dividing examples into parts: by fraction or by count, class by class, in an order that a key decides. */

import { ArgumentError } from '../core/errors.js';
import { foldIn, type Key } from '../core/random/key.js';
import { permutation } from '../core/random/samplers.js';
import { inOperation } from '../core/scope.js';
import { checkKeyArgument, checkNumber, checkNumbers, checkSource } from './checks.js';
import { countOf, labelsOf, type Source, selectRows } from './source.js';

/**
 * Splits `total` places by fractions, so that the parts add up: each part gets its rounded-down share, and what is left
 * goes to the parts with the largest remainders.
 */
const apportion = (total: number, fractions: readonly number[]): number[] => {
  const exact = fractions.map((fraction) => fraction * total);
  const counts = exact.map((share) => Math.floor(share + 1e-9));
  const wanted = Math.round(exact.reduce((sum, share) => sum + share, 0));
  const byRemainder = exact
    .map((share, i) => ({ i, remainder: share - (counts[i] ?? 0) }))
    .sort((a, b) => b.remainder - a.remainder);
  for (const { i } of byRemainder)
    if (counts.reduce((sum, count) => sum + count, 0) < wanted) counts[i] = (counts[i] ?? 0) + 1;
  return counts;
};

const checkFractions = (op: string, fractions: readonly number[]): void => {
  checkNumbers(op, 'fractions', fractions);
  for (const fraction of fractions) if (typeof fraction !== 'number') checkNumber(op, 'a fraction', fraction);
  if (
    fractions.some((fraction) => !(fraction >= 0)) ||
    fractions.reduce((sum, fraction) => sum + fraction, 0) > 1 + 1e-9
  )
    throw new ArgumentError({
      op,
      problem: `the fractions ${fractions.join(', ')} are not shares of one whole`,
      remedy: 'give non-negative fractions that add up to 1 at most',
    });
};

/**
 * Parts of a data set, its examples dealt out at random. Which go where, and their order within a part, follow from the
 * key.
 * @param fractions the share of each part; they add up to 1 at most.
 * @throws ArgumentError when a fraction is negative or they exceed 1.
 * @example
 * randomSplit(key(0), iris(), [0.8, 0.2]).map(({ x }) => x.shape[0]) // [120, 30]
 */
export const randomSplit = <S extends Source>(key: Key, source: S, fractions: readonly number[]): readonly S[] =>
  inOperation('randomSplit', () => {
    checkKeyArgument('randomSplit', key);
    checkSource('randomSplit', source);
    checkFractions('randomSplit', fractions);
    const count = countOf(source);
    const order = Int32Array.from(permutation(key, count).dataSync());
    let next = 0;
    return apportion(count, fractions).map((size) => {
      next += size;
      return selectRows(source, order.subarray(next - size, next));
    });
  });

/**
 * Parts of a data set in which every class has the same share as in the whole. Which examples go where, and their
 * order within a part, follow from the key.
 * @param fractions the share of each part; they add up to 1 at most.
 * @throws ArgumentError when a fraction is negative or they exceed 1.
 * @example
 * stratifiedSplit(key(0), iris(), [0.8, 0.2]).map(({ x }) => x.shape[0]) // [120, 30]
 */
export const stratifiedSplit = <S extends Source>(key: Key, source: S, fractions: readonly number[]): readonly S[] =>
  inOperation('stratifiedSplit', () => {
    checkKeyArgument('stratifiedSplit', key);
    checkSource('stratifiedSplit', source);
    checkFractions('stratifiedSplit', fractions);
    const labels = Array.from(labelsOf(source));
    const classes = [...new Set(labels)].sort((a, b) => a - b);
    const parts: number[][] = fractions.map(() => []);
    for (const label of classes) {
      const members = labels.flatMap((other, row) => (other === label ? [row] : []));
      const order = permutation(foldIn(key, label), members.length).dataSync();
      let next = 0;
      for (const [part, count] of apportion(members.length, fractions).entries())
        for (let i = 0; i < count; i++) parts[part]?.push(members[order[next++] ?? 0] ?? 0);
    }
    return parts.map((rows, part) => {
      const order = permutation(foldIn(foldIn(key, classes.length), part), rows.length).dataSync();
      return selectRows(
        source,
        Array.from(order, (i) => rows[i] ?? 0),
      );
    });
  });
