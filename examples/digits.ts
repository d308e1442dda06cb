/** A small convolutional network on the 8 × 8 digits of UCI. */
import { foldIn, key } from '../autograd/index.js';
import {
  accuracy,
  batchNorm2d,
  conv2d,
  crossEntropy,
  flatten,
  linear,
  maxPool2d,
  relu,
  sequential,
} from '../nn/index.js';
import { adam, evaluate } from '../optim/index.js';
import { digitsData, holdOut, smallDigits } from './support/data-sets.js';
import type { Example } from './support/example.js';
import { predictClasses } from './support/predict.js';

const model = sequential(
  conv2d({ in: 1, out: 16, kernel: 3, padding: 1 }), //  [N, 16, 8, 8]
  batchNorm2d(16),
  relu,
  conv2d({ in: 16, out: 32, kernel: 3, padding: 1 }), // [N, 32, 8, 8]
  batchNorm2d(32),
  relu,
  maxPool2d(2), //                                       [N, 32, 4, 4]
  flatten,
  linear(512, 10),
);
const task = { model, loss: crossEntropy, metrics: { accuracy } };

export const digitsCnn: Example = {
  name: 'digits',
  system: null,
  title: 'A convolutional network on 8 × 8 digits',
  asks: 'test accuracy ≥ 97 %',
  data: digitsData,
  epochs: 12,
  async run(lab) {
    const seed = key(lab.config.seed);
    const { train: rest, validation: test } = holdOut(foldIn(seed, 1), await smallDigits(lab.config), 0.25);
    const { train, validation } = holdOut(foldIn(seed, 2), rest, 0.1);

    const run = await lab.train({ ...task, optimizer: adam(2e-3), train, validation, restoreBest: true });
    const { accuracy: share } = await evaluate(task, run, test);
    lab.figure({ name: 'test accuracy', value: share, atLeast: 0.97 });

    const classes = Array.from({ length: 10 }, (_, digit) => String(digit));
    await lab.confusion(test.y.dataSync(), predictClasses(model, run, [test]), classes);
    await lab.images('filters.png', 'Filters of the first layer', run.params[0].weight);
  },
};
