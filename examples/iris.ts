/**
 * Iris with a two-layer network: 4 inputs, one hidden ReLU layer, 3 classes, plain SGD on the cross-entropy.
 * Sweeps learning rates and hidden sizes, chooses the best model by its validation loss, tests it once, and checks its
 * gradient in three ways. Results and pictures go to a folder of their own under `experiments/`.
 */
import { argmax, cast, equal, foldIn, type Key, key, mean, type Tensor, valueAndGrad } from '../autograd/index.js';
import { batches, type Examples, iris, standardize, stratifiedSplit } from '../data/index.js';
import { type Curve, curvesSvg } from '../data/node/index.js';
import { crossEntropy, linear, relu, sequential } from '../nn/index.js';
import { applyUpdates, sgd } from '../optim/index.js';
import { newExperiment } from './support/experiment.js';
import { progress } from './support/progress.js';
import { table } from './support/table.js';
import { checkTwoLayerGradient, formatGradientRows } from './support/two-layer-gradient.js';

const rates = [0.3, 0.1, 0.03, 0.01];
const widths = [5, 10, 25, 50];
const epochs = 200;
const batchSize = 30;
const seed = 7;

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

type Network = ReturnType<typeof network>;
type Params = ReturnType<Network['init']>['params'];

const score = (
  net: Network,
  params: Params,
  { x, y }: Examples,
): { readonly loss: number; readonly accuracy: number } => {
  const [logits] = net.apply({ params }, x);
  return {
    loss: crossEntropy(logits, y).item(),
    accuracy: mean(cast(equal(argmax(logits, { axis: 1 }), y), 'float32')).item(),
  };
};

interface Run {
  readonly rate: number;
  readonly hidden: number;
  readonly params: Params;
  readonly trainLosses: readonly number[];
  readonly validationLosses: readonly number[];
  readonly validationAccuracy: number;
}

/** One training run; `report` hears of every epoch. */
const train = (
  rate: number,
  hidden: number,
  parts: { readonly train: Examples; readonly validation: Examples },
  from: Key,
  report: (loss: number) => void,
): Run => {
  const net = network(hidden);
  const optimizer = sgd({ lr: rate });
  let { params } = net.init(foldIn(from, 0));
  let state = optimizer.init(params);
  const step = valueAndGrad((p: Params, { x, y }: Examples): Tensor => crossEntropy(net.apply({ params: p }, x)[0], y));

  const trainLosses: number[] = [];
  const validationLosses: number[] = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    let total = 0;
    let count = 0;
    for (const batch of batches(parts.train, { size: batchSize, key: foldIn(from, epoch) })) {
      const [loss, gradients] = step(params, batch);
      const [updates, next] = optimizer.update(gradients, state, params);
      params = applyUpdates(params, updates);
      state = next;
      total += loss.item();
      count++;
    }
    trainLosses.push(total / count);
    validationLosses.push(score(net, params, parts.validation).loss);
    report(total / count);
  }
  return {
    rate,
    hidden,
    params,
    trainLosses,
    validationLosses,
    validationAccuracy: score(net, params, parts.validation).accuracy,
  };
};

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const last = (values: readonly number[]): number => values.at(-1) ?? Number.NaN;
const nameOf = ({ rate, hidden }: Pick<Run, 'rate' | 'hidden'>): string => `rate ${rate}, ${hidden} hidden`;

/** Training and validation losses of each run, epoch by epoch. */
const asCsv = (runs: readonly Run[]): string =>
  [
    'rate,hidden,epoch,train_loss,validation_loss',
    ...runs.flatMap(({ rate, hidden, trainLosses, validationLosses }) =>
      trainLosses.map((loss, i) => [rate, hidden, i + 1, loss, validationLosses[i]].join(',')),
    ),
    '',
  ].join('\n');

const curvesOf = (run: Run): Curve[] => [
  { name: nameOf(run), values: run.trainLosses },
  { name: `${nameOf(run)} (validation)`, values: run.validationLosses, dashed: true },
];

const main = async (): Promise<void> => {
  const settings = rates.flatMap((rate) => widths.map((hidden) => ({ rate, hidden })));
  const parts = loadParts(key(seed));
  console.log(
    `Iris: ${settings.length} networks (4 inputs, one hidden ReLU layer, 3 classes), ${epochs} epochs of SGD with batches of ${batchSize}`,
  );

  const shown = progress(settings.length * epochs);
  let done = 0;
  const runs = settings.map(({ rate, hidden }, i) =>
    train(rate, hidden, parts, foldIn(key(seed + 1), i), (loss) =>
      shown.update(++done, `${nameOf({ rate, hidden })}: loss ${loss.toFixed(3)}`),
    ),
  );
  shown.stop();

  const best = runs.reduce((a, b) => (last(b.validationLosses) < last(a.validationLosses) ? b : a));
  const rows = runs.map((run) => {
    const test = score(network(run.hidden), run.params, parts.test);
    return [
      run.rate,
      run.hidden,
      last(run.trainLosses).toFixed(4),
      last(run.validationLosses).toFixed(4),
      percent(run.validationAccuracy),
      test.loss.toFixed(4),
      percent(test.accuracy),
      run === best ? '◀ best' : '',
    ];
  });
  console.log(
    table(['rate', 'hidden', 'train loss', 'valid. loss', 'valid. acc.', 'test loss', 'test acc.', ''], rows),
  );
  console.log(
    `Best by validation loss: ${nameOf(best)}. Test accuracy: ${percent(score(network(best.hidden), best.params, parts.test).accuracy)}`,
  );

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
  const rivals = rates.map((rate) =>
    runs
      .filter((run) => run.rate === rate)
      .reduce((a, b) => (last(b.validationLosses) < last(a.validationLosses) ? b : a)),
  );
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
