/** Reshape: the same numbers in row-major order under another shape. Linear; its transpose reshapes back. */

import { ShapeError } from '../../base/errors.js';
import { checkLength } from '../../base/methods.js';
import { ownShape, type Shape, sameShape, sizeOf } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import { tensorOperand } from '../../tensor/arguments.js';
import type { Tensor } from '../../tensor/tensor.js';

export interface ReshapeParams {
  readonly shape: Shape;
}

export const reshapePrimitive: Primitive<'reshape', ReshapeParams> = define<readonly [Tensor], ReshapeParams>()({
  name: 'reshape',
  family: 'linear',
  docs: 'y.flat = x.flat',
  widening: 'kept',
  saves: 'none',
  infer: ([x], { shape }) => {
    const from = x?.shape ?? [];
    if (sizeOf(from) !== sizeOf(shape))
      throw new ShapeError({
        op: 'reshape',
        problem: `${sizeOf(from)} elements do not fit ${sizeOf(shape)} places`,
        shapes: [from, shape],
        remedy: 'keep the number of elements, or let one size be -1',
      });
    return { shape, dtype: x?.dtype ?? 'float32' };
  },
  forward: (out, [x]) => {
    if (x !== undefined) out.data.set(x.data);
  },
  vjp: [({ g, avals: [x] }) => reshape(g, x?.shape ?? [])],
  jvp: 'linear',
  batch: ({ x: [x], size, p }) => reshape(x, [size, ...p.shape]),
});

/** The target's type: a size written as −1 is not known to the compiler. */
export type Resolved<S extends Shape> = { readonly [Axis in keyof S]: S[Axis] extends -1 ? number : S[Axis] };

/** The shape with its one −1, if any, replaced by what is left over. */
const resolve = (from: Shape, to: Shape): Shape => {
  const free = to.indexOf(-1);
  if (free < 0) return to;
  const known = to.reduce((product, size, i) => (i === free ? product : product * size), 1);
  const rest = sizeOf(from) / known;
  if (!Number.isInteger(rest) || to.indexOf(-1, free + 1) >= 0)
    throw new ShapeError({
      op: 'reshape',
      problem: 'cannot work out the size written as -1',
      shapes: [from, to],
      remedy: 'let exactly one size be -1, and let the others divide the number of elements',
    });
  return to.map((size, i) => (i === free ? rest : size));
};

/**
 * The same elements under another shape. One size may be −1: it takes what is left over.
 * @throws ShapeError when the number of elements differs; ArgumentError for sizes that are not whole.
 * @example
 * reshape(tensor([1, 2, 3, 4]), [2, 2]).toArray() // [[1, 2], [3, 4]]
 */
export const reshape = <const S extends Shape>(x: Tensor, shape: S): Tensor<Resolved<S>> => {
  const from = tensorOperand('reshape', x).shape;
  if (Array.isArray(shape)) checkLength('reshape', 'the shape', shape);
  const to = ownShape('reshape', Array.isArray(shape) ? resolve(from, shape) : shape);
  return (sameShape(from, to)
    ? x
    : bind(reshapePrimitive, [x], { shape: to } satisfies ReshapeParams)) as Tensor as Tensor<Resolved<S>>;
};
