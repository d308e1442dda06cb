/**
 * Loaders: the batches of every epoch, made one at a time. A batch is a pure function of the key, the epoch and its place,
 * so a run that stopped in the middle of an epoch goes on from there with the same batches.
 */

import { ArgumentError } from '../core/base/errors.js';
import { foldIn, type Key, key as keyOf } from '../core/random/key.js';
import { permutation, randomIntegers } from '../core/random/samplers.js';
import { checkChoice, checkedOptions } from '../core/tensor/arguments.js';
import { madeBy, type Transform } from './augment/transform.js';
import { checkBatchSize } from './batches.js';
import { checkCallback, checkFlag, checkKeyArgument, checkSource, checkWhole } from './checks.js';
import type { Examples } from './examples.js';
import { batchOf, countOf, type Source } from './source.js';

/**
 * `shuffled`: every example once an epoch, in another order each time. `replacement`: every batch drawn anew from all
 * examples. `sequential`: as they come.
 */
export type LoaderOrder = 'shuffled' | 'replacement' | 'sequential';

export interface LoaderOptions {
  /** Examples a batch. */
  readonly size: number;
  /** Decides orders and transforms. */
  readonly key?: Key;
  /** `shuffled` with a key and `sequential` without, by default. */
  readonly order?: LoaderOrder;
  /** Leaves a last, shorter batch out. With replacement there is none: an epoch is ⌊N/size⌋ whole batches, at least one. */
  readonly dropLast?: boolean;
  /** What is done to each batch. */
  readonly transform?: Transform;
}

export interface Loader {
  /** How many examples there are. */
  readonly examples: number;
  readonly batchesPerEpoch: number;
  /** The batches of an epoch, counted from 0; from the `start`-th on. */
  epoch(epoch?: number, start?: number): Generator<Examples, void, undefined>;
}

const orders: readonly string[] = ['shuffled', 'replacement', 'sequential'] satisfies readonly LoaderOrder[];

const loaderNames = { size: true, key: true, order: true, dropLast: 'flag', transform: true } as const;

const checkOptions = ({
  size,
  key,
  order,
  dropLast,
  transform,
  examples,
}: LoaderOptions & { readonly examples: number }): void => {
  checkBatchSize('loader', size);
  if (key !== undefined) checkKeyArgument('loader', key);
  if (dropLast !== undefined) checkFlag('loader', 'dropLast', dropLast);
  checkCallback('loader', 'transform', transform);
  checkChoice('loader', 'order', order, orders);
  if (key === undefined && (order === 'shuffled' || order === 'replacement'))
    throw new ArgumentError({ op: 'loader', problem: `the order ${order} needs a key`, remedy: 'give a key' });
  if (order === 'replacement' && examples === 0)
    throw new ArgumentError({ op: 'loader', problem: 'there is nothing to draw from', remedy: 'give some examples' });
};

/**
 * Batches of examples, or of images that stay bytes until their batch is made.
 * @throws ArgumentError for a size below 1, an order that there is not, or a random one without a key.
 * @example
 * [...loader(iris(), { size: 64, key: key(0) }).epoch()].map(({ x }) => x.shape[0]) // [64, 64, 22]
 */
export const loader = (source: Source, options: LoaderOptions): Loader => {
  checkSource('loader', source);
  const examples = countOf(source);
  const { size, key, dropLast = false, transform } = checkedOptions('loader', options, loaderNames);
  const order = options.order ?? (key === undefined ? 'sequential' : 'shuffled');
  checkOptions({ ...options, order, examples });
  const whole = dropLast || order === 'replacement';
  const batchesPerEpoch =
    order === 'replacement'
      ? Math.max(Math.floor(examples / size), 1)
      : whole
        ? Math.floor(examples / size)
        : Math.ceil(examples / size);

  function epoch(number = 0, start = 0): Generator<Examples, void, undefined> {
    checkWhole('epoch', 'the epoch', number, 0, 2 ** 32 - 1);
    checkWhole('epoch', 'the start', start);
    return from(number, start);
  }

  function* from(number: number, start: number): Generator<Examples, void, undefined> {
    // Three independent streams an epoch: the order, the draws of each batch, the transforms of each batch.
    const own = foldIn(key ?? keyOf(0), number);
    const orders = foldIn(own, 0);
    const all = order === 'shuffled' ? permutation(orders, examples).dataSync() : null;
    for (let batch = start; batch < batchesPerEpoch; batch++) {
      const first = batch * size;
      const rows =
        order === 'replacement'
          ? Int32Array.from(randomIntegers(foldIn(orders, batch), [size], { max: examples }).dataSync())
          : Int32Array.from({ length: Math.min(size, examples - first) }, (_, i) => all?.[first + i] ?? first + i);
      const made = batchOf(source, rows);
      yield transform === undefined ? made : madeBy('loader', transform(made, foldIn(foldIn(own, 1), batch)));
    }
  }
  return { examples, batchesPerEpoch, epoch };
};
