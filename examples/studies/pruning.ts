/**
 * S4: pruning a trained classifier: the smallest weights of the whole network set to zero, a tenth more each time; whole filters
 * of its convolutions; and training on with a mask that keeps pruned weights at zero.
 */
import { foldIn, key, type Tensor, treeEntries, treeMap } from '../../autograd/index.js';
import { channelMoments, loader, normalize } from '../../data/index.js';
import {
  accuracy,
  applyMasks,
  conv2d,
  crossEntropy,
  flatten,
  type Layer,
  linear,
  magnitudeMask,
  maxPool2d,
  relu,
  sequential,
  sliceMask,
  sparsity,
} from '../../nn/index.js';
import { adam, evaluate } from '../../optim/index.js';
import type { Example } from '../support/example.js';
import { drawPanels, tabulate } from '../support/study.js';
import { sixClassData, sixClassImages } from '../support/study-data.js';

const network = sequential(
  conv2d({ in: 3, out: 32, kernel: 3, padding: 1 }),
  relu,
  maxPool2d(2),
  conv2d({ in: 32, out: 64, kernel: 3, padding: 1 }),
  relu,
  maxPool2d(2),
  flatten,
  linear(64 * 8 * 8, 128),
  relu,
  linear(128, 6),
) as Layer;

const isWeight = (_: string, leaf: Tensor): boolean => leaf.rank > 1;

/** The share of the weights with the smallest values set to zero, over the whole network. */
export const pruned = (params: unknown, amount: number): unknown =>
  applyMasks(params, magnitudeMask(params, amount, { include: isWeight }));

/** In each convolution the share of filters with the smallest sums of absolute values set to zero. */
export const withoutFilters = (params: unknown, amount: number): unknown =>
  treeMap((leaf) => (leaf.rank === 4 ? applyMasks(leaf, sliceMask(leaf, amount)) : leaf), params);

/** The network with some of its weights held at zero: they count for nothing, and take no gradient. */
export const masked = (model: Layer, masks: unknown): Layer => ({
  ...model,
  apply: ({ params, state }, x, options) => model.apply({ params: applyMasks(params, masks), state }, x, options),
});

const amounts = Array.from({ length: 9 }, (_, i) => i / 10);
const filterAmounts = [0, 0.1, 0.2, 0.3];

export const pruning: Example = {
  name: 'pruning',
  system: 'S4',
  title: 'Pruning: the smallest weights, whole filters, and training on with a mask',
  asks: 'up to 30 % of the weights cost less than a point of accuracy; whole filters cost more',
  data: sixClassData,
  epochs: 4,
  async run(lab) {
    const { train, validation } = await sixClassImages(lab.config);
    const transform = normalize(channelMoments(train));
    const batches = loader(train, { size: 64, key: foldIn(key(lab.config.seed), 1), transform });
    const validated = loader(validation, { size: 128, transform });
    const task = { loss: crossEntropy, metrics: { accuracy } };
    const base = await lab.train({
      ...task,
      name: 'base',
      model: network,
      optimizer: adam(1e-3),
      train: batches,
      validation: validated,
    });
    const accuracyOf = async (params: unknown): Promise<number> =>
      (await evaluate({ ...task, model: network }, { params, state: null }, validated)).accuracy ?? Number.NaN;

    const rows: (readonly [kind: string, amount: number, accuracy: number, zeros: number])[] = [];
    const measure = async (kind: string, amount: number, params: unknown): Promise<void> => {
      rows.push([kind, amount, await accuracyOf(params), sparsity(params)]);
    };
    for (const amount of amounts) await measure('smallest weights', amount, pruned(base.params, amount));
    for (const amount of filterAmounts) await measure('whole filters', amount, withoutFilters(base.params, amount));
    await tabulate(lab, 'pruning.csv', ['what goes', 'share', 'validation accuracy', 'share of zeros'], rows);

    lab.heading('Zeros in each layer, half of the weights gone');
    await tabulate(
      lab,
      'layers.csv',
      ['parameter', 'numbers', 'share of zeros'],
      treeEntries(pruned(base.params, 0.5)).map(([path, leaf]) => [path, leaf.size, sparsity(leaf)]),
    );

    lab.heading('Training on with eight tenths of the weights held at zero');
    const masks = magnitudeMask(base.params, 0.8, { include: isWeight });
    const again = await lab.train({
      ...task,
      name: 'masked',
      model: masked(network, masks),
      optimizer: adam(1e-3),
      train: batches,
      validation: validated,
      initial: { params: applyMasks(base.params, masks), state: null },
      epochs: Math.ceil(lab.epochs / 4),
    });
    const kept = again.history.checks.at(-1)?.validation?.accuracy ?? Number.NaN;
    const zeros = sparsity(again.params);

    const curveOf = (wanted: string) => {
      const of = rows.filter(([kind]) => kind === wanted);
      return { name: wanted, at: of.map(([, amount]) => amount), values: of.map(([, , share]) => share) };
    };
    await drawPanels(lab, 'pruning.svg', 'Accuracy over the share that was pruned', [
      {
        title: 'validation accuracy',
        xName: 'share pruned',
        yName: 'accuracy',
        curves: [curveOf('smallest weights'), curveOf('whole filters')],
      },
    ]);
    const at = (kind: string, amount: number): number =>
      rows.find(([of, share]) => of === kind && share === amount)?.[2] ?? Number.NaN;
    const [whole, third] = [at('smallest weights', 0), at('smallest weights', 0.3)];
    lab.figure({ name: 'accuracy without pruning', value: whole });
    lab.figure({
      name: 'accuracy without 30 % of the weights, less that with all',
      value: third - whole,
      atLeast: -0.01,
    });
    lab.figure({
      name: 'accuracy without 30 % of the filters, less that without 30 % of the weights',
      value: at('whole filters', 0.3) - third,
      atMost: 0,
    });
    lab.figure({ name: 'accuracy without 80 % of the weights', value: at('smallest weights', 0.8) });
    lab.figure({ name: 'the same, trained on with the mask', value: kept });
    lab.figure({
      name: 'share of zeros after that training',
      value: zeros,
      atLeast: sparsity(applyMasks(base.params, masks)) - 1e-9,
    });
  },
};
