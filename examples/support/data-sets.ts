/** The data sets of the examples: real ones from `--data`, drawn ones without. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { foldIn, type Key, key, uniform } from '../../autograd/index.js';
import {
  type DigitsOptions,
  digits,
  type Examples,
  firstExamples,
  type ImageSet,
  imageExamples,
  stratifiedSplit,
} from '../../data/index.js';
import { type ImageSplit, loadCifar10, loadDigits, loadFashionMnist, loadMnist } from '../../data/node/index.js';
import type { Config } from './config.js';
import type { DataNeeded } from './example.js';

export const mnistData: DataNeeded = {
  path: 'mnist',
  contents: "MNIST's four IDX files",
  otherwise: 'digits drawn by the library stand in for MNIST',
};

export const fashionMnistData: DataNeeded = {
  path: 'fashion-mnist',
  contents: "Fashion-MNIST's four IDX files",
  otherwise: 'digits drawn by the library stand in for Fashion-MNIST',
};

export const cifarData: DataNeeded = {
  path: 'cifar-10',
  contents: 'CIFAR-10 in its binary form, all of it or a part (train….bin.gz, test….bin.gz)',
  otherwise: 'coloured digits drawn by the library stand in for CIFAR-10',
};

export const digitsData: DataNeeded = {
  path: 'digits.csv.gz',
  contents: "scikit-learn's 8 × 8 digits",
  otherwise: 'digits drawn by the library stand in for them',
};

/** The data set's own folder or file: below `--data`, or `--data` itself. */
export const dataPath = (data: string, { path }: DataNeeded): string => {
  const below = join(data, path);
  return existsSync(below) ? below : data;
};

/** How many examples are drawn where there are no files. */
const drawnExamples = 3000;

const drawnSplit = ({ limit, seed }: Config, draw: (from: Key, count: number) => ImageSet): ImageSplit => {
  const count = Math.min(limit ?? drawnExamples, drawnExamples);
  return {
    train: draw(foldIn(key(seed), 1001), count),
    test: draw(foldIn(key(seed), 1002), Math.max(Math.ceil(count / 3), 10)),
  };
};

const limited = ({ train, test }: ImageSplit, { limit }: Config): ImageSplit => ({
  train: limit === null ? train : firstExamples(train, limit),
  test,
});

/** Digits of a random colour on paper of another one, `[N, 3, size, size]`. */
export const colouredDigits = (from: Key, count: number, options: DigitsOptions = {}): ImageSet => {
  const { size = 32 } = options;
  const grey = digits(foldIn(from, 0), count, { ...options, size });
  const colours = uniform(foldIn(from, 1), [count, 2, 3]).dataSync();
  const plane = size * size;
  const pixels = new Uint8Array(count * 3 * plane);
  for (let i = 0; i < count; i++)
    for (let channel = 0; channel < 3; channel++) {
      // Ink is the brighter of the two, so that the digit stays readable.
      const paper = 110 * (colours[(2 * i + 0) * 3 + channel] ?? 0);
      const ink = 145 + 110 * (colours[(2 * i + 1) * 3 + channel] ?? 0);
      for (let at = 0; at < plane; at++) {
        const share = (grey.pixels[i * plane + at] ?? 0) / 255;
        pixels[(3 * i + channel) * plane + at] = Math.round(paper + share * (ink - paper));
      }
    }
  return { ...grey, pixels, shape: [count, 3, size, size] };
};

/** MNIST, or drawn digits. */
export const mnist = async (config: Config): Promise<ImageSplit> =>
  config.data === null
    ? drawnSplit(config, digits)
    : limited(await loadMnist(dataPath(config.data, mnistData)), config);

/** Fashion-MNIST, or drawn digits. */
export const fashionMnist = async (config: Config): Promise<ImageSplit> =>
  config.data === null
    ? drawnSplit(config, digits)
    : limited(await loadFashionMnist(dataPath(config.data, fashionMnistData)), config);

/** CIFAR-10 or a part of it, or coloured digits. */
export const cifar10 = async (config: Config): Promise<ImageSplit> =>
  config.data === null
    ? drawnSplit(config, colouredDigits)
    : limited(await loadCifar10(dataPath(config.data, cifarData)), config);

/** Data sets of images by name. */
export const imageSets: Readonly<Record<string, (config: Config) => Promise<ImageSplit>>> = {
  mnist,
  'fashion-mnist': fashionMnist,
  'cifar-10': cifar10,
};

/** The 8 × 8 digits, or drawn ones of that size. */
export const smallDigits = async ({ data, limit, seed }: Config): Promise<Examples> => {
  const all =
    data === null
      ? imageExamples(digits(foldIn(key(seed), 1001), Math.min(limit ?? 1797, 1797), { size: 8, noise: 0.05 }))
      : await loadDigits(dataPath(data, digitsData));
  return limit === null ? all : firstExamples(all, limit);
};

/** A part to train on, and a part with the same share of every class to choose with. */
export const holdOut = <S extends Examples | ImageSet>(
  from: Key,
  source: S,
  share: number,
): { readonly train: S; readonly validation: S } => {
  const [train = source, validation = source] = stratifiedSplit(from, source, [1 - share, share]);
  return { train, validation };
};
