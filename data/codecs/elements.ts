/**
 * The element types that array files know, and what they become here: floats and the integers that tensors have are kept, every other integer
 * that fits becomes int32, booleans are checked. Nothing is rounded silently but what has no place in a tensor at all.
 */
import {
  allocate,
  bytesPerElement,
  type Dtype,
  holds,
  isBool,
  isInteger,
  type StoredArray,
  type TypedArray,
} from '../../core/base/dtype.js';
import { ShapeError } from '../../core/base/errors.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import type { BinaryReader } from './reader.js';

/** An element type of a file. */
export type ElementType =
  | 'bool'
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'uint32'
  | 'int32'
  | 'uint64'
  | 'int64'
  | 'float16'
  | 'bfloat16'
  | 'float32'
  | 'float64';

interface Element {
  readonly bytes: number;
  readonly dtype: Dtype;
  /** What is stored: a number, or the bits of one. */
  readonly read: (view: DataView, offset: number, littleEndian: boolean) => number | bigint;
}

const elements: Readonly<Record<ElementType, Element>> = {
  bool: { bytes: 1, dtype: 'bool', read: (view, at) => view.getUint8(at) },
  uint8: { bytes: 1, dtype: 'uint8', read: (view, at) => view.getUint8(at) },
  int8: { bytes: 1, dtype: 'int8', read: (view, at) => view.getInt8(at) },
  uint16: { bytes: 2, dtype: 'int32', read: (view, at, little) => view.getUint16(at, little) },
  int16: { bytes: 2, dtype: 'int32', read: (view, at, little) => view.getInt16(at, little) },
  uint32: { bytes: 4, dtype: 'uint32', read: (view, at, little) => view.getUint32(at, little) },
  int32: { bytes: 4, dtype: 'int32', read: (view, at, little) => view.getInt32(at, little) },
  uint64: { bytes: 8, dtype: 'int32', read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  int64: { bytes: 8, dtype: 'int64', read: (view, at, little) => view.getBigInt64(at, little) },
  float16: { bytes: 2, dtype: 'float16', read: (view, at, little) => view.getUint16(at, little) },
  bfloat16: { bytes: 2, dtype: 'bfloat16', read: (view, at, little) => view.getUint16(at, little) },
  float32: { bytes: 4, dtype: 'float32', read: (view, at, little) => view.getFloat32(at, little) },
  float64: { bytes: 8, dtype: 'float64', read: (view, at, little) => view.getFloat64(at, little) },
};

/** Bytes that one element takes in a file. */
export const elementBytes = (type: ElementType): number => elements[type].bytes;

/** NumPy has no more axes than this. */
export const largestRank = 64;

/**
 * Bytes that an array takes; null for one that no file holds: of too many axes, or, even where a size of 0 leaves it empty,
 * with sizes whose product is beyond 2^53.
 */
export const arrayBytes = (shape: readonly number[], bytesPerElement: number): number | null => {
  if (shape.length > largestRank) return null;
  let [product, empty] = [bytesPerElement, false];
  for (const size of shape)
    if (size === 0) empty = true;
    else product *= size;
  return product > Number.MAX_SAFE_INTEGER ? null : empty ? 0 : product;
};

/** Throws unless a file can hold arrays of this shape. */
export const checkArrayShape = (op: string, shape: readonly number[]): void => {
  if (arrayBytes(shape, 8) === null)
    throw new ShapeError({
      op,
      problem: `no file holds ${shape.length > largestRank ? `${shape.length} axes` : 'sizes whose product is so large'}`,
      shapes: [shape.slice(0, largestRank)],
      remedy: `reshape to at most ${largestRank} axes, with sizes whose product is below 2^50`,
    });
};

/** Elements and the element type that they get; bytes may still be those of the file, which whoever makes a tensor copies. */
export interface Elements {
  readonly dtype: Dtype;
  readonly data: TypedArray;
}

/** Those that lie in files as they do in typed arrays, but for the order of their bytes. */
const asInMemory: ReadonlySet<ElementType> = new Set<ElementType>([
  'int8',
  'int32',
  'uint32',
  'int64',
  'float16',
  'bfloat16',
  'float32',
  'float64',
]);

const littleEndianHost: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The next `count` elements; the caller has compared their size with the bytes that are left. */
export const readElements = (
  reader: BinaryReader,
  type: ElementType,
  count: number,
  littleEndian: boolean,
): Elements => {
  const { bytes, dtype, read } = elements[type];
  const start = reader.offset();
  const source = reader.bytes(
    count * bytes,
    // A text for each of a hundred thousand arrays takes longer than they do.
    count * bytes > reader.remaining() ? `${count} elements of ${type}` : '',
  );
  if (type === 'uint8') return { dtype, data: source };
  const data = allocate(dtype, count);
  if (asInMemory.has(type) && littleEndian === littleEndianHost) {
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength).set(source);
    return { dtype, data };
  }
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  for (let i = 0; i < count; i++) {
    const value = read(view, i * bytes, littleEndian);
    if (typeof value === 'bigint') {
      (data as StoredArray)[i] = value;
      continue;
    }
    if (isInteger(dtype) && !holds(dtype, value))
      reader.fail(`the ${type} ${value}`, 'an integer that int32 holds', start + i * bytes);
    if (isBool(dtype) && value > 1) reader.fail(`the boolean ${value}`, '0 or 1', start + i);
    data[i] = value;
  }
  return { dtype, data };
};

/** Elements as they are stored, in little-endian bytes; a bool is one byte. */
export const writeElements = (x: Tensor): Uint8Array => {
  const bytes = x.bytes();
  const width = bytesPerElement(x.dtype);
  if (!littleEndianHost) for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
  return bytes;
};
