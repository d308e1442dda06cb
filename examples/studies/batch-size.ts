/** S4.f: batch and layer normalisation with small and large batches, against no normalisation with batches of five. */
import { adam } from '../../optim/index.js';
import { fullyConnectedNet, type Normalisation } from '../models/fully-connected.js';
import { digitsData } from '../support/data-sets.js';
import type { Example } from '../support/example.js';
import { bestAccuracy, type Contestant, compete, drawOutcomes, lastAccuracy, tabulate } from '../support/study.js';
import { digitParts } from '../support/study-data.js';

const contestant = (normalisation: Normalisation, batchSize: number): Contestant & { readonly batchSize: number } => ({
  name: `${normalisation === 'none' ? 'none' : `${normalisation} norm`}, batch ${batchSize}`,
  model: fullyConnectedNet({
    inputs: 64,
    hidden: [100, 100, 100, 100, 100],
    classes: 10,
    weightScale: 2e-2,
    normalisation,
  }),
  optimizer: adam(10 ** -3.5),
  batchSize,
});

const sizes = [5, 10, 50];

export const batchSize: Example = {
  name: 'batch-size',
  system: 'S4.f',
  title: 'Batch sizes under batch and layer normalisation',
  asks: 'every normalised network beats the one without normalisation',
  data: digitsData,
  epochs: 10,
  async run(lab) {
    const parts = await digitParts(lab.config);
    const outcomes = await compete(
      lab,
      [
        contestant('none', 5),
        ...sizes.map((size) => contestant('batch', size)),
        ...sizes.map((size) => contestant('layer', size)),
      ],
      parts,
    );
    await tabulate(
      lab,
      'batch-size.csv',
      ['normalisation and batch', 'steps', 'training accuracy', 'validation accuracy', 'best validation accuracy'],
      outcomes.map((outcome) => [
        outcome.name,
        outcome.history.losses.length,
        lastAccuracy(outcome, 'train'),
        lastAccuracy(outcome, 'validation'),
        bestAccuracy(outcome, 'validation'),
      ]),
    );
    const [baseline, ...normalised] = outcomes;
    if (baseline === undefined) return;
    const ofKind = (kind: string) => [baseline, ...normalised.filter(({ name }) => name.startsWith(kind))];
    await drawOutcomes(lab, 'batch-norm.svg', 'Batch normalisation', ofKind('batch'));
    await drawOutcomes(lab, 'layer-norm.svg', 'Layer normalisation', ofKind('layer'));
    lab.figure({
      name: 'worst best validation accuracy of a normalised network, less that without',
      value:
        Math.min(...normalised.map((outcome) => bestAccuracy(outcome, 'validation'))) -
        bestAccuracy(baseline, 'validation'),
      atLeast: 0,
    });
  },
};
