/**
 * safetensors: the length of a header, the header as JSON (name → element type, shape, place), and the elements, packed
 * without gaps. Named tensors of PyTorch models come in this form.
 * Format: https://github.com/huggingface/safetensors#format
 */
import { either as E } from 'fp-ts';
import * as t from 'io-ts';
import { fromData } from '../../core/creation.js';
import type { Dtype } from '../../core/dtype.js';
import type { Tensor } from '../../core/tensor.js';
import { attempt, type DataError } from '../errors.js';
import { type ElementType, elementBytes, readElements, writeElements } from './elements.js';
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

const written: Readonly<Record<Dtype, string>> = { bool: 'BOOL', int32: 'I32', float32: 'F32', float64: 'F64' };

const size = new t.Type<number, number, unknown>(
  'size',
  t.number.is,
  (input, context) =>
    Number.isSafeInteger(input) && (input as number) >= 0 ? t.success(input as number) : t.failure(input, context),
  t.identity,
);

const entryCodec = t.strict({
  dtype: t.keyof(types),
  shape: t.array(size),
  data_offsets: t.tuple([size, size]),
});

const headerCodec = t.record(t.string, t.unknown);
const metadataCodec = t.record(t.string, t.string);

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
    const decoded = headerCodec.decode(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
    if (E.isRight(decoded) && bytes[0] === 0x7b) return decoded.right;
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
  return reader.fail('a header that is no JSON object', 'names with their types, shapes and places', 8);
};

const readEntry = (reader: BinaryReader, name: string, value: unknown): Entry => {
  const decoded = entryCodec.decode(value);
  const fail = (problem: string, expected: string): never =>
    reader.fail(`tensor ${JSON.stringify(excerpt(name))}: ${problem}`, expected, 8);
  if (E.isLeft(decoded)) {
    const key = decoded.left[0]?.context[1]?.key ?? '';
    return fail(`${key === '' ? 'the entry' : key} is not valid`, 'a known dtype, a shape, and two data_offsets');
  }
  const { dtype, shape, data_offsets } = decoded.right;
  if (shape.length > 64) fail(`${shape.length} axes`, '64 at most');
  const [begin, end] = data_offsets;
  const type = types[dtype] ?? 'uint8';
  const bytes = shape.reduce((product, length) => product * length, elementBytes(type));
  if (end - begin !== bytes)
    fail(`${end - begin} bytes at [${begin}, ${end}]`, `${countBytes(bytes)}, ${dtype} of shape [${shape.join(',')}]`);
  return { name, type, shape, begin, end };
};

/**
 * The tensors of a safetensors file by name. float16 and bfloat16 become float32; integers become int32, and one that
 * does not fit is refused.
 * @throws DataError unless the header is valid and the tensors lie one after the other up to the end of the file.
 * @example
 * [...decodeSafetensors(encodeSafetensors({ bias: tensor([1, 2]) })).tensors.keys()] // ['bias']
 */
export const decodeSafetensors = (bytes: Uint8Array, file = 'safetensors'): NamedTensors => {
  const reader = binaryReader(bytes, 'decodeSafetensors', file);
  const { __metadata__ = {}, ...rest } = readJson(reader);
  const metadata = metadataCodec.decode(__metadata__);
  if (E.isLeft(metadata)) reader.fail('__metadata__ that is not text by name', 'an object of strings', 8);
  const entries = Object.entries(rest).map(([name, value]) => readEntry(reader, name, value));
  const found = new Map<string, Tensor>();
  const start = reader.offset();
  for (const { name, type, shape, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
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
    found.set(name, fromData(data, shape, dtype));
  }
  reader.end();
  return {
    tensors: new Map(entries.map(({ name }) => [name, found.get(name) as Tensor])),
    metadata: E.isRight(metadata) ? metadata.right : {},
  };
};

/** `decodeSafetensors` with its error as a value. */
export const tryDecodeSafetensors = (bytes: Uint8Array, file?: string): E.Either<DataError, NamedTensors> =>
  attempt(() => decodeSafetensors(bytes, file));

/**
 * Named tensors as a safetensors file; the elements begin at a multiple of 8.
 * @example
 * decodeSafetensors(encodeSafetensors({ w: ones([2, 2]) }, { by: 'me' })).metadata.by // 'me'
 */
export const encodeSafetensors = (
  tensors: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array => {
  const named = tensors instanceof Map ? [...tensors] : Object.entries(tensors);
  let end = 0;
  const entries: (readonly [string, unknown])[] = Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : [];
  const parts = named.map(([name, tensor]: readonly [string, Tensor]) => {
    const part = writeElements(tensor.dataSync(), tensor.dtype);
    const begin = end;
    end += part.length;
    entries.push([name, { dtype: written[tensor.dtype], shape: tensor.shape, data_offsets: [begin, end] }]);
    return part;
  });
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const start = 8 + Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(start + end).fill(0x20, 8, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(json, 8);
  let at = start;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};
