/** S5: a perceptron and a network of four convolution blocks on Fashion-MNIST, with their curves and a verdict on them. */
import { foldIn, key } from '../../autograd/index.js';
import { loader } from '../../data/index.js';
import { accuracy, crossEntropy, type Layer } from '../../nn/index.js';
import {
  adam,
  byEpoch,
  checkedValues,
  cosineAnnealing,
  type GradientTransform,
  sgd,
  verdict,
} from '../../optim/index.js';
import { fourBlockNet, perceptron } from '../models/fashion-nets.js';
import { fashionMnist, fashionMnistData } from '../support/data-sets.js';
import type { Example } from '../support/example.js';
import type { Lab } from '../support/lab.js';
import { predictClasses } from '../support/predict.js';
import { drawPanels } from '../support/study.js';
import { historyCurves } from '../support/training.js';

interface Recipe {
  readonly model: Layer;
  readonly optimizer: GradientTransform;
  /** Whether the rate falls along half a cosine; with a constant one the last epoch's figure is left to chance. */
  readonly falls?: boolean;
  readonly goal: number;
  /** What one epoch should reach, where something is asked for. */
  readonly firstGoal?: number;
}

/** Mini-batches of 64 in a new order each epoch, validation after each, then curves, a verdict and predicted classes. */
const train = async (lab: Lab, { model, optimizer, falls = false, goal, firstGoal }: Recipe): Promise<void> => {
  const { train: images, test } = await fashionMnist(lab.config);
  const tested = loader(test, { size: 250 });
  const run = await lab.train({
    name: 'run',
    model,
    loss: crossEntropy,
    metrics: { accuracy },
    optimizer,
    ...(falls ? { rateFactor: byEpoch(cosineAnnealing(1, { period: lab.epochs })) } : {}),
    train: loader(images, { size: 64, key: foldIn(key(lab.config.seed), 1) }),
    validation: tested,
  });
  await drawPanels(
    lab,
    'curves.svg',
    'Loss and accuracy',
    ['loss', 'accuracy'].map((metric) => ({
      title: metric,
      yName: metric,
      curves: historyCurves(run.history, metric),
      ...(metric === 'accuracy' ? { goal } : {}),
    })),
  );
  lab.say(`Verdict: ${verdict(run.history, { goal })}`);
  const reached = checkedValues(run.history, { metric: 'accuracy', part: 'validation' });
  if (firstGoal !== undefined)
    lab.figure({ name: 'test accuracy after one epoch', value: reached[0] ?? 0, atLeast: firstGoal });
  lab.figure({ name: 'test accuracy at the end', value: reached.at(-1) ?? 0, atLeast: goal });
  const predicted = predictClasses(model, run, tested.epoch());
  await lab.confusion(test.labels, predicted, test.classes);
  await lab.predictions(predicted);
};

export const fashionPerceptron: Example = {
  name: 'fashion-perceptron',
  system: 'S5',
  title: 'A perceptron with one hidden layer on Fashion-MNIST',
  asks: 'test accuracy ≥ 80 %; loss and accuracy side by side; a verdict',
  data: fashionMnistData,
  epochs: 5,
  run: (lab) => train(lab, { model: perceptron(), optimizer: sgd(0.03), goal: 0.8 }),
};

export const fourBlocks: Example = {
  name: 'four-blocks',
  system: 'S5',
  title: 'Four convolution blocks on Fashion-MNIST, normalised after pooling',
  asks: 'test accuracy ≥ 88 % after one epoch and ≥ 90 % at the end',
  data: fashionMnistData,
  epochs: 6,
  run: (lab) => train(lab, { model: fourBlockNet(), optimizer: adam(1e-3), falls: true, goal: 0.9, firstGoal: 0.88 }),
};
