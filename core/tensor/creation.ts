/** Tensors from numbers: nested lists, typed arrays. Everything else that makes a tensor is a primitive or a composition. */

import { defaultBackend } from '../backends/default-backend.js';
import {
  type Dtype,
  fitsAll,
  isFloat,
  isInt64Array,
  isInteger,
  isWidened,
  type StoredArray,
  type TypedArray,
} from '../base/dtype.js';
import { ArgumentError, describe, ShapeError } from '../base/errors.js';
import { ownShape, type Shape, sizeOf } from '../base/shape.js';
import { createFull } from '../primitives/shape/full.js';
import { checkDtype, checkedOptions, checkWhole, tensorOperand } from './arguments.js';
import { type DtypeOptions, dtypeArgument } from './dtype-argument.js';
import { type NestedBooleans, readNested } from './nested.js';
import { type NestedNumbers, storedTensor, Tensor } from './tensor.js';

export interface TensorOptions {
  /** Element type; `float32` by default, `bool` for booleans. Numbers are converted as `cast` does. */
  readonly dtype?: Dtype;
}

const tensorNames = { dtype: true } as const;

/**
 * A tensor of the given numbers or booleans. The compiler does not track the shape of nested lists; `fromData` and
 * `reshape` take one.
 * @throws ShapeError when nested lists differ in length or depth; ArgumentError for anything that is no number, and for lists that hold
 * themselves or are nested more than 500 levels deep; DtypeError for a number that int32 does not hold, and for numbers and booleans mixed.
 * @example
 * tensor([[1, 2], [3, 4]]).shape // [2, 2]
 */
export const tensor = (values: NestedNumbers | NestedBooleans, options: TensorOptions = {}): Tensor => {
  const { dtype } = checkedOptions('tensor', options, tensorNames);
  const { shape, numbers, booleans } = readNested('tensor', values);
  return createFrom('tensor', numbers, shape, dtype ?? (booleans ? 'bool' : 'float32'));
};

/**
 * A tensor of `shape` from row-major numbers, which are copied. A typed array's own element type is the default; plain
 * lists become float32.
 * @throws ShapeError when the length is not the product of the sizes; ArgumentError for sizes that are not whole; DtypeError
 * for a number that int32 does not hold.
 * @example
 * fromData(new Int32Array([1, 2, 3, 4]), [2, 2]).dtype // 'int32'
 */
export function fromData<const S extends Shape>(
  data: StoredArray | readonly number[],
  shape: S,
  options?: DtypeOptions,
): Tensor<S>;
/** @deprecated Give the element type as an option: `{ dtype: 'int32' }`. */
export function fromData<const S extends Shape>(
  data: StoredArray | readonly number[],
  shape: S,
  dtype?: Dtype | DtypeOptions,
): Tensor<S>;
export function fromData<const S extends Shape>(
  data: StoredArray | readonly number[],
  shape: S,
  given?: Dtype | DtypeOptions,
): Tensor<S> {
  return createFrom('fromData', data, shape, dtypeArgument('fromData', given, dtypeOf(data)));
}

const notFilled = (op: string, count: number, shape: Shape): ShapeError =>
  new ShapeError({
    op,
    problem: `${count} numbers do not fill ${sizeOf(shape)} places`,
    shapes: [shape],
    remedy: 'give as many numbers as the product of the sizes',
  });

/** `fromData`, in the name of the operation that the user called. */
export const createFrom = <const S extends Shape>(
  op: string,
  data: StoredArray | readonly number[],
  shape: S,
  dtype: Dtype,
): Tensor<S> => {
  const own = ownShape(op, shape);
  checkDtype(op, dtype);
  checkNumbers(op, data);
  if (isInteger(dtype) && !fitsAll(data, dtype))
    for (const [i, value] of data.entries()) checkWhole(op, `element ${i}`, Number(value), dtype);
  if (data.length !== sizeOf(shape)) throw notFilled(op, data.length, shape);
  const backend = defaultBackend();
  return storedTensor(
    own,
    dtype,
    backend,
    backend.write(
      Array.isArray(data) || data instanceof Uint16Array ? Float64Array.from(data) : (data as TypedArray),
      dtype,
    ),
  );
};

