/** A small convolutional network on digits that the library draws: no files, half a minute, and pictures to look at. */
import { foldIn, fromData, key, take } from '../autograd/index.js';
import { digits, imageExamples } from '../data/index.js';
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
import { adam, byEpoch, cosineAnnealing } from '../optim/index.js';
import type { Example } from './support/example.js';
import type { Lab } from './support/lab.js';
import { predictClasses } from './support/predict.js';

const model = sequential(
  conv2d({ in: 1, out: 16, kernel: 5, padding: 2, bias: false }), // [N, 16, 28, 28]
  batchNorm2d(16),
  relu,
  maxPool2d(2), //                                                   [N, 16, 14, 14]
  conv2d({ in: 16, out: 32, kernel: 3, padding: 1, bias: false }), // [N, 32, 14, 14]
  batchNorm2d(32),
  relu,
  maxPool2d(2), //                                                   [N, 32, 7, 7]
  flatten,
  linear(32 * 7 * 7, 10),
);

/** Trains, and shows the digits, the filters, and what was taken for what. */
export const learnDrawnDigits = async (lab: Lab, name: string, epochs: number): Promise<void> => {
  const seed = key(lab.config.seed);
  const count = lab.config.limit ?? 4000;
  const train = imageExamples(digits(foldIn(seed, 1), count));
  const drawn = digits(foldIn(seed, 2), Math.max(count / 4, 40));
  const test = imageExamples(drawn);
  const sixtyFour = fromData(
    Int32Array.from({ length: Math.min(64, drawn.shape[0]) }, (_, i) => i),
    [Math.min(64, drawn.shape[0])],
  );
  await lab.images('digits.png', 'Some of the digits', take(test.x, sixtyFour, 0));

  const run = await lab.train({
    ...(name === '' ? {} : { name }),
    model,
    loss: crossEntropy,
    metrics: { accuracy },
    optimizer: adam(3e-3),
    rateFactor: byEpoch(cosineAnnealing(1, { period: epochs })),
    batchSize: 50,
    train,
    validation: test,
    epochs,
  });
  lab.figure({ name: 'accuracy on new drawn digits', value: run.validation.accuracy, atLeast: 0.97 });
  await lab.images('filters.png', 'Filters of the first layer', run.params[0].weight);

  const predicted = predictClasses(model, run, [test]);
  await lab.confusion(drawn.labels, predicted, drawn.classes);
  const wrong = [...predicted.keys()].filter((i) => predicted[i] !== drawn.labels[i]);
  if (wrong.length > 0) {
    const answers = wrong.map((i) => `${drawn.labels[i]} as ${predicted[i]}`).join(', ');
    const rows = fromData(Int32Array.from(wrong), [wrong.length]);
    await lab.images('mistakes.png', `The ${wrong.length} mistakes, row by row: ${answers}`, take(test.x, rows, 0));
  }
};

export const drawnDigits: Example = {
  name: 'drawn-digits',
  system: null,
  title: 'A convolutional network on drawn digits',
  asks: 'accuracy on new digits ≥ 97 %',
  data: null,
  epochs: 6,
  run: (lab) => learnDrawnDigits(lab, '', lab.epochs),
};
