/** Counting along an axis: `y[…, i, …] = i`. */

import { type Dtype, isBool, isInteger, largestOf } from '../../base/dtype.js';
import { DtypeError } from '../../base/errors.js';
import { ownShape, type Shape, sizeOf } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import { checkedOptions } from '../../tensor/arguments.js';
import { type AxisOptions, chosenAxis, type OneAxis } from '../../tensor/axis.js';
import { type DtypeOptions, dtypeArgument } from '../../tensor/dtype-argument.js';
import type { Tensor } from '../../tensor/tensor.js';

export interface IotaParams {
  readonly shape: Shape;
  readonly axis: number;
  readonly dtype: Dtype;
}

export const iotaPrimitive: Primitive<'iota', IotaParams> = define<readonly [], IotaParams>()({
  name: 'iota',
  family: 'create',
  docs: 'y[…, i, …] = i along an axis',
  saves: 'none',
  infer: (_, { shape, axis, dtype }) => {
    if (isBool(dtype))
      throw new DtypeError({ op: 'iota', problem: `${dtype} does not count`, shapes: [shape], remedy: "use 'int32'" });
    const last = (shape[axis] ?? 1) - 1;
    if (isInteger(dtype) && last > largestOf(dtype))
      throw new DtypeError({
        op: 'iota',
        problem: `${dtype} does not hold ${last}`,
        shapes: [shape],
        remedy: "use 'int32'",
      });
    return { shape, dtype };
  },
  forward: (out, _, { shape, axis }) => {
    const size = shape[axis] ?? 1;
    const inner = sizeOf(shape.slice(axis + 1));
    for (let i = 0; i < out.data.length; i++) out.data[i] = Math.floor(i / inner) % size;
  },
  vjp: [],
  jvp: [],
  batch: ({ p, primitive }) => bind(primitive, [], p),
});

const iotaNames = { axis: true, axes: true, dtype: true } as const;

/**
 * A tensor whose elements are their own positions along `axis`. int32 by default.
 * @throws AxisError for an axis out of range; DtypeError for bool.
 * @example
 * iota([2, 3], 1).toArray() // [[0, 1, 2], [0, 1, 2]]
 * iota([3], { dtype: 'float32' }).toArray() // [0, 1, 2]
 */
export function iota<const S extends Shape>(
  shape: S,
  axis?: OneAxis | (AxisOptions & DtypeOptions),
  options?: DtypeOptions,
): Tensor<S>;
/** @deprecated Give the element type as an option: `{ dtype: 'int32' }`. */
export function iota<const S extends Shape>(
  shape: S,
  axis: OneAxis | (AxisOptions & DtypeOptions) | undefined,
  dtype?: Dtype | DtypeOptions,
): Tensor<S>;
export function iota<const S extends Shape>(
  shape: S,
  along?: OneAxis | (AxisOptions & DtypeOptions),
  given?: Dtype | DtypeOptions,
): Tensor<S> {
  const own = ownShape('iota', shape);
  const alone = typeof along !== 'object' || along === null || Array.isArray(along);
  const first: AxisOptions & DtypeOptions = alone
    ? along === undefined
      ? {}
      : { axis: along as OneAxis }
    : (along as AxisOptions & DtypeOptions);
  const { axis, axes, dtype: chosen } = checkedOptions('iota', first, iotaNames);
  const dtype = dtypeArgument<Dtype>('iota', given, chosen ?? 'int32');
  return bind(iotaPrimitive, [], {
    shape: own,
    axis: chosenAxis('iota', axis, axes, 0, own.length),
    dtype,
  } satisfies IotaParams) as Tensor<S>;
}
