/** S1.d: a small convolutional network on Fashion-MNIST, channels last; the epoch with the best validation loss is tested. */
import { foldIn, key, permute } from '../autograd/index.js';
import { channelMoments, channelsLast, compose, loader, normalize } from '../data/index.js';
import { accuracy, conv2d, crossEntropy, dropout, flatten, linear, maxPool2d, relu, sequential } from '../nn/index.js';
import { adam, evaluate, verdict } from '../optim/index.js';
import { fashionMnist, fashionMnistData, holdOut } from './support/data-sets.js';
import type { Example } from './support/example.js';
import { predictClasses } from './support/predict.js';

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
const task = { model, loss: crossEntropy, metrics: { accuracy } };

export const fashionCnn: Example = {
  name: 'fashion-cnn',
  system: 'S1.d',
  title: 'A convolutional network on Fashion-MNIST',
  asks: 'validation accuracy ≥ 88 %; loss and accuracy of at least 8 epochs',
  data: fashionMnistData,
  epochs: 8,
  async run(lab) {
    const { train: images, test } = await fashionMnist(lab.config);
    const seed = key(lab.config.seed);
    const { train, validation } = holdOut(foldIn(seed, 1), images, 0.1);
    const transform = compose(normalize(channelMoments(train)), channelsLast);
    const inOrder = { size: 250, transform };

    const run = await lab.train({
      ...task,
      optimizer: adam(1e-3),
      train: loader(train, { size: 64, key: foldIn(seed, 2), transform }),
      validation: loader(validation, inOrder),
      restoreBest: true,
    });
    const tested = loader(test, inOrder);
    const { accuracy: share } = await evaluate(task, run, tested);
    lab.figure({ name: 'validation accuracy', value: run.validation.accuracy, atLeast: 0.88 });
    lab.figure({ name: 'test accuracy', value: share });
    lab.say(`The curves say: ${verdict(run.history)}`);

    const predicted = predictClasses(model, run, tested.epoch());
    await lab.samples(test, predicted);
    await lab.confusion(test.labels, predicted, test.classes);
    await lab.images('filters.png', 'Filters of the first layer', permute(run.params[0].weight, [3, 2, 0, 1]));
    await lab.predictions(predicted);
  },
};
