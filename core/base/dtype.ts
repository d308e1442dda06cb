/**
 * The four element types and the typed arrays that hold them.
 * Floats carry derivatives; integers and booleans carry indices, labels and masks.
 */

import { ArgumentError } from './errors.js';

export type Dtype = 'float32' | 'float64' | 'int32' | 'bool';
export type FloatDtype = 'float32' | 'float64';

/** A `bool` is stored as one byte, 0 or 1. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array, bool: Uint8Array } as const;

/**
 * A zero-filled array of `length` elements of `dtype`.
 * @throws ArgumentError when there is no memory for it.
 */
export const allocate = (dtype: Dtype, length: number): TypedArray => {
  try {
    return new arrays[dtype](length);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ArgumentError({
      op: 'allocate',
      problem: `there is no memory for ${length} elements of ${dtype}`,
      remedy: 'work on parts of the data, or in float32',
    });
  }
};

/** A new array of `dtype` with the same values; floats become integers by truncation, anything becomes a `bool` by `!== 0`. */
export const convert = (data: ArrayLike<number>, dtype: Dtype): TypedArray => {
  const out = allocate(dtype, data.length);
  if (dtype === 'bool') for (let i = 0; i < out.length; i++) out[i] = data[i] === 0 ? 0 : 1;
  else for (let i = 0; i < out.length; i++) out[i] = data[i] ?? 0;
  return out;
};

/** The same values as doubles; the array itself where it holds doubles already. */
export const asDoubles = (data: TypedArray): Float64Array =>
  data instanceof Float64Array ? data : new Float64Array(data);

export const isDtype = (name: unknown): name is Dtype => typeof name === 'string' && Object.hasOwn(arrays, name);

export const isFloat = (dtype: Dtype): dtype is FloatDtype => dtype === 'float32' || dtype === 'float64';

/** Bytes one element takes. */
export const bytesPerElement = (dtype: Dtype): number => arrays[dtype].BYTES_PER_ELEMENT;
