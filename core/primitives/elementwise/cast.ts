/** Conversion between element types. Linear between floats; to and from integers it has no derivative. */

import { convert, convertInt64, type Dtype, isFloat, isInt64Array, numbersIn, rangeOf } from '../../base/dtype.js';
import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import { batchElementwise } from '../../rules/elementwise.js';
import { checkDtype, tensorOperand } from '../../tensor/arguments.js';
import type { Tensor } from '../../tensor/tensor.js';

export interface CastParams {
  readonly dtype: Dtype;
  /** Of integers: what is beyond the range of the type becomes its end, instead of wrapping. */
  readonly clamps?: boolean;
}

export const castPrimitive: Primitive<'cast', CastParams> = define<readonly [Tensor], CastParams>()({
  name: 'cast',
  family: 'linear',
  docs: 'y = x in another element type',
  widening: 'kept',
  saves: 'none',
  infer: ([x], { dtype }) => ({ shape: x?.shape ?? [], dtype }),
  forward: (out, [x], { dtype, clamps = false }) => {
    if (x === undefined) return;
    if (isInt64Array(x.data)) {
      out.data.set(convertInt64(x.data, dtype, clamps));
      return;
    }
    const numbers = numbersIn(x.data, x.dtype);
    const [least, largest] = rangeOf(dtype);
    out.data.set(
      convert(clamps ? Float64Array.from(numbers, (each) => Math.min(Math.max(each, least), largest)) : numbers, dtype),
    );
  },
  vjp: [({ g, avals: [x] }) => cast(g, x !== undefined && isFloat(x.dtype) ? x.dtype : g.dtype)],
  jvp: 'linear',
  batch: batchElementwise,
});

/**
 * The tensor in another element type. Floats truncate towards zero to become integers, modulo 2³² beyond
 * int32 (NaN and infinities become 0); anything but 0 is `true`.
 * @throws DtypeError for an element type that there is not.
 * @example
 * cast(tensor([1.7, -1.7]), 'int32').toArray() // [1, -1]
 */
export const cast = <S extends Shape>(x: Tensor<S>, dtype: Dtype): Tensor<S> => {
  if (tensorOperand('cast', x).dtype === dtype) return x;
  checkDtype('cast', dtype);
  return bind(castPrimitive, [x], { dtype } satisfies CastParams) as Tensor<S>;
};

/** Integers as int32; those that it does not hold become its nearest end, so that an index out of range stays so. */
export const clampedToInt32 = (x: Tensor): Tensor =>
  bind(castPrimitive, [x], { dtype: 'int32', clamps: true } satisfies CastParams);
