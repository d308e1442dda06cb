/**
 * safetensors: the length of a header, the header as JSON (name → element type, shape, place), and the elements, packed
 * without gaps. Named tensors of PyTorch models come in this form.
 * Format: https://github.com/huggingface/safetensors#format
 */

import { either as E } from 'fp-ts';
import * as t from 'io-ts';
import type { Dtype } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import { fromStored } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { checkCharacters, checkNoSymbols, checkObject, checkText, namedEntries } from '../checks.js';
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

const types: Readonly<Record<string, ElementType>> = {
  BOOL: 'bool',
  U8: 'uint8',
  I8: 'int8',
  U16: 'uint16',
  I16: 'int16',
  U32: 'uint32',
  I32: 'int32',
  U64: 'uint64',
  I64: 'int64',
  F16: 'float16',
  BF16: 'bfloat16',
  F32: 'float32',
  F64: 'float64',
};

const written: Readonly<Record<Dtype, string>> = {
  float16: 'F16',
  bfloat16: 'BF16',
  float32: 'F32',
  float64: 'F64',
  int8: 'I8',
  uint8: 'U8',
  int32: 'I32',
  uint32: 'U32',
  int64: 'I64',
  bool: 'BOOL',
};

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const size = new t.Type<number, number, unknown>(
  'size',
  t.number.is,
  (input, context) => (isSize(input) ? t.success(input) : t.failure(input, context)),
  t.identity,
);

const entryCodec = t.strict({
  dtype: t.keyof(types),
  shape: t.array(size),
  data_offsets: t.tuple([size, size]),
});

const metadataCodec = t.record(t.string, t.string);

/** The one name that is no tensor's. */
const reserved = '__metadata__';

/** The largest header that the reference implementation takes. */
const largestHeader = 100_000_000;

