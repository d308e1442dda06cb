/** Files of data, packed or not: held against a checksum as they are, then unpacked. */
import { verifyChecksum } from './checksum.js';
import { readBytes } from './files.js';
import { type GunzipOptions, gunzipIfPacked } from './gzip.js';

export interface UnpackedOptions extends Omit<GunzipOptions, 'file'> {
  /** SHA-256 of the file as it is; not held against anything where there is none. */
  readonly sha256?: string | undefined;
}

/**
 * The bytes of a file, unpacked if they are a gzip stream.
 * @throws DataError where the file is missing, not the one it should be, damaged, or unpacks to more than it may.
 */
export const readUnpacked = async (
  path: string,
  op: string,
  { sha256, ...options }: UnpackedOptions = {},
): Promise<Uint8Array> => {
  const bytes = await readBytes(path, op);
  if (sha256 !== undefined) verifyChecksum(bytes, sha256, path, op);
  return gunzipIfPacked(bytes, { file: path, ...options });
};
