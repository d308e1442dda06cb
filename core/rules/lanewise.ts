/**
 * Operations along one axis that keep the shape: each lane of the input becomes a lane of the output, whatever stands
 * beside it. Scans, softmax and sorting are of this kind.
 */
import { type Dtype, isInteger } from '../base/dtype.js';
import { type Shape, sizeOf } from '../base/shape.js';
import { bind } from '../dispatch/interpreter.js';
import {
  type BatchContext,
  type Definition,
  define,
  type Family,
  type Primitive,
  type Saves,
} from '../program/primitive.js';
import type { Tensor } from '../tensor/tensor.js';
import { type Accepts, commonDtype } from './elementwise.js';

export interface AxisParams {
  /** The axis to go along, counted from the front. */
  readonly axis: number;
}

/** Calls `visit(start, stride)` for each lane along `axis`; its elements stand at `start + k·stride`. */
export const eachLine = (shape: Shape, axis: number, visit: (start: number, stride: number) => void): void => {
  const length = shape[axis] ?? 1;
  const stride = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  for (let block = 0; block < outer; block++)
    for (let inner = 0; inner < stride; inner++) visit(block * length * stride + inner, stride);
};

type LanewiseDefinition<Name extends string, P extends AxisParams, S extends Saves> = Pick<
  Definition<Name, readonly [Tensor], P, S>,
  'name' | 'docs' | 'saves' | 'vjp' | 'jvp' | 'widening'
> & {
  readonly family?: Family;
  /** Writes the output lane; both arrays are scratch memory of the lane's length, reused between calls. */
  readonly f: (lane: Float64Array, out: Float64Array, p: P) => void;
  /** The same of int32, where doubles would round; `f` unless said otherwise. */
  readonly onIntegers?: (lane: Float64Array, out: Float64Array, p: P) => void;
  readonly accepts?: Accepts;
  readonly result?: Dtype;
};

/** The axis moves one place back behind the batch axis. */
export function batchLanewise({ x, p, primitive }: BatchContext<readonly Tensor[], AxisParams>): Tensor {
  return bind(primitive, x, { ...p, axis: p.axis + 1 });
}

type LanewiseDefiner<P extends AxisParams> = <const Name extends string, const S extends Saves>(
  d: LanewiseDefinition<Name, P, S>,
) => Primitive<Name, P>;

/** `defineLanewise<AxisParams>()({ name: 'softmax', … })`: the first call fixes the parameters, as with `define`. */
export function defineLanewise<P extends AxisParams>(): LanewiseDefiner<P> {
  return <const Name extends string, const S extends Saves>({
    f,
    onIntegers = f,
    family = 'other',
    accepts = 'float',
    result,
    ...d
  }: LanewiseDefinition<Name, P, S>): Primitive<Name, P> =>
    define<readonly [Tensor], P>()<Name, S>({
      ...d,
      family,
      infer: (inputs) => {
        const dtype = commonDtype(d.name, inputs, accepts);
        return { shape: inputs[0]?.shape ?? [], dtype: result ?? dtype };
      },
      forward: (out, [x], p) => {
        if (x === undefined) return;
        const from = x.data;
        const to = out.data;
        const lane = new Float64Array(x.shape[p.axis] ?? 1);
        const result = new Float64Array(lane.length);
        const along = isInteger(x.dtype) ? onIntegers : f;
        eachLine(x.shape, p.axis, (start, stride) => {
          for (let k = 0; k < lane.length; k++) lane[k] = from[start + k * stride] ?? 0;
          along(lane, result, p);
          for (let k = 0; k < lane.length; k++) to[start + k * stride] = result[k] ?? 0;
        });
      },
      batch: batchLanewise,
    });
}
