/**
 * Strided slices: `y[i] = x[start + i·step]` along every axis. Linear; its transpose puts each cotangent back in its
 * place and zeros everywhere else, which is padding: `start` zeros before, `step − 1` between, the rest after.
 */

import { ArgumentError, describe, ShapeError } from '../../base/errors.js';
import { type Range, resolveRange } from '../../base/ranges.js';
import { type Shape, stridesOf, walk } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import { tensorOperand } from '../../tensor/arguments.js';
import type { Tensor } from '../../tensor/tensor.js';
import { flip } from './flip.js';
import { padWith } from './pad.js';

/** One entry an axis; steps are positive, and `stop` is one past the last place taken (or `start` where none is). */
export interface SliceParams {
  readonly starts: readonly number[];
  readonly stops: readonly number[];
  readonly steps: readonly number[];
}

const slicedShape = ({ starts, stops, steps }: SliceParams): Shape =>
  starts.map((start, axis) => Math.ceil(((stops[axis] ?? 0) - start) / (steps[axis] ?? 1)));

export const slicePrimitive: Primitive<'slice', SliceParams> = define<readonly [Tensor], SliceParams>()({
  name: 'slice',
  family: 'linear',
  docs: 'y[i] = x[start + i·step] along every axis',
  widening: 'kept',
  saves: 'none',
  infer: ([x], p) => ({ shape: slicedShape(p), dtype: x?.dtype ?? 'float32' }),
  forward: (out, [x], { starts, steps }) => {
    if (x === undefined) return;
    const strides = stridesOf(x.shape);
    const first = starts.reduce((total, start, axis) => total + start * (strides[axis] ?? 0), 0);
    walk(
      out.shape,
      strides.map((stride, axis) => stride * (steps[axis] ?? 1)),
      (offset, i) => {
        out.data[i] = x.data[first + offset] ?? 0;
      },
    );
  },
  vjp: [
    ({ g, p: { starts, stops, steps }, avals: [x] }) =>
      padWith(g, {
        low: starts,
        high: stops.map((stop, axis) => (x?.shape[axis] ?? 0) - stop),
        interior: steps.map((step) => step - 1),
        value: 0,
      }),
  ],
  jvp: 'linear',
  batch: ({ x: [x], size, p, primitive }) =>
    bind(primitive, [x], {
      starts: [0, ...p.starts],
      stops: [size, ...p.stops],
      steps: [1, ...p.steps],
    } satisfies SliceParams),
});

/**
 * The places that `ranges` name, one `[start, stop, step]` an axis as in Python: `null` is the default (for an end, or for
 * the whole axis), negative ends count from the back, ends beyond the border stop at it, and a negative step walks
 * backwards. Axes without a range are taken whole.
 * @throws ShapeError for more ranges than axes; ArgumentError for a step of 0 or a number that is not whole.
 * @example
 * slice(tensor([0, 1, 2, 3, 4]), [[1, null, 2]]).toArray() // [1, 3]
 * slice(tensor([[0, 1, 2], [3, 4, 5]]), [null, [null, null, -1]]).toArray() // [[2, 1, 0], [5, 4, 3]]
 */
export const slice = (x: Tensor, ranges: readonly Range[]): Tensor => {
  const { rank } = tensorOperand('slice', x);
  if (!Array.isArray(ranges))
    throw new ArgumentError({
      op: 'slice',
      problem: `the ranges are ${describe(ranges)}, not a list`,
      shapes: [x.shape],
      remedy: 'give one [start, stop, step] an axis',
    });
  if (ranges.length > rank)
    throw new ShapeError({
      op: 'slice',
      problem: `${ranges.length} ranges for ${rank} axes`,
      shapes: [x.shape],
      remedy: 'give one range an axis at most',
    });
  const taken = x.shape.map((size, axis) => resolveRange('slice', ranges[axis] ?? null, size));
  const forwards = taken.map(({ start, count, step }) =>
    step > 0 ? { start, count, step } : { start: start + Math.max(count - 1, 0) * step, count, step: -step },
  );
  const whole = forwards.every(({ count, step }, axis) => count === x.shape[axis] && (step === 1 || count <= 1));
  const sliced = whole
    ? x
    : bind(slicePrimitive, [x], {
        starts: forwards.map(({ start }) => start),
        stops: forwards.map(({ start, count, step }) => (count === 0 ? start : start + (count - 1) * step + 1)),
        steps: forwards.map(({ step }) => step),
      } satisfies SliceParams);
  const backwards = taken.flatMap(({ step, count }, axis) => (step < 0 && count > 1 ? [axis] : []));
  return flip(sliced, backwards);
};
