/** S4: the two challenge networks, one for each layout of images, on six classes. */
import { foldIn, key } from '../../autograd/index.js';
import { channelMoments, channelsLast, compose, loader, normalize } from '../../data/index.js';
import { accuracy, countParameters, crossEntropy, type Layer } from '../../nn/index.js';
import { adam, checkedValues } from '../../optim/index.js';
import { challengeNet, challengeNetNhwc } from '../models/conv-nets.js';
import type { Example } from '../support/example.js';
import type { Lab } from '../support/lab.js';
import { predictClasses } from '../support/predict.js';
import { sixClassData, sixClassImages } from '../support/study-data.js';

/** Adam at 1e-3 without weight decay, batches of 64, cross-entropy of scores. */
const train = async (lab: Lab, model: Layer, parameters: number, layout: 'NCHW' | 'NHWC'): Promise<void> => {
  const { train: images, validation } = await sixClassImages(lab.config);
  const normalise = normalize(channelMoments(images));
  const transform = layout === 'NHWC' ? compose(normalise, channelsLast) : normalise;
  const validated = loader(validation, { size: 128, transform });
  const run = await lab.train({
    model,
    loss: crossEntropy,
    metrics: { accuracy },
    optimizer: adam(1e-3),
    train: loader(images, { size: 64, key: foldIn(key(lab.config.seed), 1), transform }),
    validation: validated,
    monitor: 'accuracy',
    restoreBest: true,
  });
  lab.figure({ name: 'parameters', value: countParameters(run.params), exactly: parameters, unit: 'number' });
  const reached = checkedValues(run.history, { metric: 'accuracy', part: 'validation' });
  lab.figure({ name: 'best validation accuracy', value: Math.max(...reached), atLeast: 0.6 });
  const predicted = predictClasses(model, run, validated.epoch());
  await lab.confusion(validation.labels, predicted, validation.classes);
};

export const challenge: Example = {
  name: 'challenge',
  system: 'S4',
  title: 'The channels-first challenge network on six classes',
  asks: 'about 60 % validation accuracy within 10 epochs; 2,475,526 parameters',
  data: sixClassData,
  epochs: 10,
  run: (lab) => train(lab, challengeNet(), 2_475_526, 'NCHW'),
};

export const challengeNhwc: Example = {
  name: 'challenge-nhwc',
  system: 'S4',
  title: 'The channels-last challenge network on six classes',
  asks: 'about 60 % validation accuracy within 10 epochs; 322,982 parameters',
  data: sixClassData,
  epochs: 10,
  run: (lab) => train(lab, challengeNetNhwc(), 322_982, 'NHWC'),
};
