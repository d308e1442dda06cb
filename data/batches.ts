/** Mini-batches: every example once an epoch, in an order that a key decides. */

import { ArgumentError, describe } from '../core/base/errors.js';
import type { Key } from '../core/random/key.js';
import { permutation } from '../core/random/samplers.js';
import { checkedOptions } from '../core/tensor/arguments.js';
import { checkExamples, checkFlag, checkKeyArgument } from './checks.js';
import { type Examples, selectExamples } from './examples.js';

export interface BatchOptions {
  readonly size: number;
  /** Shuffles the examples; without it they come in their own order. One key an epoch: `foldIn(key, epoch)`. */
  readonly key?: Key;
  /** Leaves a last, shorter batch out. */
  readonly dropLast?: boolean;
}

/** Throws unless the size is a whole number of examples. */
export const checkBatchSize = (op: string, size: number): void => {
  if (!Number.isInteger(size) || size < 1)
    throw new ArgumentError({
      op,
      problem: `the batch size ${describe(size)} is not a whole number ≥ 1`,
      remedy: 'give a whole number of examples a batch',
    });
};

const batchesNames = { size: true, key: true, dropLast: 'flag' } as const;

/**
 * The batches of one epoch.
 * @throws ArgumentError unless the size is a whole number ≥ 1.
 * @example
 * [...batches(iris(), { size: 64 })].map(({ x }) => x.shape[0]) // [64, 64, 22]
 */
export const batches = (examples: Examples, options: BatchOptions): Generator<Examples, void, undefined> => {
  const { size, key, dropLast } = checkedOptions('batches', options, batchesNames);
  checkBatchSize('batches', size);
  checkExamples('batches', examples);
  if (key !== undefined) checkKeyArgument('batches', key);
  if (dropLast !== undefined) checkFlag('batches', 'dropLast', dropLast);
  return batchesOf(examples, options);
};

function* batchesOf(
  examples: Examples,
  { size, key, dropLast = false }: BatchOptions,
): Generator<Examples, void, undefined> {
  const count = examples.x.shape[0] ?? 0;
  const order =
    key === undefined
      ? Int32Array.from({ length: count }, (_, i) => i)
      : Int32Array.from(permutation(key, count).dataSync());
  for (let start = 0; start < count; start += size) {
    const rows = order.slice(start, start + size);
    if (dropLast && rows.length < size) return;
    yield selectExamples(examples, rows);
  }
}
