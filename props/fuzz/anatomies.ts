/**
 * Formats taken apart: where the dictionary, the header and the elements of a valid file lie, and how lengths, places and checksums are
 * made right again around damaged ones, as someone would who means harm.
 */
import { crc32 } from 'node:zlib';
import { sha256 } from '../../data/node/index.js';
import { writeZip } from '../../data/node/zip.js';
import { type Anatomy, below, type Grammar, type Piece, pick, type Random } from './mutate.js';
import { claims, text } from './words.js';

const latin1 = new TextDecoder('latin1');
const utf8 = new TextDecoder();

export const concatenated = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));
const piece = (grammar: Grammar, bytes: Uint8Array): Piece => ({ bytes, grammar });

/** The bytes repeated or cut to a length. */
const fitted = (bytes: Uint8Array, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => bytes[i % Math.max(bytes.length, 1)] ?? 1);

/** No file is made longer than this to have what its header claims. */
const longest = 4096;

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

/** How many bytes a dictionary of NumPy claims; null where it is none, or they are too many to give. */
const claimedNpy = (dictionary: Uint8Array): number | null => {
  const words = latin1.decode(dictionary);
  const [, width] = /'descr'\s*:\s*'.\w(\d)'/.exec(words) ?? [];
  const [, sizes] = /\(([\d,\s]*)\)/.exec(words) ?? [];
  if (width === undefined || sizes === undefined) return null;
  const bytes = Number(width) * product((sizes.match(/\d+/g) ?? []).map(Number));
  return bytes <= longest ? bytes : null;
};

const joinedNpy = (
  [dictionary = new Uint8Array(0), data = new Uint8Array(0)]: readonly Uint8Array[],
  random: Random,
) => {
  const claimed = claimedNpy(dictionary);
  const { length } = dictionary;
  const magic = Uint8Array.of(0x93, ...text('NUMPY'));
  const header =
    length < 2 ** 16 ? [1, 0, length & 255, length >> 8] : [2, 0, length & 255, (length >> 8) & 255, length >> 16, 0];
  const elements = claimed !== null && random() < 0.6 ? fitted(data, claimed) : data;
  return concatenated(magic, Uint8Array.from(header), dictionary, elements);
};

const npyPieces = (file: Uint8Array): readonly Piece[] => {
  const start = 10 + (file[8] ?? 0) + 256 * (file[9] ?? 0);
  return [piece('words', file.subarray(10, start)), piece('numbers', file.subarray(start))];
};

export const npyAnatomy = (file: Uint8Array): Anatomy => ({ pieces: npyPieces(file), join: joinedNpy });

/** Numbers of the directory of a zip archive: where they stand in an entry of it, and how wide they are. */
const zipNumbers = [
  [8, 2],
  [10, 2],
  [16, 4],
  [20, 4],
  [24, 4],
  [28, 2],
  [30, 2],
  [32, 2],
  [42, 4],
] as const;

/** An archive of which one number of the directory claims something else. */
const otherZip = (archive: Uint8Array, random: Random): Uint8Array => {
  const entries: number[] = [];
  for (let at = archive.indexOf(0x50); at >= 0; at = archive.indexOf(0x50, at + 1))
    if (archive[at + 1] === 0x4b && archive[at + 2] === 1 && archive[at + 3] === 2) entries.push(at);
  if (entries.length === 0) return archive;
  const out = archive.slice();
  const [place, width] = pick(random, zipNumbers);
  const claim = BigInt(pick(random, claims)) + BigInt(below(random, 3)) - 1n;
  for (let i = 0, at = pick(random, entries) + place; i < width && at + i < out.length; i++)
    out[at + i] = Number((claim >> BigInt(8 * i)) & 255n);
  return out;
};

/** Arrays by name, as an archive of `.npy` files. */
export const npzAnatomy = (arrays: Readonly<Record<string, Uint8Array>>): Anatomy => ({
  pieces: Object.entries(arrays).flatMap(([name, file]) => [piece('bytes', text(`${name}.npy`)), ...npyPieces(file)]),
  join: (pieces, random) => {
    const entries: [string, Uint8Array][] = [];
    for (let i = 0; i < pieces.length; i += 3)
      entries.push([utf8.decode(pieces[i]).slice(0, 60_000), joinedNpy(pieces.slice(i + 1, i + 3), random)]);
    const archive = writeZip('fuzz', entries);
    return random() < 0.3 ? otherZip(archive, random) : archive;
  },
});

const widths: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
};

