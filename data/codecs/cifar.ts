/**
 * CIFAR-10's binary form: records of 3,073 bytes without a header. A record is a label, then a red, a green and a blue
 * plane of 32 × 32 bytes. CINIC-10 samples come in the same form.
 */
import type { either as E } from 'fp-ts';
import { attempt, type DataError } from '../errors.js';
import type { ImageSet } from '../images.js';
import { binaryReader, countBytes } from './reader.js';

export const cifar10Classes: readonly string[] = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
];

const side = 32;
const imageBytes = 3 * side * side;
const recordBytes = 1 + imageBytes;

/**
 * The images of a file of CIFAR-10 records, `[N, 3, 32, 32]`.
 * @throws DataError when the bytes are not whole records, or a label is out of range.
 * @example
 * decodeCifar10(new Uint8Array(2 * 3073)).shape // [2, 3, 32, 32]
 */
export const decodeCifar10 = (bytes: Uint8Array, file = 'CIFAR-10 records'): ImageSet => {
  const reader = binaryReader(bytes, 'decodeCifar10', file);
  const count = Math.floor(bytes.length / recordBytes);
  const left = bytes.length % recordBytes;
  if (left > 0) reader.fail(`a record of ${countBytes(left)}`, `records of ${recordBytes} bytes`, count * recordBytes);
  const labels = new Uint8Array(count);
  const pixels = new Uint8Array(count * imageBytes);
  for (let i = 0; i < count; i++) {
    const at = reader.offset();
    const label = reader.uint8('a label');
    if (label >= cifar10Classes.length) reader.fail(`the label ${label}`, 'a class from 0 to 9', at);
    labels[i] = label;
    pixels.set(reader.bytes(imageBytes, 'three planes of 32 × 32'), i * imageBytes);
  }
  return { pixels, shape: [count, 3, side, side], labels, classes: cifar10Classes };
};

/** `decodeCifar10` with its error as a value. */
export const tryDecodeCifar10 = (bytes: Uint8Array, file?: string): E.Either<DataError, ImageSet> =>
  attempt(() => decodeCifar10(bytes, file));
