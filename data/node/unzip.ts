/**
 * Reading zip archives that are in memory whole: the directory first, all of it, and nothing is unpacked before the sizes that it
 * claims have been held against the bytes that are there and against a limit. Stored and deflated entries; no encryption, no parts on
 * other disks.
 * Format: PKWARE's APPNOTE.TXT 6.3.10, 4.3 and 4.5.3 (zip64).
 */
import { crc32, inflateRawSync, type ZlibOptions } from 'node:zlib';
import { type BinaryReader, binaryReader, countBytes, excerpt } from '../codecs/reader.js';
import { largestRatio } from './gzip.js';

/** One file of the archive. */
export interface ZipEntry {
  readonly name: string;
  /** How long it is unpacked. */
  readonly size: number;
  /** Unpacks it and holds it against its checksum. */
  readonly unpack: () => Uint8Array;
}

const signatures = { end: 0x06054b50, locator: 0x07064b50, end64: 0x06064b50, central: 0x02014b50, local: 0x04034b50 };
const lengths = { end: 22, locator: 20, end64: 56, central: 46, local: 30 };

/** What stands for "see the record of zip64". */
const [more16, more32] = [0xffff, 0xffffffff];

const methods = { stored: 0, deflated: 8 } as const;

interface Directory {
  readonly count: number;
  readonly start: number;
  readonly end: number;
}

/** Numbers at places that lie within the bytes, as the caller has made sure. */
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const size64 = (reader: BinaryReader, view: DataView, at: number): number => {
  const value = view.getBigUint64(at, true);
  return value > BigInt(Number.MAX_SAFE_INTEGER)
    ? reader.fail(`the size ${value}`, 'one that the archive can hold', at)
    : Number(value);
};

/** Where the directory lies, by the record at the end of the archive, which a comment may follow. */
const findDirectory = (reader: BinaryReader, bytes: Uint8Array): Directory => {
  const view = viewOf(bytes);
  let at = bytes.length - lengths.end;
  const last = Math.max(at - more16, 0);
  while (
    at >= last &&
    (view.getUint32(at, true) !== signatures.end || at + lengths.end + view.getUint16(at + 20, true) !== bytes.length)
  )
    at--;
  if (at < last)
    reader.fail('there is no directory', 'a zip archive that is whole, with its directory at the end', bytes.length);
  const [count, size, start] = [
    view.getUint16(at + 10, true),
    view.getUint32(at + 12, true),
    view.getUint32(at + 16, true),
  ];
  const locator = at - lengths.locator;
  const found =
    (count === more16 || size === more32 || start === more32) &&
    locator >= 0 &&
    view.getUint32(locator, true) === signatures.locator
      ? findDirectory64(reader, view, locator)
      : { count, start, end: start + size, record: at };
  if (found.end !== found.record)
    reader.fail(`a directory from ${found.start} to ${found.end}`, `one that ends at ${found.record}`, at);
  return found;
};

const findDirectory64 = (
  reader: BinaryReader,
  view: DataView,
  locator: number,
): Directory & { readonly record: number } => {
  const record = size64(reader, view, locator + 8);
  if (record > locator - lengths.end64 || view.getUint32(record, true) !== signatures.end64)
    return reader.fail('no record of zip64 where it should be', 'a zip archive that is whole', locator);
  const start = size64(reader, view, record + 48);
  return { count: size64(reader, view, record + 32), start, end: start + size64(reader, view, record + 40), record };
};

/** What the directory says of an entry. */
interface Listed {
  readonly name: string;
  readonly method: number;
  readonly checksum: number;
  readonly packed: number;
  readonly size: number;
  /** Where its own header begins. */
  readonly start: number;
}

/** The numbers of zip64 that stand in for those that are too large for 32 bits, in the order of the format. */
const wide = (reader: BinaryReader, view: DataView, from: number, to: number, numbers: readonly number[]): number[] => {
  for (let at = from; at + 4 <= to; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    const end = Math.min(at + 4 + view.getUint16(at + 2, true), to);
    let next = at + 4;
    return numbers.map((number) => {
      if (number !== more32) return number;
      if (next + 8 > end) return reader.fail('an extra field that is too short', 'the sizes of zip64', at);
      next += 8;
      return size64(reader, view, next - 8);
    });
  }
  return [...numbers];
};

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const nameOf = (reader: BinaryReader, bytes: Uint8Array, at: number): string => {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return reader.fail('a name that is no text', 'UTF-8', at);
  }
};

/** The entry that is listed at `at`, and where the next one is. */
const readListed = (
  reader: BinaryReader,
  bytes: Uint8Array,
  view: DataView,
  at: number,
  end: number,
): readonly [Listed, number] => {
  if (at + lengths.central > end || view.getUint32(at, true) !== signatures.central)
    return reader.fail('no entry of the directory', 'as many as the archive says it has', at);
  const nameEnd = at + lengths.central + view.getUint16(at + 28, true);
  const extraEnd = nameEnd + view.getUint16(at + 30, true);
  const next = extraEnd + view.getUint16(at + 32, true);
  if (next > end) reader.fail('an entry that goes beyond the directory', 'a directory that is whole', at);
  const name = nameOf(reader, bytes.subarray(at + lengths.central, nameEnd), at);
  if ((view.getUint16(at + 8, true) & 1) !== 0)
    reader.fail(`the entry ${JSON.stringify(excerpt(name))} is encrypted`, 'one that is not', at);
  const numbers = [view.getUint32(at + 24, true), view.getUint32(at + 20, true), view.getUint32(at + 42, true)];
  const [size = 0, packed = 0, start = 0] = wide(reader, view, nameEnd, extraEnd, numbers);
  const method = view.getUint16(at + 10, true);
  return [{ name, method, checksum: view.getUint32(at + 16, true), packed, size, start }, next];
};

