/**
 * Data sets of four IDX files: MNIST, Fashion-MNIST, and any others in the same form. From a folder, or downloaded once into
 * the cache.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { taskEither as TE } from 'fp-ts';
import { ArgumentError } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import { checkedOptions, refuseWithout } from '../../core/tensor/arguments.js';
import { checkFlag, checkLimit, checkTexts } from '../checks.js';
import { decodeIdx, idxHeader, idxLength } from '../codecs/idx.js';
import { attemptTask, type DataError } from '../errors.js';
import type { ImageSet } from '../images.js';
import { cacheFolder } from './cache.js';
import { checkDownload, type DownloadProgress, downloadAs } from './download.js';
import { checkPath } from './files.js';
import { checkChecksums, checksumOf, readUnpacked } from './unpacked.js';

/** What to train on, and what to test on in the end. */
export interface ImageSplit {
  readonly train: ImageSet;
  readonly test: ImageSet;
}

/** The names of the four files, without `.gz`. */
const parts = {
  train: { images: 'train-images-idx3-ubyte', labels: 'train-labels-idx1-ubyte' },
  test: { images: 't10k-images-idx3-ubyte', labels: 't10k-labels-idx1-ubyte' },
} as const;

interface Published {
  readonly folder: string;
  readonly url: string;
  readonly classes: readonly string[];
  /** SHA-256 by file name. */
  readonly checksums: Readonly<Record<string, string>>;
}

const mnist: Published = {
  folder: 'mnist',
  url: 'https://ossci-datasets.s3.amazonaws.com/mnist',
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  checksums: {
    'train-images-idx3-ubyte.gz': '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
    'train-labels-idx1-ubyte.gz': '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
    't10k-images-idx3-ubyte.gz': '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
    't10k-labels-idx1-ubyte.gz': 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
  },
};

const fashionMnist: Published = {
  folder: 'fashion-mnist',
  url: 'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com',
  classes: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
  checksums: {
    'train-images-idx3-ubyte.gz': '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84',
    'train-labels-idx1-ubyte.gz': 'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845',
    't10k-images-idx3-ubyte.gz': '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073',
    't10k-labels-idx1-ubyte.gz': '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5',
  },
};

/** The bytes of a file that is there as `NAME.gz` or as `NAME`, unpacked; a packed one is held against its checksum. */
const readPart = async (
  folder: string,
  name: string,
  op: string,
  { classes: _, checksums, ...options }: LoadIdxOptions,
): Promise<{ readonly bytes: Uint8Array; readonly file: string }> => {
  const packed = join(folder, `${name}.gz`);
  const plain = join(folder, name);
  const file = !existsSync(packed) && existsSync(plain) ? plain : packed;
  const sha256 = file === packed ? checksumOf(checksums, `${name}.gz`) : undefined;
  const announced = { header: idxHeader, length: idxLength };
  return { bytes: await readUnpacked(file, op, { sha256, announced, ...options }), file };
};

export interface LoadIdxOptions {
  /** Names of the classes; labels must be below their number. */
  readonly classes: readonly string[];
  /** SHA-256 by file name, held against the files that have one. */
  readonly checksums?: Readonly<Record<string, string>>;
  /** How many bytes a packed file may unpack to, however many its header announces; 1 GiB by default. */
  readonly limit?: number;
}

const loadIdxNames = { classes: true, checksums: true, limit: true } as const;

/**
 * Training and test images from a folder with four IDX files under MNIST's names, each packed (`.gz`) or not.
 * @throws DataError where a file is missing, damaged or not the one it should be.
 */
export const loadIdx = (folder: string, options: LoadIdxOptions): Promise<ImageSplit> =>
  idxIn('loadIdx', folder, options);

