/** S4.g: dropout as a regulariser: one hidden layer of 500 on 500 images, every hidden value kept or one in four. */
import { firstExamples } from '../../data/index.js';
import { adam } from '../../optim/index.js';
import { fullyConnectedNet } from '../models/fully-connected.js';
import type { Example } from '../support/example.js';
import { bestAccuracy, compete, drawOutcomes, lastAccuracy, tabulate } from '../support/study.js';
import { sixClassData, sixClassParts } from '../support/study-data.js';

const model = (keep: number) => fullyConnectedNet({ inputs: 3072, hidden: [500], classes: 6, keep });

export const dropoutStudy: Example = {
  name: 'dropout',
  system: 'S4.g',
  title: 'Dropout as a regulariser',
  asks: 'dropout lowers the training accuracy and narrows the gap to validation',
  data: sixClassData,
  epochs: 10,
  async run(lab) {
    const { train, validation } = await sixClassParts(lab.config);
    const outcomes = await compete(
      lab,
      [1, 0.25].map((keep) => ({ name: `keep ${keep}`, model: model(keep), optimizer: adam(5e-4) })),
      { train: firstExamples(train, 500), validation, batchSize: 100 },
    );
    const gap = (outcome: (typeof outcomes)[number]): number =>
      lastAccuracy(outcome, 'train') - lastAccuracy(outcome, 'validation');
    await tabulate(
      lab,
      'dropout.csv',
      ['kept', 'training accuracy', 'validation accuracy', 'gap', 'best validation accuracy'],
      outcomes.map((outcome) => [
        outcome.name,
        lastAccuracy(outcome, 'train'),
        lastAccuracy(outcome, 'validation'),
        gap(outcome),
        bestAccuracy(outcome, 'validation'),
      ]),
    );
    await drawOutcomes(lab, 'dropout.svg', 'Every hidden value kept, or one in four', outcomes);
    const [whole, dropped] = outcomes;
    if (whole === undefined || dropped === undefined) return;
    lab.figure({
      name: 'training accuracy with dropout, less that without',
      value: lastAccuracy(dropped, 'train') - lastAccuracy(whole, 'train'),
      atMost: 0,
    });
    lab.figure({ name: 'gap with dropout, less that without', value: gap(dropped) - gap(whole), atMost: 0 });
  },
};
