/** A multilayer perceptron that tells malignant from benign tumours by 30 measurements of their cells. */
import { foldIn, key } from '../autograd/index.js';
import { accuracy, crossEntropy, dropout, linear, relu, sequential } from '../nn/index.js';
import { adamw, earlyStopping, evaluate } from '../optim/index.js';
import type { Example } from './support/example.js';
import { predictClasses } from './support/predict.js';
import { standardizedParts, tableData, tableOf } from './support/tables.js';

const classes = ['malignant', 'benign'];
const model = sequential(linear(30, 32), relu, dropout(0.2), linear(32, 2));
const task = { model, loss: crossEntropy, metrics: { accuracy } };
const data = tableData('breast_cancer.csv', '569 tumours, 30 measurements, 2 classes');

export const breastCancer: Example = {
  name: 'breast-cancer',
  system: null,
  title: 'Breast cancer: a multilayer perceptron on a table',
  asks: 'test accuracy ≥ 95 %',
  data,
  epochs: 60,
  async run(lab) {
    const seed = key(lab.config.seed);
    const table = await tableOf(lab.config, data, { features: 30, classes });
    const { train, validation, test } = standardizedParts(foldIn(seed, 1), table);
    const run = await lab.train({
      ...task,
      train,
      validation,
      batchSize: 32,
      optimizer: adamw({ lr: 3e-3, weightDecay: 0.01 }),
      restoreBest: true,
      stopWhen: earlyStopping({ patience: 15 }),
    });
    const { accuracy: share } = await evaluate(task, run, test);
    lab.figure({ name: 'test accuracy', value: share, atLeast: 0.95 });
    await lab.confusion(test.y.dataSync(), predictClasses(model, run, [test]), classes);
  },
};
