/**
 * tar archives, as data sets come in them: blocks of 512 bytes, a header and then the contents of each file, padded. Read:
 * the plain form, ustar, GNU's long names and pax's paths and sizes. Only files are given; links and folders are passed over.
 * Format: POSIX.1-2017, "pax", and the GNU tar manual, "Basic Tar Format".
 */
import type { either as E } from 'fp-ts';
import { attempt, type DataError } from '../errors.js';
import { type BinaryReader, binaryReader, countBytes, excerpt } from './reader.js';

const block = 512;

/** Where the fields of a header lie: from, to. */
const fields = {
  name: [0, 100],
  size: [124, 136],
  checksum: [148, 156],
  magic: [257, 263],
  prefix: [345, 500],
} as const;
const kindAt = 156;

/** Names and pax records longer than this are not made by anyone. */
const longestRecord = 2 ** 20;

const ascii = new TextDecoder('latin1');
const utf8 = new TextDecoder();

const fieldOf = (header: Uint8Array, [from, to]: readonly [number, number]): Uint8Array => {
  const end = header.indexOf(0, from);
  return header.subarray(from, end < 0 || end > to ? to : end);
};

/** Octal digits among spaces and zeros; GNU writes sizes that need more digits as bytes, the first with its top bit set. */
const numberOf = (reader: BinaryReader, header: Uint8Array, name: 'size' | 'checksum', start: number): number => {
  const [from, to] = fields[name];
  const first = header[from] ?? 0;
  const text = ascii.decode(fieldOf(header, fields[name])).trim();
  const value =
    first & 0x80
      ? header.subarray(from + 1, to).reduce((all, byte) => all * 256 + byte, first & 0x7f)
      : /^[0-7]*$/.test(text)
        ? Number.parseInt(text || '0', 8)
        : Number.NaN;
  return Number.isSafeInteger(value)
    ? value
    : reader.fail(`the ${name} ${JSON.stringify(excerpt(text))}`, 'octal digits', start + from);
};

const checkSum = (reader: BinaryReader, header: Uint8Array, start: number): void => {
  const [from, to] = fields.checksum;
  const wanted = numberOf(reader, header, 'checksum', start);
  const sum = header.reduce((all, byte, at) => all + (at >= from && at < to ? 0x20 : byte), 0);
  if (sum !== wanted) reader.fail(`a header whose bytes add up to ${sum}`, `${wanted}, its checksum`, start);
};

/** pax's records, `LENGTH KEY=VALUE\n` each. */
const paxRecords = (reader: BinaryReader, bytes: Uint8Array, start: number): ReadonlyMap<string, string> => {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const digits = ascii.decode(bytes.subarray(at, Math.max(space, at)));
    const end = at + Number(digits);
    const record = utf8.decode(bytes.subarray(space + 1, end - 1));
    const equals = record.indexOf('=');
    if (!/^[1-9]\d*$/.test(digits) || end > bytes.length || bytes[end - 1] !== 0x0a || equals < 1)
      reader.fail('a pax record that cannot be read', 'its length, a key and a value', start + at);
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at = end;
  }
  return records;
};

/**
 * The files of a tar archive by path, in order, each a view of the given bytes; of two with one path, the later.
 * @throws DataError for a damaged header, a size beyond the archive, or an archive that ends too early.
 * @example
 * [...decodeTar(new Uint8Array(1024)).keys()] // []
 */
export const decodeTar = (bytes: Uint8Array, file = 'tar archive'): ReadonlyMap<string, Uint8Array> => {
  const reader = binaryReader(bytes, 'decodeTar', file);
  const files = new Map<string, Uint8Array>();
  let path: string | null = null;
  let size: number | null = null;
  for (;;) {
    const start = reader.offset();
    const header = reader.bytes(block, 'a header of 512 bytes, or the blocks of zeros that end an archive');
    if (header.every((byte) => byte === 0)) return files;
    checkSum(reader, header, start);
    const kind = String.fromCharCode(header[kindAt] ?? 0);
    const length: number = size ?? numberOf(reader, header, 'size', start);
    const isRecord = 'LKxg'.includes(kind);
    if (isRecord && length > longestRecord)
      reader.fail(`a record of ${countBytes(length)}`, `${longestRecord} bytes at most`, start + fields.size[0]);
    const name = utf8.decode(fieldOf(header, fields.name));
    // GNU's own form, `ustar` and two spaces, keeps other things there.
    const prefix =
      ascii.decode(fieldOf(header, fields.magic)) === 'ustar' ? utf8.decode(fieldOf(header, fields.prefix)) : '';
    const own = path ?? (prefix === '' ? name : `${prefix}/${name}`);
    const at = reader.offset();
    const content = reader.bytes(length, `${countBytes(length)} of ${JSON.stringify(excerpt(own))}`);
    reader.bytes(Math.min((block - (length % block)) % block, reader.remaining()), 'zeros up to the next block');
    if (kind === 'L') path = utf8.decode(fieldOf(content, [0, content.length]));
    else if (kind === 'x') {
      const records = paxRecords(reader, content, at);
      path = records.get('path') ?? path;
      const text = records.get('size');
      if (text !== undefined) {
        size = /^\d+$/.test(text) ? Number(text) : Number.NaN;
        if (!Number.isSafeInteger(size)) reader.fail(`the size ${excerpt(text)}`, 'a whole number below 2^53', at);
      }
    } else if (!isRecord) {
      if ('07\0'.includes(kind) && !own.endsWith('/')) files.set(own, content);
      path = null;
      size = null;
    }
  }
};

/** `decodeTar` with its error as a value. */
export const tryDecodeTar = (bytes: Uint8Array, file?: string): E.Either<DataError, ReadonlyMap<string, Uint8Array>> =>
  attempt(() => decodeTar(bytes, file));
