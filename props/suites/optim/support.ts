/** Trees of numbers compared to the bit, and something small to train. */

import {
  abs,
  add,
  key,
  matmul,
  mean,
  mul,
  normal,
  sub,
  type Tensor,
  tensor,
  treeEntries,
} from '../../../core/index.js';
import { batchNorm1d, dropout, type Layer, linear, mseLoss, sequential, tanh } from '../../../nn/index.js';
import {
  adam,
  cosineAnnealing,
  earlyStopping,
  exponentialAverage,
  type FitOptions,
  onPlateau,
} from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';

/** Each leaf with its path, its shape and element type, and its bytes. */
const bits = (tree: unknown): readonly string[] =>
  treeEntries(tree).map(([path, leaf]) => {
    const { buffer, byteOffset, byteLength } = leaf.dataSync();
    return `${path}: ${leaf.dtype}[${leaf.shape}] ${Buffer.from(buffer, byteOffset, byteLength).toString('hex')}`;
  });

/** Fails unless both trees have the same leaves, and these the same shapes, element types and bits. */
export const assertSameBits = (got: unknown, want: unknown): void => assert.equal(bits(got), bits(want));

/** A small regression: `[n, 3]` inputs and targets that a linear map explains but for some noise. */
export const examples = (n: number, seed = 1): { readonly x: Tensor; readonly y: Tensor } => {
  const x = normal(key(seed), [n, 3]);
  const noise = mul(normal(key(seed + 1), [n, 2]), 0.1);
  return {
    x,
    y: add(
      matmul(
        x,
        tensor([
          [1, -1],
          [0.5, 2],
          [-2, 0],
        ]),
      ),
      noise,
    ),
  };
};

interface WeightAndBias {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

interface Statistics {
  readonly runningMean: Tensor;
  readonly runningVariance: Tensor;
}

export type Params = readonly [WeightAndBias, WeightAndBias, null, null, WeightAndBias];
export type State = readonly [null, Statistics, null, null, null];

/** A network with running statistics and dropout: everything that must survive a resume. */
export const network = (): Layer<Params, State> =>
  sequential(linear(3, 5), batchNorm1d(5), tanh, dropout(0.2), linear(5, 2)) as Layer<unknown, unknown> as Layer<
    Params,
    State
  >;

/** A run with everything that has a memory: momentum, statistics, dropout, an average, a plateau, the best so far. */
export const resumable = (): FitOptions<Params, State, Tensor, Tensor, Tensor> => ({
  model: network(),
  loss: mseLoss,
  optimizer: adam(cosineAnnealing(0.05, { period: 20 })),
  train: examples(22),
  validation: examples(9, 50),
  epochs: 5,
  batchSize: 4,
  accumulate: 2,
  key: key(7),
  metrics: { distance: (y, target) => mean(abs(sub(y, target))) },
  averaging: exponentialAverage(0.8),
  rateFactor: onPlateau({ patience: 0, factor: 0.5 }),
  monitor: { metric: 'distance', mode: 'min' },
  firstCheck: 'before',
  checkEvery: 2,
  sampleTrain: 8,
  stopWhen: earlyStopping({ patience: 40 }),
});
