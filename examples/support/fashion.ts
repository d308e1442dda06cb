/** What the networks on Fashion-MNIST have in common: a tenth is held out, the best epoch by its loss is tested, and the mistakes are shown. */
import { foldIn, key, type Tensor } from '../../autograd/index.js';
import { channelMoments, compose, loader, normalize, type Transform } from '../../data/index.js';
import { accuracy, crossEntropy, type Layer } from '../../nn/index.js';
import { adam, evaluate, verdict } from '../../optim/index.js';
import { fashionMnist, holdOut } from './data-sets.js';
import type { Lab } from './lab.js';
import { predictClasses } from './predict.js';
import type { Trained } from './training.js';

export interface FashionRecipe<P, S> {
  readonly model: Layer<P, S, Tensor, Tensor>;
  /** From images `[N, 1, 28, 28]` to what the model takes. */
  readonly form: Transform;
  readonly batchSize: number;
  /** The validation accuracy that is asked for. */
  readonly goal: number;
}

export const learnFashion = async <P, S>(
  lab: Lab,
  { model, form, batchSize, goal }: FashionRecipe<P, S>,
): Promise<Trained<P, S>> => {
  const { train: images, test } = await fashionMnist(lab.config);
  const seed = key(lab.config.seed);
  const { train, validation } = holdOut(foldIn(seed, 1), images, 0.1);
  const transform = compose(normalize(channelMoments(train)), form);
  const inOrder = { size: 250, transform };
  const task = { model, loss: crossEntropy, metrics: { accuracy } };

  const run = await lab.train({
    ...task,
    optimizer: adam(1e-3),
    train: loader(train, { size: batchSize, key: foldIn(seed, 2), transform }),
    validation: loader(validation, inOrder),
    restoreBest: true,
  });
  const tested = loader(test, inOrder);
  const { accuracy: share } = await evaluate(task, run, tested);
  lab.figure({ name: 'validation accuracy', value: run.validation.accuracy, atLeast: goal });
  lab.figure({ name: 'test accuracy', value: share });
  lab.say(`The curves say: ${verdict(run.history)}`);

  const predicted = predictClasses(model, run, tested.epoch());
  await lab.samples(test, predicted);
  await lab.confusion(test.labels, predicted, test.classes);
  await lab.predictions(predicted);
  return run;
};