/** A tensor of what an array stores: the bits of float16 and bfloat16, numbers of the others. */
export const fromStored = <const S extends Shape>(op: string, data: TypedArray, shape: S, dtype: Dtype): Tensor<S> => {
  if (!isFloat(dtype) || !isWidened(dtype)) return createFrom(op, data, shape, dtype);
  const own = ownShape(op, shape);
  if (data.length !== sizeOf(shape)) throw notFilled(op, data.length, shape);
  const backend = defaultBackend();
  return storedTensor(own, dtype, backend, backend.write(data, dtype));
};

/** Throws unless `data` is a list of numbers or one of the typed arrays that a tensor can hold. */
const checkNumbers = (op: string, data: StoredArray | readonly number[]): void => {
  const wrong = (found: unknown): ArgumentError =>
    new ArgumentError({
      op,
      problem: `the data are ${describe(found)}, not numbers`,
      remedy: 'give a list of numbers, a Float32Array, Float64Array, Int32Array or Uint8Array',
    });
  if (Array.isArray(data)) {
    const at = data.findIndex((value) => typeof value !== 'number');
    if (at >= 0) throw wrong(data[at]);
  } else if (!ArrayBuffer.isView(data) || data instanceof BigUint64Array || data instanceof DataView) throw wrong(data);
};

/** What a typed array becomes when nobody says; other lists become float32. Bytes are numbers to compute with: int32. */
const dtypeOf = (data: StoredArray | readonly number[]): Dtype => {
  if (isInt64Array(data)) return 'int64';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Int32Array || data instanceof Uint8Array) return 'int32';
  if (data instanceof Int8Array) return 'int8';
  return data instanceof Uint32Array ? 'uint32' : 'float32';
};

/**
 * Zeros of `shape`, float32 by default.
 * @example
 * zeros([2]).toArray() // [0, 0]
 * zeros([2], { dtype: 'int32' }).dtype // 'int32'
 */
export function zeros<const S extends Shape>(shape: S, options?: DtypeOptions): Tensor<S>;
/** @deprecated Give the element type as an option: `{ dtype: 'int32' }`. */
export function zeros<const S extends Shape>(shape: S, dtype?: Dtype | DtypeOptions): Tensor<S>;
export function zeros<const S extends Shape>(shape: S, given?: Dtype | DtypeOptions): Tensor<S> {
  return createFull('zeros', shape, 0, given);
}

/**
 * Ones of `shape`, float32 by default.
 * @example
 * ones([2]).toArray() // [1, 1]
 * ones([2], { dtype: 'bool' }).dtype // 'bool'
 */
export function ones<const S extends Shape>(shape: S, options?: DtypeOptions): Tensor<S>;
/** @deprecated Give the element type as an option: `{ dtype: 'int32' }`. */
export function ones<const S extends Shape>(shape: S, dtype?: Dtype | DtypeOptions): Tensor<S>;
export function ones<const S extends Shape>(shape: S, given?: Dtype | DtypeOptions): Tensor<S> {
  return createFull('ones', shape, 1, given);
}

/** Zeros with the shape of `x`, and its element type unless told otherwise. */
export const zerosLike = <S extends Shape>(x: Tensor<S>, options: DtypeOptions = {}): Tensor<S> => {
  const { shape, dtype } = tensorOperand('zerosLike', x);
  return createFull('zerosLike', shape, 0, dtypeArgument('zerosLike', options, dtype));
};

/** Ones with the shape of `x`, and its element type unless told otherwise. */
export const onesLike = <S extends Shape>(x: Tensor<S>, options: DtypeOptions = {}): Tensor<S> => {
  const { shape, dtype } = tensorOperand('onesLike', x);
  return createFull('onesLike', shape, 1, dtypeArgument('onesLike', options, dtype));
};

/** A number or nested list as a tensor; a tensor as it is. */
export const asTensor = (value: Tensor | NestedNumbers, dtype: Dtype = 'float32'): Tensor =>
  value instanceof Tensor ? value : tensor(value, { dtype });
