/** Batches from examples in memory: shuffled, in order, or drawn with replacement; and samples of them. */
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
import { trainingPlan } from '../training-plan.js';
import type { Batch, Batches } from './model.js';

/**
 * `shuffled`: every example once an epoch, in a new order each time. `inOrder`: as they stand. `withReplacement`: each batch
 * draws from all examples, and an epoch is ⌊examples/batchSize⌋ batches, at least one.
 */
export type Draw = 'shuffled' | 'inOrder' | 'withReplacement';

export interface DrawOptions {
  readonly batchSize: number;
  /** `shuffled` by default. */
  readonly draw?: Draw;
  /** Leaves a last, shorter batch out. */
  readonly dropLast?: boolean;
}

/**
 * How many examples a batch or a set has: the length of axis 0, which all its tensors share.
 * @throws ShapeError when they do not.
 */
export const countExamples = ({ x, y }: Batch<unknown, unknown>): number => {
  const leaves = treeLeaves([x, y], 'fit');
  const count = leaves[0]?.shape[0];
  if (count === undefined || leaves.some(({ shape }) => shape[0] !== count))
    throw new ShapeError({
      op: 'fit',
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

/**
 * Batches of examples that lie in memory, as `fit` takes them.
 * @throws ArgumentError unless the batch size is a whole number ≥ 1.
 * @example
 * [...drawBatches({ x: zeros([5, 2]), y: zeros([5]) }, { batchSize: 2 })(1, key(0))].map(({ x }) => x.shape[0]) // [2, 2, 1]
 */
export const drawBatches =
  <X, T>(
    examples: Batch<X, T>,
    { batchSize, draw = 'shuffled', dropLast = false }: DrawOptions,
  ): ((epoch: number, key: Key) => Generator<Batch<X, T>, void, undefined>) =>
  (_, key) => {
    const count = countExamples(examples);
    const { stepsPerEpoch } = trainingPlan({ examples: count, batchSize, epochs: 1 });
    if (draw === 'withReplacement')
      return rowsToBatches(
        examples,
        Int32Array.from(randomIntegers(key, [stepsPerEpoch * batchSize], { max: count }).dataSync()),
        batchSize,
      );
    const order =
      draw === 'inOrder'
        ? Int32Array.from({ length: count }, (_, i) => i)
        : Int32Array.from(permutation(key, count).dataSync());
    return rowsToBatches(examples, dropLast ? order.slice(0, count - (count % batchSize)) : order, batchSize);
  };

function* rowsToBatches<X, T>(
  examples: Batch<X, T>,
  rows: Int32Array,
  size: number,
): Generator<Batch<X, T>, void, undefined> {
  for (let start = 0; start < rows.length; start += size) yield selectRows(examples, rows.slice(start, start + size));
}

/** As many of the examples as `count` says, drawn without replacement; all of them when there are no more. */
export const sampleExamples = <X, T>(examples: Batch<X, T>, count: number, key: Key): Batch<X, T> => {
  if (!Number.isInteger(count) || count < 1)
    throw new ArgumentError({ op: 'fit', problem: `a sample of ${count} examples`, remedy: 'give a whole number ≥ 1' });
  const all = countExamples(examples);
  return count >= all
    ? examples
    : selectRows(examples, Int32Array.from(permutation(key, all).dataSync()).slice(0, count));
};

/** A set of examples or a function that makes batches, as the latter. */
export const asBatches = <X, T>(source: Batch<X, T> | Batches<X, T>, options: DrawOptions): Batches<X, T> =>
  typeof source === 'function' ? source : drawBatches(source, options);
