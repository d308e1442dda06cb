/**
 * Every decoder of bytes from outside, with valid files to damage. Formats with checksums come twice: as they are, where
 * damage meets the checksum, and with the checksum made right after the damage, as someone would who means harm.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32, gzipSync } from 'node:zlib';
import { either as E } from 'fp-ts';
import sharp from 'sharp';
import { fromData, tensor } from '../../../core/index.js';
import {
  attempt,
  DataError,
  decodeIdxImages,
  decodeSafetensors,
  encodeNpy,
  encodeSafetensors,
  loadStateDict,
  tryDecodeCifar10,
  tryDecodeCsv,
  tryDecodeIdx,
  tryDecodeIdxImages,
  tryDecodeIdxLabels,
  tryDecodeNpy,
  tryDecodeSafetensors,
  tryDecodeTar,
} from '../../../data/index.js';
import {
  encodeCheckpoint,
  encodeNpz,
  gunzip,
  gunzipIfPacked,
  sha256,
  tryDecodeCheckpoint,
  tryDecodeNpz,
  tryLoadCifar10,
  tryLoadCsv,
  tryLoadImageFolder,
} from '../../../data/node/index.js';
import { readSettings } from '../../../data/node/settings.js';
import { writeZip } from '../../../data/node/zip.js';
import { describedTraining, readDescription } from '../../../examples/support/components/describe.js';
import { UsageError } from '../../../examples/support/config.js';
import type { Grammar } from '../../fuzz/mutate.js';
import { archive, longName, paxRecord, tarEntry } from './archives.js';

export interface Target {
  readonly name: string;
  readonly valid: readonly Uint8Array[];
  /** What is decoded is what this makes of the damaged bytes; they themselves by default. */
  readonly wrap?: (damaged: Uint8Array) => Uint8Array | Promise<Uint8Array>;
  readonly decode: (
    bytes: Uint8Array,
    file: string,
  ) => E.Either<DataError, unknown> | Promise<E.Either<DataError, unknown>>;
  /** The files mean harm, and are to be refused even as they are. */
  readonly hostile?: boolean;
  /** Share of the usual number of files; 1 by default, less where one takes milliseconds. */
  readonly share?: number;
  /** The same where there are a million of them; 1 by default. */
  readonly fuzzShare?: number;
  /** What the files are made of; bytes by default. */
  readonly grammar?: Grammar;
  /** What messages say that refuse a file for its header: a magic number, a version, a length or a checksum that frame the rest. */
  readonly header: RegExp;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const join2 = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));
const uint32 = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
const ramp = (length: number): number[] => Array.from({ length }, (_, i) => (i * 7) % 256);

const idxImages = Uint8Array.from([...[2051, 3, 4, 2].flatMap(uint32), ...ramp(24)]);
const idxLabels = Uint8Array.from([...[2049, 3].flatMap(uint32), 0, 9, 4]);
const cifarRecords = Uint8Array.from([3, ...ramp(3072), 9, ...ramp(3072)]);
const classes = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];

const arrays = [
  tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]),
  fromData(Int32Array.of(1, -2), [2]),
  tensor([true, false, true]),
  fromData(Float64Array.of(Math.PI), []),
] as const;

const npyOf = (dictionary: Uint8Array): Uint8Array =>
  join2(
    text('\u0093NUMPY').slice(1),
    Uint8Array.of(1, 0, dictionary.length & 255, dictionary.length >> 8),
    dictionary,
    new Uint8Array(64),
  );
const withMagic = (bytes: Uint8Array): Uint8Array => {
  bytes[0] = 0x93;
  return bytes;
};

const tables = {
  counts: [
    '3,2,a,b\n1,2,0\n3.5,4e2,1\n-5,.6,0\n',
    '3,1\r\n1.25,0\r\n2,1\r\n3,2',
    `2,40\n${ramp(40).join()},1\n${ramp(40).join()},0\n`,
  ].map(text),
  names: ['\uFEFFwidth,kind\n1.5,0\n2,1\n', 'a,b,c\n-1,+2.,3'].map(text),
  none: ['1,2,0\n3.5,4e2,1\n-5,.6,0\n', `${ramp(60).join()}\r\n${ramp(60).join()}`].map(text),
};

