/**
 * S4: fifty images learned by heart, the first thing to try on a new network: what cannot learn fifty images has a mistake
 * in it. Three layers and five; the deeper one needs larger weights to begin with, and smaller ones never learn.
 */
import { firstExamples } from '../../data/index.js';
import { sgd } from '../../optim/index.js';
import { fullyConnectedNet } from '../models/fully-connected.js';
import type { Example } from '../support/example.js';
import { bestAccuracy, type Contestant, compete, drawOutcomes, lastLoss, tabulate } from '../support/study.js';
import { sixClassData, sixClassParts } from '../support/study-data.js';

const contestant = (hidden: readonly number[], weightScale: number, rate: number): Contestant => ({
  name: `${hidden.length + 1} layers, scale ${weightScale}, rate ${rate}`,
  model: fullyConnectedNet({ inputs: 3072, hidden, classes: 6, weightScale }),
  optimizer: sgd(rate),
});

const three = [100, 100];
const five = [100, 100, 100, 100];
const goals = [0.9, 1, 1];

export const overfit: Example = {
  name: 'overfit',
  system: 'S4',
  title: 'Fifty images by heart, with three and with five layers',
  asks: 'training accuracy ≥ 90 % with three layers and 100 % with five, within 20 epochs',
  data: sixClassData,
  epochs: 20,
  async run(lab) {
    const { train, validation } = await sixClassParts(lab.config);
    const outcomes = await compete(
      lab,
      [
        contestant(three, 1e-2, 1e-2),
        contestant(five, 5e-2, 1e-2),
        contestant(five, 1e-1, 1e-3),
        contestant(five, 1e-5, 1e-2),
      ],
      { train: firstExamples(train, 50), validation, batchSize: 25, validationSample: 500 },
    );
    const reached = ({ history }: (typeof outcomes)[number], goal: number): number | string =>
      history.checks.find(({ train: measured }) => (measured?.accuracy ?? 0) >= goal)?.epoch ?? 'never';
    await tabulate(
      lab,
      'overfit.csv',
      ['network', 'best training accuracy', 'first epoch with 90 %', 'first epoch with 100 %', 'last loss'],
      outcomes.map((outcome) => [
        outcome.name,
        bestAccuracy(outcome, 'train'),
        reached(outcome, 0.9),
        reached(outcome, 1),
        lastLoss(outcome, 2),
      ]),
    );
    // The largest weights begin with a loss of a hundred, beside which all others would lie on the axis.
    await drawOutcomes(lab, 'overfit.svg', 'Fifty images by heart', outcomes, { lossRange: [0, 5] });
    for (const [i, goal] of goals.entries()) {
      const outcome = outcomes[i];
      if (outcome !== undefined)
        lab.figure({
          name: `training accuracy, ${outcome.name}`,
          value: bestAccuracy(outcome, 'train'),
          atLeast: goal,
        });
    }
  },
};
