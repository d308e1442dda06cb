/** Batches from examples in memory: shuffled, in order, or drawn with replacement; and samples of them. */

import { describe } from '../../core/base/errors.js';
import {
  ArgumentError,
  fromData,
  type Key,
  permutation,
  randomIntegers,
  ShapeError,
  type Tensor,
  take,
  treeLeaves,
  treeMap,
} from '../../core/index.js';
import { batchOf, checkSource, sequenceOf } from '../given.js';
import { trainingPlan } from '../training-plan.js';
import type { Batch, Feed, Source } from './model.js';

/**
 * `shuffled`: every example once an epoch, in a new order each time. `sequential`: as they stand. `replacement`: each batch
 * draws from all examples, and an epoch is ⌊examples/batchSize⌋ batches, at least one.
 */
export type BatchOrder = 'shuffled' | 'replacement' | 'sequential';

export interface BatchOptions {
  readonly batchSize: number;
  /** `shuffled` by default. */
  readonly order?: BatchOrder;
  /** Leaves a last, shorter batch out. */
  readonly dropLast?: boolean;
}

/**
 * How many examples a batch or a set has: the length of axis 0, which all its tensors share.
 * @throws ShapeError when they do not.
 */
export const countExamples = ({ x, y }: Batch<unknown, unknown>, op = 'fit'): number => {
  const leaves = treeLeaves({ x, y }, op);
  const count = leaves[0]?.shape[0];
  if (count === undefined || leaves.some(({ shape }) => shape[0] !== count))
    throw new ShapeError({
      op,
      problem: 'inputs and targets differ in their number of examples',
      shapes: leaves.map(({ shape }) => shape),
      remedy: 'let axis 0 count the examples, in inputs and in targets',
    });
  return count;
};

const selectRows = <X, T>(examples: Batch<X, T>, rows: Int32Array): Batch<X, T> => {
  const index = fromData(rows, [rows.length]);
  return treeMap((leaf: Tensor) => take(leaf, index, 0), examples);
};

/** The rows of an epoch, one batch after another. */
const rowsOf = (
  count: number,
  key: Key,
  { batchSize, order = 'shuffled', dropLast = false }: BatchOptions,
): Int32Array => {
  const { stepsPerEpoch } = trainingPlan({ examples: count, batchSize, epochs: 1 });
  if (order === 'replacement')
    return Int32Array.from(randomIntegers(key, [stepsPerEpoch * batchSize], { max: count }).dataSync());
  const rows =
    order === 'sequential'
      ? Int32Array.from({ length: count }, (_, i) => i)
      : Int32Array.from(permutation(key, count).dataSync());
  return dropLast ? rows.slice(0, count - (count % batchSize)) : rows;
};

const beyond = (has: number, used: number): ArgumentError =>
  new ArgumentError({
    op: 'fit (resume)',
    problem: `the epoch has ${has} batches, of which ${used} have been used`,
    remedy: 'resume with the data and the batch size that the run began with',
  });

function* drawn<X, T>(
  examples: Batch<X, T>,
  key: Key,
  used: number,
  options: BatchOptions,
): Generator<Batch<X, T>, void, undefined> {
  const { batchSize } = options;
  const rows = rowsOf(countExamples(examples), key, options);
  const batches = Math.ceil(rows.length / batchSize);
  if (used > batches) throw beyond(batches, used);
  for (let start = used * batchSize; start < rows.length; start += batchSize)
    yield selectRows(examples, rows.slice(start, start + batchSize));
}

async function* after<A>(batches: Iterable<A> | AsyncIterable<A>, used: number): AsyncGenerator<A, void, undefined> {
  let seen = 0;
  for await (const batch of sequenceOf('fit', batches)) if (++seen > used) yield batchOf('fit', batch);
  if (seen < used) throw beyond(seen, used);
}

/** Any source as one kind of function. */
export const feedOf = <X, T>(source: Source<X, T>, options: BatchOptions, op = 'fit'): Feed<X, T> => {
  checkSource(op, 'the data', source);
  if (typeof source === 'function') return (epoch, key, used) => after(source(epoch, key), used);
  if ('epoch' in source) return (epoch, _, used) => after(source.epoch(epoch - 1, used), 0);
  return (_, key, used) => drawn(source, key, used, options);
};

/** How many batches an epoch has; `null` where batches come from elsewhere and are not known beforehand. */
export const batchesPerEpoch = <X, T>(
  source: Source<X, T>,
  { batchSize, order, dropLast }: BatchOptions,
): number | null => {
  if (typeof source === 'function') return null;
  if ('epoch' in source) return source.batchesPerEpoch ?? null;
  const count = countExamples(source);
  if (order === 'replacement') return trainingPlan({ examples: count, batchSize, epochs: 1 }).stepsPerEpoch;
  return dropLast === true ? Math.floor(count / batchSize) : Math.ceil(count / batchSize);
};

/** As many of the examples as `count` says, drawn without replacement, or all; batches of a loader come as they are. */
export const sampled = <X, T>(source: Source<X, T>, count: number | undefined, key: Key, op = 'fit'): Source<X, T> => {
  if (count === undefined || typeof source === 'function' || 'epoch' in source) return source;
  if (!Number.isInteger(count) || count < 1)
    throw new ArgumentError({
      op,
      problem: `a sample of ${describe(count)} examples`,
      remedy: 'give a whole number ≥ 1',
    });
  const all = countExamples(source, op);
  if (count >= all) return source;
  return selectRows(source, Int32Array.from(permutation(key, all).dataSync()).slice(0, count));
};
