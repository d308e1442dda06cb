/**
 * Reductions: one number from each lane, a lane being the elements that share their other indices.
 * The reference gathers a lane into scratch memory and applies a plain function to it.
 */
import { type Dtype, isInteger } from '../base/dtype.js';
import { reducedShape, type Shape, sizeOf, stridesOf, walk } from '../base/shape.js';
import { bind } from '../dispatch/interpreter.js';
import {
  type BatchContext,
  type Definition,
  define,
  type Primitive,
  type Saves,
  type View,
} from '../program/primitive.js';
import type { Tensor } from '../tensor/tensor.js';
import { type Accepts, commonDtype } from './elementwise.js';

export interface ReductionParams {
  /** The axes to reduce, sorted, counted from the front. */
  readonly axes: readonly number[];
  /** Keep reduced axes with size 1. */
  readonly keepDims: boolean;
}

/** Sizes and strides of the axes named, or of all others. */
const part = (shape: Shape, axes: readonly number[], named: boolean): { shape: number[]; strides: number[] } => {
  const strides = stridesOf(shape);
  const chosen = shape.map((_, axis) => axis).filter((axis) => axes.includes(axis) === named);
  return { shape: chosen.map((axis) => shape[axis] ?? 1), strides: chosen.map((axis) => strides[axis] ?? 0) };
};

/** Whether each lane lies in one piece: every reduced axis stands behind every kept one, size-1 axes aside. */
const isContiguous = (shape: Shape, axes: readonly number[]): boolean => {
  const firstReduced = shape.findIndex((size, axis) => size !== 1 && axes.includes(axis));
  return firstReduced < 0 || shape.every((size, axis) => axis < firstReduced || size === 1 || axes.includes(axis));
};

/**
 * Calls `visit(lane, position)` for each output position; `lane` is scratch memory, reused between calls.
 * Its elements stand in the row-major order of the reduced axes.
 */
export const eachLane = (
  x: View,
  axes: readonly number[],
  visit: (lane: Float64Array, position: number) => void,
): void => {
  const { data } = x;
  const kept = part(x.shape, axes, false);
  const reduced = part(x.shape, axes, true);
  const lane = new Float64Array(sizeOf(reduced.shape));
  if (isContiguous(x.shape, axes)) {
    const count = sizeOf(kept.shape);
    for (let position = 0, start = 0; position < count; position++, start += lane.length) {
      for (let i = 0; i < lane.length; i++) lane[i] = data[start + i] ?? 0;
      visit(lane, position);
    }
    return;
  }
  const offsets = new Int32Array(lane.length);
  walk(reduced.shape, reduced.strides, (offset, i) => {
    offsets[i] = offset;
  });
  walk(kept.shape, kept.strides, (start, position) => {
    for (let i = 0; i < lane.length; i++) lane[i] = data[start + (offsets[i] ?? 0)] ?? 0;
    visit(lane, position);
  });
};

type ReductionDefinition<Name extends string, S extends Saves> = Pick<
  Definition<Name, readonly [Tensor], ReductionParams, S>,
  'name' | 'docs' | 'saves' | 'vjp' | 'jvp' | 'widening'
> & {
  /** The number that stands for a lane. */
  readonly f: (lane: Float64Array) => number;
  /** The same of int32, where doubles would round; `f` unless said otherwise. */
  readonly onIntegers?: (lane: Float64Array) => number;
  readonly accepts?: Accepts;
  readonly result?: Dtype;
  /** Throws when a lane of length 0 has no value. */
  readonly checkLane?: (length: number, shape: readonly number[]) => void;
};

/** Axes move one place back behind the batch axis. */
export function batchReduction({ x, p, primitive }: BatchContext<readonly Tensor[], ReductionParams>): Tensor {
  return bind(primitive, x, { ...p, axes: p.axes.map((axis) => axis + 1) });
}

export function defineReduction<const Name extends string, const S extends Saves>({
  f,
  onIntegers = f,
  accepts = 'float',
  result,
  checkLane,
  ...d
}: ReductionDefinition<Name, S>): Primitive<Name, ReductionParams> {
  return define<readonly [Tensor], ReductionParams>()<Name, S>({
    ...d,
    family: 'reduction',
    infer: (inputs, { axes, keepDims }) => {
      const shape = inputs[0]?.shape ?? [];
      const dtype = commonDtype(d.name, inputs, accepts);
      checkLane?.(sizeOf(axes.map((axis) => shape[axis] ?? 1)), shape);
      return { shape: reducedShape(shape, axes, keepDims), dtype: result ?? dtype };
    },
    forward: (out, [x], { axes }) => {
      if (x === undefined) return;
      const reduce = isInteger(x.dtype) ? onIntegers : f;
      eachLane(x, axes, (lane, position) => {
        out.data[position] = reduce(lane);
      });
    },
    batch: batchReduction,
  });
}
