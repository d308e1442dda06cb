/**
 * The run whose checkpoint version 0.1.0 wrote, with everything that had a memory then. It draws nothing but its first parameters, which
 * the checkpoint holds, so that it says something about the training loop alone.
 */
import { abs, add, fromData, key, mean, mul, sin, sub, type Tensor, tanh } from '../../../core/index.js';
import { batchNorm1d, linear, mseLoss, sequential } from '../../../nn/index.js';
import {
  adam,
  type Batch,
  chain,
  clipByGlobalNorm,
  cosineAnnealing,
  exponentialAverage,
  type FitOptions,
  onPlateau,
} from '../../../optim/index.js';
import type { Params, State } from './support.js';

/** Waves, three in and two out. */
const waves = (rows: number, phase: number): Batch => {
  const table = (columns: number, speed: number): Tensor =>
    sin(
      add(
        mul(
          fromData(
            Float32Array.from({ length: rows * columns }, (_, i) => i),
            [rows, columns],
          ),
          speed,
        ),
        phase,
      ),
    );
  return { x: table(3, 0.7), y: table(2, 0.3) };
};

export const released = (): FitOptions<Params, State, Tensor, Tensor, Tensor> => ({
  model: sequential(linear(3, 5), batchNorm1d(5), tanh, linear(5, 2)) as unknown as FitOptions<
    Params,
    State,
    Tensor,
    Tensor,
    Tensor
  >['model'],
  loss: mseLoss,
  optimizer: chain(clipByGlobalNorm(0.5), adam(cosineAnnealing(0.05, { period: 30 }))),
  train: waves(22, 0.2),
  validation: waves(9, 1.1),
  epochs: 6,
  batchSize: 4,
  accumulate: 2,
  order: 'sequential',
  key: key(7),
  metrics: { distance: (y, target) => mean(abs(sub(y, target))) },
  averaging: exponentialAverage(0.8),
  rateFactor: onPlateau({ patience: 0, factor: 0.5 }),
  monitor: { metric: 'distance', mode: 'min' },
  firstCheck: 'before',
  checkEvery: 2,
});
