/** S4.d: a network of six layers with and without batch normalisation: the normalised one learns faster. */
import { adam } from '../../optim/index.js';
import { fullyConnectedNet } from '../models/fully-connected.js';
import { digitsData } from '../support/data-sets.js';
import type { Example } from '../support/example.js';
import { bestAccuracy, compete, drawOutcomes, lastAccuracy, lastLoss, tabulate } from '../support/study.js';
import { digitParts } from '../support/study-data.js';

const network = { inputs: 64, hidden: [100, 100, 100, 100, 100], classes: 10, weightScale: 2e-2 };

export const batchNormStudy: Example = {
  name: 'batch-norm',
  system: 'S4.d',
  title: 'Batch normalisation against none',
  asks: 'the normalised network is ahead after the first epoch and at the end',
  data: digitsData,
  epochs: 10,
  async run(lab) {
    const optimizer = adam(1e-3);
    const outcomes = await compete(
      lab,
      [
        { name: 'batch norm', model: fullyConnectedNet({ ...network, normalisation: 'batch' }), optimizer },
        { name: 'none', model: fullyConnectedNet(network), optimizer },
      ],
      { ...(await digitParts(lab.config)), batchSize: 50 },
    );
    await tabulate(
      lab,
      'batch-norm.csv',
      [
        'normalisation',
        'mean of the last ten losses',
        'training accuracy',
        'validation accuracy',
        'best validation accuracy',
      ],
      outcomes.map((outcome) => [
        outcome.name,
        lastLoss(outcome, 10),
        lastAccuracy(outcome, 'train'),
        lastAccuracy(outcome, 'validation'),
        bestAccuracy(outcome, 'validation'),
      ]),
    );
    await drawOutcomes(lab, 'batch-norm.svg', 'With and without batch normalisation', outcomes);
    const [normalised = 0, plain = 1] = outcomes.map((outcome) => bestAccuracy(outcome, 'validation'));
    lab.figure({
      name: 'best validation accuracy, less that without batch norm',
      value: normalised - plain,
      atLeast: 0,
    });
    const [early = 0, earlyPlain = 1] = outcomes.map(
      ({ history }) => history.checks.find(({ epoch }) => epoch === 1)?.train?.accuracy ?? Number.NaN,
    );
    lab.figure({
      name: 'training accuracy after one epoch, less that without batch norm',
      value: early - earlyPlain,
      atLeast: 0,
    });
  },
};
