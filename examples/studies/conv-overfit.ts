/** S4.h: a convolutional network learns a hundred images by heart; its validation accuracy stays far behind. */
import { firstExamples } from '../../data/index.js';
import { adam } from '../../optim/index.js';
import { threeLayerConvNet } from '../models/conv-nets.js';
import type { Example } from '../support/example.js';
import { bestAccuracy, compete, drawOutcomes, lastAccuracy } from '../support/study.js';
import { sixClassData, sixClassParts } from '../support/study-data.js';

export const convOverfit: Example = {
  name: 'conv-overfit',
  system: 'S4.h',
  title: 'A hundred images by heart with a convolutional network',
  asks: 'training accuracy ≥ 95 % within 15 epochs, validation clearly lower',
  data: sixClassData,
  epochs: 15,
  async run(lab) {
    const { train, validation } = await sixClassParts(lab.config);
    const model = threeLayerConvNet({ classes: 6, weightScale: 3e-3 });
    const outcomes = await compete(lab, [{ name: 'three layers', model, optimizer: adam(1e-3) }], {
      train: firstExamples(train, 100),
      validation: firstExamples(validation, 500),
      batchSize: 50,
    });
    const [outcome] = outcomes;
    if (outcome === undefined) return;
    await drawOutcomes(lab, 'conv-overfit.svg', 'A hundred images by heart', outcomes);
    lab.figure({ name: 'best training accuracy', value: bestAccuracy(outcome, 'train'), atLeast: 0.95 });
    lab.figure({
      name: 'validation accuracy, less the training accuracy',
      value: lastAccuracy(outcome, 'validation') - lastAccuracy(outcome, 'train'),
      atMost: -0.2,
    });
  },
};
