/** What an element type is, as small functions over the table of `element-types.ts`; and arrays of one type made of those of another. */
import {
  type AnyFloat,
  type ComputeDtype,
  type Dtype,
  type ElementType,
  elementTypes,
  type FloatDtype,
  type IntegerDtype,
  type StoredArray,
  type TypedArray,
} from './element-types.js';
import { ArgumentError } from './errors.js';

export type {
  AnyFloat,
  ComputeDtype,
  Dtype,
  FloatDtype,
  HalfDtype,
  IntegerDtype,
  StoredArray,
  TypedArray,
} from './element-types.js';

/** What is known of a type. */
const factsOf = (dtype: Dtype): ElementType => elementTypes[dtype];

/** All element types. */
export const dtypes: readonly Dtype[] = Object.keys(elementTypes) as Dtype[];

export const isDtype = (name: unknown): name is Dtype => typeof name === 'string' && Object.hasOwn(elementTypes, name);

export const isFloat = (dtype: Dtype): dtype is AnyFloat => factsOf(dtype).kind === 'float';

export const isInteger = (dtype: Dtype): dtype is IntegerDtype => factsOf(dtype).kind === 'integer';

export const isBool = (dtype: Dtype): dtype is 'bool' => factsOf(dtype).kind === 'bool';

/** Whether operations compute with it. */
export const computes = (dtype: Dtype): boolean => factsOf(dtype).arithmetic;

/** Whether its tensors take part in derivatives. */
export const isDifferentiable = (dtype: Dtype): boolean => factsOf(dtype).differentiable;

/** The type in which operations on it are computed. */
export const computeType = (dtype: Dtype): ComputeDtype => factsOf(dtype).compute;

/** The type in which sums, differences and products of it are computed. */
export const modularType = (dtype: Dtype): ComputeDtype => factsOf(dtype).modular;

/** Whether operations on it are computed in another type, and their results rounded to it. */
export const isWidened = (dtype: Dtype): boolean => computeType(dtype) !== dtype;

/** Whether it is a float that operations compute in. */
export const isComputeFloat = (dtype: Dtype): dtype is FloatDtype => isFloat(dtype) && !isWidened(dtype);

/** A type, once it is known to be one that operations compute in: kernels are given no other. */
export const computed = <D extends Dtype>(dtype: D): Extract<D, ComputeDtype> => {
  if (isWidened(dtype)) throw new RangeError(`${dtype} is computed in ${computeType(dtype)}`);
  return dtype as Extract<D, ComputeDtype>;
};

/** The float in which to compute with it: float32 for what is none. */
export const floatFor = (dtype: Dtype): FloatDtype => (isFloat(dtype) ? elementTypes[dtype].compute : 'float32');

/** The float itself; float32 for what is none. */
export const floatLike = (dtype: Dtype): AnyFloat => (isFloat(dtype) ? dtype : 'float32');

/** The type of sums and products of many of them. */
export const totalType = (dtype: Dtype): Dtype => factsOf(dtype).total;

/** How many of them a vector of 128 bits holds. */
export const lanesOf = (dtype: Dtype): 2 | 4 => factsOf(dtype).lanes;

/** Its name in printed programs. */
export const shortDtype = (dtype: Dtype): string => factsOf(dtype).short;

/** Bytes one element takes. */
export const bytesPerElement = (dtype: Dtype): number => factsOf(dtype).array.BYTES_PER_ELEMENT;

/** The distance from 1 to the next number of a float. */
export const epsilonOf = (dtype: Dtype): number => {
  if (!isFloat(dtype)) throw new RangeError(`${dtype} has no epsilon`);
  return elementTypes[dtype].epsilon;
};

/** The largest finite number. */
export const largestOf = (dtype: Dtype): number => factsOf(dtype).range[1];

/** The least and the largest finite number. */
export const rangeOf = (dtype: Dtype): readonly [least: number, largest: number] => factsOf(dtype).range;

/** Whether the whole part of a number is within the range of the type. */
export const holdsWhole = (dtype: Dtype, value: number): boolean => {
  const [least, largest] = rangeOf(dtype);
  const whole = Math.trunc(value);
  return whole >= least && whole <= largest;
};

/** Whether the type holds a number as it is; floats hold every number, rounded. */
export const holds = (dtype: Dtype, value: number): boolean =>
  isFloat(dtype) || (Number.isInteger(value) && holdsWhole(dtype, value));

/** Whether every element of a typed array is a number that the type holds. */
export const fitsAll = (data: StoredArray | readonly number[], dtype: Dtype): boolean =>
  data instanceof factsOf(dtype).array || (data instanceof Uint8Array && largestOf(dtype) >= 255);

