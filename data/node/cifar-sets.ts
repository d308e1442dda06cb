/** CIFAR-10 and others in its record form, from files that are packed or not. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { taskEither as TE } from 'fp-ts';
import { decodeCifar10 } from '../codecs/cifar.js';
import { attemptTask, DataError } from '../errors.js';
import { type ImageSet, joinImages } from '../images.js';
import { verifyChecksum } from './checksum.js';
import { readBytes, systemError } from './files.js';
import { gunzipIfPacked } from './gzip.js';
import type { ImageSplit } from './idx-sets.js';

export interface LoadCifarOptions {
  /** SHA-256 by file name, held against the files that have one. */
  readonly checksums?: Readonly<Record<string, string>>;
}

/**
 * The images of one file or more of CIFAR-10 records, in order; each packed (`.gz`) or not.
 * @throws DataError where a file is missing, damaged or not the one it should be.
 */
export const loadCifar10Records = async (
  paths: string | readonly string[],
  { checksums = {} }: LoadCifarOptions = {},
): Promise<ImageSet> => {
  const sets: ImageSet[] = [];
  for (const path of typeof paths === 'string' ? [paths] : paths) {
    const bytes = await readBytes(path, 'loadCifar10');
    const wanted = checksums[path.split(/[\\/]/).at(-1) ?? ''];
    if (wanted !== undefined) verifyChecksum(bytes, wanted, path, 'loadCifar10');
    sets.push(decodeCifar10(gunzipIfPacked(bytes, path), path));
  }
  return joinImages(sets);
};

/** `loadCifar10Records` with its error as a value. */
export const tryLoadCifar10Records = (
  paths: string | readonly string[],
  options?: LoadCifarOptions,
): TE.TaskEither<DataError, ImageSet> => attemptTask(() => loadCifar10Records(paths, options));

const trainFile = /^(data_batch_|train).*\.bin(\.gz)?$/;
const testFile = /^test.*\.bin(\.gz)?$/;

/**
 * Training and test images from a folder: `data_batch_1.bin` … and `test_batch.bin` as published, or `train….bin` and
 * `test….bin`, each packed (`.gz`) or not.
 * @throws DataError where files are missing, damaged or not those they should be.
 */
export const loadCifar10 = async (folder: string, options: LoadCifarOptions = {}): Promise<ImageSplit> => {
  const names = await readdir(folder).catch((error: unknown) => {
    throw systemError(error, 'loadCifar10', folder, 'a folder with CIFAR-10 records');
  });
  const load = (pattern: RegExp, what: string): Promise<ImageSet> => {
    const found = names.filter((name) => pattern.test(name)).sort();
    if (found.length === 0)
      throw new DataError({ op: 'loadCifar10', file: folder, place: null, problem: 'no such file', expected: what });
    return loadCifar10Records(
      found.map((name) => join(folder, name)),
      options,
    );
  };
  return {
    train: await load(trainFile, 'data_batch_1.bin or train….bin'),
    test: await load(testFile, 'test_batch.bin or test….bin'),
  };
};

/** `loadCifar10` with its error as a value. */
export const tryLoadCifar10 = (folder: string, options?: LoadCifarOptions): TE.TaskEither<DataError, ImageSplit> =>
  attemptTask(() => loadCifar10(folder, options));