const value = {
  params: [{ weight: arrays[0], bias: null }],
  steps: arrays[1],
  losses: [1.5, Number.NaN],
  note: 'é',
  done: true,
};
const checkpoint = encodeCheckpoint(value);
const checkpointOf = (payload: Uint8Array): Uint8Array =>
  join2(
    text(
      `${JSON.stringify({ format: 'tapegrad checkpoint', version: 1, bytes: payload.length, sha256: sha256(payload) })}\n`,
    ),
    payload,
  );

const safetensors = encodeSafetensors({ 'layer.weight': arrays[0], mask: arrays[2], n: arrays[1] }, { by: 'hand' });
const headerEnd = 8 + Number(new DataView(safetensors.buffer).getBigUint64(0, true));
const safetensorsOf = (header: Uint8Array): Uint8Array => {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
  return join2(length, header, safetensors.subarray(headerEnd));
};

const zipOf = (entry: Uint8Array): Uint8Array => writeZip('fuzz', [['a.npy', entry]]);

const tars = [
  archive(tarEntry('cifar-10-batches-bin/', new Uint8Array(0), '5'), tarEntry('data_batch_1.bin', cifarRecords)),
  archive(
    longName('n'.repeat(120)),
    tarEntry('n', Uint8Array.of(1, 2)),
    tarEntry('p', join2(paxRecord('path', 'é/x'), paxRecord('size', '5')), 'x'),
    tarEntry('x', Uint8Array.of(5, 4, 3, 2, 1)),
  ),
];

/** The checksum of every block that looks like a header, made right. */
const rightTar = (damaged: Uint8Array): Uint8Array => {
  const bytes = damaged.slice();
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    const header = bytes.subarray(at, at + 512);
    if (new TextDecoder().decode(header.subarray(257, 262)) !== 'ustar') continue;
    header.fill(0x20, 148, 156);
    const sum = header.reduce((all, byte) => all + byte, 0);
    header.set(text(sum.toString(8).padStart(6, '0')), 148);
  }
  return bytes;
};

/** The checksum of every chunk of a PNG, made right as far as its lengths lead. */
const rightPng = (damaged: Uint8Array): Uint8Array => {
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

/** A file of its own in a folder that the caller removes. */
const inFile =
  <A>(folder: string, name: string, load: (path: string) => Promise<A>) =>
  (bytes: Uint8Array): Promise<A> => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    return load(path);
  };

const pictures = async (): Promise<Readonly<Record<'png' | 'jpeg' | 'webp', Uint8Array>>> => {
  const raw = sharp(Uint8Array.from(ramp(7 * 6 * 3)), { raw: { width: 7, height: 6, channels: 3 } });
  const [png, jpeg, webp] = await Promise.all([
    raw.clone().png().toBuffer(),
    raw.clone().jpeg().toBuffer(),
    raw.clone().webp().toBuffer(),
  ]);
  return { png: Uint8Array.from(png), jpeg: Uint8Array.from(jpeg), webp: Uint8Array.from(webp) };
};

/** Unpacks to 64 MiB of zeros, a thousand times its size. */
const bomb: Uint8Array = gzipSync(new Uint8Array(2 ** 26));

const npyHeader =
  /magic string|no NumPy|version|a header|elements of type|the shape|fortran_order|length of the header/;
const safetensorsHeader = /the length of the header|a header|no checkpoint|SHA-256/;
const pictureHeader = /unsupported image format|a picture in|the file is empty/;

/** What an example's description is refused with is of the command line; here it counts as a refusal of the file. */
const described = (bytes: Uint8Array, file: string): E.Either<DataError, unknown> => {
  try {
    const description = readDescription(new TextDecoder().decode(bytes), file);
    return E.right(describedTraining(description, [6, 6, 1]));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return E.left(
      new DataError({ op: 'describe', file, place: null, problem: error.message, expected: 'a description' }),
    );
  }
};

const description = {
  data: 'digits',
  layout: 'NHWC',
  layers: [
    { name: 'conv2d', width: 3, kernel: 3, activation: 'relu' },
    { name: 'flatten' },
    { name: 'dense', width: 4, weightInit: { name: 'xavierUniform' } },
  ],
  loss: 'crossEntropy',
  optimizer: { name: 'sgd', lr: 0.1 },
  scheduler: { name: 'constant' },
  batchSize: 8,
};