/** The names of types, for messages: `'float32', 'float64', 'int32' or 'bool'`. */
export const namesOf = (which: (dtype: Dtype) => boolean = () => true): string => {
  const names = dtypes.filter(which).map((dtype) => `'${dtype}'`);
  return [names.slice(0, -1).join(', '), ...names.slice(-1)].filter((part) => part !== '').join(' or ');
};

/**
 * A zero-filled array of `length` elements of `dtype`.
 * @throws ArgumentError when there is no memory for it.
 */
export const allocate = (dtype: Dtype, length: number): TypedArray => {
  try {
    return new (factsOf(dtype).array)(length);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ArgumentError({
      op: 'allocate',
      problem: `there is no memory for ${length} elements of ${dtype}`,
      remedy: 'work on parts of the data, or in float32',
    });
  }
};

/**
 * A new array that stores the same numbers as `dtype`, each to nearest; floats become integers by truncation, anything becomes a `bool`
 * by `!== 0`.
 */
export const convert = (data: ArrayLike<number>, dtype: Dtype): TypedArray => {
  if (dtype === 'int64') return asTyped(BigInt64Array.from(Array.from(data, wholeOf)));
  const out = allocate(dtype, data.length);
  const { half } = factsOf(dtype);
  if (half !== null) for (let i = 0; i < out.length; i++) out[i] = half.encode(data[i] as number);
  else if (isBool(dtype)) for (let i = 0; i < out.length; i++) out[i] = data[i] === 0 ? 0 : 1;
  else for (let i = 0; i < out.length; i++) out[i] = data[i] ?? 0;
  return out;
};

/** The array of an int64 as what operations that only move elements take it for. */
const asTyped = (data: BigInt64Array): TypedArray => data as unknown as TypedArray;

/** Whether an array holds elements of int64. */
export const isInt64Array = (data: unknown): data is BigInt64Array => data instanceof BigInt64Array;

/** The whole part of a number; 0 of what is infinite or NaN. */
const wholeOf = (value: number): bigint => (Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n);

/** A double near an integer whose rounding to fewer digits is that of the integer: of two neighbours the one with an odd last bit. */
const oddNear = (value: bigint): number => {
  const near = Number(value);
  const error = value - BigInt(near);
  if (error === 0n) return near;
  const number = Float64Array.of(near);
  const bits = new BigInt64Array(number.buffer);
  // Away from zero the bits grow.
  if (((bits[0] as bigint) & 1n) === 0n) bits[0] = (bits[0] as bigint) + (error > 0n === near > 0 ? 1n : -1n);
  return number[0] as number;
};

/** Integers of 64 bits as another type: the last bits of integers, the nearest of floats; with `clamps`, the nearer end of a range. */
export const convertInt64 = (data: BigInt64Array, dtype: Dtype, clamps = false): TypedArray => {
  if (dtype === 'int64') return asTyped(data.slice());
  if (isFloat(dtype))
    return convert(
      Array.from(data, (each) => (dtype === 'float64' ? Number(each) : oddNear(each))),
      dtype,
    );
  if (isBool(dtype))
    return convert(
      Array.from(data, (each) => Number(each !== 0n)),
      dtype,
    );
  const [least, largest] = rangeOf(dtype).map(BigInt) as [bigint, bigint];
  const last = (each: bigint): bigint => (clamps ? (each < least ? least : each > largest ? largest : each) : each);
  return convert(
    Array.from(data, (each) => Number(BigInt.asIntN(32, last(each)))),
    dtype,
  );
};

/** A number as the type holds it: rounded, truncated or 0 and 1, as `cast` does. */
export const asHeld = (value: number, dtype: Dtype): number => Number(numbersIn(convert([value], dtype), dtype)[0]);

/** The numbers that an array stores: the array itself, or float32 for what is stored as bits. */
export const numbersIn = (stored: TypedArray, dtype: Dtype): TypedArray => {
  const { half } = factsOf(dtype);
  if (half === null) return stored;
  const out = new Float32Array(stored.length);
  for (let i = 0; i < out.length; i++) out[i] = half.decode(stored[i] as number);
  return out;
};

/** A new array that stores `data` as `dtype`: numbers are converted, and a Uint16Array of what is stored as bits is those bits. */
export const storedAs = (data: StoredArray, dtype: Dtype): TypedArray => {
  if (isInt64Array(data)) return convertInt64(data, dtype);
  return factsOf(dtype).half !== null && data instanceof Uint16Array ? data.slice() : convert(data, dtype);
};

/** Whether the array that stores it converts what is assigned to it as `convert` does. */
export const convertsItself = (dtype: Dtype): boolean =>
  factsOf(dtype).half === null && !isBool(dtype) && dtype !== 'int64';

/** The same values as doubles; the array itself where it holds doubles already. */
export const asDoubles = (data: TypedArray): Float64Array =>
  data instanceof Float64Array ? data : new Float64Array(data);
