/**
 * S3.b: a convolutional network with batch norm and dropout on CIFAR-10, on images that are shifted and mirrored at random,
 * with a learning rate that falls along half a cosine.
 */
import { foldIn, key } from '../autograd/index.js';
import { channelMoments, compose, loader, normalize, randomCrop, randomFlip } from '../data/index.js';
import {
  accuracy,
  batchNorm2d,
  conv2d,
  crossEntropy,
  dropout,
  flatten,
  linear,
  maxPool2d,
  relu,
  sequential,
} from '../nn/index.js';
import { adam, byEpoch, cosineAnnealing } from '../optim/index.js';
import { cifar10, cifarData } from './support/data-sets.js';
import type { Example } from './support/example.js';
import { predictClasses } from './support/predict.js';

const block = (inputs: number, outputs: number) =>
  sequential(
    conv2d({ in: inputs, out: outputs, kernel: 3, padding: 1, bias: false }),
    batchNorm2d(outputs),
    relu,
    maxPool2d(2),
  );

const model = sequential(
  block(3, 32), //    [N, 32, 16, 16]
  block(32, 64), //   [N, 64, 8, 8]
  block(64, 128), //  [N, 128, 4, 4]
  flatten,
  dropout(0.3),
  linear(2048, 128),
  relu,
  linear(128, 10),
);

export const cifarCnn: Example = {
  name: 'cifar-cnn',
  system: 'S3.b',
  title: 'A convolutional network on CIFAR-10',
  asks: 'test accuracy ≥ 75 % on the whole set; curves of at least 8 epochs; predictions for the test set',
  data: cifarData,
  epochs: 10,
  async run(lab) {
    const { train, test } = await cifar10(lab.config);
    const normalized = normalize(channelMoments(train));
    const augmented = compose(normalized, randomCrop({ padding: 4 }), randomFlip());
    const tested = loader(test, { size: 250, transform: normalized });

    const run = await lab.train({
      model,
      loss: crossEntropy,
      metrics: { accuracy },
      optimizer: adam(1e-3),
      rateFactor: byEpoch(cosineAnnealing(1, { period: lab.epochs })),
      train: loader(train, { size: 64, key: foldIn(key(lab.config.seed), 1), transform: augmented }),
      validation: tested,
    });
    // The figure asked for is one of all 50,000 training images.
    const whole = train.shape[0] >= 50_000 ? { atLeast: 0.75 } : {};
    lab.figure({ name: `test accuracy from ${train.shape[0]} images`, value: run.validation.accuracy, ...whole });

    const predicted = predictClasses(model, run, tested.epoch());
    await lab.predictions(predicted);
    await lab.samples(test, predicted);
    await lab.confusion(test.labels, predicted, test.classes);
    await lab.images('filters.png', 'Filters of the first layer', run.params[0][0].weight);
  },
};
