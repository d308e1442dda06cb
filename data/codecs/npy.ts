/**
 * NumPy's `.npy`: a magic string, a version, a header that is a Python dictionary of element type, order and shape, and
 * the elements. Read: versions 1 to 3, either byte order, either memory order. Written: version 1, little-endian, row-major.
 * Format: NEP 1, "A simple file format for NumPy arrays".
 */

import type { either as E } from 'fp-ts';
import type { Dtype } from '../../core/base/dtype.js';
import { DtypeError } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import { permute } from '../../core/primitives/shape/permute.js';
import { fromStored } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { checkTensor } from '../checks.js';
import { attempt, type DataError } from '../errors.js';
import {
  arrayBytes,
  checkArrayShape,
  type ElementType,
  elementBytes,
  largestRank,
  readElements,
  writeElements,
} from './elements.js';
import { type BinaryReader, binaryReader, countBytes, excerpt } from './reader.js';

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

const types: Readonly<Record<string, ElementType>> = {
  b1: 'bool',
  u1: 'uint8',
  i1: 'int8',
  u2: 'uint16',
  i2: 'int16',
  u4: 'uint32',
  i4: 'int32',
  u8: 'uint64',
  i8: 'int64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
};

/** What each type is called; `null` for what NumPy does not have. */
const written: Readonly<Record<Dtype, string | null>> = {
  float16: '<f2',
  bfloat16: null,
  float32: '<f4',
  float64: '<f8',
  int8: '|i1',
  uint8: '|u1',
  int32: '<i4',
  uint32: '<u4',
  int64: '<i8',
  bool: '|b1',
};

interface Header {
  readonly type: ElementType;
  readonly littleEndian: boolean;
  readonly columnMajor: boolean;
  readonly shape: readonly number[];
}

/** What stands under each key of the dictionary; refuses anything that is no such dictionary. */
const dictionary = (reader: BinaryReader, text: string, start: number): ReadonlyMap<string, string> => {
  const fail = (at: number): never =>
    reader.fail(
      'a header that cannot be read',
      "a dictionary of 'descr', 'fortran_order' and 'shape', once each",
      start + at,
    );
  const entry = /\s*'(descr|fortran_order|shape)'\s*:\s*('[^']*'|True|False|\([\d,\s]*\))\s*(?:,|(?=\}))/y;
  const found = new Map<string, string>();
  if (!text.startsWith('{')) fail(0);
  entry.lastIndex = 1;
  for (let at = 1; found.size < 3; at = entry.lastIndex) {
    const [, key, value] = entry.exec(text) ?? fail(at);
    if (key === undefined || value === undefined || found.has(key)) return fail(at);
    found.set(key, value);
    if (found.size === 3 && !/^\s*\}\s*$/.test(text.slice(entry.lastIndex))) fail(entry.lastIndex);
  }
  return found;
};

const parseHeader = (reader: BinaryReader, text: string, start: number): Header => {
  const found = dictionary(reader, text, start);
  const descr = found.get('descr') ?? '';
  const [, order, code = ''] = /^'([<>|=])(\w+)'$/.exec(descr) ?? [];
  const type = Object.hasOwn(types, code) ? types[code] : undefined;
  if (type === undefined)
    return reader.fail(
      `elements of type ${descr === '' ? 'unknown' : excerpt(descr)}`,
      `one of ${Object.keys(types).join(', ')} after <, > or |`,
      start,
    );
  const sizes = (found.get('shape') ?? '').slice(1, -1).split(',');
  const shape = sizes.filter((size) => size.trim() !== '').map(Number);
  const tuple =
    /^\(\s*(\d+\s*,\s*)*(\d+\s*)?\)$/.test(found.get('shape') ?? '') && (shape.length !== 1 || sizes.length > 1);
  if (!tuple || shape.length > largestRank || !shape.every(Number.isSafeInteger))
    reader.fail(
      `the shape ${excerpt(found.get('shape') ?? '')}`,
      `a tuple of at most ${largestRank} sizes below 2^53`,
      start,
    );
  const fortran = found.get('fortran_order');
  if (fortran !== 'True' && fortran !== 'False')
    reader.fail(`'fortran_order' is ${excerpt(fortran ?? '')}`, 'True or False', start);
  return { type, littleEndian: order !== '>', columnMajor: fortran === 'True', shape };
};

