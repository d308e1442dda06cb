/** S1.d: a small convolutional network on Fashion-MNIST, channels last; the epoch with the best validation loss is tested. */
import { permute } from '../autograd/index.js';
import { channelsLast } from '../data/index.js';
import { conv2d, dropout, flatten, linear, maxPool2d, relu, sequential } from '../nn/index.js';
import { fashionMnistData } from './support/data-sets.js';
import type { Example } from './support/example.js';
import { learnFashion } from './support/fashion.js';

const layout = 'NHWC';
const model = sequential(
  conv2d({ in: 1, out: 16, kernel: 3, padding: 'same', layout }), //  [N, 28, 28, 16]
  relu,
  maxPool2d(2, { layout }), //                                        [N, 14, 14, 16]
  conv2d({ in: 16, out: 32, kernel: 3, padding: 'same', layout }), // [N, 14, 14, 32]
  relu,
  maxPool2d(2, { layout }), //                                        [N, 7, 7, 32]
  flatten,
  dropout(0.25),
  linear(7 * 7 * 32, 128),
  relu,
  linear(128, 10),
);

export const fashionCnn: Example = {
  name: 'fashion-cnn',
  system: 'S1.d',
  title: 'A convolutional network on Fashion-MNIST',
  asks: 'validation accuracy ≥ 88 %; loss and accuracy of at least 8 epochs',
  data: fashionMnistData,
  epochs: 8,
  async run(lab) {
    const run = await learnFashion(lab, { model, form: channelsLast, batchSize: 64, goal: 0.88 });
    await lab.images('filters.png', 'Filters of the first layer', permute(run.params[0].weight, [3, 2, 0, 1]));
  },
};
