/** A tensor of one repeated number. */

import { convert, type Dtype } from '../../base/dtype.js';
import { ownShape, type Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import { checkNumber, checkWhole } from '../../tensor/arguments.js';
import { type DtypeOptions, dtypeArgument } from '../../tensor/dtype-argument.js';
import type { Tensor } from '../../tensor/tensor.js';

export interface FullParams {
  readonly shape: Shape;
  readonly value: number;
  readonly dtype: Dtype;
}

export const fullPrimitive: Primitive<'full', FullParams> = define<readonly [], FullParams>()({
  name: 'full',
  family: 'create',
  docs: 'y[i] = value',
  widening: 'kept',
  saves: 'none',
  infer: (_, { shape, dtype }) => ({ shape, dtype }),
  forward: (out, _, { value, dtype }) => {
    out.data.fill(convert([value], dtype)[0] as number);
  },
  vjp: [],
  jvp: [],
  batch: ({ p, primitive }) => bind(primitive, [], p),
});

/**
 * A tensor of `shape` filled with `value`, which is converted as `cast` does; float32 by default.
 * @throws ArgumentError for sizes that are not whole or too large; DtypeError for a value that int32 does not hold.
 * @example
 * full([2, 2], 7).toArray() // [[7, 7], [7, 7]]
 */
export function full<const S extends Shape>(shape: S, value: number, options?: DtypeOptions): Tensor<S>;
/** @deprecated Give the element type as an option: `{ dtype: 'int32' }`. */
export function full<const S extends Shape>(shape: S, value: number, dtype?: Dtype | DtypeOptions): Tensor<S>;
export function full<const S extends Shape>(shape: S, value: number, given?: Dtype | DtypeOptions): Tensor<S> {
  return createFull('full', shape, value, given);
}

/** `full`, in the name of the operation that the user called. */
export const createFull = <const S extends Shape>(
  op: string,
  shape: S,
  value: number,
  given: Dtype | DtypeOptions | undefined,
): Tensor<S> => {
  const own = ownShape(op, shape);
  checkNumber(op, 'the value', value);
  const dtype = dtypeArgument<Dtype>(op, given, 'float32');
  checkWhole(op, 'the value', value, dtype);
  return bind(fullPrimitive, [], { shape: own, value, dtype } satisfies FullParams) as Tensor<S>;
};
