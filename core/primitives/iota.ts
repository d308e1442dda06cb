/** Counting along an axis: `y[…, i, …] = i`. */
import { checkDtype } from '../arguments.js';
import type { Dtype } from '../dtype.js';
import { DtypeError } from '../errors.js';
import { bind } from '../interpreter.js';
import { define, type Primitive } from '../primitive.js';
import { normalizeAxis, ownShape, type Shape, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';

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
  infer: (_, { shape, dtype }) => {
    if (dtype === 'bool')
      throw new DtypeError({ op: 'iota', problem: 'bool does not count', shapes: [shape], remedy: "use 'int32'" });
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

/**
 * A tensor whose elements are their own positions along `axis`. int32 by default.
 * @throws AxisError for an axis out of range; DtypeError for bool.
 * @example
 * iota([2, 3], 1).toArray() // [[0, 1, 2], [0, 1, 2]]
 */
export const iota = <const S extends Shape>(shape: S, axis = 0, dtype: Dtype = 'int32'): Tensor<S> => {
  const own = ownShape('iota', shape);
  checkDtype('iota', dtype);
  return bind(iotaPrimitive, [], {
    shape: own,
    axis: normalizeAxis('iota', axis, own.length),
    dtype,
  } satisfies IotaParams) as Tensor<S>;
};
