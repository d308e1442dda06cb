/** Single arrays and named tensors in files: `.npy` and safetensors. */
import type { taskEither as TE } from 'fp-ts';
import { inOperation } from '../../core/base/scope.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { decodeNpy, encodeNpy } from '../codecs/npy.js';
import { decodeSafetensors, encodeSafetensors, type NamedTensors } from '../codecs/safetensors.js';
import { attemptTask, type DataError } from '../errors.js';
import type { FileSystem } from './file-system.js';
import { readBytes, writeAs } from './files.js';

/**
 * The tensor in a `.npy` file.
 * @throws DataError where the file is missing or damaged.
 */
export const loadNpy = async (path: string): Promise<Tensor> => {
  const bytes = await readBytes(path, 'loadNpy');
  return inOperation('loadNpy', () => decodeNpy(bytes, path));
};

/** `loadNpy` with its error as a value. */
export const tryLoadNpy = (path: string): TE.TaskEither<DataError, Tensor> => attemptTask(() => loadNpy(path));

/**
 * Writes a `.npy` file, in full or not at all.
 * @param files where to; the system's own files by default (experimental).
 * @throws DataError when the system refuses; ArgumentError for anything but a tensor.
 */
export const saveNpy = async (path: string, x: Tensor, files?: FileSystem): Promise<void> =>
  writeAs('saveNpy', path, () => encodeNpy(x), files);

/**
 * The tensors of a safetensors file by name; `loadStateDict` puts them into a tree of parameters.
 * @throws DataError where the file is missing or damaged.
 */
export const loadSafetensors = async (path: string): Promise<NamedTensors> => {
  const bytes = await readBytes(path, 'loadSafetensors');
  return inOperation('loadSafetensors', () => decodeSafetensors(bytes, path));
};

/** `loadSafetensors` with its error as a value. */
export const tryLoadSafetensors = (path: string): TE.TaskEither<DataError, NamedTensors> =>
  attemptTask(() => loadSafetensors(path));

/**
 * Writes a safetensors file, in full or not at all; `stateDict` names the leaves of a tree of parameters.
 * @param files where to; the system's own files by default (experimental).
 * @throws DataError when the system refuses; ArgumentError for what `encodeSafetensors` refuses.
 */
export const saveSafetensors = async (
  path: string,
  tensors: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  metadata?: Readonly<Record<string, string>>,
  files?: FileSystem,
): Promise<void> => writeAs('saveSafetensors', path, () => encodeSafetensors(tensors, metadata), files);
