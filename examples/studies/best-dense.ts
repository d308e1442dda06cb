/**
 * S4.c: the best of the dense networks: four hidden layers with batch normalisation, dropout and a penalty on the weights.
 * With a right gradient of batch normalisation its loss falls; it is known to explode with a wrong one.
 */
import { adam } from '../../optim/index.js';
import { fullyConnectedNet, weightPenalty } from '../models/fully-connected.js';
import type { Example } from '../support/example.js';
import { bestAccuracy, compete, drawOutcomes, lastLoss } from '../support/study.js';
import { sixClassData, sixClassParts } from '../support/study-data.js';

export const bestDense: Example = {
  name: 'best-dense',
  system: 'S4.c',
  title: 'Four hidden layers with batch normalisation, dropout and weight penalty',
  asks: 'validation accuracy > 40 %; the loss never grows away',
  data: sixClassData,
  epochs: 10,
  async run(lab) {
    const parts = await sixClassParts(lab.config);
    const model = fullyConnectedNet({
      inputs: 3072,
      hidden: [1024, 512, 256, 128],
      classes: 6,
      normalisation: 'batch',
      keep: 0.4,
      weightScale: 1e-2,
    });
    const outcomes = await compete(
      lab,
      [{ name: 'four hidden layers', model, optimizer: adam(3e-3), penalty: weightPenalty(1e-3) }],
      { ...parts, batchSize: 64, decay: 0.9 },
    );
    const [outcome] = outcomes;
    if (outcome === undefined) return;
    await drawOutcomes(lab, 'best-dense.svg', 'Four hidden layers', outcomes, { goal: 0.4 });
    const first = outcome.history.losses[0] ?? Number.NaN;
    lab.figure({
      name: 'last losses over the first loss',
      value: lastLoss(outcome) / first,
      atMost: 1,
      unit: 'number',
    });
    lab.figure({ name: 'largest loss', value: Math.max(...outcome.history.losses), unit: 'number' });
    lab.figure({ name: 'best validation accuracy', value: bestAccuracy(outcome, 'validation'), atLeast: 0.4 });
  },
};
