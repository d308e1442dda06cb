/** Dividing examples into parts: by fraction or by count, class by class, in an order that a key decides. */

import { ArgumentError } from '../core/base/errors.js';
import { inOperation } from '../core/base/scope.js';
import { foldIn, type Key } from '../core/random/key.js';
import { permutation } from '../core/random/samplers.js';
import { apportion, apportionClasses } from './apportion.js';
import { checkKeyArgument, checkNumber, checkNumbers, checkSource } from './checks.js';
import { countOf, labelsOf, type Source, selectRows } from './source.js';

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
 * Parts of a data set in which every class has the same share as in the whole: the number of each class in a part, and the size of the
 * part, are the share rounded down or up. Which examples go where, and their order within a part, follow from the key.
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
    const members = new Map<number, number[]>();
    for (const [row, label] of Array.from(labelsOf(source)).entries()) {
      const rows = members.get(label);
      if (rows === undefined) members.set(label, [row]);
      else rows.push(row);
    }
    const ordered = [...members].sort(([a], [b]) => a - b);
    const ofClasses = foldIn(key, ordered.length);
    // Which classes give the examples that do not divide evenly is drawn, too.
    const classes = Array.from(
      permutation(foldIn(ofClasses, fractions.length), ordered.length).dataSync(),
      (place): readonly [number, readonly number[]] => ordered[place] ?? [Number.NaN, []],
    );
    const parts: number[][] = fractions.map(() => []);
    const counts = apportionClasses(
      classes.map(([, rows]) => rows.length),
      fractions,
    );
    for (const [c, [label, rows]] of classes.entries()) {
      const order = permutation(foldIn(key, label), rows.length).dataSync();
      let next = 0;
      for (const [part, count] of (counts[c] ?? []).entries())
        for (let i = 0; i < count; i++) parts[part]?.push(rows[order[next++] ?? -1] ?? -1);
    }
    return parts.map((rows, part) => {
      const order = permutation(foldIn(ofClasses, part), rows.length).dataSync();
      return selectRows(
        source,
        Array.from(order, (i) => rows[i] ?? -1),
      );
    });
  });
