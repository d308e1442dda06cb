/** gzip with a bound: what unpacks to more than expected is refused before it fills the memory. */

import { kMaxLength } from 'node:buffer';
import { constants, gunzipSync, type ZlibOptions } from 'node:zlib';
import { checkCallable } from '../../core/base/methods.js';
import { inOperation } from '../../core/base/scope.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { checkBytes, checkLimit, checkObject, checkText, checkWhole } from '../checks.js';
import { otherKind } from '../codecs/kinds.js';
import { countBytes } from '../codecs/reader.js';
import { DataError } from '../errors.js';
import { systemCode } from './files.js';

/** What anything unpacks to at most unless told otherwise: 1 GiB. */
export const largestLimit: number = 2 ** 30;

/** Numbers and photographs pack to a half or a tenth, drawings and text to a thirtieth; a hundredth is a bomb. */
const usualRatio = 100;

/** However few the packed bytes are, so much may come of them: 16 MiB. */
const smallestLimit = 2 ** 24;

/**
 * What `gunzip` unpacks at most unless told otherwise: a hundred times the packed bytes, but 16 MiB at least and 1 GiB at most.
 * @example
 * unpackedLimit(1_000_000) // 100_000_000
 */
export const unpackedLimit = (packed: number): number => {
  checkWhole('unpackedLimit', 'the number of packed bytes', packed);
  return Math.min(Math.max(usualRatio * packed, smallestLimit), largestLimit);
};

/** Deflate never packs more than this many bytes into one. */
export const largestRatio = 1032;

const problems: Readonly<Record<string, string>> = {
  Z_BUF_ERROR: 'the gzip stream ends too early',
  Z_DATA_ERROR: 'the gzip stream is damaged',
};

/** Do these bytes begin as gzip streams do? */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** The first bytes of what a stream unpacks to, at least `count` of them where there are so many: a header to learn the size from. */
const start = (bytes: Uint8Array, count: number): Uint8Array => {
  // A dictionary of codes comes before the first byte; names and comments in the header of gzip are short.
  for (const taken of [2 ** 10, 2 ** 14]) {
    try {
      // An end in the middle of the stream is no mistake with this flag.
      const found = gunzipSync(bytes.subarray(0, taken), { finishFlush: constants.Z_SYNC_FLUSH });
      if (found.length >= count || taken >= bytes.length) return found.subarray(0, count);
    } catch {
      // What is wrong is said when the whole is unpacked.
      return new Uint8Array(0);
    }
  }
  return new Uint8Array(0);
};

/** How much may come of a stream. */
export interface GunzipOptions {
  /** What errors call the stream. */
  readonly file?: string;
  /** Bytes at most, a whole number, or Infinity for no bound but that of Node; `unpackedLimit` of the packed ones by default. */
  readonly limit?: number;
  /** Where the content says how long it is: how many bytes of its header are needed, and the length that they announce, if any. */
  readonly announced?: { readonly header: number; readonly length: (header: Uint8Array) => number | null };
}

const gunzipNames = { file: true, limit: true, announced: true } as const;

/**
 * Unpacks a gzip stream; bytes that are none are refused. Places in errors are places in what is unpacked, as a decoder counts
 * them, but for those of bytes after the stream.
 * @throws DataError for a damaged or cut stream, for bytes after it, and as soon as more comes out than is allowed, or than the
 * content itself announces.
 */
export const gunzip = (bytes: Uint8Array, given: GunzipOptions = {}): Uint8Array => {
  const { file = 'gzip stream', announced, ...options } = checkedOptions('gunzip', given, gunzipNames);
  checkBytes('gunzip', bytes);
  checkText('gunzip', 'file', file);
  if (options.limit !== undefined) checkLimit('gunzip', options.limit);
  if (announced !== undefined) {
    checkObject('gunzip', 'announced', announced);
    checkWhole('gunzip', 'announced.header', announced.header);
    checkCallable('gunzip', 'announced.length', announced.length);
  }
  const fail = (problem: string, expected: string, byte: number | null): never => {
    throw new DataError({ op: 'gunzip', file, place: byte === null ? null : { byte }, problem, expected });
  };
  if (!isGzip(bytes)) {
    const kind = otherKind(bytes, 'gunzip');
    fail(kind === null ? 'no gzip stream' : `no gzip stream; the file is ${kind}`, 'the magic bytes 1f 8b', 0);
  }
  const length = announced === undefined ? null : announced.length(start(bytes, announced.header));
  // A length that is announced is no guess, so that only the largest limit holds beside it.
  const { limit = length === null ? unpackedLimit(bytes.length) : largestLimit } = options;
  const most = Math.min(limit, length ?? limit);
  const unpack = (): { readonly buffer: Uint8Array; readonly engine: { readonly bytesWritten: number } } => {
    try {
      // With `info`, the result says how many bytes were used up; the declared type does not know that.
      const settings: ZlibOptions = { maxOutputLength: Math.min(Math.max(most, 1), kMaxLength), info: true };
      return gunzipSync(bytes, settings) as unknown as ReturnType<typeof unpack>;
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ERR_BUFFER_TOO_LARGE')
        return fail(
          'the gzip stream unpacks to more',
          most === length
            ? `the end, after the ${countBytes(length)} that the header announces`
            : `${countBytes(limit)} at most; a larger limit allows more`,
          most,
        );
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
export const gunzipIfPacked = (bytes: Uint8Array, options: GunzipOptions = {}): Uint8Array => {
  checkedOptions('gunzipIfPacked', options, gunzipNames);
  checkBytes('gunzipIfPacked', bytes);
  return isGzip(bytes) ? inOperation('gunzipIfPacked', () => gunzip(bytes, options)) : bytes;
};
