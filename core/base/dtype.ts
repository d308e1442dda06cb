/**
 * The element types: one table of what each is, and small functions over it. Nothing else in the library lists them: who asks what a type
 * is asks here, and who must do something else for each type has a record of all of them, so that a new one that is forgotten there does
 * not compile.
 * Floats carry derivatives; integers and booleans carry indices, labels and masks.
 */

import { ArgumentError } from './errors.js';
import { bfloat16, float16, type Half } from './halves.js';

/** Floats of 16 bits: stored as such, computed in float32. */
export type HalfDtype = 'float16' | 'bfloat16';

/** The floats that operations compute in, and that samplers and layers make. */
export type FloatDtype = 'float32' | 'float64';

/** All floats. */
export type AnyFloat = HalfDtype | FloatDtype;

export type IntegerDtype = 'int8' | 'uint8' | 'int32' | 'uint32' | 'int64';

export type Dtype = AnyFloat | IntegerDtype | 'bool';

/** The types that operations compute in. */
export type ComputeDtype = 'float32' | 'float64' | 'int32' | 'bool';

/** The type in which operations on a type are computed. */
type ComputeOf<D extends Dtype> = D extends ComputeDtype
  ? D
  : D extends AnyFloat
    ? 'float32'
    : D extends 'uint32' | 'int64'
      ? 'float64'
      : 'int32';

/** Typed arrays that tensors are stored in. A `bool` is one byte, 0 or 1; float16 and bfloat16 are their bits. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array | Uint16Array | Int8Array | Uint32Array;

/**
 * What tensors are stored in. The elements of an int64 are bigints, and nothing computes with them: operations that only put elements
 * elsewhere take its array for a TypedArray.
 */
export type StoredArray = TypedArray | BigInt64Array;

interface ArrayOf {
  new (length: number): TypedArray;
  readonly BYTES_PER_ELEMENT: number;
}

/** What there is to know of an element type. */
interface ElementType<D extends Dtype = Dtype> {
  /** What stores it. */
  readonly array: ArrayOf;
  readonly kind: D extends AnyFloat ? 'float' : D extends IntegerDtype ? 'integer' : 'bool';
  /** How what is stored stands for numbers; `null` where the array's elements are the numbers. */
  readonly half: Half | null;
  /** The type in which operations on it are computed: itself, or a wider one, whose results are rounded to it. */
  readonly compute: ComputeOf<D>;
  /** The type in which sums, differences and products are computed: of integers, which wrap, only the last bits count. */
  readonly modular: D extends IntegerDtype ? 'int32' : ComputeOf<D>;
  /** The type of sums and products of many: wide enough for more than one element. */
  readonly total: Dtype;
  /** Whether operations compute with it at all, or it is only stored, moved, converted and an index. */
  readonly arithmetic: D extends 'int64' ? false : true;
  /** Whether its tensors take part in derivatives. */
  readonly differentiable: boolean;
  /** How many of them a vector of 128 bits holds while they are moved and converted. */
  readonly lanes: 2 | 4;
  /** Its name in printed programs. */
  readonly short: string;
  /** The distance from 1 to the next number; `null` for what is no float. */
  readonly epsilon: D extends AnyFloat ? number : null;
  /** The least and the largest finite number. */
  readonly range: readonly [least: number, largest: number];
}

const largestFloat32 = (2 - 2 ** -23) * 2 ** 127;
const largestBfloat16 = (2 - 2 ** -7) * 2 ** 127;

const elementTypes: { readonly [D in Dtype]: ElementType<D> } = {
  float16: {
    array: Uint16Array,
    kind: 'float',
    half: float16,
    compute: 'float32',
    modular: 'float32',
    total: 'float16',
    arithmetic: true,
    differentiable: true,
    lanes: 4,
    short: 'f16',
    epsilon: 2 ** -10,
    range: [-65504, 65504],
  },
  bfloat16: {
    array: Uint16Array,
    kind: 'float',
    half: bfloat16,
    compute: 'float32',
    modular: 'float32',
    total: 'bfloat16',
    arithmetic: true,
    differentiable: true,
    lanes: 4,
    short: 'bf16',
    epsilon: 2 ** -7,
    range: [-largestBfloat16, largestBfloat16],
  },
  float32: {
    array: Float32Array,
    kind: 'float',
    half: null,
    compute: 'float32',
    modular: 'float32',
    total: 'float32',
    arithmetic: true,
    differentiable: true,
    lanes: 4,
    short: 'f32',
    epsilon: 2 ** -23,
    range: [-largestFloat32, largestFloat32],
  },
  float64: {
    array: Float64Array,
    kind: 'float',
    half: null,
    compute: 'float64',
    modular: 'float64',
    total: 'float64',
    arithmetic: true,
    differentiable: true,
    lanes: 2,
    short: 'f64',
    epsilon: 2 ** -52,
    range: [-Number.MAX_VALUE, Number.MAX_VALUE],
  },
  int8: {
    array: Int8Array,
    kind: 'integer',
    half: null,
    compute: 'int32',
    modular: 'int32',
    total: 'int32',
    arithmetic: true,
    differentiable: false,
    lanes: 4,
    short: 'i8',
    epsilon: null,
    range: [-128, 127],
  },
  uint8: {
    array: Uint8Array,
    kind: 'integer',
    half: null,
    compute: 'int32',
    modular: 'int32',
    total: 'int32',
    arithmetic: true,
    differentiable: false,
    lanes: 4,
    short: 'u8',
    epsilon: null,
    range: [0, 255],
  },
  int32: {
    array: Int32Array,
    kind: 'integer',
    half: null,
    compute: 'int32',
    modular: 'int32',
    total: 'int32',
    arithmetic: true,
    differentiable: false,
    lanes: 4,
    short: 'i32',
    epsilon: null,
    range: [-(2 ** 31), 2 ** 31 - 1],
  },
  uint32: {
    array: Uint32Array,
    kind: 'integer',
    half: null,
    compute: 'float64',
    modular: 'int32',
    total: 'uint32',
    arithmetic: true,
    differentiable: false,
    lanes: 4,
    short: 'u32',
    epsilon: null,
    range: [0, 2 ** 32 - 1],
  },
  int64: {
    array: BigInt64Array as unknown as ArrayOf,
    kind: 'integer',
    half: null,
    compute: 'float64',
    modular: 'int32',
    total: 'int64',
    arithmetic: false,
    differentiable: false,
    lanes: 2,
    short: 'i64',
    epsilon: null,
    range: [-(2 ** 63), 2 ** 63 - 1024],
  },
  bool: {
    array: Uint8Array,
    kind: 'bool',
    half: null,
    compute: 'bool',
    modular: 'bool',
    total: 'int32',
    arithmetic: true,
    differentiable: false,
    lanes: 4,
    short: 'bool',
    epsilon: null,
    range: [0, 1],
  },
};

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
