/** S3.a: a multilayer perceptron on Fashion-MNIST. */
import { flattenExamples } from '../data/index.js';
import { linear, relu, sequential } from '../nn/index.js';
import { fashionMnistData } from './support/data-sets.js';
import type { Example } from './support/example.js';
import { learnFashion } from './support/fashion.js';

const model = sequential(linear(784, 256), relu, linear(256, 128), relu, linear(128, 10));

export const fashionMlp: Example = {
  name: 'fashion-mlp',
  system: 'S3.a',
  title: 'A multilayer perceptron on Fashion-MNIST',
  asks: 'validation accuracy ≥ 82 %; losses and accuracies of at least 8 epochs',
  data: fashionMnistData,
  epochs: 8,
  async run(lab) {
    await learnFashion(lab, { model, form: flattenExamples, batchSize: 128, goal: 0.82 });
  },
};
