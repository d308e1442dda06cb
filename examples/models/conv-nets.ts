/** Convolutional networks for 32 × 32 colour images, each in the few lines that define it. */

import type { Tensor } from '../../autograd/index.js';
import {
  batchNorm1d,
  batchNorm2d,
  conv2d,
  dropout,
  flatten,
  globalAvgPool,
  initialisers,
  type Layer,
  linear,
  maxPool2d,
  relu,
  sequential,
} from '../../nn/index.js';

export interface ThreeLayerConvOptions {
  /** `[channels, height, width]`; height and width even. */
  readonly input?: readonly [channels: number, height: number, width: number];
  readonly filters?: number;
  /** Odd, so that the padding keeps the size. */
  readonly kernel?: number;
  readonly hidden?: number;
  readonly classes: number;
  readonly weightScale?: number;
}

/** conv, ReLU, 2 × 2 max pooling, linear, ReLU, linear. By default 32 filters of 7 × 7, 100 hidden units and a scale of 0.001. */
export const threeLayerConvNet = ({
  input: [channels, height, width] = [3, 32, 32],
  filters = 32,
  kernel = 7,
  hidden = 100,
  classes,
  weightScale = 1e-3,
}: ThreeLayerConvOptions): Layer => {
  const start = { weightInit: initialisers.normal({ std: weightScale }), biasInit: initialisers.zeros };
  return sequential(
    conv2d({ in: channels, out: filters, kernel, padding: (kernel - 1) / 2, ...start }),
    relu,
    maxPool2d(2),
    flatten,
    linear((filters * height * width) / 4, hidden, start),
    relu,
    linear(hidden, classes, start),
  ) as Layer;
};

/** A convolution that keeps the size, batch norm, ReLU, pooling to half the size, dropout. */
const block = (inputs: number, outputs: number, kernel: number, drop: number) =>
  sequential(
    conv2d({ in: inputs, out: outputs, kernel, padding: (kernel - 1) / 2 }),
    batchNorm2d(outputs),
    relu,
    maxPool2d(2),
    dropout(drop),
  );

/** The network of the channels-first challenge: images `[N, 3, 32, 32]`, 2,475,526 parameters for six classes. */
export const challengeNet = (classes = 6): Layer =>
  sequential(
    block(3, 64, 5, 0.2),
    block(64, 128, 3, 0.3),
    block(128, 256, 3, 0.4),
    flatten,
    linear(256 * 4 * 4, 512),
    relu,
    dropout(0.5),
    linear(512, classes),
  ) as Layer;

const he = { weightInit: initialisers.kaimingNormal(), biasInit: initialisers.zeros };
const nhwc = { layout: 'NHWC' } as const;

/** Twice (3 × 3 convolution that keeps the size, batch norm, ReLU), pooling to half the size, dropout; channels last. */
const doubleBlock = (inputs: number, outputs: number) =>
  sequential(
    conv2d({ in: inputs, out: outputs, kernel: 3, padding: 1, ...nhwc, ...he }),
    batchNorm2d(outputs, { ...nhwc, decay: 0.99, eps: 1e-3, runningVariance: 'biased' }),
    relu,
    conv2d({ in: outputs, out: outputs, kernel: 3, padding: 1, ...nhwc, ...he }),
    batchNorm2d(outputs, { ...nhwc, decay: 0.99, eps: 1e-3, runningVariance: 'biased' }),
    relu,
    maxPool2d(2, nhwc),
    dropout(0.25),
  );

/** The network of the channels-last challenge: images `[N, 32, 32, 3]`, 322,982 trained parameters for six classes. */
export const challengeNetNhwc = (classes = 6): Layer =>
  sequential(
    doubleBlock(3, 32),
    doubleBlock(32, 64),
    doubleBlock(64, 128),
    (x: Tensor) => globalAvgPool(x, nhwc),
    linear(128, 256, he),
    batchNorm1d(256, { decay: 0.99, eps: 1e-3, runningVariance: 'biased' }),
    relu,
    dropout(0.5),
    linear(256, classes, he),
  ) as Layer;