type Loose = { readonly [name: string]: unknown };
const isObject = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A header whose entries lie one after the other, as far as they say how long they are; and how long all are together. */
const placed = (header: Loose): readonly [Loose, number] => {
  let end = 0;
  const entries = Object.entries(header).map(([name, entry]) => {
    if (!isObject(entry) || name === '__metadata__') return [name, entry];
    const { dtype, shape } = entry;
    const width = typeof dtype === 'string' && Object.hasOwn(widths, dtype) ? widths[dtype] : undefined;
    if (width === undefined || !Array.isArray(shape)) return [name, entry];
    const bytes = width * product(shape.map(Number));
    if (!(bytes >= 0 && bytes <= longest)) return [name, entry];
    end += bytes;
    return [name, { ...entry, data_offsets: [end - bytes, end] }];
  });
  return [Object.fromEntries(entries) as Loose, Math.floor(end)];
};

const joinedSafetensors = (
  [header = new Uint8Array(0), data = new Uint8Array(0)]: readonly Uint8Array[],
  random: Random,
): Uint8Array => {
  const json: unknown = JSON.parse(utf8.decode(header));
  const repaired = isObject(json) && random() < 0.7 ? placed(json) : null;
  const written = repaired === null ? header : text(JSON.stringify(repaired[0]));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(written.length), true);
  return concatenated(length, written, repaired === null ? data : fitted(data, repaired[1]));
};

const safetensorsPieces = (file: Uint8Array): readonly Piece[] => {
  const start = 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  return [piece('json', file.subarray(8, start)), piece('numbers', file.subarray(start))];
};

export const safetensorsAnatomy = (file: Uint8Array): Anatomy => ({
  pieces: safetensorsPieces(file),
  join: joinedSafetensors,
});

/** A checkpoint: its first line, the value in its metadata, names and elements of its tensors. */
export const checkpointAnatomy = (file: Uint8Array): Anatomy => {
  const end = file.indexOf(10);
  const [header, data] = safetensorsPieces(file.slice(end + 1)) as readonly [Piece, Piece];
  const { __metadata__, ...tensors } = JSON.parse(utf8.decode(header.bytes)) as {
    readonly __metadata__: { readonly value: string };
  };
  return {
    pieces: [
      piece('json', file.subarray(0, end)),
      piece('json', text(__metadata__.value)),
      piece('json', text(JSON.stringify(tensors))),
      data,
    ],
    join: ([line = new Uint8Array(0), value, names = new Uint8Array(0), elements = new Uint8Array(0)], random) => {
      const json: unknown = JSON.parse(utf8.decode(names));
      const all = isObject(json)
        ? text(JSON.stringify({ __metadata__: { value: utf8.decode(value) }, ...json }))
        : names;
      const payload = joinedSafetensors([all, elements], random);
      const first: unknown = JSON.parse(utf8.decode(line));
      const right =
        isObject(first) && random() < 0.9
          ? text(JSON.stringify({ ...first, bytes: payload.length, sha256: sha256(payload) }))
          : line;
      return concatenated(right, Uint8Array.of(10), payload);
    },
  };
};

/** Numbers in a file without lengths or checksums. */
export const numbersAnatomy = (file: Uint8Array): Anatomy => ({
  pieces: [piece('numbers', file)],
  join: ([bytes = new Uint8Array(0)]) => bytes,
});

/** The checksum of every block of a tar archive that looks like a header, made right. */
export const rightTar = (damaged: Uint8Array): Uint8Array => {
  const bytes = damaged.slice();
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    const header = bytes.subarray(at, at + 512);
    if (utf8.decode(header.subarray(257, 262)) !== 'ustar') continue;
    header.fill(0x20, 148, 156);
    const sum = header.reduce((all, byte) => all + byte, 0);
    header.set(text(sum.toString(8).padStart(6, '0')), 148);
  }
  return bytes;
};

/** The checksum of every chunk of a PNG, made right as far as its lengths lead. */
export const rightPng = (damaged: Uint8Array): Uint8Array => {
  const bytes = damaged.slice();
  const view = new DataView(bytes.buffer);
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    if (at + 12 + length > bytes.length) break;
    view.setUint32(at + 8 + length, crc32(bytes.subarray(at + 4, at + 8 + length)));
    at += 12 + length;
  }
  return bytes;
};

/** tar, block by block: headers and contents, the checksums mostly right. */
export const tarAnatomy = (file: Uint8Array): Anatomy => ({
  pieces: Array.from({ length: Math.ceil(file.length / 512) }, (_, i) =>
    piece('numbers', file.subarray(512 * i, 512 * i + 512)),
  ),
  join: (pieces, random) => (random() < 0.9 ? rightTar(concatenated(...pieces)) : concatenated(...pieces)),
});
