/**
 * What the training loop asks of a model, a loss and data: their shape only, so that layers of `tapegrad/nn`, functions of
 * one's own and loaders of any kind fit without this folder knowing them.
 */
import type { Key, Tensor } from '../../core/index.js';
import type { Figured } from './figures.js';

/** Parameters and state of a model: plain trees of tensors, `null` where there is none. */
export interface Variables<P, S> {
  readonly params: P;
  readonly state: S;
}

export interface RunOptions {
  readonly training: boolean;
  /** In training a fresh one each step, for dropout and its like. */
  readonly key?: Key;
}

/** Anything that makes its parameters and computes with them; every layer of `tapegrad/nn` does. */
export interface Model<P, S, X, Y> {
  init(key: Key): Variables<P, S>;
  /** The output and the next state. */
  apply(variables: Variables<P, S>, x: X, options: RunOptions): readonly [output: Y, state: S];
}

/** Inputs and targets that belong together, example by example along axis 0. Each may be a tensor or a tree of them. */
export interface Batch<X = Tensor, T = Tensor> {
  readonly x: X;
  readonly y: T;
}

type Sequence<A> = Iterable<A> | AsyncIterable<A>;

/** The batches of an epoch, counted from 1: the same ones for the same epoch and key. */
export type Batches<X = Tensor, T = Tensor> = (epoch: number, key: Key) => Sequence<Batch<X, T>>;

/** A loader with a key of its own: the batches of an epoch, counted from 0, from the `start`-th on. */
export interface BatchLoader<X = Tensor, T = Tensor> {
  epoch(epoch: number, start: number): Sequence<Batch<X, T>>;
  /** How many there are, where that is known before: for those who show how much is left. */
  readonly batchesPerEpoch?: number;
}

/** Where batches come from: examples in memory, a loader of `tapegrad/data` or of one's own, or a function. */
export type Source<X = Tensor, T = Tensor> = Batch<X, T> | BatchLoader<X, T> | Batches<X, T>;

/** The batches of an epoch, counted from 1, after the first `used`. */
export type Feed<X, T> = (epoch: number, key: Key, used: number) => Sequence<Batch<X, T>>;

/**
 * The loss of a batch: a scalar, or `{ sum, count }`, a scalar sum and what it is to be divided by. Where several batches are put together, in a
 * step or in a figure, sums and counts are added before they are divided. A scalar that a loss of `tapegrad/nn` returned stands for
 * the sum and the count that it was made of; any other is the mean over the examples of the batch. Counts take no gradient.
 */
export type Loss<Y, T> = (output: Y, target: T) => Figured;
