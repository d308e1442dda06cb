/**
 * S1.e: transfer learning. A network of AlexNet's form meets CIFAR-10 with the features of another task and a new
 * classifier, once with its features frozen and once with everything trained; a network that starts from nothing stands
 * beside them. Weights trained on ImageNet are too large to come with the library, so the run makes its own: a small
 * network learns the six animals on most of the images, and its weights travel to the rest as a file with PyTorch's names. Of the published network, sizes and counts are checked.
 */
import { join } from 'node:path';
import { foldIn, key } from '../autograd/index.js';
import {
  channelMoments,
  compose,
  formatLoadReport,
  fromTorchName,
  type ImageSet,
  imageBatch,
  loader,
  loadStateDict,
  normalize,
  randomFlip,
  resize,
  selectImages,
} from '../data/index.js';
import { loadSafetensors } from '../data/node/index.js';
import { accuracy, countParameters, crossEntropy, initialisers } from '../nn/index.js';
import { adam, evaluate, thaw } from '../optim/index.js';
import { type AlexNetForm, alexNet, publishedForm } from './support/alexnet.js';
import { cifar10, cifarData, holdOut } from './support/data-sets.js';
import type { Example } from './support/example.js';
import type { Lab } from './support/lab.js';
import { predictClasses } from './support/predict.js';
import { historyCurves } from './support/training.js';

/** For images of 32 × 32 pixels: 32, 15, 7 and 3 after the three poolings. */
const smallForm: AlexNetForm = {
  first: { kernel: 5, stride: 1, padding: 2 },
  channels: [24, 48, 96, 64, 64],
  pooled: 3,
  hidden: [256, 64],
  classes: 10,
  dropout: 0.2,
};
const animals = [2, 3, 4, 5, 6, 7];
const figures = { loss: crossEntropy, metrics: { accuracy } };
/** Deep networks without normalisation need the scale that keeps variances under ReLU. */
const init = { weightInit: initialisers.kaimingNormal(), biasInit: initialisers.zeros };
const inFeatures = (path: string): boolean => path.startsWith('features');

/** The images of the given classes, whose labels become places in that list. */
const ofClasses = (images: ImageSet, classes: readonly number[]): ImageSet => {
  const rows = Array.from(images.labels.keys()).filter((row) => classes.includes(images.labels[row] ?? -1));
  const chosen = selectImages(images, rows);
  return {
    ...chosen,
    labels: chosen.labels.map((label) => classes.indexOf(label)),
    classes: classes.map((label) => images.classes[label] ?? ''),
  };
};

/** The published network, and the one with a new classifier: what they count, and what becomes of an image of their size. */
const checkPublished = (lab: Lab, images: ImageSet): void => {
  const zeros = { weightInit: initialisers.zeros, biasInit: initialisers.zeros };
  const model = alexNet({ ...publishedForm, hidden: [4096, 1024], classes: 10 }, zeros);
  const { params } = model.init(key(0));
  const image = resize(224)(imageBatch(images, [0]), key(0)).x;
  lab.say(`AlexNet with a new classifier: [${image.shape}] → [${model.apply({ params }, image)[0].shape}]`);
  for (const [name, value, exactly] of [
    ['as published', countParameters(alexNet(publishedForm, zeros).init(key(0)).params), 61_100_840],
    ['new classifier, frozen', countParameters(thaw(params, inFeatures).trainable), 41_958_410],
    ['new classifier, unfrozen', countParameters(params), 44_428_106],
  ] as const)
    lab.figure({ name: `AlexNet's trainable parameters: ${name}`, value, exactly, unit: 'number', always: true });
};

export const transfer: Example = {
  name: 'transfer',
  system: 'S1.e',
  title: 'Transfer learning: frozen and unfrozen features',
  asks: 'frozen against unfrozen: time per epoch, trainable count, accuracy from epoch 0 on; integer predictions',
  data: cifarData,
  epochs: 5,
  async run(lab) {
    const seed = key(lab.config.seed);
    const { train: images, test } = await cifar10(lab.config);
    checkPublished(lab, images);

    const { train: first, validation: second } = holdOut(foldIn(seed, 1), images, 0.3);
    const normalized = normalize(channelMoments(first));
    const augmented = compose(normalized, randomFlip());
    const shuffled = (set: ImageSet, number: number) =>
      loader(set, { size: 64, key: foldIn(seed, number), transform: augmented });
    const inOrder = (set: ImageSet) => loader(set, { size: 250, transform: normalized });

    lab.heading('The other task: six animals');
    const other = holdOut(foldIn(seed, 2), ofClasses(first, animals), 0.2);
    const pretrained = await lab.train({
      ...figures,
      name: 'pretraining',
      model: alexNet({ ...smallForm, classes: animals.length }, init),
      optimizer: adam(1e-3),
      train: shuffled(other.train, 3),
      validation: inOrder(other.validation),
      epochs: 2 * lab.epochs,
    });
    await lab.weights('pretrained.safetensors', pretrained.params);

    lab.heading('The ten classes');
    const model = alexNet(smallForm, init);
    const fresh = model.init(foldIn(seed, 4));
    const file = await loadSafetensors(join(lab.folder, 'pretrained.safetensors'));
    const { tree: loaded, report } = loadStateDict(fresh.params, file.tensors, {
      rename: (name) => (inFeatures(name) ? fromTorchName(name) : null),
    });
    lab.say(formatLoadReport(report));

    const { train, validation } = holdOut(foldIn(seed, 5), second, 0.2);
    const tune = async (name: string, params: typeof loaded, frozen?: (path: string) => boolean) => {
      const run = await lab.train({
        ...figures,
        name,
        model,
        initial: { params, state: fresh.state },
        ...(frozen === undefined ? {} : { frozen }),
        optimizer: adam(1e-3),
        train: shuffled(train, 6),
        validation: inOrder(validation),
        firstCheck: 'before',
        inReport: false,
      });
      const tested = await evaluate({ model, ...figures }, run, inOrder(test));
      return { name, run, tested, trainable: countParameters(thaw(params, frozen).trainable) };
    };
    const runs = [
      await tune('frozen', loaded, inFeatures),
      await tune('unfrozen', loaded),
      await tune('from-nothing', fresh.params),
    ];

    const percent = (share = Number.NaN): string => `${(100 * share).toFixed(2)} %`;
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    lab.table(
      ['', 'trainable', 's/epoch', 'epoch 0', 'validation', 'test'],
      runs.map(({ name, run, tested, trainable }) => [
        name,
        trainable,
        mean(run.seconds).toFixed(1),
        percent(run.history.checks[0]?.validation?.accuracy),
        percent(run.validation.accuracy),
        percent(tested.accuracy),
      ]),
    );
    for (const metric of ['loss', 'accuracy'])
      await lab.curves(`${metric}.svg`, {
        title: `Frozen, unfrozen and from nothing: ${metric}`,
        yName: metric,
        curves: runs.flatMap(({ name, run }) => historyCurves(run.history, metric, name)),
      });
    for (const { name, tested } of runs) lab.figure({ name: `test accuracy, ${name}`, value: tested.accuracy });

    const best = runs.reduce((a, b) => ((b.run.validation.accuracy ?? 0) > (a.run.validation.accuracy ?? 0) ? b : a));
    const predicted = predictClasses(model, best.run, inOrder(test).epoch());
    await lab.predictions(predicted);
    await lab.samples(test, predicted);
    await lab.confusion(test.labels, predicted, test.classes);
  },
};
