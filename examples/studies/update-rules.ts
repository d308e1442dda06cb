/** S4.b: four update rules on one network of six layers: momentum, RMSProp and Adam against plain gradient descent. */
import { adam, rmsprop, sgd, sgdVelocity } from '../../optim/index.js';
import { fullyConnectedNet } from '../models/fully-connected.js';
import { digitsData } from '../support/data-sets.js';
import type { Example } from '../support/example.js';
import { bestAccuracy, compete, drawOutcomes, lastAccuracy, lastLoss, tabulate } from '../support/study.js';
import { digitParts } from '../support/study-data.js';

const model = fullyConnectedNet({ inputs: 64, hidden: [100, 100, 100, 100, 100], classes: 10, weightScale: 0.15 });

export const updateRules: Example = {
  name: 'update-rules',
  system: 'S4.b',
  title: 'Update rules on a six-layer network',
  asks: 'momentum, RMSProp and Adam end with a lower training loss than SGD',
  data: digitsData,
  epochs: 20,
  async run(lab) {
    const outcomes = await compete(
      lab,
      [
        { name: 'SGD', model, optimizer: sgd(5e-3) },
        { name: 'momentum', model, optimizer: sgdVelocity({ lr: 5e-3, momentum: 0.9 }) },
        { name: 'RMSProp', model, optimizer: rmsprop({ lr: 1e-4 }) },
        { name: 'Adam', model, optimizer: adam(1e-3) },
      ],
      { ...(await digitParts(lab.config)), batchSize: 100 },
    );
    await tabulate(
      lab,
      'update-rules.csv',
      ['rule', 'mean of the last ten losses', 'training accuracy', 'validation accuracy', 'best validation accuracy'],
      outcomes.map((outcome) => [
        outcome.name,
        lastLoss(outcome, 10),
        lastAccuracy(outcome, 'train'),
        lastAccuracy(outcome, 'validation'),
        bestAccuracy(outcome, 'validation'),
      ]),
    );
    await drawOutcomes(lab, 'update-rules.svg', 'Update rules', outcomes);
    const [plain = Number.NaN, ...others] = outcomes.map((outcome) => lastLoss(outcome, 10));
    lab.figure({
      name: 'largest loss of the three over the loss of SGD',
      value: Math.max(...others) / plain,
      atMost: 1,
      unit: 'number',
    });
  },
};
