/**
 * Every decoder of bytes from outside, with valid files to damage. Formats with checksums come twice: as they are, where
 * damage meets the checksum, and with the checksum made right after the damage, as someone would who means harm.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { either as E } from 'fp-ts';
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
  encodeNpz,
  gunzip,
  gunzipIfPacked,
  tryDecodeCheckpoint,
  tryDecodeNpz,
  tryLoadCifar10,
  tryLoadCsv,
  tryLoadImageFolder,
  unpackedLimit,
} from '../../../data/node/index.js';
import { readSettings } from '../../../data/node/settings.js';
import { describedTraining, readDescription } from '../../../examples/support/components/describe.js';
import { UsageError } from '../../../examples/support/config.js';
import {
  checkpointAnatomy,
  npyAnatomy,
  npzAnatomy,
  numbersAnatomy,
  rightPng,
  rightTar,
  safetensorsAnatomy,
  tarAnatomy,
} from '../../fuzz/anatomies.js';
import type { Subject } from '../../fuzz/mutate.js';
import { text } from '../../fuzz/words.js';
import { archive, tarEntry } from './archives.js';
import {
  arrays,
  bomb,
  checkpoint,
  checkpointOf,
  cifarRecords,
  classes,
  description,
  idxImages,
  idxLabels,
  npyFiles,
  npyHeader,
  npyOf,
  pictures,
  safetensors,
  safetensorsHeader,
  safetensorsNames,
  safetensorsOf,
  tables,
  tars,
  zipOf,
} from './fuzz-files.js';
import { labelTargets } from './label-targets.js';

export interface Target extends Subject {
  readonly name: string;
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
  /** What the format may unpack to by its documented limit, in bytes, where it packs; none by default. */
  readonly limit?: number;
  /** What messages say that refuse a file for its header: a magic number, a version, a length or a checksum that frame the rest. */
  readonly header: RegExp;
}

/** A file of its own in a folder that the caller removes. */
const inFile =
  <A>(folder: string, name: string, load: (path: string) => Promise<A>) =>
  (bytes: Uint8Array): Promise<A> => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    return load(path);
  };

/** A million pixels of three colours, once as they are unpacked and once plane by plane. */
const pictureLimit = 2 * 3 * 2 ** 20;

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
      anatomies: [numbersAnatomy(cifarRecords)],
      decode: tryDecodeCifar10,
    },
    {
      name: 'npy',
      header: npyHeader,
      fuzzShare: 2,
      valid: npyFiles,
      anatomies: npyFiles.map(npyAnatomy),
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
      wrap: npyOf,
      decode: tryDecodeNpy,
    },
    {
      name: 'npz',
      header: /directory|zip64|no entry|no header|another name|a name that|encrypted/,
      fuzzShare: 1,
      valid: [await encodeNpz({ a: arrays[0], b: arrays[1] })],
      anatomies: [npzAnatomy({ a: encodeNpy(arrays[0]), b: encodeNpy(arrays[1]) })],
      limit: 2 ** 20,
      decode: (bytes, file) => tryDecodeNpz(bytes, file, 2 ** 20)(),
      share: 0.5,
    },
    {
      name: 'npz entry',
      header: npyHeader,
      fuzzShare: 0.7,
      valid: npyFiles,
      anatomies: npyFiles.map(npyAnatomy),
      limit: 2 ** 20,
      wrap: zipOf,
      decode: (bytes, file) => tryDecodeNpz(bytes, file, 2 ** 20)(),
      share: 0.5,
    },
    {
      name: 'safetensors',
      header: safetensorsHeader,
      fuzzShare: 1.5,
      valid: [safetensors],
      anatomies: [safetensorsAnatomy(safetensors)],
      decode: tryDecodeSafetensors,
    },
    {
      name: 'safetensors header',
      grammar: 'json',
      header: safetensorsHeader,
      fuzzShare: 2,
      valid: [safetensorsNames],
      wrap: safetensorsOf,
      decode: tryDecodeSafetensors,
    },
    {
      name: 'state dictionary',
      grammar: 'json',
      header: safetensorsHeader,
      valid: [safetensorsNames],
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
      limit: unpackedLimit(0),
      wrap: gzipSync,
      decode: inFile(folder, 'here.bin', (path) => tryLoadCsv(path, { header: 'counts' })()),
    },
    {
      name: 'checkpoint',
      header: /no checkpoint|it has version|header|SHA-256/,
      fuzzShare: 0.5,
      valid: [checkpoint],
      anatomies: [checkpointAnatomy(checkpoint)],
      decode: tryDecodeCheckpoint,
    },
    {
      name: 'checkpoint payload',
      header: safetensorsHeader,
      valid: [checkpoint.slice(checkpoint.indexOf(10) + 1)],
      anatomies: [safetensorsAnatomy(checkpoint.slice(checkpoint.indexOf(10) + 1))],
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
      limit: 4096,
      decode: (bytes, file) => attempt(() => gunzip(bytes, { file, limit: 4096 })),
    },
    {
      name: 'gzip bomb',
      header: /no gzip stream/,
      valid: [bomb],
      hostile: true,
      limit: 2 ** 16,
      decode: (bytes, file) => attempt(() => gunzip(bytes, { file, limit: 2 ** 16 })),
      share: 0.5,
    },
    {
      name: 'IDX, packed',
      header: /gzip|magic number|the number of/,
      fuzzShare: 0.4,
      valid: [idxImages],
      limit: 2 ** 16,
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
      valid: [description],
      decode: described,
    },
    {
      name: 'tar',
      header: /a header/,
      fuzzShare: 0.5,
      valid: tars,
      anatomies: tars.map(tarAnatomy),
      decode: tryDecodeTar,
    },
    { name: 'tar headers', header: /a header/, fuzzShare: 0.7, valid: tars, wrap: rightTar, decode: tryDecodeTar },
    {
      name: 'CIFAR-10 archive',
      header: /gzip|a header|no such file/,
      fuzzShare: 0.1,
      valid: [archive(tarEntry('data_batch_1.bin', cifarRecords), tarEntry('test_batch.bin', cifarRecords))],
      limit: unpackedLimit(0),
      wrap: (damaged) => gzipSync(rightTar(damaged)),
      decode: inFile(folder, 'here.bin.tar.gz', (path) => tryLoadCifar10(path)()),
      share: 0.5,
    },
    {
      name: 'PNG',
      header: pictureHeader,
      limit: pictureLimit,
      fuzzShare: 0.1,
      valid: [png],
      decode: picture('png'),
      share: 0.2,
    },
    {
      name: 'PNG chunks',
      header: pictureHeader,
      limit: pictureLimit,
      fuzzShare: 0.15,
      valid: [png],
      wrap: rightPng,
      decode: picture('png'),
      share: 0.2,
    },
    {
      name: 'JPEG',
      header: pictureHeader,
      limit: pictureLimit,
      fuzzShare: 0.1,
      valid: [jpeg],
      decode: picture('jpg'),
      share: 0.2,
    },
    {
      name: 'WebP',
      header: pictureHeader,
      limit: pictureLimit,
      fuzzShare: 0.1,
      valid: [webp],
      decode: picture('webp'),
      share: 0.2,
    },
    ...labelTargets,
  ];
  // Some are Buffers, whose `slice` shares memory.
  return all.map((target) => ({ ...target, valid: target.valid.map((file) => Uint8Array.from(file)) }));
};
