/** gzip with a bound: what unpacks to more than expected is refused before it fills the memory. */
import { gunzipSync, type ZlibOptions } from 'node:zlib';
import { countBytes } from '../codecs/reader.js';
import { DataError } from '../errors.js';
import { systemCode } from './files.js';

/** What `gunzip` unpacks at most unless told otherwise: 1 GiB. */
export const defaultLimit: number = 2 ** 30;

/** Deflate never packs more than this many bytes into one. */
export const largestRatio = 1032;

const problems: Readonly<Record<string, string>> = {
  Z_BUF_ERROR: 'the gzip stream ends too early',
  Z_DATA_ERROR: 'the gzip stream is damaged',
};

/** Do these bytes begin as gzip streams do? */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * Unpacks a gzip stream; bytes that are none are refused.
 * @throws DataError for a damaged or cut stream, for bytes after it, and for more than `limit` bytes.
 */
export const gunzip = (bytes: Uint8Array, file = 'gzip stream', limit: number = defaultLimit): Uint8Array => {
  const fail = (problem: string, expected: string, byte: number | null): never => {
    throw new DataError({ op: 'gunzip', file, place: byte === null ? null : { byte }, problem, expected });
  };
  if (!isGzip(bytes)) fail('no gzip stream', 'the magic bytes 1f 8b', 0);
  const unpack = (): { readonly buffer: Uint8Array; readonly engine: { readonly bytesWritten: number } } => {
    try {
      // With `info`, the result says how many bytes were used up; the declared type does not know that.
      const options: ZlibOptions = { maxOutputLength: limit, info: true };
      return gunzipSync(bytes, options) as unknown as ReturnType<typeof unpack>;
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ERR_BUFFER_TOO_LARGE')
        return fail('the gzip stream unpacks to more', `${countBytes(limit)} at most`, null);
      const problem = problems[code ?? ''];
      if (problem === undefined) throw error;
      return fail(`${problem} (${(error as Error).message})`, 'a whole gzip stream', null);
    }
  };
  const { buffer, engine } = unpack();
  if (engine.bytesWritten < bytes.length)
    fail(
      `${countBytes(bytes.length - engine.bytesWritten)} too many`,
      'the end of the gzip stream',
      engine.bytesWritten,
    );
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
};

/** The bytes, unpacked when they are a gzip stream. */
export const gunzipIfPacked = (bytes: Uint8Array, file?: string, limit?: number): Uint8Array =>
  isGzip(bytes) ? gunzip(bytes, file, limit) : bytes;
