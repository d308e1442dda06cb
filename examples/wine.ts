/** A multilayer perceptron that tells three wines apart by 13 measurements. */
import { foldIn, key } from '../autograd/index.js';
import { accuracy, crossEntropy, linear, relu, sequential } from '../nn/index.js';
import { adamw, earlyStopping, evaluate } from '../optim/index.js';
import type { Example } from './support/example.js';
import { predictClasses } from './support/predict.js';
import { standardizedParts, tableData, tableOf } from './support/tables.js';

const classes = ['class 0', 'class 1', 'class 2'];
const model = sequential(linear(13, 32), relu, linear(32, 3));
const task = { model, loss: crossEntropy, metrics: { accuracy } };
const data = tableData('wine.csv', '178 wines, 13 measurements, 3 classes');

export const wine: Example = {
  name: 'wine',
  system: null,
  title: 'Wine: a multilayer perceptron on a table',
  asks: 'test accuracy ≥ 95 %',
  data,
  epochs: 60,
  async run(lab) {
    const seed = key(lab.config.seed);
    const table = await tableOf(lab.config, data, { features: 13, classes });
    const { train, validation, test } = standardizedParts(foldIn(seed, 1), table);
    const run = await lab.train({
      ...task,
      train,
      validation,
      batchSize: 16,
      optimizer: adamw({ lr: 5e-3, weightDecay: 0.01 }),
      restoreBest: true,
      stopWhen: earlyStopping({ patience: 15 }),
    });
    const { accuracy: share } = await evaluate(task, run, test);
    lab.figure({ name: 'test accuracy', value: share, atLeast: 0.95 });
    await lab.confusion(test.y.dataSync(), predictClasses(model, run, [test]), classes);
  },
};
