/** Files of data, packed or not: held against a checksum as they are, then unpacked. */
import { inOperation } from '../../core/base/scope.js';
import { checkObject, checkText } from '../checks.js';
import { verifyChecksum } from './checksum.js';
import { readBytes } from './files.js';
import { type GunzipOptions, gunzipIfPacked } from './gzip.js';

export interface UnpackedOptions extends Omit<GunzipOptions, 'file'> {
  /** SHA-256 of the file as it is; not held against anything where there is none. */
  readonly sha256?: string | undefined;
}

/** Throws unless the value is checksums by the names of files. */
export const checkChecksums = (op: string, checksums: unknown): void => {
  if (checksums === undefined) return;
  checkObject(op, 'checksums', checksums);
  for (const [name, sha256] of Object.entries(checksums as object))
    checkText(op, `the checksum of ${JSON.stringify(name)}`, sha256);
};

/** The checksum of a file, if there is one under its name. */
export const checksumOf = (
  checksums: Readonly<Record<string, string>> | undefined,
  name: string,
): string | undefined => (checksums !== undefined && Object.hasOwn(checksums, name) ? checksums[name] : undefined);

/**
 * The bytes of a file, unpacked if they are a gzip stream.
 * @throws DataError where the file is missing, not the one it should be, damaged, or unpacks to more than it may.
 */
export const readUnpacked = async (
  path: string,
  op: string,
  { sha256, ...options }: UnpackedOptions = {},
): Promise<Uint8Array> => {
  if (sha256 !== undefined) checkText(op, 'sha256', sha256);
  const bytes = await readBytes(path, op);
  if (sha256 !== undefined) verifyChecksum(bytes, sha256, path, op);
  return inOperation(op, () => gunzipIfPacked(bytes, { file: path, ...options }));
};
