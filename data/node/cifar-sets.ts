/** CIFAR-10 and others in its record form: from files that are packed or not, from the published archive, or downloaded. */
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { taskEither as TE } from 'fp-ts';
import { inOperation } from '../../core/base/scope.js';
import { checkedOptions, refuseWithout } from '../../core/tensor/arguments.js';
import { checkLimit, checkTexts } from '../checks.js';
import { decodeCifar10 } from '../codecs/cifar.js';
import { decodeTar } from '../codecs/tar.js';
import { attemptTask, DataError } from '../errors.js';
import { type ImageSet, joinImages } from '../images.js';
import { cacheFolder } from './cache.js';
import { checkDownload, type DownloadProgress, downloadAs } from './download.js';
import { checkPath, systemError } from './files.js';
import { gunzipIfPacked } from './gzip.js';
import type { ImageSplit } from './idx-sets.js';
import { checkChecksums, checksumOf, readUnpacked } from './unpacked.js';

export interface LoadCifarOptions {
  /** SHA-256 by file name, held against the files that have one. */
  readonly checksums?: Readonly<Record<string, string>>;
  /**
   * How many bytes each packed file may unpack to; by default 256 MiB for an archive (the published one takes 184 MB) and a
   * hundred times the packed ones for records (`unpackedLimit`).
   */
  readonly limit?: number;
}

const loadCifar10RecordsNames = { checksums: true, limit: true } as const;

/**
 * The images of one file or more of CIFAR-10 records, in order; each packed (`.gz`) or not.
 * @throws DataError where a file is missing, damaged or not the one it should be.
 */
export const loadCifar10Records = async (
  paths: string | readonly string[],
  given: LoadCifarOptions = {},
): Promise<ImageSet> => {
  const op = 'loadCifar10Records';
  const options = checkedOptions(op, given, loadCifar10RecordsNames);
  checkLoading(op, options);
  if (typeof paths !== 'string') checkTexts(op, 'paths', paths);
  return recordsIn(op, typeof paths === 'string' ? [paths] : paths, options);
};

/** Throws unless what holds for every file is in order. */
const checkLoading = (op: string, { checksums, limit }: LoadCifarOptions): void => {
  checkChecksums(op, checksums);
  if (limit !== undefined) checkLimit(op, limit);
};

const recordsIn = async (op: string, paths: readonly string[], given: LoadCifarOptions): Promise<ImageSet> => {
  const { checksums, ...options } = given;
  const sets: ImageSet[] = [];
  for (const path of paths) {
    const bytes = await readUnpacked(path, op, { sha256: checksumOf(checksums, basename(path)), ...options });
    sets.push(inOperation(op, () => decodeCifar10(bytes, path)));
  }
  return inOperation(op, () => joinImages(sets));
};

/** `loadCifar10Records` with its error as a value. */
export const tryLoadCifar10Records = (
  paths: string | readonly string[],
  options?: LoadCifarOptions,
): TE.TaskEither<DataError, ImageSet> => attemptTask(() => loadCifar10Records(paths, options));

const archiveName = 'cifar-10-binary.tar.gz';
const archiveUrl = 'https://www.cs.toronto.edu/~kriz';
const archiveSha256 = 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd';

const largestArchive = 2 ** 28;

const trainFile = /^(data_batch_|train).*\.bin(\.gz)?$/;
const testFile = /^test.*\.bin(\.gz)?$/;
const archiveFile = /\.(tar|tar\.gz|tgz)$/;

/** Both parts of what `names` lists, in the order of names. */
const splitOf = async (
  place: string,
  names: readonly string[],
  load: (names: readonly string[]) => Promise<ImageSet>,
): Promise<ImageSplit> => {
  const part = (pattern: RegExp, what: string): Promise<ImageSet> => {
    const found = names.filter((name) => pattern.test(basename(name))).sort();
    if (found.length === 0)
      throw new DataError({ op: 'loadCifar10', file: place, place: null, problem: 'no such file', expected: what });
    return load(found);
  };
  return {
    train: await part(trainFile, 'data_batch_1.bin or train….bin'),
    test: await part(testFile, 'test_batch.bin or test….bin'),
  };
};

const loadArchive = async (path: string, { checksums, ...options }: LoadCifarOptions): Promise<ImageSplit> => {
  const sha256 = checksumOf(checksums, basename(path));
  const bytes = await readUnpacked(path, 'loadCifar10', { sha256, limit: largestArchive, ...options });
  const files = inOperation('loadCifar10', () => decodeTar(bytes, path));
  return splitOf(path, [...files.keys()], async (names) =>
    inOperation('loadCifar10', () =>
      joinImages(
        names.map((name) => {
          const file = `${path}/${name}`;
          return decodeCifar10(gunzipIfPacked(files.get(name) ?? new Uint8Array(0), { file, ...options }), file);
        }),
      ),
    ),
  );
};

const loadFolder = async (folder: string, options: LoadCifarOptions): Promise<ImageSplit> => {
  const names = await readdir(folder).catch((error: unknown) => {
    throw systemError(error, 'loadCifar10', folder, 'a folder with CIFAR-10 records');
  });
  return splitOf(folder, names, (found) =>
    recordsIn(
      'loadCifar10',
      found.map((name) => join(folder, name)),
      options,
    ),
  );
};

export interface LoadCifar10Options extends LoadCifarOptions {
  /** Where the archive comes from when no path is given. */
  readonly url?: string;
  /** Where the download is kept; `cacheFolder()` by default. */
  readonly cache?: string;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

const loadCifar10Names = { checksums: true, limit: true, url: true, cache: true, onProgress: true } as const;

/**
 * Training and test images: from the published archive (`cifar-10-binary.tar.gz`); from a folder with `data_batch_1.bin` …
 * and `test_batch.bin` as published, or `train….bin` and `test….bin`, each packed (`.gz`) or not; or, without a path, from
 * the cache, into which the archive (170 MB) is downloaded the first time.
 * @throws DataError where files are missing, damaged or not those they should be.
 */
export const loadCifar10 = async (path?: string, given: LoadCifar10Options = {}): Promise<ImageSplit> => {
  const {
    url = archiveUrl,
    cache = cacheFolder(),
    onProgress,
    ...options
  } = checkedOptions('loadCifar10', given, loadCifar10Names);
  checkLoading('loadCifar10', options);
  checkDownload('loadCifar10', { url, cache, onProgress });
  if (path !== undefined) checkPath('loadCifar10', path);
  if (path !== undefined)
    refuseWithout('loadCifar10', given, ['url', 'cache'], 'a path is given, and nothing is downloaded');
  if (path !== undefined) return archiveFile.test(path) ? loadArchive(path, options) : loadFolder(path, options);
  const archive = await downloadAs('loadCifar10', {
    url: `${url}/${archiveName}`,
    path: join(cache, 'cifar-10', archiveName),
    sha256: archiveSha256,
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  return loadArchive(archive, options);
};

/** `loadCifar10` with its error as a value. */
export const tryLoadCifar10 = (path?: string, options?: LoadCifar10Options): TE.TaskEither<DataError, ImageSplit> =>
  attemptTask(() => loadCifar10(path, options));
