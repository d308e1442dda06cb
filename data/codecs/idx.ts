/**
 * IDX, the format of MNIST: big-endian headers, then bytes. Images have magic 2051, a count, rows and columns; labels have
 * magic 2049 and a count.
 */
import type { either as E } from 'fp-ts';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { checkTexts, checkWhole } from '../checks.js';
import { attempt, DataError } from '../errors.js';
import type { ImageSet } from '../images.js';
import { type BinaryReader, binaryReader, countBytes } from './reader.js';

const imagesMagic = 2051;
const labelsMagic = 2049;

/** Grey images: `pixels` is row-major `[count, height, width]`. */
export interface IdxImages {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly pixels: Uint8Array;
}

/** How many bytes of an IDX file it takes to know how long it is. */
export const idxHeader = 16;

/** How long an IDX file is in all, by its first bytes; null where they are none of one. */
export const idxLength = (start: Uint8Array): number | null => {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const number = (at: number): number => view.getUint32(at);
  if (start.length >= 8 && number(0) === labelsMagic) return 8 + number(4);
  if (start.length >= 16 && number(0) === imagesMagic) return 16 + number(4) * number(8) * number(12);
  return null;
};

const checkMagic = (reader: BinaryReader, magic: number, what: string): void => {
  const found = reader.uint32(`the magic number ${magic} of IDX ${what}`);
  if (found !== magic) reader.fail(`the magic number ${found}`, `${magic}, that of IDX ${what}`, 0);
};

/** The payload, which must be exactly what the header announces. */
const payload = (reader: BinaryReader, size: number, announced: string): Uint8Array => {
  const start = reader.offset();
  if (size > reader.remaining())
    reader.fail(`only ${countBytes(reader.remaining())} left`, `${announced}, which take ${countBytes(size)}`, start);
  const bytes = reader.bytes(size, announced);
  reader.end();
  return bytes;
};

/**
 * The images in an IDX file.
 * @throws DataError for another magic number, a size that is not that of the bytes, or images without pixels.
 * @example
 * decodeIdxImages(Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 7, 9)).pixels // [7, 9]
 */
export const decodeIdxImages = (bytes: Uint8Array, file = 'IDX images'): IdxImages => {
  const reader = binaryReader(bytes, 'decodeIdxImages', file);
  checkMagic(reader, imagesMagic, 'images');
  const count = reader.uint32('the number of images');
  const height = reader.uint32('the number of rows');
  const width = reader.uint32('the number of columns');
  if (count > 0 && height * width === 0) reader.fail(`images of ${height} × ${width}`, 'at least one pixel', 8);
  return { count, height, width, pixels: payload(reader, count * height * width, `${count} images`) };
};

/** `decodeIdxImages` with its error as a value. */
export const tryDecodeIdxImages = (bytes: Uint8Array, file?: string): E.Either<DataError, IdxImages> =>
  attempt(() => decodeIdxImages(bytes, file));

/**
 * The labels in an IDX file, each below `classes`.
 * @throws DataError for another magic number, a count that is not that of the bytes, or a label out of range.
 * @example
 * decodeIdxLabels(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 5, 3), 10) // [5, 3]
 */
export const decodeIdxLabels = (bytes: Uint8Array, classes = 256, file = 'IDX labels'): Uint8Array => {
  checkWhole('decodeIdxLabels', 'classes', classes, 0, 2 ** 31);
  const reader = binaryReader(bytes, 'decodeIdxLabels', file);
  checkMagic(reader, labelsMagic, 'labels');
  const count = reader.uint32('the number of labels');
  const start = reader.offset();
  const labels = payload(reader, count, `${count} labels`);
  const wrong = labels.findIndex((label) => label >= classes);
  if (wrong >= 0) reader.fail(`the label ${labels[wrong]}`, `a class from 0 to ${classes - 1}`, start + wrong);
  return labels;
};

/** `decodeIdxLabels` with its error as a value. */
export const tryDecodeIdxLabels = (
  bytes: Uint8Array,
  classes?: number,
  file?: string,
): E.Either<DataError, Uint8Array> => attempt(() => decodeIdxLabels(bytes, classes, file));

export interface IdxPair {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** What errors call the two files. */
  readonly imagesFile?: string;
  readonly labelsFile?: string;
}

const idxPairNames = { images: true, labels: true, classes: true, imagesFile: true, labelsFile: true } as const;

/**
 * Images and their labels from two IDX files.
 * @throws DataError where either file is wrong, or they differ in number.
 */
export const decodeIdx = (pair: IdxPair): ImageSet => {
  const {
    images,
    labels,
    classes,
    imagesFile,
    labelsFile = 'IDX labels',
  } = checkedOptions('decodeIdx', pair, idxPairNames);
  checkTexts('decodeIdx', 'classes', classes);
  const { count, height, width, pixels } = decodeIdxImages(images, imagesFile);
  const numbers = decodeIdxLabels(labels, classes.length, labelsFile);
  if (numbers.length !== count)
    throw new DataError({
      op: 'decodeIdx',
      file: labelsFile,
      place: { byte: 4 },
      problem: `${numbers.length} labels`,
      expected: `${count}, as many as there are images`,
    });
  return { pixels, shape: [count, 1, height, width], labels: numbers, classes };
};

/** `decodeIdx` with its error as a value. */
export const tryDecodeIdx = (pair: IdxPair): E.Either<DataError, ImageSet> => attempt(() => decodeIdx(pair));
