/** NumPy's `.npz`: a zip archive of `.npy` files. */
import type { taskEither as TE } from 'fp-ts';
import { ArgumentError } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { checkCharacters, checkLimit, namedEntries } from '../checks.js';
import { decodeNpy, encodeNpy } from '../codecs/npy.js';
import { countBytes, excerpt } from '../codecs/reader.js';
import { attemptTask, DataError } from '../errors.js';
import type { FileSystem } from './file-system.js';
import { readBytes, writeAs } from './files.js';
import { largestLimit } from './gzip.js';
import { readZip } from './unzip.js';
import { writeZip } from './zip.js';

const suffix = '.npy';

/**
 * The named tensors of an `.npz` archive. Sizes are summed before anything is unpacked.
 * @param limit how many bytes the arrays may unpack to in all; 1 GiB by default.
 * @throws DataError for a damaged archive, a wrong checksum, anything in it but `.npy` files, or sizes beyond the limit.
 */
export const decodeNpz = async (
  bytes: Uint8Array,
  file = 'npz archive',
  limit: number = largestLimit,
): Promise<ReadonlyMap<string, Tensor>> => {
  checkLimit('decodeNpz', limit);
  return npzIn('decodeNpz', bytes, file, limit);
};

const npzIn = (op: string, bytes: Uint8Array, file: string, limit: number): ReadonlyMap<string, Tensor> => {
  const fail = (problem: string, expected: string): never => {
    throw new DataError({ op, file, place: null, problem, expected });
  };
  const found = new Map<string, Tensor>();
  for (const { name: entry, unpack } of readZip(bytes, op, file, limit)) {
    const shown = JSON.stringify(excerpt(entry));
    if (!entry.endsWith(suffix)) return fail(`the entry ${shown}`, '.npy files only');
    const name = entry.slice(0, -suffix.length);
    if (found.has(name)) fail(`two entries ${shown}`, 'a name of its own for each array');
    found.set(
      name,
      inOperation(op, () => decodeNpy(unpack(), `${file}/${excerpt(entry)}`)),
    );
  }
  return found;
};

/** `decodeNpz` with its error as a value. */
export const tryDecodeNpz = (
  bytes: Uint8Array,
  file?: string,
  limit?: number,
): TE.TaskEither<DataError, ReadonlyMap<string, Tensor>> => attemptTask(() => decodeNpz(bytes, file, limit));

/** How much may be in an archive. */
export interface NpzOptions {
  /** How many bytes the arrays may take unpacked, in all; 1 GiB by default, for writers as for readers. */
  readonly limit?: number;
}

const npzOptionNames = { limit: true } as const;

/**
 * Named tensors as an `.npz` archive, compressed.
 * @throws ArgumentError for arrays beyond the limit, which readers would refuse, and for names that no file can have; ShapeError for a
 * tensor of more than 64 axes.
 */
export const encodeNpz = async (
  tensors: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  options: NpzOptions = {},
): Promise<Uint8Array> => npzOf('encodeNpz', tensors, options);

const npzOf = (op: string, tensors: unknown, options: NpzOptions): Uint8Array => {
  const { limit = largestLimit } = checkedOptions(op, options, npzOptionNames);
  checkLimit(op, limit);
  const named = namedEntries(op, tensors);
  const files = function* (): Generator<readonly [string, Uint8Array], void, undefined> {
    let total = 0;
    for (const [name, tensor] of named) {
      checkCharacters(op, 'the name', name);
      const bytes = inOperation(op, () => encodeNpy(tensor));
      total += bytes.length;
      if (total > limit)
        throw new ArgumentError({
          op,
          problem: `the arrays take more than ${countBytes(limit)}`,
          remedy: 'give a larger limit, here and to the reader, or write a safetensors file',
        });
      yield [`${name}${suffix}`, bytes];
    }
  };
  return writeZip(op, files());
};

/**
 * The named tensors of an `.npz` file.
 * @throws DataError where the file is missing or damaged, or holds more than the limit.
 */
export const loadNpz = async (path: string, options: NpzOptions = {}): Promise<ReadonlyMap<string, Tensor>> => {
  const { limit = largestLimit } = checkedOptions('loadNpz', options, npzOptionNames);
  checkLimit('loadNpz', limit);
  return npzIn('loadNpz', await readBytes(path, 'loadNpz'), path, limit);
};

/** `loadNpz` with its error as a value. */
export const tryLoadNpz = (path: string, options?: NpzOptions): TE.TaskEither<DataError, ReadonlyMap<string, Tensor>> =>
  attemptTask(() => loadNpz(path, options));

/**
 * Writes an `.npz` file, in full or not at all.
 * @param files where to; the system's own files by default (experimental).
 * @throws DataError when the system refuses; ArgumentError for what `encodeNpz` refuses.
 */
export const saveNpz = async (
  path: string,
  tensors: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  options: NpzOptions = {},
  files?: FileSystem,
): Promise<void> => writeAs('saveNpz', path, () => npzOf('saveNpz', tensors, options), files);
