/**
 * S4: one network written three times: as bare functions of a list of tensors with a loop by hand, as a module with named
 * layers, and as a sequence. From equal first weights all three have the same losses, bit for bit. Dense and convolutional,
 * images with channels first or last.
 */
import { compile, foldIn, key, mul, sub, type Tensor, treeMap, valueAndGrad } from '../../autograd/index.js';
import {
  channelMoments,
  channelsLast,
  compose,
  type Examples,
  type ImageSet,
  type Loader,
  loader,
  normalize,
} from '../../data/index.js';
import {
  accuracy,
  conv2d,
  crossEntropy,
  flatten,
  functional,
  initialisers,
  type Layer,
  linear,
  module,
  relu,
  sequential,
} from '../../nn/index.js';
import { evaluate, type Model, sgd } from '../../optim/index.js';
import type { Example } from '../support/example.js';
import type { Lab } from '../support/lab.js';
import { drawPanels, thinned } from '../support/study.js';
import { type Parts, sixClassData, sixClassImages } from '../support/study-data.js';

type Layout = 'NCHW' | 'NHWC';

interface WeightAndBias {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/** A network three times. `bare` computes scores from a list of weights and biases. */
export interface ThreeTimes {
  readonly bare: (params: readonly WeightAndBias[], x: Tensor) => Tensor;
  readonly module: Layer;
  readonly sequence: Layer;
  /** The parameters of the sequence in the form of the other two. */
  readonly bareParams: (sequence: unknown) => readonly WeightAndBias[];
  readonly moduleParams: (sequence: unknown) => unknown;
}

const start = { weightInit: initialisers.kaimingNormal(), biasInit: initialisers.zeros };

/** The layers of a sequence that have parameters. */
const withParams = (params: unknown): readonly WeightAndBias[] =>
  (params as readonly (WeightAndBias | null)[]).flatMap((layer) => layer ?? []);

/** dense, ReLU, dense: 12,316,006 parameters with 4000 hidden units. */
export const denseNet = (hidden: number, classes: number, inputs = 3072): ThreeTimes => {
  const [first, second] = [linear(inputs, hidden, start), linear(hidden, classes, start)];
  return {
    bare: ([one, two], x) => {
      if (one === undefined || two === undefined) throw new Error('two layers have two sets of parameters');
      const h = relu(functional.linear(flatten(x), one.weight, one.bias));
      return functional.linear(h, two.weight, two.bias);
    },
    module: module({ first, second }, (m, x) => m.second(relu(m.first(flatten(x))))) as Layer,
    sequence: sequential(flatten, first, relu, second) as Layer,
    bareParams: withParams,
    moduleParams: (params) => {
      const [one, two] = withParams(params);
      return { first: one, second: two };
    },
  };
};

/** conv 5 × 5, ReLU, conv 3 × 3, ReLU, dense, both convolutions keeping the size: 105,366 parameters for 32 × 32 × 3. */
export const convNet = (layout: Layout, classes: number, size = 32): ThreeTimes => {
  const wide = conv2d({ in: 3, out: 32, kernel: 5, padding: 2, layout, ...start });
  const narrow = conv2d({ in: 32, out: 16, kernel: 3, padding: 1, layout, ...start });
  const last = linear(16 * size * size, classes, start);
  return {
    bare: ([one, two, three], x) => {
      if (one === undefined || two === undefined || three === undefined)
        throw new Error('three layers have three sets of parameters');
      const a = relu(functional.conv2d(x, one.weight, one.bias, { padding: 2, layout }));
      const b = relu(functional.conv2d(a, two.weight, two.bias, { padding: 1, layout }));
      return functional.linear(flatten(b), three.weight, three.bias);
    },
    module: module({ wide, narrow, last }, (m, x) => m.last(flatten(relu(m.narrow(relu(m.wide(x))))))) as Layer,
    sequence: sequential(wide, relu, narrow, relu, flatten, last) as Layer,
    bareParams: withParams,
    moduleParams: (params) => {
      const [one, two, three] = withParams(params);
      return { wide: one, narrow: two, last: three };
    },
  };
};

/** A loop with nothing but functions: loss, gradient, and a step against it for every parameter. */
export const trainBare = (
  { bare }: ThreeTimes,
  from: readonly WeightAndBias[],
  batches: Iterable<Examples>,
  rate: number,
): { readonly params: readonly WeightAndBias[]; readonly losses: readonly number[] } => {
  const step = compile((params: readonly WeightAndBias[], x: Tensor, y: Tensor) => {
    const [loss, gradient] = valueAndGrad((p: readonly WeightAndBias[]) => crossEntropy(bare(p, x), y))(params);
    return [loss, treeMap((w, g = w) => sub(w, mul(g, rate)), params, gradient)] as const;
  });
  let params = from;
  const losses: number[] = [];
  for (const { x, y } of batches) {
    const [loss, next] = step(params, x, y);
    params = next;
    losses.push(loss.item());
  }
  return { params, losses };
};

/** `k / n correct`, as the training cells of the original print it. */
const correct = (share: number, count: number): string =>
  `${Math.round(share * count)} / ${count} correct (${(100 * share).toFixed(2)} %)`;

interface Case {
  readonly name: string;
  readonly network: ThreeTimes;
  readonly rate: number;
  readonly goal: number;
}

/** The loss of every step, by level. */
type Losses = ReadonlyMap<string, readonly number[]>;

/** Trains a network at each level from equal weights, says how far their losses lie apart, and returns the losses. */
const compareLevels = async (
  lab: Lab,
  { name, network, rate, goal }: Case,
  train: Loader,
  validation: Loader,
): Promise<Losses> => {
  lab.heading(name);
  const { params } = network.sequence.init(key(lab.config.seed));
  const task = { loss: crossEntropy, metrics: { accuracy } };
  const figure = async (
    level: string,
    model: Pick<Model<unknown, unknown, Tensor, Tensor>, 'apply'>,
    trained: unknown,
  ) => {
    const measured = await evaluate({ ...task, model }, { params: trained, state: null }, validation);
    lab.say(`  ${level}: ${correct(measured.accuracy ?? 0, validation.examples)}`);
    return measured.accuracy ?? 0;
  };

  const byHand = trainBare(network, network.bareParams(params), everyEpoch(train, lab.epochs), rate);
  const bareModel = {
    apply: ({ params: p }: { readonly params: unknown }, x: Tensor) =>
      [network.bare(p as readonly WeightAndBias[], x), null] as const,
  };
  await figure('bare functions', bareModel, byHand.params);
  const levels = [
    ['module', network.module, network.moduleParams(params)],
    ['sequence', network.sequence, params],
  ] as const;
  const losses = new Map([['bare functions', byHand.losses]]);
  for (const [level, model, initial] of levels) {
    const run = await lab.train({
      ...task,
      name: `${name}-${level}`,
      model,
      optimizer: sgd(rate),
      train,
      initial: { params: initial, state: null },
    });
    losses.set(level, run.history.losses);
    const reached = await figure(level, model, run.params);
    const apart = run.history.losses.map((loss, i) => Math.abs(loss - (byHand.losses[i] ?? Number.NaN)));
    lab.figure({
      name: `${name}: largest difference of a loss, ${level} and bare functions`,
      value: Math.max(...apart),
      exactly: 0,
      unit: 'number',
    });
    lab.figure({ name: `${name}: validation accuracy as a ${level}`, value: reached, atLeast: goal });
  }
  return losses;
};

function* everyEpoch(batches: Loader, epochs: number): Generator<Examples, void, undefined> {
  for (let epoch = 0; epoch < epochs; epoch++) yield* batches.epoch(epoch);
}

const compareAll = async (lab: Lab, layout: Layout): Promise<void> => {
  const { train, validation }: Parts<ImageSet> = await sixClassImages(lab.config);
  const normalise = normalize(channelMoments(train));
  const transform = layout === 'NHWC' ? compose(normalise, channelsLast) : normalise;
  const batches = loader(train, { size: 64, key: foldIn(key(lab.config.seed), 1), transform });
  const validated = loader(validation, { size: 128, transform });
  // Without real images a narrower network shows the same.
  const dense = { name: 'dense', network: denseNet(lab.real ? 4000 : 200, 6), rate: 0.01, goal: 0.3 };
  const conv = { name: 'convolutional', network: convNet(layout, 6), rate: 0.01, goal: layout === 'NCHW' ? 0.35 : 0.3 };
  const outcomes: (readonly [network: string, losses: Losses])[] = [];
  for (const network of [dense, conv])
    outcomes.push([network.name, await compareLevels(lab, network, batches, validated)]);
  await drawPanels(
    lab,
    'losses.svg',
    'Training loss at each level: the same curves three times',
    ['bare functions', 'module', 'sequence'].map((level) => ({
      title: level,
      yName: 'loss',
      xName: 'step',
      yRange: [0, 4] as const,
      curves: outcomes.map(([name, losses]) => ({ name, ...thinned(losses.get(level) ?? []) })),
    })),
  );
};

export const apiLevels: Example = {
  name: 'api-levels',
  system: 'S4',
  title: 'One network as bare functions, as a module and as a sequence; channels first',
  asks: 'equal losses at all levels; validation > 30 % (dense) and > 35 % (convolutional) after one epoch',
  data: sixClassData,
  epochs: 1,
  run: (lab) => compareAll(lab, 'NCHW'),
};

export const apiLevelsNhwc: Example = {
  name: 'api-levels-nhwc',
  system: 'S4',
  title: 'One network as bare functions, as a module and as a sequence; channels last',
  asks: 'equal losses at all levels; validation > 30 % after one epoch',
  data: sixClassData,
  epochs: 1,
  run: (lab) => compareAll(lab, 'NHWC'),
};
