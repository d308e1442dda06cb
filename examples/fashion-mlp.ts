/** S3.a: a multilayer perceptron on Fashion-MNIST. */
import { foldIn, key } from '../autograd/index.js';
import { channelMoments, compose, flattenExamples, loader, normalize } from '../data/index.js';
import { accuracy, crossEntropy, linear, relu, sequential } from '../nn/index.js';
import { adam, evaluate, verdict } from '../optim/index.js';
import { fashionMnist, fashionMnistData, holdOut } from './support/data-sets.js';
import type { Example } from './support/example.js';
import { predictClasses } from './support/predict.js';

const model = sequential(linear(784, 256), relu, linear(256, 128), relu, linear(128, 10));
const task = { model, loss: crossEntropy, metrics: { accuracy } };

export const fashionMlp: Example = {
  name: 'fashion-mlp',
  system: 'S3.a',
  title: 'A multilayer perceptron on Fashion-MNIST',
  asks: 'validation accuracy ≥ 82 %; losses and accuracies of at least 8 epochs',
  data: fashionMnistData,
  epochs: 8,
  async run(lab) {
    const { train: images, test } = await fashionMnist(lab.config);
    const seed = key(lab.config.seed);
    const { train, validation } = holdOut(foldIn(seed, 1), images, 0.1);
    const transform = compose(normalize(channelMoments(train)), flattenExamples);
    const inOrder = { size: 500, transform };

    const run = await lab.train({
      ...task,
      optimizer: adam(1e-3),
      train: loader(train, { size: 128, key: foldIn(seed, 2), transform }),
      validation: loader(validation, inOrder),
      restoreBest: true,
    });
    const tested = loader(test, inOrder);
    const { accuracy: share } = await evaluate(task, run, tested);
    lab.figure({ name: 'validation accuracy', value: run.validation.accuracy, atLeast: 0.82 });
    lab.figure({ name: 'test accuracy', value: share });
    lab.say(`The curves say: ${verdict(run.history)}`);
    const predicted = predictClasses(model, run, tested.epoch());
    await lab.samples(test, predicted);
    await lab.confusion(test.labels, predicted, test.classes);
  },
};
