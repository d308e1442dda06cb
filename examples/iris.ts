/**
 * Iris with a two-layer network: 4 inputs, one hidden ReLU layer, 3 classes, plain SGD on the cross-entropy.
 * Sweeps learning rates and hidden sizes, picks the best model by its validation loss, and checks its gradient in three
 * ways. Ends with the path of the pictures. `npm start` runs it.
 */
import { accuracy, crossEntropy, linear, relu, sequential } from '../nn/index.js';
import { applyUpdates, sgd } from '../optim/index.js';
import { type Examples, batches, iris, standardize, stratifiedSplit } from '../data/index.js';
import { foldIn, key, type Tensor, valueAndGrad } from '../autograd/index.js';
import { curvesSvg } from './support/curves.js';
import { newExperiment } from './support/experiment.js';
import { checkIrisGradient } from './support/iris-gradient.js';
import { progress } from './support/progress.js';
import { table } from './support/table.js';

const rates = [0.3, 0.1, 0.03, 0.01];
const widths = [10, 25, 50];
const epochs = 150;
const seed = 1;

/** 100 flowers to train on, 25 to choose with, 25 to test on; features standardised with the training part's moments. */
const loadParts = (): { readonly train: Examples; readonly validation: Examples; readonly test: Examples } => {
  const [train, validation, test] = stratifiedSplit(key(seed), iris(), [2 / 3, 1 / 6, 1 / 6]);
  if (train === undefined || validation === undefined || test === undefined) throw new Error('the split has three parts');
  const scale = standardize(train.x);
  const apply = ({ x, y }: Examples): Examples => ({ x: scale(x), y });
  return { train: apply(train), validation: apply(validation), test: apply(test) };
};

const network = (hidden: number) => sequential(linear(4, hidden), relu, linear(hidden, 3));
