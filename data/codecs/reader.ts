/**
 * A cursor over bytes that never reads past their end and never believes a size before it has compared it with what is
 * there. Whatever is wrong becomes a `DataError` that names the file and the byte.
 */
import { checkBytes, checkText } from '../checks.js';
import { DataError } from '../errors.js';
import { otherKind } from './kinds.js';

export interface BinaryReader {
  readonly file: string;
  /** The position of the next byte. */
  offset(): number;
  /** How many bytes are left. */
  remaining(): number;
  uint8(expected: string): number;
  uint16(expected: string, littleEndian?: boolean): number;
  uint32(expected: string, littleEndian?: boolean): number;
  /** A 64-bit size; refused beyond 2^53, which no file reaches. */
  uint64(expected: string, littleEndian?: boolean): number;
  /** The next `count` bytes, as a view of the given ones. */
  bytes(count: number, expected: string): Uint8Array;
  /** Refuses bytes that nothing accounts for. */
  end(): void;
  /** Throws a `DataError` at a byte; at the next one where none is named. */
  fail(problem: string, expected: string, byte?: number): never;
}

/** How many bytes there are, in words. */
export const countBytes = (count: number): string => (count === 1 ? '1 byte' : `${count} bytes`);

/** As much of a text as a message can hold. */
export const excerpt = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

/** A reader from the first byte on. Errors say that `op` found them in `file`. */
export const binaryReader = (bytes: Uint8Array, op: string, file: string): BinaryReader => {
  checkBytes(op, bytes);
  checkText(op, 'file', file);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let next = 0;

  const fail = (problem: string, expected: string, byte = next): never => {
    // Where the beginning is wrong, the whole file may be of another kind.
    const kind = byte < 16 ? otherKind(bytes, op) : null;
    throw new DataError({
      op,
      file,
      place: { byte },
      problem: kind === null ? problem : `${problem}; the file is ${kind}`,
      expected,
    });
  };
  /** Moves on by `count` bytes and says where they begin. */
  const advance = (count: number, expected: string): number => {
    const left = bytes.length - next;
    if (!(count <= left)) fail(`${left === 0 ? 'the file ends' : `only ${countBytes(left)} left`}`, expected);
    next += count;
    return next - count;
  };

  return {
    file,
    offset: () => next,
    remaining: () => bytes.length - next,
    uint8: (expected) => view.getUint8(advance(1, expected)),
    uint16: (expected, littleEndian = false) => view.getUint16(advance(2, expected), littleEndian),
    uint32: (expected, littleEndian = false) => view.getUint32(advance(4, expected), littleEndian),
    uint64: (expected, littleEndian = false) => {
      const at = advance(8, expected);
      const value = view.getBigUint64(at, littleEndian);
      return value > BigInt(Number.MAX_SAFE_INTEGER) ? fail(`the size ${value}`, expected, at) : Number(value);
    },
    bytes: (count, expected) => {
      const at = advance(count, expected);
      return bytes.subarray(at, at + count);
    },
    end: () => {
      if (next < bytes.length) fail(`${countBytes(bytes.length - next)} too many`, 'the end of the file');
    },
    fail,
  };
};
