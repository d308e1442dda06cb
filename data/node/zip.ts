/**
 * Writing zip archives: deflated entries, or stored where that is shorter, under names in UTF-8 and one date, so that the same contents
 * give the same bytes. What is written is within the limits of the plain format, but for the number of entries (zip64).
 * Format: PKWARE's APPNOTE.TXT 6.3.10.
 */
import { crc32, deflateRawSync, type ZlibOptions } from 'node:zlib';
import { ArgumentError } from '../../core/base/errors.js';

/** 20 for deflate, 45 for zip64; names in UTF-8; the first of January 1980. */
const [plain, zip64, namesInUtf8, date] = [20, 45, 0x800, 0x21];

const most16 = 0xffff;

/** No size or place in the plain format is larger. */
const most32 = 2 ** 32 - 2;

/** Fewer bytes are not worth packing. */
const smallest = 64;

/** Setting up takes longer than packing where little is packed, unless it sets up little. */
const memoryFor = (length: number): ZlibOptions => (length <= 2 ** 12 ? { windowBits: 12, memLevel: 4 } : {});

/** Numbers of so many bytes each, little-endian. */
const packed = (...fields: readonly (readonly [value: number, bytes: 2 | 4 | 8])[]): Uint8Array => {
  const bytes = new Uint8Array(fields.reduce((length, [, width]) => length + width, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [value, width] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else if (width === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += width;
  }
  return bytes;
};

/** The record at the end, after that of zip64 where there are more entries than the plain one can count. */
const endOf = (count: number, size: number, start: number): readonly Uint8Array[] => {
  const end = packed(
    [0x06054b50, 4],
    [0, 4],
    [Math.min(count, most16), 2],
    [Math.min(count, most16), 2],
    [size, 4],
    [start, 4],
    [0, 2],
  );
  if (count < most16) return [end];
  const record = packed(
    [0x06064b50, 4],
    [44, 8],
    [zip64, 2],
    [zip64, 2],
    [0, 8],
    [count, 8],
    [count, 8],
    [size, 8],
    [start, 8],
  );
  return [record, packed([0x07064b50, 4], [0, 4], [start + size, 8], [1, 4]), end];
};

/**
 * An archive of the given files, in order.
 * @throws ArgumentError for a name of more than 65,535 bytes, or an archive of 4 GiB or more.
 */
export const writeZip = (op: string, files: Iterable<readonly [name: string, content: Uint8Array]>): Uint8Array => {
  const refuse = (problem: string, remedy: string): never => {
    throw new ArgumentError({ op, problem, remedy });
  };
  const [parts, directory]: [Uint8Array[], Uint8Array[]] = [[], []];
  let [at, size, count] = [0, 0, 0];
  for (const [name, content] of files) {
    const title = new TextEncoder().encode(name);
    if (title.length > most16) refuse(`a name of ${title.length} bytes`, `give names of ${most16} bytes at most`);
    const deflated = content.length < smallest ? content : deflateRawSync(content, memoryFor(content.length));
    const isShorter = deflated.length < content.length;
    const body = isShorter ? deflated : content;
    const shared = packed(
      [plain, 2],
      [namesInUtf8, 2],
      [isShorter ? 8 : 0, 2],
      [0, 2],
      [date, 2],
      [crc32(content), 4],
      [body.length, 4],
      [content.length, 4],
      [title.length, 2],
      [0, 2],
    );
    const entry = [packed([0x02014b50, 4], [plain, 2]), shared, packed([0, 2], [0, 2], [0, 2], [0, 4], [at, 4]), title];
    const file = [packed([0x04034b50, 4]), shared, title, body];
    directory.push(...entry);
    parts.push(...file);
    size += entry.reduce((total, part) => total + part.length, 0);
    at += file.reduce((total, part) => total + part.length, 0);
    count++;
    if (content.length > most32 || at + size > most32)
      refuse('an archive of 4 GiB or more', 'write several, or a safetensors file');
  }
  const all = [...parts, ...directory, ...endOf(count, size, at)];
  // No Buffer: its `slice` shares memory, which nobody expects of bytes.
  return Uint8Array.from(Buffer.concat(all));
};
