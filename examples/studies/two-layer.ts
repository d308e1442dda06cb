/** S4.a: a two-layer network on six classes of colour images, with the classical training driver. */
import { evaluate, sgd } from '../../optim/index.js';
import { twoLayerNet } from '../models/fully-connected.js';
import type { Example } from '../support/example.js';
import { solver } from '../support/solver.js';
import { bestAccuracy, compete, drawOutcomes } from '../support/study.js';
import { sixClassData, sixClassParts } from '../support/study-data.js';

export const twoLayer: Example = {
  name: 'two-layer',
  system: 'S4.a',
  title: 'A two-layer network on six classes of colour images',
  asks: 'validation accuracy ≥ 40 %',
  data: sixClassData,
  epochs: 20,
  async run(lab) {
    const parts = await sixClassParts(lab.config);
    const model = twoLayerNet({ classes: 6 });
    const outcomes = await compete(lab, [{ name: 'two layers', model, optimizer: sgd(1e-3) }], parts);
    const [outcome] = outcomes;
    if (outcome === undefined) return;
    await drawOutcomes(lab, 'two-layer.svg', 'Two layers', outcomes, { goal: 0.4 });
    lab.figure({
      name: 'first loss, less ln 6',
      value: Math.abs((outcome.history.losses[0] ?? 0) - Math.log(6)),
      atMost: 0.05,
      unit: 'number',
    });
    const best = bestAccuracy(outcome, 'validation');
    lab.figure({ name: 'best validation accuracy', value: best, atLeast: 0.4 });
    // What comes back are the best parameters, so that measuring them again gives the best figure.
    const { loss, metrics, evaluationBatchSize: batchSize } = solver();
    const { accuracy } = await evaluate({ model, loss, metrics, batchSize }, outcome, parts.validation);
    lab.figure({ name: 'validation accuracy of the returned parameters', value: accuracy ?? 0, atLeast: best });
  },
};
