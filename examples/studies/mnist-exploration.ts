/**
 * S2: dense networks on MNIST with one to four hidden layers, explored one setting at a time: learning rate, its decay, batch
 * size, hidden size, weight scale.
 */
import { key, mean } from '../../autograd/index.js';
import {
  countExamples,
  type Examples,
  type ImageSet,
  imageExamples,
  selectRows,
  subtractImage,
} from '../../data/index.js';
import { evaluate, sgd } from '../../optim/index.js';
import { fullyConnectedNet } from '../models/fully-connected.js';
import { mnist, mnistData } from '../support/data-sets.js';
import type { Example } from '../support/example.js';
import { solver } from '../support/solver.js';
import {
  bestAccuracy,
  compete,
  drawOutcomes,
  drawPanels,
  lastAccuracy,
  type Outcome,
  tabulate,
} from '../support/study.js';

interface Setting {
  readonly rate: number;
  readonly decay: number;
  readonly batchSize: number;
  readonly hidden: readonly number[];
  readonly weightScale: number;
}

const base: Setting = { rate: 0.5, decay: 0.9, batchSize: 100, hidden: [100], weightScale: 0.05 };

/** Each differs from the base in one setting. */
const settings: readonly Setting[] = [
  base,
  ...[0.05, 0.2, 1].map((rate) => ({ ...base, rate })),
  ...[1, 0.5].map((decay) => ({ ...base, decay })),
  ...[50, 400].map((batchSize) => ({ ...base, batchSize })),
  ...[20, 300].map((width) => ({ ...base, hidden: [width] })),
  ...[1e-3, 0.3].map((weightScale) => ({ ...base, weightScale })),
  ...[
    [100, 100],
    [100, 75, 50],
    [100, 80, 60, 40],
  ].map((hidden) => ({ ...base, hidden, weightScale: 0.1 })),
];

/** What is explored with one hidden layer: the axis of its chart. */
const explored: readonly {
  readonly title: string;
  readonly scale: 'linear' | 'log';
  readonly of: (setting: Setting) => number;
}[] = [
  { title: 'learning rate', scale: 'log', of: ({ rate }) => rate },
  { title: 'decay an epoch', scale: 'linear', of: ({ decay }) => decay },
  { title: 'batch size', scale: 'log', of: ({ batchSize }) => batchSize },
  { title: 'hidden units', scale: 'log', of: ({ hidden: [units = 0] }) => units },
  { title: 'weight scale', scale: 'log', of: ({ weightScale }) => weightScale },
];

const nameOf = ({ rate, decay, batchSize, hidden, weightScale }: Setting): string =>
  `rate ${rate} decay ${decay} batch ${batchSize} hidden ${hidden.join('-')} scale ${weightScale}`;

/** Images less the mean image, the last twelfth of the training part to validate on. */
const partsOf = ({ train, test }: { readonly train: ImageSet; readonly test: ImageSet }) => {
  const count = countExamples(train);
  const cut = Math.max(Math.floor((count * 11) / 12), 1);
  const rows = Array.from({ length: count }, (_, i) => i);
  const fitted = imageExamples(selectRows(train, rows.slice(0, cut)));
  const subtract = subtractImage(mean(fitted.x, { axes: 0 }));
  const centred = (part: Examples): Examples => subtract(part, key(0));
  return {
    train: centred(fitted),
    validation: centred(imageExamples(selectRows(train, rows.slice(cut)))),
    test: centred(imageExamples(test)),
  };
};

export const mnistExploration: Example = {
  name: 'mnist-exploration',
  system: 'S2',
  title: 'Dense networks on MNIST: rate, decay, batch size, hidden size, weight scale, depth',
  asks: 'validation accuracy ≥ 95 % with one hidden layer',
  data: mnistData,
  epochs: 3,
  async run(lab) {
    const { test, ...parts } = partsOf(await mnist(lab.config));
    const outcomes = await compete(
      lab,
      settings.map((setting) => ({
        name: nameOf(setting),
        model: fullyConnectedNet({ inputs: 784, classes: 10, ...setting }),
        optimizer: sgd(setting.rate),
        batchSize: setting.batchSize,
        decay: setting.decay,
      })),
      parts,
    );
    const tried = settings.map((setting, i) => ({ setting, outcome: outcomes[i] as Outcome }));
    const score = ({ outcome }: (typeof tried)[number]): number => bestAccuracy(outcome, 'validation');
    const best = tried.reduce((a, b) => (score(b) > score(a) ? b : a));
    const shallow = tried.filter(({ setting }) => setting.hidden.length === 1);
    await tabulate(
      lab,
      'mnist-exploration.csv',
      ['rate', 'decay', 'batch', 'hidden', 'scale', 'training accuracy', 'validation accuracy', ''],
      tried.map(({ setting: { rate, decay, batchSize, hidden, weightScale }, outcome }) => [
        ...[rate, decay, batchSize, hidden.join('-'), weightScale],
        ...[lastAccuracy(outcome, 'train'), bestAccuracy(outcome, 'validation')],
        outcome === best.outcome ? 'best' : '',
      ]),
    );
    const depths = tried.filter(({ setting }) => setting === base || setting.hidden.length > 1);
    await drawOutcomes(
      lab,
      'depths.svg',
      'One to four hidden layers',
      depths.map(({ setting, outcome }) => ({ ...outcome, name: setting.hidden.join('-') })),
    );
    const lowest = Math.floor(20 * Math.min(...shallow.map(score))) / 20;
    await drawPanels(
      lab,
      'settings.svg',
      'Validation accuracy with one hidden layer, one setting changed at a time',
      explored.map(({ title, scale, of }) => {
        const varied = shallow
          .filter(({ setting }) => setting === base || of(setting) !== of(base))
          .sort((a, b) => of(a.setting) - of(b.setting));
        return {
          title,
          xName: '',
          xScale: scale,
          yName: 'accuracy',
          yRange: [lowest, 1] as const,
          curves: [{ name: 'validation', at: varied.map(({ setting }) => of(setting)), values: varied.map(score) }],
        };
      }),
    );
    lab.say(`Best: ${best.outcome.name}`);
    lab.figure({
      name: 'best validation accuracy with one hidden layer',
      value: Math.max(...shallow.map(score)),
      atLeast: 0.95,
    });
    lab.figure({ name: 'best validation accuracy', value: score(best) });
    const { loss, metrics } = solver();
    const tested = await evaluate({ model: best.outcome.model, loss, metrics }, best.outcome, test);
    lab.figure({ name: 'test accuracy of the best', value: tested.accuracy ?? 0 });
  },
};
