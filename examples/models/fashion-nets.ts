/** Networks for 28 × 28 grey images such as Fashion-MNIST. */
import {
  batchNorm2d,
  conv2d,
  dropout,
  flatten,
  type Layer,
  linear,
  maxPool2d,
  relu,
  sequential,
} from '../../nn/index.js';

/** One hidden layer. */
export const perceptron = (hidden = 128, classes = 10): Layer =>
  sequential(flatten, linear(28 * 28, hidden), relu, linear(hidden, classes)) as Layer;

/** A 3 × 3 convolution that keeps the size, ReLU, pooling to half the size, and only then batch norm and dropout. */
const block = (inputs: number, outputs: number) =>
  sequential(
    conv2d({ in: inputs, out: outputs, kernel: 3, padding: 1 }),
    relu,
    maxPool2d(2),
    batchNorm2d(outputs),
    dropout(0.3),
  );

/** Four blocks, 28 → 14 → 7 → 3 → 1 pixels a side, and two dense layers: 422,986 parameters and 960 running statistics. */
export const fourBlockNet = (classes = 10): Layer =>
  sequential(
    block(1, 32),
    block(32, 64),
    block(64, 128),
    block(128, 256),
    flatten,
    linear(256, 128),
    relu,
    linear(128, classes),
  ) as Layer;
