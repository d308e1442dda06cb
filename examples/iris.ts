/**
 * S1.a: Iris with a two-layer network: 4 inputs, one hidden ReLU layer, 3 classes, plain SGD on the cross-entropy. Sweeps
 * learning rates and hidden sizes, chooses the best model by its validation loss, tests it, and checks its gradient in
 * three ways.
 */
import { foldIn, key } from '../autograd/index.js';
import { iris as flowers } from '../data/index.js';
import { accuracy, crossEntropy, linear, relu, sequential } from '../nn/index.js';
import { evaluate, sgd } from '../optim/index.js';
import type { Example } from './support/example.js';
import type { Lab } from './support/lab.js';
import { standardizedParts } from './support/tables.js';
import { historyCurves } from './support/training.js';
import { checkTwoLayerGradient, gradientRows } from './support/two-layer-gradient.js';

const rates = [0.3, 0.1, 0.03, 0.01];
const widths = [5, 10, 25, 50];

const percent = (share = Number.NaN): string => `${(100 * share).toFixed(1)} %`;

/** The sweep, its table and its curves. */
export const irisSweep = async (lab: Lab, epochs: number): Promise<void> => {
  const { seed } = lab.config;
  // 90 flowers to train on, 30 to choose with, 30 to test on.
  const { train, validation, test } = standardizedParts(key(seed), flowers());
  const settings = rates.flatMap((rate) => widths.map((hidden) => ({ rate, hidden })));

  const trainOne = async (i: number, rate: number, hidden: number) => {
    const task = {
      model: sequential(linear(4, hidden), relu, linear(hidden, 3)),
      loss: crossEntropy,
      metrics: { accuracy },
    };
    const name = `rate-${rate}-hidden-${hidden}`;
    const from = foldIn(key(seed + 1), i);
    const run = await lab.train({
      ...task,
      name,
      train,
      validation,
      optimizer: sgd(rate),
      batchSize: 30,
      key: from,
      epochs,
      inReport: false,
    });
    const { loss: chosenBy = Number.POSITIVE_INFINITY } = run.validation;
    return { name, rate, hidden, run, chosenBy, tested: await evaluate(task, run, test) };
  };
  const runs: Awaited<ReturnType<typeof trainOne>>[] = [];
  for (const [i, { rate, hidden }] of settings.entries()) runs.push(await trainOne(i, rate, hidden));

  const best = runs.reduce((a, b) => (b.chosenBy < a.chosenBy ? b : a));
  lab.heading('The sweep');
  lab.table(
    ['rate', 'hidden', 'train loss', 'valid. loss', 'test loss', 'test acc.', ''],
    runs.map(({ rate, hidden, run, chosenBy, tested }) => [
      rate,
      hidden,
      (run.training.loss ?? Number.NaN).toFixed(4),
      chosenBy.toFixed(4),
      (tested.loss ?? Number.NaN).toFixed(4),
      percent(tested.accuracy),
      best.run === run ? '◀ best' : '',
    ]),
  );
  lab.figure({ name: `test accuracy of ${best.name}, chosen by validation loss`, value: best.tested.accuracy });
  lab.figure({
    name: 'best test accuracy of the sweep',
    value: Math.max(...runs.map(({ tested }) => tested.accuracy ?? 0)),
    atLeast: 0.96,
  });

  const curvesOf = ({ name, run }: (typeof runs)[number]) => historyCurves(run.history, 'loss', name);
  await lab.curves('best.svg', { title: `Best model: ${best.name}`, yName: 'cross-entropy', curves: curvesOf(best) });
  const rivals = rates.map((rate) =>
    runs.filter((run) => run.rate === rate).reduce((a, b) => (b.chosenBy < a.chosenBy ? b : a)),
  );
  await lab.curves('rates.svg', {
    title: 'The best network of each learning rate',
    yName: 'cross-entropy',
    curves: rivals.flatMap(curvesOf),
  });

  lab.heading('Gradient of the trained model, worst relative error');
  const [first, , second] = best.run.params;
  lab.table(
    ['parameter', 'tape vs hand-derived', 'tape vs finite differences'],
    gradientRows(checkTwoLayerGradient([first, second], train)),
  );
};

export const iris: Example = {
  name: 'iris',
  system: 'S1.a',
  title: 'Iris: a sweep of two-layer networks',
  asks: 'test accuracy ≥ 96 % for a member of the sweep; its curves',
  data: null,
  epochs: 200,
  seed: 8,
  run: (lab) => irisSweep(lab, lab.epochs),
};
