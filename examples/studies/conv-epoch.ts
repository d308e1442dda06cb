/** S4.i: one epoch of a three-layer convolutional network on all images, and what its first filters look like then. */
import type { Tensor } from '../../autograd/index.js';
import { adam, evaluate } from '../../optim/index.js';
import { threeLayerConvNet } from '../models/conv-nets.js';
import { weightPenalty } from '../models/fully-connected.js';
import type { Example } from '../support/example.js';
import { solver } from '../support/solver.js';
import { compete, drawOutcomes, lastAccuracy } from '../support/study.js';
import { sixClassData, sixClassParts } from '../support/study-data.js';

export const convEpoch: Example = {
  name: 'conv-epoch',
  system: 'S4.i',
  title: 'One epoch of a three-layer convolutional network, and its filters',
  asks: 'training accuracy > 35 % after one epoch',
  data: sixClassData,
  epochs: 1,
  async run(lab) {
    const parts = await sixClassParts(lab.config);
    const model = threeLayerConvNet({ classes: 6, hidden: 500 });
    const outcomes = await compete(
      lab,
      [{ name: 'three layers', model, optimizer: adam(1e-3), penalty: weightPenalty(1e-3) }],
      { ...parts, batchSize: 50, printEvery: 20 },
    );
    const [outcome] = outcomes;
    if (outcome === undefined) return;
    await drawOutcomes(lab, 'conv-epoch.svg', 'One epoch', outcomes);
    const [first] = outcome.params as readonly [{ readonly weight: Tensor }];
    await lab.images('filters.png', 'Filters of the first layer, each stretched to the full range', first.weight);
    // Measured on the images it was trained on, a thousand of them: not on a part that happens to be at hand.
    const { loss, metrics } = solver();
    const measured = await evaluate({ model, loss, metrics, sample: 1000 }, outcome, parts.train);
    lab.figure({
      name: 'training accuracy, on 1000 random training images',
      value: measured.accuracy ?? 0,
      atLeast: 0.35,
    });
    lab.figure({ name: 'validation accuracy', value: lastAccuracy(outcome, 'validation') });
  },
};
