/** The data of the studies: small digits, MNIST, and six classes of colour images; drawn ones where no files are given. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { foldIn, key, mean, mul } from '../../autograd/index.js';
import {
  cifar10Classes,
  type Examples,
  firstExamples,
  type ImageSet,
  imageExamples,
  meanImage,
  selectImages,
  subtractImage,
} from '../../data/index.js';
import { loadCifar10, loadCifar10Records, loadCinic10 } from '../../data/node/index.js';
import type { Config } from './config.js';
import { colouredDigits, dataPath, holdOut, smallDigits } from './data-sets.js';
import type { DataNeeded } from './example.js';

export interface Parts<E = Examples> {
  readonly train: E;
  readonly validation: E;
}

/** Digits of 8 × 8 pixels less their mean, 1000 to train on and 797 to validate. */
export const digitParts = async (config: Config): Promise<Parts> => {
  const { train, validation } = holdOut(foldIn(key(config.seed), 1003), await smallDigits(config), 797 / 1797);
  return centred({ train, validation });
};

/** Both parts less the mean of the training part. */
const centred = ({ train, validation }: Parts): Parts => {
  const subtract = subtractImage(mean(train.x, { axes: 0 }));
  const from = key(0);
  return { train: subtract(train, from), validation: subtract(validation, from) };
};

const classes = cifar10Classes.slice(0, 6);

export const sixClassData: DataNeeded = {
  path: 'cifar-10-jpeg',
  contents:
    "records of CIFAR-10's form (train….bin.gz and test….bin.gz, or one file of which a fifth is set aside), or the trees of CINIC-10; six classes are used",
  otherwise: 'coloured digits from 0 to 5, drawn by the library, stand in for six classes of CINIC-10',
};

/** The images of the first six classes. */
const sixOf = (images: ImageSet): ImageSet => ({
  ...selectImages(
    images,
    [...images.labels.keys()].filter((row) => (images.labels[row] ?? 9) < 6),
  ),
  classes: images.classes.slice(0, 6),
});

/** The records of a folder with one file only: the first four fifths and the rest. */
const splitRecords = async (folder: string, name: string): Promise<Parts<ImageSet>> => {
  const all = await loadCifar10Records(join(folder, name));
  const rows = [...all.labels.keys()];
  const cut = Math.floor(0.8 * rows.length);
  return { train: selectImages(all, rows.slice(0, cut)), validation: selectImages(all, rows.slice(cut)) };
};

const loadSixClasses = async (folder: string): Promise<Parts<ImageSet>> => {
  // An archive is loaded as it is; what is no data at all is named by the loader.
  const isFolder = existsSync(folder) && statSync(folder).isDirectory();
  if (isFolder && existsSync(join(folder, 'valid'))) return loadCinic10(folder, { classes });
  const files = (isFolder ? readdirSync(folder) : []).filter((name) => /\.bin(\.gz)?$/.test(name));
  const [only] = files;
  if (files.length === 1 && only !== undefined) return splitRecords(folder, only);
  const { train, test } = await loadCifar10(folder);
  return { train, validation: test };
};

/** How many images are drawn where there are no files. */
const drawn = 2000;

/** Images of 32 × 32 pixels in six classes, as bytes. */
export const sixClassImages = async ({ data, limit, seed }: Config): Promise<Parts<ImageSet>> => {
  const draw = (use: number, count: number): ImageSet => colouredDigits(foldIn(key(seed), use), count);
  const all =
    data === null
      ? { train: draw(1004, drawn), validation: draw(1005, drawn / 4) }
      : await loadSixClasses(dataPath(data, sixClassData));
  const [train, validation] = [sixOf(all.train), sixOf(all.validation)];
  return { train: limit === null ? train : firstExamples(train, limit), validation };
};

/**
 * The same images as the classical course code has them: values from 0 to 255 less the mean image of the training part, not
 * divided by anything. Rates and weight scales of its recipes belong to this scale.
 */
export const sixClassParts = async (config: Config): Promise<Parts> => {
  const images = await sixClassImages(config);
  const subtract = subtractImage(meanImage(images.train));
  const scaled = (part: ImageSet): Examples => {
    const { x, y } = subtract(imageExamples(part), key(0));
    return { x: mul(x, 255), y };
  };
  return { train: scaled(images.train), validation: scaled(images.validation) };
};
