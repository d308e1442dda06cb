/** S1.c: LeNet on MNIST, channels last: two convolutions with pooling, three dense layers, Adam. */
import { foldIn, key, permute } from '../autograd/index.js';
import { channelMoments, channelsLast, compose, loader, normalize } from '../data/index.js';
import { accuracy, conv2d, crossEntropy, flatten, linear, maxPool2d, relu, sequential } from '../nn/index.js';
import { adam } from '../optim/index.js';
import { mnist, mnistData } from './support/data-sets.js';
import type { Example } from './support/example.js';
import { predictClasses } from './support/predict.js';

const layout = 'NHWC';
const model = sequential(
  conv2d({ in: 1, out: 6, kernel: 5, padding: 'same', layout }), // [N, 28, 28, 6]
  relu,
  maxPool2d(2, { layout }), //                                       [N, 14, 14, 6]
  conv2d({ in: 6, out: 16, kernel: 5, layout }), //                  [N, 10, 10, 16]
  relu,
  maxPool2d(2, { layout }), //                                       [N, 5, 5, 16]
  flatten,
  linear(400, 120),
  relu,
  linear(120, 84),
  relu,
  linear(84, 10),
);

export const lenet: Example = {
  name: 'lenet',
  system: 'S1.c',
  title: 'LeNet on MNIST',
  asks: 'test accuracy ≥ 97 % after one epoch',
  data: mnistData,
  epochs: 1,
  async run(lab) {
    const { train, test } = await mnist(lab.config);
    const transform = compose(normalize(channelMoments(train)), channelsLast);
    const tested = loader(test, { size: 250, transform });

    const run = await lab.train({
      model,
      loss: crossEntropy,
      metrics: { accuracy },
      optimizer: adam(1e-3),
      train: loader(train, { size: 64, key: foldIn(key(lab.config.seed), 1), transform }),
      validation: tested,
    });
    lab.figure({
      name: `test accuracy after ${lab.epochs === 1 ? 'one epoch' : `${lab.epochs} epochs`}`,
      value: run.validation.accuracy,
      atLeast: 0.97,
    });

    const predicted = predictClasses(model, run, tested.epoch());
    await lab.samples(test, predicted);
    await lab.confusion(test.labels, predicted, test.classes);
    await lab.predictions(predicted);
    await lab.images('filters.png', 'Filters of the first layer', permute(run.params[0].weight, [3, 2, 0, 1]));
    await lab.weights('weights.safetensors', run.params);
  },
};