const readHeader = (reader: BinaryReader): Header => {
  const found = reader.bytes(magic.length, 'the magic string \\x93NUMPY');
  if (magic.some((byte, i) => found[i] !== byte)) reader.fail('no NumPy array', 'the magic string \\x93NUMPY', 0);
  const version = reader.uint8('a version');
  if (version < 1 || version > 3) reader.fail(`version ${version}`, 'version 1, 2 or 3', 6);
  reader.uint8('a minor version');
  const length =
    version === 1 ? reader.uint16('the length of the header', true) : reader.uint32('the length of the header', true);
  if (length > 65_536) reader.fail(`a header of ${countBytes(length)}`, '65536 bytes at most', 8);
  const start = reader.offset();
  const text = new TextDecoder('latin1').decode(reader.bytes(length, `a header of ${countBytes(length)}`));
  return parseHeader(reader, text, start);
};

/**
 * The tensor in a `.npy` file. Element types that tensors have are kept; other integers become int32, and one that does not fit is refused. Takes up to four bytes
 * for each byte of the file; eight for elements of one or two bytes in column-major order.
 * @throws DataError for anything but exactly one array of numbers or booleans.
 * @example
 * decodeNpy(encodeNpy(tensor([[1, 2], [3, 4]]))).toArray() // [[1, 2], [3, 4]]
 */
export const decodeNpy = (bytes: Uint8Array, file = 'npy array'): Tensor => {
  const reader = binaryReader(bytes, 'decodeNpy', file);
  const { type, littleEndian, columnMajor, shape } = readHeader(reader);
  const size = arrayBytes(shape, elementBytes(type));
  if (size === null && shape.includes(0))
    reader.fail(
      `the shape (${excerpt(shape.join(', '))})`,
      'sizes whose product is below 2^53, but for those that are 0',
    );
  if (size === null || size !== reader.remaining()) {
    const wanted = shape.reduce((product, length) => product * length, elementBytes(type));
    return reader.fail(
      countBytes(reader.remaining()),
      `${countBytes(wanted)}, ${type} of shape [${excerpt(shape.join(','))}]`,
    );
  }
  const { dtype, data } = readElements(reader, type, size / elementBytes(type), littleEndian);
  if (!columnMajor || shape.length < 2) return fromStored('decodeNpy', data, shape, dtype);
  const reversed: Tensor = fromStored('decodeNpy', data, shape.toReversed(), dtype);
  return permute(reversed, shape.map((_, axis) => axis).reverse());
};

/** `decodeNpy` with its error as a value. */
export const tryDecodeNpy = (bytes: Uint8Array, file?: string): E.Either<DataError, Tensor> =>
  attempt(() => decodeNpy(bytes, file));

/**
 * A tensor as a `.npy` file.
 * @throws ArgumentError for anything but a tensor; ShapeError for one of more than 64 axes and DtypeError for bfloat16, which NumPy does
 * not have.
 * @example
 * decodeNpy(encodeNpy(iris().y)).dtype // 'int32'
 */
export const encodeNpy = (x: Tensor): Uint8Array =>
  inOperation('encodeNpy', () => {
    checkTensor('encodeNpy', 'the array', x);
    checkArrayShape('encodeNpy', x.shape);
    const shape = x.rank === 1 ? `(${x.shape[0]},)` : `(${x.shape.join(', ')})`;
    const descr = written[x.dtype];
    if (descr === null)
      throw new DtypeError({
        op: 'encodeNpy',
        problem: `NumPy has no ${x.dtype}`,
        shapes: [x.shape],
        remedy: "convert with cast(x, 'float32'), or write safetensors",
      });
    const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;
    // The elements begin at a multiple of 64.
    const prefix = magic.length + 4;
    const header = dictionary.padEnd(Math.ceil((prefix + dictionary.length + 1) / 64) * 64 - prefix - 1);
    const elements = writeElements(x);
    const bytes = new Uint8Array(prefix + header.length + 1 + elements.length);
    bytes.set(magic);
    bytes[6] = 1;
    new DataView(bytes.buffer).setUint16(8, header.length + 1, true);
    for (const [i, character] of [...`${header}\n`].entries()) bytes[prefix + i] = character.charCodeAt(0);
    bytes.set(elements, prefix + header.length + 1);
    return bytes;
  });