const idxIn = async (op: string, folder: string, options: LoadIdxOptions): Promise<ImageSplit> => {
  const given: Partial<LoadIdxOptions> | undefined = options;
  const { classes, checksums, limit } = checkedOptions(op, given ?? {}, loadIdxNames);
  if (classes === undefined)
    throw new ArgumentError({
      op,
      problem: 'there are no names of classes, which the files do not have',
      remedy: `give them: ${op}(folder, { classes: ['zero', 'one', …] }); loadMnist and loadFashionMnist know theirs`,
    });
  checkTexts(op, 'classes', classes);
  checkChecksums(op, checksums);
  if (limit !== undefined) checkLimit(op, limit);
  checkPath(op, folder, 'folder');
  const load = async (part: keyof typeof parts): Promise<ImageSet> => {
    const images = await readPart(folder, parts[part].images, op, options);
    const labels = await readPart(folder, parts[part].labels, op, options);
    return inOperation(op, () =>
      decodeIdx({
        images: images.bytes,
        labels: labels.bytes,
        classes,
        imagesFile: images.file,
        labelsFile: labels.file,
      }),
    );
  };
  return { train: await load('train'), test: await load('test') };
};

/** `loadIdx` with its error as a value. */
export const tryLoadIdx = (folder: string, options: LoadIdxOptions): TE.TaskEither<DataError, ImageSplit> =>
  attemptTask(() => loadIdx(folder, options));

export interface LoadPublishedOptions {
  /** false: any files in the right form will do; true by default. */
  readonly verify?: boolean;
  /** Where the files come from when no folder is given. */
  readonly url?: string;
  /** Where downloads are kept; `cacheFolder()` by default. */
  readonly cache?: string;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

const publishedNames = { verify: 'flag', url: true, cache: true, onProgress: true } as const;

const loadPublished = async (
  op: string,
  { folder: name, url: home, classes, checksums }: Published,
  folder: string | undefined,
  options: LoadPublishedOptions,
): Promise<ImageSplit> => {
  const { verify = true, url = home, cache = cacheFolder(), onProgress } = checkedOptions(op, options, publishedNames);
  checkFlag(op, 'verify', verify);
  checkDownload(op, { url, cache, onProgress });
  if (folder !== undefined) checkPath(op, folder, 'folder');
  if (folder !== undefined)
    refuseWithout(op, options, ['url', 'cache'], 'a folder is given, and nothing is downloaded');
  const from = folder ?? join(cache, name);
  if (folder === undefined)
    for (const [file, sha256] of Object.entries(checksums))
      await downloadAs(op, {
        url: `${url}/${file}`,
        path: join(from, file),
        sha256,
        ...(onProgress === undefined ? {} : { onProgress }),
      });
  return idxIn(op, from, verify ? { classes, checksums } : { classes });
};

/**
 * MNIST: 60,000 + 10,000 handwritten digits, 28 × 28. From a folder, or, without one, from the cache, into which the four
 * files (12 MB) are downloaded the first time.
 * @throws DataError where a file is missing, damaged or not the published one.
 */
export const loadMnist = (folder?: string, options: LoadPublishedOptions = {}): Promise<ImageSplit> =>
  loadPublished('loadMnist', mnist, folder, options);

/** `loadMnist` with its error as a value. */
export const tryLoadMnist = (folder?: string, options?: LoadPublishedOptions): TE.TaskEither<DataError, ImageSplit> =>
  attemptTask(() => loadMnist(folder, options));

/**
 * Fashion-MNIST: 60,000 + 10,000 photographs of clothing, 28 × 28. From a folder, or, without one, from the cache, into
 * which the four files (31 MB) are downloaded the first time.
 * @throws DataError where a file is missing, damaged or not the published one.
 */
export const loadFashionMnist = (folder?: string, options: LoadPublishedOptions = {}): Promise<ImageSplit> =>
  loadPublished('loadFashionMnist', fashionMnist, folder, options);

/** `loadFashionMnist` with its error as a value. */
export const tryLoadFashionMnist = (
  folder?: string,
  options?: LoadPublishedOptions,
): TE.TaskEither<DataError, ImageSplit> => attemptTask(() => loadFashionMnist(folder, options));
