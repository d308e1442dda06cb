/**
 * The first elements along an axis in order, and where they came from, in one operation: sorting, and choosing the best few. The order is
 * piecewise constant, so derivatives take the way of the elements: tangents are gathered, cotangents are put back.
 */

import { ArgumentError } from '../../base/errors.js';
import { sizeOf } from '../../base/shape.js';
import { bindAll } from '../../dispatch/interpreter.js';
import { defineJoint, type Primitive, type View } from '../../program/primitive.js';
import { type AxisParams, eachLine } from '../../rules/lanewise.js';
import { zeros, zerosLike } from '../../tensor/creation.js';
import type { Tensor } from '../../tensor/tensor.js';
import { orderOf } from './argsort.js';
import { gatherAt } from './gather.js';
import { scatterAddAt } from './scatter-add.js';

export interface SortedParams extends AxisParams {
  /** How many, from the first on. */
  readonly count: number;
  readonly descending: boolean;
}

/** Elements in order, and where each of them came from (int32). */
export interface Sorted {
  readonly values: Tensor;
  readonly indices: Tensor;
}

export const sortedPrimitive: Primitive<'sorted', SortedParams> = defineJoint<'sorted', SortedParams>({
  name: 'sorted',
  family: 'indexed',
  docs: 'values = the first elements of x along the axis in their stable order, indices = where they stood',
  arity: 1,
  infer: ([x], { axis, count }) => {
    const { shape, dtype } = x ?? { shape: [], dtype: 'float32' };
    const size = shape[axis];
    if (size === undefined || !(count >= 0 && count <= size))
      throw new ArgumentError({
        op: 'sorted',
        problem: `cannot take ${count} elements along axis ${axis}`,
        shapes: [shape],
        remedy: 'name an axis that there is, and no more elements than it has',
      });
    const taken = shape.with(axis, count);
    return [
      { shape: taken, dtype },
      { shape: taken, dtype: 'int32' },
    ];
  },
  forward: (outs, inputs, { axis, count, descending }) => {
    const [x, values, indices] = [inputs[0], ...outs] as [View, View, View];
    const length = x.shape[axis] as number;
    const lane = new Float64Array(length);
    const starts: number[] = [];
    if (sizeOf(values.shape) === 0) return;
    eachLine(values.shape, axis, (start) => starts.push(start));
    let line = 0;
    eachLine(x.shape, axis, (start, stride) => {
      for (let k = 0; k < length; k++) lane[k] = x.data[start + k * stride] as number;
      const to = starts[line++] as number;
      orderOf(lane, descending)
        .subarray(0, count)
        .forEach((place, k) => {
          values.data[to + k * stride] = lane[place] as number;
          indices.data[to + k * stride] = place;
        });
    });
  },
  rules: {
    record: (x, _, p) => {
      const outputs = bindAll(sortedPrimitive, x, p);
      const [values, indices] = outputs as [Tensor, Tensor];
      const { shape } = x[0] as Tensor;
      return {
        outputs,
        back: ([g]) => [scatterAddAt(zeros(shape, values.dtype), indices, g ?? zerosLike(values), { axis: p.axis })],
      };
    },
    push: (x, [t], p) => {
      const outputs = bindAll(sortedPrimitive, x, p);
      const [, indices] = outputs as [Tensor, Tensor];
      return {
        outputs,
        tangents: [t === null || t === undefined ? null : gatherAt(t, indices, { axis: p.axis }), null],
      };
    },
  },
  batch: ({ x, p, primitive }) => bindAll(primitive, x, { ...p, axis: p.axis + 1 }),
});

/** The first elements along an axis in order. */
export const sortedAlong = (x: Tensor, params: SortedParams): Sorted => {
  const [values, indices] = bindAll(sortedPrimitive, [x], params) as [Tensor, Tensor];
  return { values, indices };
};
