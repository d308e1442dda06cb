/** NumPy's `.npz`: a zip archive of `.npy` files. Zipping is the work of `@zip.js/zip.js`, which is an optional package of its own. */
import type { taskEither as TE } from 'fp-ts';
import type { Tensor } from '../../core/tensor.js';
import { decodeNpy, encodeNpy } from '../codecs/npy.js';
import { countBytes, excerpt } from '../codecs/reader.js';
import { attemptTask, DataError } from '../errors.js';
import { readBytes, writeAtomic } from './files.js';
import { largestLimit, largestRatio } from './gzip.js';
import { optional } from './optional.js';

const zipLibrary = (op: string): Promise<typeof import('@zip.js/zip.js')> =>
  optional(op, '@zip.js/zip.js', () => import('@zip.js/zip.js'));

/** Everything in this thread, every checksum checked. */
const settings = { useWebWorkers: false, checkSignature: true, checkOverlappingEntry: true } as const;

/**
 * The named tensors of an `.npz` archive.
 * @param limit how many bytes the arrays may unpack to in all; 1 GiB by default.
 * @throws DataError for a damaged archive, a wrong checksum, anything in it but `.npy` files, or sizes beyond the limit.
 */
export const decodeNpz = async (
  bytes: Uint8Array,
  file = 'npz archive',
  limit: number = largestLimit,
): Promise<ReadonlyMap<string, Tensor>> => {
  const { Uint8ArrayReader, Uint8ArrayWriter, ZipReader } = await zipLibrary('decodeNpz');
  const fail = (problem: string, expected: string): never => {
    throw new DataError({ op: 'decodeNpz', file, place: null, problem, expected });
  };
  /** The library's own refusals, which are plain errors with a sentence; anything else is thrown on. */
  const damaged =
    (what: string) =>
    (error: unknown): never => {
      if (!(error instanceof Error)) throw error;
      return fail(`${what} (${error.message})`, 'a zip archive that is whole');
    };
  const reader = new ZipReader(new Uint8ArrayReader(bytes), settings);
  const entries = await reader.getEntries().catch(damaged('the directory cannot be read'));
  const found = new Map<string, Tensor>();
  let total = 0;
  for (const entry of entries) {
    const { filename, compressedSize, uncompressedSize } = entry;
    const shown = JSON.stringify(excerpt(filename));
    if (entry.directory || !filename.endsWith('.npy')) return fail(`the entry ${shown}`, '.npy files only');
    const name = filename.slice(0, -'.npy'.length);
    if (found.has(name)) fail(`two entries ${shown}`, 'a name of its own for each array');
    // The size is a claim: nothing is set aside for one that the packed bytes cannot hold.
    if (compressedSize > bytes.length || uncompressedSize > compressedSize * largestRatio)
      fail(
        `the entry ${shown} claims ${countBytes(uncompressedSize)}, packed into ${compressedSize}`,
        `a size that ${countBytes(Math.min(compressedSize, bytes.length))} can hold`,
      );
    total += uncompressedSize;
    if (total > limit) fail(`more than ${countBytes(limit)} unpacked`, `${countBytes(limit)} at most`);
    const unpacked = await entry
      .getData(new Uint8ArrayWriter(), settings)
      .catch(damaged(`the entry ${shown} cannot be unpacked`));
    found.set(name, decodeNpy(unpacked, `${file}/${filename}`));
  }
  await reader.close();
  return found;
};

/** `decodeNpz` with its error as a value. */
export const tryDecodeNpz = (
  bytes: Uint8Array,
  file?: string,
  limit?: number,
): TE.TaskEither<DataError, ReadonlyMap<string, Tensor>> => attemptTask(() => decodeNpz(bytes, file, limit));

/** Every archive says it was written then, so that the same tensors give the same bytes. */
const epoch = new Date(1980, 0, 1);

/**
 * Named tensors as an `.npz` archive, compressed.
 * @throws ArgumentError when the package `@zip.js/zip.js` is not installed.
 */
export const encodeNpz = async (
  tensors: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
): Promise<Uint8Array> => {
  const { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } = await zipLibrary('encodeNpz');
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false, extendedTimestamp: false });
  const named: readonly (readonly [string, Tensor])[] =
    tensors instanceof Map ? [...tensors] : Object.entries(tensors as Readonly<Record<string, Tensor>>);
  for (const [name, tensor] of named)
    await writer.add(`${name}.npy`, new Uint8ArrayReader(encodeNpy(tensor)), { lastModDate: epoch });
  return writer.close();
};

/**
 * The named tensors of an `.npz` file.
 * @throws DataError where the file is missing or damaged.
 */
export const loadNpz = async (path: string): Promise<ReadonlyMap<string, Tensor>> =>
  decodeNpz(await readBytes(path, 'loadNpz'), path);

/** `loadNpz` with its error as a value. */
export const tryLoadNpz = (path: string): TE.TaskEither<DataError, ReadonlyMap<string, Tensor>> =>
  attemptTask(() => loadNpz(path));

/** Writes an `.npz` file, in full or not at all. */
export const saveNpz = async (
  path: string,
  tensors: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
): Promise<void> => writeAtomic(path, await encodeNpz(tensors));