/** The packed bytes of an entry, once its own header is known to agree with the directory. */
const packedBytes = (
  reader: BinaryReader,
  bytes: Uint8Array,
  view: DataView,
  entry: Listed,
  end: number,
): Uint8Array => {
  const { name, start, packed } = entry;
  const shown = JSON.stringify(excerpt(name));
  if (start + lengths.local > end || view.getUint32(start, true) !== signatures.local)
    return reader.fail(
      `no header of the entry ${shown}`,
      'one where the directory says',
      Math.min(start, bytes.length),
    );
  const nameEnd = start + lengths.local + view.getUint16(start + 26, true);
  const from = nameEnd + view.getUint16(start + 28, true);
  if (from + packed > end)
    reader.fail(
      `the entry ${shown} of ${countBytes(packed)} goes beyond the others`,
      'an archive that is whole',
      start,
    );
  const own = bytes.subarray(start + lengths.local, nameEnd);
  if (nameOf(reader, own, start) !== name) reader.fail(`another name before the entry ${shown}`, 'one name', start);
  return bytes.subarray(from, from + packed);
};

const inflated = (reader: BinaryReader, shown: string, packed: Uint8Array, size: number): Uint8Array => {
  // Small entries take small pieces of memory. With `info`, the result says how many bytes were used up.
  const settings: ZlibOptions = {
    maxOutputLength: Math.max(size, 1),
    chunkSize: Math.min(Math.max(size, 64), 2 ** 16),
    info: true,
  };
  try {
    const { buffer, engine } = inflateRawSync(packed, settings) as unknown as {
      readonly buffer: Uint8Array;
      readonly engine: { readonly bytesWritten: number };
    };
    if (buffer.length !== size || engine.bytesWritten !== packed.length)
      reader.fail(`the entry ${shown} unpacks to ${countBytes(buffer.length)}`, `${size}, as the directory says`);
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ERR_BUFFER_TOO_LARGE')
      return reader.fail(`the entry ${shown} unpacks to more`, `${countBytes(size)}, as the directory says`);
    if (code !== 'Z_DATA_ERROR' && code !== 'Z_BUF_ERROR') throw error;
    return reader.fail(
      `the entry ${shown} cannot be unpacked (${(error as Error).message})`,
      'a zip archive that is whole',
    );
  }
};

const unpackEntry = (
  reader: BinaryReader,
  { name, method, checksum, size }: Listed,
  packed: Uint8Array,
): Uint8Array => {
  const shown = JSON.stringify(excerpt(name));
  const content = method === methods.stored ? packed.slice() : inflated(reader, shown, packed, size);
  const found = crc32(content);
  if (found !== checksum)
    reader.fail(`the entry ${shown} has the checksum ${found.toString(16)}`, checksum.toString(16));
  return content;
};

/** Refuses sizes that the packed bytes cannot come to, and more in all than the limit. */
const checkSizes = (reader: BinaryReader, entries: readonly Listed[], limit: number): void => {
  let total = 0;
  for (const { name, method, packed, size } of entries) {
    const shown = JSON.stringify(excerpt(name));
    if (method !== methods.stored && method !== methods.deflated)
      reader.fail(`the entry ${shown} is packed by method ${method}`, 'stored or deflated');
    if (method === methods.stored ? size !== packed : size > packed * largestRatio)
      reader.fail(
        `the entry ${shown} claims ${countBytes(size)}, packed into ${packed}`,
        `a size that ${countBytes(packed)} can hold`,
      );
    total += size;
  }
  if (total > limit)
    reader.fail(`${countBytes(total)} unpacked`, `${countBytes(limit)} at most; a larger limit allows more`);
};

/**
 * The entries of an archive, in the order of its directory. No two share bytes, and all together unpack to at most `limit` bytes.
 * @throws DataError for anything but a whole archive within the limit, here or when an entry is unpacked.
 */
export const readZip = (bytes: Uint8Array, op: string, file: string, limit: number): readonly ZipEntry[] => {
  const reader = binaryReader(bytes, op, file);
  const view = viewOf(bytes);
  const { count, start, end } = findDirectory(reader, bytes);
  const listed: Listed[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    const [entry, next] = readListed(reader, bytes, view, at, end);
    listed.push(entry);
    at = next;
  }
  if (at !== end) reader.fail('more in the directory than the archive says', `${count} entries`, at);
  checkSizes(reader, listed, limit);
  // Each ends where the next begins at the latest, so that what is packed once is unpacked once.
  const ends = new Map<Listed, number>();
  let before = start;
  for (const entry of listed.toSorted((a, b) => b.start - a.start)) {
    ends.set(entry, before);
    before = Math.min(before, entry.start);
  }
  return listed.map((entry) => ({
    name: entry.name,
    size: entry.size,
    unpack: () => unpackEntry(reader, entry, packedBytes(reader, bytes, view, entry, ends.get(entry) ?? start)),
  }));
};
