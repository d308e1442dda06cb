/**
 * S4.e: a network of eight layers over twenty scales of its first weights, with and without batch normalisation. Without it
 * only a narrow band of scales learns: below, signals die out and the loss stays at ln(classes); above, they explode.
 */
import { adam } from '../../optim/index.js';
import { fullyConnectedNet, type Normalisation } from '../models/fully-connected.js';
import { digitsData } from '../support/data-sets.js';
import type { Example } from '../support/example.js';
import { bestAccuracy, compete, drawPanels, lastLoss, type Outcome, tabulate } from '../support/study.js';
import { digitParts } from '../support/study-data.js';

/** Twenty scales from 1e-4 to 1, evenly spaced in their logarithms. */
const scales = Array.from({ length: 20 }, (_, i) => Number((10 ** (-4 + (4 * i) / 19)).toPrecision(3)));
const kinds: readonly Normalisation[] = ['batch', 'none'];
const nameOf = (kind: Normalisation): string => (kind === 'batch' ? 'batch norm' : 'none');

export const weightScale: Example = {
  name: 'weight-scale',
  system: 'S4.e',
  title: 'Scales of the first weights, with and without batch normalisation',
  asks: 'without normalisation only a narrow band of scales learns; with it nearly all do',
  data: digitsData,
  epochs: 10,
  async run(lab) {
    const course = { ...(await digitParts(lab.config)), batchSize: 50 };
    const runs: (readonly [Normalisation, number, Outcome])[] = [];
    for (const kind of kinds)
      for (const scale of scales) {
        const network = { inputs: 64, hidden: new Array<number>(7).fill(50), classes: 10, weightScale: scale };
        const model = fullyConnectedNet({ ...network, normalisation: kind });
        const name = `${nameOf(kind)} ${scale.toExponential(1)}`;
        const [outcome] = await compete(lab, [{ name, model, optimizer: adam(1e-3) }], course);
        if (outcome !== undefined) runs.push([kind, scale, outcome]);
      }

    const train = ([, , outcome]: (typeof runs)[number]): number => bestAccuracy(outcome, 'train');
    const validation = ([, , outcome]: (typeof runs)[number]): number => bestAccuracy(outcome, 'validation');
    const loss = ([, , outcome]: (typeof runs)[number]): number => lastLoss(outcome);
    await tabulate(
      lab,
      'weight-scale.csv',
      ['normalisation', 'scale', 'best training accuracy', 'best validation accuracy', 'mean of the last losses'],
      runs.map((run) => [nameOf(run[0]), run[1], train(run), validation(run), loss(run)]),
    );
    const panel = (title: string, yName: string, value: (run: (typeof runs)[number]) => number) => ({
      title,
      yName,
      xName: 'scale of the first weights',
      xScale: 'log' as const,
      curves: kinds.map((kind) => ({
        name: nameOf(kind),
        at: scales,
        values: runs.filter(([of]) => of === kind).map(value),
      })),
    });
    await drawPanels(lab, 'weight-scale.svg', 'Scales of the first weights', [
      panel('best training accuracy', 'accuracy', train),
      panel('best validation accuracy', 'accuracy', validation),
      { ...panel('mean of the last hundred losses', 'loss', loss), yRange: [0, 3.5] as const },
    ]);
    const learning = (wanted: Normalisation): number =>
      runs.filter((run) => run[0] === wanted && validation(run) >= 0.5).length / scales.length;
    lab.figure({
      name: 'share of the scales that learn (validation ≥ 50 %), batch norm',
      value: learning('batch'),
      atLeast: 0.7,
    });
    lab.figure({ name: 'share of the scales that learn, no normalisation', value: learning('none'), atMost: 0.4 });
  },
};
