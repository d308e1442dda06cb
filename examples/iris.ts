/**
 * Iris with a two-layer network: 4 inputs, one hidden ReLU layer, 3 classes, plain SGD on the cross-entropy.
 * Sweeps learning rates and hidden sizes, chooses the best model by its validation loss, tests it once, and checks its
 * gradient in three ways. Results and pictures go to a folder of their own under `experiments/`.
 */
import { foldIn, type Key, key } from '../autograd/index.js';
import { type Examples, iris, standardize, stratifiedSplit } from '../data/index.js';
import { type Curve, curvesSvg } from '../data/node/index.js';
import { accuracy, crossEntropy, linear, relu, sequential } from '../nn/index.js';
import { checkedValues, evaluate, fit, type Measurement, sgd } from '../optim/index.js';
import { newExperiment } from './support/experiment.js';
import { progress } from './support/progress.js';
import { table } from './support/table.js';
import { checkTwoLayerGradient, formatGradientRows } from './support/two-layer-gradient.js';

const rates = [0.3, 0.1, 0.03, 0.01];
const widths = [5, 10, 25, 50];
const epochs = 200;
const batchSize = 30;
const seed = 8;

/** 90 flowers to train on, 30 to choose with, 30 to test on; features standardised by the training part's moments. */
const loadParts = (from: Key): { readonly train: Examples; readonly validation: Examples; readonly test: Examples } => {
  const [train, validation, test] = stratifiedSplit(from, iris(), [0.6, 0.2, 0.2]);
  if (train === undefined || validation === undefined || test === undefined)
    throw new Error('the split has three parts');
  const scale = standardize(train.x);
  const scaled = ({ x, y }: Examples): Examples => ({ x: scale(x), y });
  return { train: scaled(train), validation: scaled(validation), test: scaled(test) };
};

const network = (hidden: number) => sequential(linear(4, hidden), relu, linear(hidden, 3));

type Params = ReturnType<ReturnType<typeof network>['init']>['params'];

interface Setting {
  readonly rate: number;
  readonly hidden: number;
}

interface Run extends Setting {
  readonly params: Params;
  /** Losses at the ends of the epochs. */
  readonly losses: Readonly<Record<'train' | 'validation', readonly number[]>>;
  /** What the last epoch measured. */
  readonly validation: Measurement;
  readonly test: Measurement;
}

/** One training run; `report` hears of every epoch. */
const train = async (
  { rate, hidden }: Setting,
  { test, ...parts }: ReturnType<typeof loadParts>,
  from: Key,
  report: (loss: number) => void,
): Promise<Run> => {
  const task = { model: network(hidden), loss: crossEntropy, metrics: { accuracy } };
  const { params, state, history } = await fit({
    ...task,
    ...parts,
    optimizer: sgd(rate),
    epochs,
    batchSize,
    key: from,
    callbacks: [{ onEpochEnd: ({ check }) => report(check.train?.loss ?? Number.NaN) }],
  });
  return {
    rate,
    hidden,
    params,
    losses: {
      train: checkedValues(history, { part: 'train' }),
      validation: checkedValues(history, { part: 'validation' }),
    },
    validation: history.checks.at(-1)?.validation ?? {},
    test: await evaluate(task, { params, state }, test),
  };
};

const percent = (share = Number.NaN): string => `${(100 * share).toFixed(1)} %`;
const nameOf = ({ rate, hidden }: Setting): string => `rate ${rate}, ${hidden} hidden`;
const lossOf = ({ validation: { loss = Number.POSITIVE_INFINITY } }: Run): number => loss;
const bestOf = (runs: readonly Run[]): Run => runs.reduce((a, b) => (lossOf(b) < lossOf(a) ? b : a));

/** Training and validation losses of each run, epoch by epoch. */
const asCsv = (runs: readonly Run[]): string =>
  [
    'rate,hidden,epoch,train_loss,validation_loss',
    ...runs.flatMap(({ rate, hidden, losses }) =>
      losses.train.map((loss, i) => [rate, hidden, i + 1, loss, losses.validation[i]].join(',')),
    ),
    '',
  ].join('\n');

const curvesOf = (run: Run): Curve[] => [
  { name: nameOf(run), values: run.losses.train },
  { name: `${nameOf(run)} (validation)`, values: run.losses.validation, dashed: true },
];

const main = async (): Promise<void> => {
  const settings = rates.flatMap((rate) => widths.map((hidden) => ({ rate, hidden })));
  const parts = loadParts(key(seed));
  console.log(
    `Iris: ${settings.length} networks (4 inputs, one hidden ReLU layer, 3 classes), ${epochs} epochs of SGD with batches of ${batchSize}`,
  );

  const shown = progress(settings.length * epochs);
  let done = 0;
  const runs: Run[] = [];
  for (const [i, setting] of settings.entries())
    runs.push(
      await train(setting, parts, foldIn(key(seed + 1), i), (loss) =>
        shown.update(++done, `${nameOf(setting)}: loss ${loss.toFixed(3)}`),
      ),
    );
  shown.stop();

  const best = bestOf(runs);
  const rows = runs.map((run) => [
    run.rate,
    run.hidden,
    (run.losses.train.at(-1) ?? Number.NaN).toFixed(4),
    lossOf(run).toFixed(4),
    percent(run.validation.accuracy),
    (run.test.loss ?? Number.NaN).toFixed(4),
    percent(run.test.accuracy),
    run === best ? '◀ best' : '',
  ]);
  console.log(
    table(['rate', 'hidden', 'train loss', 'valid. loss', 'valid. acc.', 'test loss', 'test acc.', ''], rows),
  );
  console.log(`Best by validation loss: ${nameOf(best)}. Test accuracy: ${percent(best.test.accuracy)}`);

  console.log('\nGradient of the trained model, worst relative error:');
  console.log(formatGradientRows(checkTwoLayerGradient([best.params[0], best.params[2]], parts.train)));

  const { folder, write } = newExperiment('iris');
  write(
    'settings.json',
    `${JSON.stringify({ rates, widths, epochs, batchSize, seed, best: { rate: best.rate, hidden: best.hidden } }, null, 2)}\n`,
  );
  write('losses.csv', asCsv(runs));
  write(
    'best.svg',
    await curvesSvg({ title: `Iris, best model: ${nameOf(best)}`, yName: 'cross-entropy', curves: curvesOf(best) }),
  );
  const rivals = rates.map((rate) => bestOf(runs.filter((run) => run.rate === rate)));
  write(
    'rates.svg',
    await curvesSvg({
      title: 'Iris: the best network of each learning rate',
      yName: 'cross-entropy',
      curves: rivals.flatMap(curvesOf),
    }),
  );
  console.log(`\nLearning curves: ${folder}/best.svg and ${folder}/rates.svg; numbers: ${folder}/losses.csv`);
};

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
