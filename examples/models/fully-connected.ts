/** Networks of dense layers of any depth: with normalisation before each ReLU and dropout behind it, where asked for. */
import type { Tensor } from '../../autograd/index.js';
import {
  batchNorm1d,
  dropout,
  flatten,
  initialisers,
  type Layer,
  l2Penalty,
  layerNorm,
  linear,
  relu,
  sequential,
} from '../../nn/index.js';

export type Normalisation = 'none' | 'batch' | 'layer';

export interface FullyConnectedOptions {
  readonly inputs: number;
  readonly hidden: readonly number[];
  /** Pass what the labels have: a network with more classes than the labels starts with a loss of ln(classes), not of ln(labels). */
  readonly classes: number;
  /** `none` by default. */
  readonly normalisation?: Normalisation;
  /** The probability to keep a hidden value; 1, no dropout, by default. */
  readonly keep?: number;
  /** Weights are drawn from N(0, scale²), biases are 0; 0.01 by default. */
  readonly weightScale?: number;
}

/** Running statistics as the classical course code keeps them: from zero, nine tenths old, with the biased variance. */
const normalise: Readonly<Record<Normalisation, (width: number) => readonly Layer[]>> = {
  none: () => [],
  batch: (width) => [batchNorm1d(width, { start: 'zeros', decay: 0.9, runningVariance: 'biased' }) as Layer],
  layer: (width) => [layerNorm(width) as Layer],
};

/**
 * (linear, normalisation, ReLU, dropout) for each hidden size, then linear: `[N, …]` → scores `[N, classes]`.
 * @example
 * fullyConnectedNet({ inputs: 64, hidden: [100, 100], classes: 10 }).name
 */
export const fullyConnectedNet = ({
  inputs,
  hidden,
  classes,
  normalisation = 'none',
  keep = 1,
  weightScale = 1e-2,
}: FullyConnectedOptions): Layer => {
  const start = { weightInit: initialisers.normal({ std: weightScale }), biasInit: initialisers.zeros };
  const blocks = hidden.map((width, i) => [
    linear(hidden[i - 1] ?? inputs, width, start),
    ...normalise[normalisation](width),
    relu,
    ...(keep < 1 ? [dropout({ keep })] : []),
  ]);
  return sequential(flatten, ...blocks.flat(), linear(hidden.at(-1) ?? inputs, classes, start)) as Layer;
};

export interface TwoLayerOptions {
  /** 32 · 32 · 3 by default. */
  readonly inputs?: number;
  /** 100 by default. */
  readonly hidden?: number;
  readonly classes: number;
  /** 0.001 by default. */
  readonly weightScale?: number;
}

/** One hidden layer: linear, ReLU, linear. */
export const twoLayerNet = ({ inputs = 3072, hidden = 100, classes, weightScale = 1e-3 }: TwoLayerOptions): Layer =>
  fullyConnectedNet({ inputs, hidden: [hidden], classes, weightScale });

/** `½·strength·Σ w²` over the weights of a network, which have two axes or more: not over biases, scales and shifts. */
export const weightPenalty =
  (strength: number) =>
  (params: unknown): Tensor =>
    l2Penalty(params, strength, { include: (_, leaf) => leaf.rank > 1 });
