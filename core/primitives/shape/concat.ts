/** Concatenation along an axis. Linear; each operand receives its own slice of the cotangent. */

import { ArgumentError, ShapeError } from '../../base/errors.js';
import { type Shape, sizeOf } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import type { Aval } from '../../program/program.js';
import { commonDtype } from '../../rules/elementwise.js';
import { checkTensorList } from '../../tensor/arguments.js';
import { type AxisArgument, axisArgument } from '../../tensor/axis.js';
import type { Tensor } from '../../tensor/tensor.js';
import { broadcastTo } from './broadcast-to.js';
import { slice } from './slice.js';

export interface ConcatParams {
  readonly axis: number;
}

const sizeAlong = (axis: number, operands: readonly Aval[]): number =>
  operands.reduce((total, { shape }) => total + (shape[axis] ?? 0), 0);

const concatShape = (operands: readonly Aval[], axis: number): Shape => {
  const first = operands[0]?.shape ?? [];
  if (
    operands.some(
      ({ shape }) => shape.length !== first.length || shape.some((size, i) => i !== axis && size !== first[i]),
    )
  )
    throw new ShapeError({
      op: 'concat',
      problem: `shapes differ beside axis ${axis}`,
      shapes: operands.map(({ shape }) => shape),
      remedy: 'all sizes but those along the axis must agree; use stack to join along a new axis',
    });
  return first.with(axis, sizeAlong(axis, operands));
};

export const concatPrimitive: Primitive<'concat', ConcatParams> = define<readonly Tensor[], ConcatParams>()({
  name: 'concat',
  family: 'linear',
  docs: 'y = x₀, x₁, … one after another along an axis',
  widening: 'kept',
  saves: 'none',
  infer: (inputs, { axis }) => ({
    shape: concatShape(inputs, axis),
    dtype: commonDtype('concat', inputs, 'any element'),
  }),
  forward: (out, inputs, { axis }) => {
    const rows = sizeOf(out.shape.slice(0, axis));
    const width = sizeOf(out.shape.slice(axis));
    let start = 0;
    for (const { data, shape } of inputs) {
      const block = sizeOf(shape.slice(axis));
      for (let row = 0; row < rows; row++)
        out.data.set(data.subarray(row * block, (row + 1) * block), row * width + start);
      start += block;
    }
  },
  vjp:
    (argument) =>
    ({ g, p: { axis }, avals }) => {
      const start = sizeAlong(axis, avals.slice(0, argument));
      const stop = sizeAlong(axis, avals.slice(0, argument + 1));
      return slice(g, [...new Array<null>(axis).fill(null), [start, stop]]);
    },
  jvp: 'linear',
  batch: ({ x, batched, size, p, primitive }) =>
    bind(
      primitive,
      x.map((input, i) => (batched[i] === true ? input : broadcastTo(input, [size, ...input.shape]))),
      { axis: p.axis + 1 } satisfies ConcatParams,
    ),
});

/**
 * The tensors one after another along an existing axis.
 * @throws ArgumentError for an empty list or scalars; ShapeError when the other sizes differ; DtypeError when element types differ.
 * @example
 * concat([tensor([[1], [2]]), tensor([[3], [4]])], 1).toArray() // [[1, 3], [2, 4]]
 */
export const concat = (xs: readonly Tensor[], axis: AxisArgument = 0): Tensor => {
  checkTensorList('concat', xs);
  const first = xs[0];
  if (first === undefined)
    throw new ArgumentError({ op: 'concat', problem: 'the list is empty', remedy: 'give one tensor at least' });
  if (first.rank === 0)
    throw new ArgumentError({
      op: 'concat',
      problem: 'a scalar has no axis to join along',
      shapes: xs.map(({ shape }) => shape),
      remedy: 'use stack',
    });
  return bind(concatPrimitive, xs, {
    axis: axisArgument('concat', axis, first.rank, 0),
  } satisfies ConcatParams);
};