/** Named tensors, in the order of the file, and remarks that came with them. */
export interface NamedTensors {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Entry {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const readJson = (reader: BinaryReader): Readonly<Record<string, unknown>> => {
  const length = reader.uint64('the length of the header', true);
  if (length > largestHeader) reader.fail(`a header of ${countBytes(length)}`, `${largestHeader} bytes at most`, 0);
  const bytes = reader.bytes(length, `a header of ${countBytes(length)}`);
  try {
    const decoded: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof decoded === 'object' && decoded !== null && bytes[0] === 0x7b)
      return decoded as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
  return reader.fail('a header that is no JSON object', 'names with their types, shapes and places', 8);
};

/** Is this an entry as the format has it? Nothing is set aside for one that is: files may have a hundred thousand. */
const isEntry = (value: unknown): value is t.TypeOf<typeof entryCodec> => {
  if (typeof value !== 'object' || value === null) return false;
  const { dtype, shape, data_offsets } = value as { [Name in keyof t.TypeOf<typeof entryCodec>]?: unknown };
  return (
    typeof dtype === 'string' &&
    Object.hasOwn(types, dtype) &&
    Array.isArray(shape) &&
    shape.every(isSize) &&
    Array.isArray(data_offsets) &&
    data_offsets.length === 2 &&
    isSize(data_offsets[0]) &&
    isSize(data_offsets[1])
  );
};

const readEntry = (reader: BinaryReader, name: string, value: unknown): Entry => {
  const fail = (problem: string, expected: string): never =>
    reader.fail(`tensor ${JSON.stringify(excerpt(name))}: ${problem}`, expected, 8);
  if (!isEntry(value)) {
    const decoded = entryCodec.decode(value);
    const key = E.isLeft(decoded) ? (decoded.left[0]?.context[1]?.key ?? '') : '';
    return fail(`${key === '' ? 'the entry' : key} is not valid`, 'a known dtype, a shape, and two data_offsets');
  }
  const { dtype, shape, data_offsets } = value;
  if (shape.length > largestRank) fail(`${shape.length} axes`, `${largestRank} at most`);
  const [begin, end] = data_offsets;
  const type = types[dtype] ?? 'uint8';
  const bytes = arrayBytes(shape, elementBytes(type));
  if (bytes === null) return fail('sizes whose product is beyond 2^53', 'an array that a file can hold');
  if (end - begin !== bytes)
    fail(`${end - begin} bytes at [${begin}, ${end}]`, `${countBytes(bytes)}, ${dtype} of shape [${shape.join(',')}]`);
  return { name, type, shape, begin, end };
};

/** Do the entries stand in the order of their bytes, as they mostly do? */
const inOrder = (entries: readonly Entry[]): boolean => {
  let before = 0;
  for (const { begin, end } of entries) {
    if (begin < before) return false;
    before = end;
  }
  return true;
};

/**
 * The tensors of a safetensors file by name, in the order of its header, but for names of digits alone, which JavaScript lists first.
 * Element types that tensors have are kept; other integers become int32, and one that does not fit is refused. Elements take up to four bytes for each
 * byte of the file; the header, of 100 MB at most, is parsed as JSON.
 * @throws DataError unless the header is valid and the tensors lie one after the other up to the end of the file.
 * @example
 * [...decodeSafetensors(encodeSafetensors({ bias: tensor([1, 2]) })).tensors.keys()] // ['bias']
 */
export const decodeSafetensors = (bytes: Uint8Array, file = 'safetensors'): NamedTensors => {
  const reader = binaryReader(bytes, 'decodeSafetensors', file);
  const header = readJson(reader);
  const metadata = Object.hasOwn(header, reserved) ? metadataCodec.decode(header[reserved]) : E.right({});
  if (E.isLeft(metadata)) return reader.fail('__metadata__ that is not text by name', 'an object of strings', 8);
  const entries: Entry[] = [];
  for (const name of Object.keys(header)) if (name !== reserved) entries.push(readEntry(reader, name, header[name]));
  // An empty tensor comes before the one that begins where it stands.
  const placed = inOrder(entries) ? entries : entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end);
  const tensors = new Map<string, Tensor>();
  const start = reader.offset();
  for (const { name, type, shape, begin, end } of placed) {
    if (start + begin !== reader.offset())
      reader.fail(
        `tensor ${JSON.stringify(excerpt(name))} begins at ${begin}`,
        `${reader.offset() - start}, where the one before it ends`,
        8,
      );
    if (end - begin > reader.remaining())
      reader.fail(
        `only ${countBytes(reader.remaining())} left`,
        `${countBytes(end - begin)} of ${JSON.stringify(excerpt(name))}`,
      );
    const { dtype, data } = readElements(reader, type, (end - begin) / elementBytes(type), true);
    tensors.set(name, fromStored('decodeSafetensors', data, shape, dtype));
  }
  reader.end();
  const listed = placed === entries ? tensors : new Map(entries.map(({ name }) => [name, tensors.get(name) as Tensor]));
  return { tensors: listed, metadata: metadata.right };
};

/** `decodeSafetensors` with its error as a value. */
export const tryDecodeSafetensors = (bytes: Uint8Array, file?: string): E.Either<DataError, NamedTensors> =>
  attempt(() => decodeSafetensors(bytes, file));

/** The remarks, once they are known to be texts by name. */
const checkMetadata = (metadata: unknown): void => {
  checkObject('encodeSafetensors', 'metadata', metadata);
  checkNoSymbols('encodeSafetensors', 'metadata', metadata as object);
  for (const [name, value] of Object.entries(metadata as object)) {
    const what = `metadata ${JSON.stringify(excerpt(name))}`;
    checkCharacters('encodeSafetensors', 'the name in metadata', name);
    checkText('encodeSafetensors', what, value);
    checkCharacters('encodeSafetensors', what, value);
  }
};

/**
 * Named tensors as a safetensors file; the elements begin at a multiple of 8.
 * @throws ArgumentError for a name that the format keeps for itself (`__metadata__`), for remarks that are no texts, for names and
 * remarks with half a character, and for names that take more than 100 MB; ShapeError for a tensor of more than 64 axes.
 * @example
 * decodeSafetensors(encodeSafetensors({ w: ones([2, 2]) }, { by: 'me' })).metadata.by // 'me'
 */
export const encodeSafetensors = (
  tensors: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array =>
  inOperation('encodeSafetensors', () => {
    const named = namedEntries('encodeSafetensors', tensors);
    checkMetadata(metadata);
    let end = 0;
    const entries: string[] =
      Object.keys(metadata).length > 0 ? [`"${reserved}":${JSON.stringify({ ...metadata })}`] : [];
    const parts = named.map(([name, tensor]: readonly [string, Tensor]) => {
      if (name === reserved)
        throw new ArgumentError({
          op: 'encodeSafetensors',
          problem: `a tensor is called ${reserved}, which is where the format keeps remarks`,
          remedy: 'give it another name',
        });
      checkCharacters('encodeSafetensors', 'the name', name);
      checkArrayShape('encodeSafetensors', tensor.shape);
      const part = writeElements(tensor);
      const begin = end;
      end += part.length;
      const entry = { dtype: written[tensor.dtype], shape: tensor.shape, data_offsets: [begin, end] };
      entries.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
      return part;
    });
    const json = new TextEncoder().encode(`{${entries.join(',')}}`);
    const start = 8 + Math.ceil(json.length / 8) * 8;
    if (start - 8 > largestHeader)
      throw new ArgumentError({
        op: 'encodeSafetensors',
        problem: `names and shapes take ${countBytes(start - 8)}, and readers take ${largestHeader}`,
        remedy: 'write several files',
      });
    const bytes = new Uint8Array(start + end).fill(0x20, 8, start);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
    bytes.set(json, 8);
    let at = start;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  });