/** All of them; what needs files keeps them in `folder`. */
export const targets = async (folder: string): Promise<readonly Target[]> => {
  const { png, jpeg, webp } = await pictures();
  const picture = (name: string): Target['decode'] =>
    inFile(folder, join(name, 'class', `here.${name}`), () => tryLoadImageFolder(join(folder, name))());
  const all: readonly Target[] = [
    { name: 'IDX images', header: /magic number|the number of/, valid: [idxImages], decode: tryDecodeIdxImages },
    {
      name: 'IDX labels',
      header: /magic number|the number of/,
      valid: [idxLabels],
      decode: (bytes, file) => tryDecodeIdxLabels(bytes, 10, file),
    },
    {
      name: 'IDX pair',
      header: /magic number|the number of/,
      valid: [idxLabels],
      decode: (labels, file) => tryDecodeIdx({ images: idxImages, labels, classes, labelsFile: file }),
    },
    {
      name: 'CIFAR-10 records',
      header: /a record of/,
      fuzzShare: 0.5,
      valid: [cifarRecords],
      decode: tryDecodeCifar10,
    },
    {
      name: 'npy',
      header: npyHeader,
      fuzzShare: 2,
      valid: [
        ...arrays.map(encodeNpy),
        withMagic(npyOf(text("{'descr': '>f8', 'fortran_order': True, 'shape': (2, 4), }"))),
      ],
      decode: tryDecodeNpy,
    },
    {
      name: 'npy header',
      grammar: 'words',
      header: npyHeader,
      fuzzShare: 1.5,
      valid: [
        text("{'descr': '<f4', 'fortran_order': False, 'shape': (4, 4), }\n"),
        text("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2, 2, 8), }\n"),
      ],
      wrap: (header) => withMagic(npyOf(header)),
      decode: tryDecodeNpy,
    },
    {
      name: 'npz',
      header: /directory|zip64|no entry|no header|another name|a name that|encrypted/,
      fuzzShare: 1,
      valid: [await encodeNpz({ a: arrays[0], b: arrays[1] })],
      decode: (bytes, file) => tryDecodeNpz(bytes, file, 2 ** 20)(),
      share: 0.5,
    },
    {
      name: 'npz entry',
      header: npyHeader,
      fuzzShare: 0.7,
      valid: arrays.map(encodeNpy),
      wrap: zipOf,
      decode: (bytes, file) => tryDecodeNpz(bytes, file, 2 ** 20)(),
      share: 0.5,
    },
    {
      name: 'safetensors',
      header: safetensorsHeader,
      fuzzShare: 1.5,
      valid: [safetensors],
      decode: tryDecodeSafetensors,
    },
    {
      name: 'safetensors header',
      grammar: 'json',
      header: safetensorsHeader,
      fuzzShare: 2,
      valid: [safetensors.slice(8, headerEnd)],
      wrap: safetensorsOf,
      decode: tryDecodeSafetensors,
    },
    {
      name: 'state dictionary',
      grammar: 'json',
      header: safetensorsHeader,
      valid: [safetensors.slice(8, headerEnd)],
      wrap: safetensorsOf,
      decode: (bytes, file) =>
        attempt(() => loadStateDict({ layer: { weight: arrays[0] } }, decodeSafetensors(bytes, file).tensors)),
    },
    {
      name: 'CSV',
      header: /no text|quotes/,
      valid: tables.none,
      decode: (bytes, file) => tryDecodeCsv(bytes, {}, file),
    },
    {
      name: 'CSV, counts',
      grammar: 'words',
      header: /for the number of|no text|no line/,
      valid: tables.counts,
      decode: (bytes, file) => tryDecodeCsv(bytes, { header: 'counts' }, file),
    },
    {
      name: 'CSV, names',
      header: /no text|no line|quotes/,
      valid: tables.names,
      decode: (bytes, file) => tryDecodeCsv(bytes, { header: 'names' }, file),
    },
    {
      name: 'CSV file, packed',
      grammar: 'words',
      header: /gzip|for the number of|no text|no line/,
      fuzzShare: 0.1,
      valid: tables.counts,
      wrap: gzipSync,
      decode: inFile(folder, 'here.bin', (path) => tryLoadCsv(path, { header: 'counts' })()),
    },
    {
      name: 'checkpoint',
      header: /no checkpoint|it has version|header|SHA-256/,
      fuzzShare: 0.5,
      valid: [checkpoint],
      decode: tryDecodeCheckpoint,
    },
    {
      name: 'checkpoint payload',
      header: safetensorsHeader,
      valid: [checkpoint.slice(checkpoint.indexOf(10) + 1)],
      wrap: checkpointOf,
      decode: tryDecodeCheckpoint,
    },
    {
      name: 'checkpoint value',
      grammar: 'json',
      header: /no JSON/,
      valid: [text('{"params":[{"weight":{"$tensor":0},"bias":null}],"losses":[1.5,{"$number":"NaN"}],"done":true}')],
      wrap: (json) =>
        checkpointOf(encodeSafetensors(new Map([['0', arrays[0]]]), { value: new TextDecoder().decode(json) })),
      decode: tryDecodeCheckpoint,
    },
    {
      name: 'gzip',
      header: /no gzip stream/,
      fuzzShare: 0.4,
      valid: [gzipSync(idxImages)],
      decode: (bytes, file) => attempt(() => gunzip(bytes, { file, limit: 4096 })),
    },
    {
      name: 'gzip bomb',
      header: /no gzip stream/,
      valid: [bomb],
      hostile: true,
      decode: (bytes, file) => attempt(() => gunzip(bytes, { file, limit: 2 ** 16 })),
      share: 0.5,
    },
    {
      name: 'IDX, packed',
      header: /gzip|magic number|the number of/,
      fuzzShare: 0.4,
      valid: [idxImages],
      wrap: gzipSync,
      decode: (bytes, file) => attempt(() => decodeIdxImages(gunzipIfPacked(bytes, { file, limit: 2 ** 16 }), file)),
    },
    {
      name: 'settings of a run',
      grammar: 'json',
      header: /no JSON/,
      valid: [text('{"model":"net","settings":{"rate":0.1,"hidden":[8,4],"stop":null,"on":true}}')],
      decode: (bytes, file) => attempt(() => readSettings(bytes, 'openExperiment', file)),
    },
    {
      name: 'described network',
      grammar: 'json',
      header: /is no JSON|the whole/,
      fuzzShare: 0.1,
      share: 0.4,
      valid: [text(JSON.stringify(description))],
      decode: described,
    },
    { name: 'tar', header: /a header/, fuzzShare: 0.5, valid: tars, decode: tryDecodeTar },
    { name: 'tar headers', header: /a header/, fuzzShare: 0.7, valid: tars, wrap: rightTar, decode: tryDecodeTar },
    {
      name: 'CIFAR-10 archive',
      header: /gzip|a header|no such file/,
      fuzzShare: 0.02,
      valid: [archive(tarEntry('data_batch_1.bin', cifarRecords), tarEntry('test_batch.bin', cifarRecords))],
      wrap: (damaged) => gzipSync(rightTar(damaged)),
      decode: inFile(folder, 'here.bin.tar.gz', (path) => tryLoadCifar10(path)()),
      share: 0.5,
    },
    { name: 'PNG', header: pictureHeader, fuzzShare: 0.02, valid: [png], decode: picture('png'), share: 0.2 },
    {
      name: 'PNG chunks',
      header: pictureHeader,
      fuzzShare: 0.05,
      valid: [png],
      wrap: rightPng,
      decode: picture('png'),
      share: 0.2,
    },
    { name: 'JPEG', header: pictureHeader, fuzzShare: 0.02, valid: [jpeg], decode: picture('jpg'), share: 0.2 },
    { name: 'WebP', header: pictureHeader, fuzzShare: 0.02, valid: [webp], decode: picture('webp'), share: 0.2 },
  ];
  // Some are Buffers, whose `slice` shares memory.
  return all.map((target) => ({ ...target, valid: target.valid.map((file) => Uint8Array.from(file)) }));
};
