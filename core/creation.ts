/** Tensors from numbers: nested lists, typed arrays. Everything else that makes a tensor is a primitive or a composition. */
import { defaultBackend } from './default-backend.js';
import type { Dtype, TypedArray } from './dtype.js';
import { ArgumentError, ShapeError } from './errors.js';
import { full } from './primitives/full.js';
import { checkShape, type Shape, sizeOf } from './shape.js';
import { type NestedNumbers, storedTensor, Tensor } from './tensor.js';

const collect = (
  value: NestedNumbers | readonly boolean[] | boolean,
  depth: number,
  shape: number[],
  out: number[],
): void => {
  if (typeof value === 'number' || typeof value === 'boolean') {
    if (depth !== shape.length) throw ragged();
    out.push(Number(value));
    return;
  }
  if (!Array.isArray(value))
    throw new ArgumentError({
      op: 'tensor',
      problem: `cannot read ${String(value)} as a number`,
      remedy: 'give numbers, nested lists of numbers, or fromData(typedArray, shape)',
    });
  if (shape.length === depth) {
    if (out.length > 0) throw ragged();
    shape.push(value.length);
  } else if (shape[depth] !== value.length) throw ragged();
  for (const inner of value) collect(inner, depth + 1, shape, out);
};

const ragged = (): ShapeError =>
  new ShapeError({
    op: 'tensor',
    problem: 'the nested lists have different lengths or depths',
    remedy: 'give every row the same length',
  });

/** The literal shape of nested number lists is not tracked by the compiler; `fromData` and `reshape` take one. */
export interface TensorOptions {
  /** Element type; `float32` by default, `bool` for lists of booleans. */
  readonly dtype?: Dtype;
}

/**
 * A tensor of the given numbers.
 * @throws ShapeError when nested lists differ in length.
 * @example
 * tensor([[1, 2], [3, 4]]).shape // [2, 2]
 */
export const tensor = (values: NestedNumbers | readonly boolean[] | boolean, { dtype }: TensorOptions = {}): Tensor => {
  const shape: number[] = [];
  const out: number[] = [];
  collect(values, 0, shape, out);
  const boolean = typeof values === 'boolean' || (Array.isArray(values) && typeof values[0] === 'boolean');
  return fromData(out, shape, dtype ?? (boolean ? 'bool' : 'float32'));
};

/**
 * A tensor of `shape` from row-major numbers, which are copied. A typed array's own element type is the default; plain
 * lists become float32.
 * @throws ShapeError when the length is not the product of the sizes.
 * @example
 * fromData(new Int32Array([1, 2, 3, 4]), [2, 2]).dtype // 'int32'
 */
export const fromData = <const S extends Shape>(
  data: TypedArray | readonly number[],
  shape: S,
  dtype: Dtype = dtypeOf(data),
): Tensor<S> => {
  checkShape('fromData', shape);
  if (data.length !== sizeOf(shape))
    throw new ShapeError({
      op: 'fromData',
      problem: `${data.length} numbers do not fill ${sizeOf(shape)} places`,
      shapes: [shape],
      remedy: 'give as many numbers as the product of the sizes',
    });
  const backend = defaultBackend();
  return storedTensor(
    shape,
    dtype,
    backend,
    backend.write(data instanceof Array ? Float64Array.from(data) : (data as TypedArray), dtype),
  );
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
export const zeros = <const S extends Shape>(shape: S, dtype: Dtype = 'float32'): Tensor<S> => full(shape, 0, dtype);

/**
 * Ones of `shape`.
 * @example
 * ones([2]).toArray() // [1, 1]
 */
export const ones = <const S extends Shape>(shape: S, dtype: Dtype = 'float32'): Tensor<S> => full(shape, 1, dtype);

/** Zeros with the shape and element type of `x`. */
export const zerosLike = <S extends Shape>(x: Tensor<S>): Tensor<S> => full(x.shape, 0, x.dtype);

/** Ones with the shape and element type of `x`. */
export const onesLike = <S extends Shape>(x: Tensor<S>): Tensor<S> => full(x.shape, 1, x.dtype);

/** A number or nested list as a tensor; a tensor as it is. */
export const asTensor = (value: Tensor | NestedNumbers, dtype: Dtype = 'float32'): Tensor =>
  value instanceof Tensor ? value : tensor(value, { dtype });
