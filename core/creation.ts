/** Tensors from numbers: nested lists, typed arrays. Everything else that makes a tensor is a primitive or a composition. */
import { checkDtype, checkedOptions, tensorOperand } from './arguments.js';
import { defaultBackend } from './default-backend.js';
import type { Dtype, TypedArray } from './dtype.js';
import { ArgumentError, describe, ShapeError } from './errors.js';
import { createFull, full } from './primitives/full.js';
import { ownShape, type Shape, sizeOf } from './shape.js';
import { type NestedNumbers, storedTensor, Tensor } from './tensor.js';

/** Nested lists of booleans. */
export type NestedBooleans = boolean | readonly NestedBooleans[];

type Nested = NestedNumbers | NestedBooleans;

/** The shape of nested lists, read off the first entry at each depth. */
const nestedShape = (value: Nested): number[] => {
  const shape: number[] = [];
  for (let inner: Nested | undefined = value; Array.isArray(inner); inner = inner[0]) shape.push(inner.length);
  return shape;
};

const ragged = (shape: Shape): ShapeError =>
  new ShapeError({
    op: 'tensor',
    problem: 'the nested lists have different lengths or depths',
    shapes: [shape],
    remedy: 'give every row the same length',
  });

/** Appends the numbers of `value`, which stands at `depth` within lists of `shape`. */
const collect = (value: Nested, shape: Shape, depth: number, out: number[]): void => {
  if (Array.isArray(value)) {
    if (value.length !== shape[depth]) throw ragged(shape);
    for (const inner of value as readonly Nested[]) collect(inner, shape, depth + 1, out);
    return;
  }
  if (typeof value !== 'number' && typeof value !== 'boolean')
    throw new ArgumentError({
      op: 'tensor',
      problem: `cannot read ${describe(value)} as a number`,
      remedy: 'give numbers, nested lists of numbers, or fromData(typedArray, shape)',
    });
  if (depth !== shape.length) throw ragged(shape);
  out.push(Number(value));
};

const isBoolean = (value: Nested): boolean => {
  let inner: Nested | undefined = value;
  while (Array.isArray(inner)) inner = inner[0];
  return typeof inner === 'boolean';
};

export interface TensorOptions {
  /** Element type; `float32` by default, `bool` for booleans. Numbers are converted as `cast` does. */
  readonly dtype?: Dtype;
}

const tensorNames = { dtype: true } as const;

/**
 * A tensor of the given numbers or booleans. The compiler does not track the shape of nested lists; `fromData` and
 * `reshape` take one.
 * @throws ShapeError when nested lists differ in length or depth; ArgumentError for anything that is no number.
 * @example
 * tensor([[1, 2], [3, 4]]).shape // [2, 2]
 */
export const tensor = (values: NestedNumbers | NestedBooleans, options: TensorOptions = {}): Tensor => {
  const { dtype } = checkedOptions('tensor', options, tensorNames);
  const shape = nestedShape(values);
  const out: number[] = [];
  collect(values, shape, 0, out);
  return fromData(out, shape, dtype ?? (isBoolean(values) ? 'bool' : 'float32'));
};

/**
 * A tensor of `shape` from row-major numbers, which are copied. A typed array's own element type is the default; plain
 * lists become float32.
 * @throws ShapeError when the length is not the product of the sizes; ArgumentError for sizes that are not whole.
 * @example
 * fromData(new Int32Array([1, 2, 3, 4]), [2, 2]).dtype // 'int32'
 */
export const fromData = <const S extends Shape>(
  data: TypedArray | readonly number[],
  shape: S,
  dtype: Dtype = dtypeOf(data),
): Tensor<S> => {
  const own = ownShape('fromData', shape);
  checkDtype('fromData', dtype);
  checkNumbers(data);
  if (data.length !== sizeOf(shape))
    throw new ShapeError({
      op: 'fromData',
      problem: `${data.length} numbers do not fill ${sizeOf(shape)} places`,
      shapes: [shape],
      remedy: 'give as many numbers as the product of the sizes',
    });
  const backend = defaultBackend();
  return storedTensor(
    own,
    dtype,
    backend,
    backend.write(Array.isArray(data) ? Float64Array.from(data) : (data as TypedArray), dtype),
  );
};

/** Throws unless `data` is a list of numbers or one of the typed arrays that a tensor can hold. */
const checkNumbers = (data: TypedArray | readonly number[]): void => {
  const wrong = (found: unknown): ArgumentError =>
    new ArgumentError({
      op: 'fromData',
      problem: `the data are ${describe(found)}, not numbers`,
      remedy: 'give a list of numbers, a Float32Array, Float64Array, Int32Array or Uint8Array',
    });
  if (Array.isArray(data)) {
    const at = data.findIndex((value) => typeof value !== 'number');
    if (at >= 0) throw wrong(data[at]);
  } else if (
    !ArrayBuffer.isView(data) ||
    data instanceof BigInt64Array ||
    data instanceof BigUint64Array ||
    data instanceof DataView
  )
    throw wrong(data);
};

const dtypeOf = (data: TypedArray | readonly number[]): Dtype =>
  data instanceof Float64Array
    ? 'float64'
    : data instanceof Int32Array
      ? 'int32'
      : data instanceof Uint8Array
        ? 'int32'
        : 'float32';

/**
 * Zeros of `shape`.
 * @example
 * zeros([2]).toArray() // [0, 0]
 */
export const zeros = <const S extends Shape>(shape: S, dtype: Dtype = 'float32'): Tensor<S> =>
  createFull('zeros', shape, 0, dtype);

/**
 * Ones of `shape`.
 * @example
 * ones([2]).toArray() // [1, 1]
 */
export const ones = <const S extends Shape>(shape: S, dtype: Dtype = 'float32'): Tensor<S> =>
  createFull('ones', shape, 1, dtype);

/** Zeros with the shape and element type of `x`. */
export const zerosLike = <S extends Shape>(x: Tensor<S>): Tensor<S> => {
  const { shape, dtype } = tensorOperand('zerosLike', x);
  return full(shape, 0, dtype);
};

/** Ones with the shape and element type of `x`. */
export const onesLike = <S extends Shape>(x: Tensor<S>): Tensor<S> => {
  const { shape, dtype } = tensorOperand('onesLike', x);
  return full(shape, 1, dtype);
};

/** A number or nested list as a tensor; a tensor as it is. */
export const asTensor = (value: Tensor | NestedNumbers, dtype: Dtype = 'float32'): Tensor =>
  value instanceof Tensor ? value : tensor(value, { dtype });
