/**
 * What elementwise operations share: one element type among the operands, broadcast reading, and the batching rule.
 */
import { allocate, computes, type Dtype, isBool, isFloat, isWidened, type TypedArray } from '../base/dtype.js';
import { DtypeError } from '../base/errors.js';
import { broadcastStrides, type Shape, sameShape, sizeOf, walk } from '../base/shape.js';
import { bind } from '../dispatch/interpreter.js';
import type { BatchContext, View } from '../program/primitive.js';
import type { Aval } from '../program/program.js';
import type { Tensor } from '../tensor/tensor.js';
import { alignRanks } from './align.js';

/** Which element types an operation takes: `any` it computes with, or `any element` where it only moves them. */
export type Accepts = 'float' | 'number' | 'bool' | 'any' | 'any element';

const accepted: Record<Accepts, (dtype: Dtype) => boolean> = {
  float: isFloat,
  number: (dtype) => !isBool(dtype),
  bool: isBool,
  any: () => true,
  'any element': () => true,
};

const remedies: Record<Accepts, string> = {
  float: "convert with cast(x, 'float32') or cast(x, 'float64')",
  number: "convert with cast(x, 'int32') or cast(x, 'float32')",
  bool: 'compare first, for example notEqual(x, 0)',
  any: '',
  'any element': '',
};

/** What to do with a tensor that operations do not compute with. */
export const notComputed = "convert with cast(x, 'int32') or cast(x, 'float64')";

/** What to convert to: a float rather than an integer, and the one that is computed in rather than one that is not. */
const widerOf = (a: Dtype, b: Dtype): Dtype => (isFloat(a) && !(isFloat(b) && isWidened(a)) ? a : b);

/** The one element type of all operands, or a `DtypeError`: element types never mix silently. */
export const commonDtype = (op: string, inputs: readonly Aval[], accepts: Accepts): Dtype => {
  const dtype = inputs[0]?.dtype ?? 'float32';
  const shapes = inputs.map((input) => input.shape);
  const other = inputs.find((input) => input.dtype !== dtype);
  if (other !== undefined)
    throw new DtypeError({
      op,
      problem: `${dtype} and ${other.dtype} do not mix`,
      shapes,
      remedy: `convert one of them with cast(x, '${widerOf(dtype, other.dtype)}')`,
    });
  if (!computes(dtype) && accepts !== 'any element')
    throw new DtypeError({ op, problem: `does not compute with ${dtype}`, shapes, remedy: notComputed });
  if (!accepted[accepts](dtype))
    throw new DtypeError({ op, problem: `does not take ${dtype}`, shapes, remedy: remedies[accepts] });
  return dtype;
};

/** The numbers of `x` as if it had been broadcast to `shape`: its own array where nothing is stretched, a fresh one otherwise. */
export const stretch = (x: View, shape: Shape): TypedArray => {
  if (sameShape(x.shape, shape)) return x.data;
  const out = allocate(x.dtype, sizeOf(shape));
  if (x.data.length === 1) return out.fill(x.data[0] ?? 0);
  walk(shape, broadcastStrides(x.shape, shape), (offset, i) => {
    out[i] = x.data[offset] ?? 0;
  });
  return out;
};

/** The batching rule of every elementwise operation: align the ranks, and let broadcasting do the rest. */
export function batchElementwise({ x, batched, p, primitive }: BatchContext<readonly Tensor[], unknown>): Tensor {
  return bind(primitive, alignRanks(x, batched), p);
}
