/**
 * The exponential of a matrix, by scaling and squaring. Its derivative along E is the upper right block of the exponential of
 * `[[A, E], [0, A]]` (R. Mathias, A chain rule for matrix functions, 1996), and the adjoint of that the derivative at Aᵀ.
 */

import { exponential } from '../../backends/reference/exponential.js';
import { bind } from '../../dispatch/interpreter.js';
import { transpose } from '../../ops/shapes.js';
import { define, type Primitive, type View } from '../../program/primitive.js';
import { commonDtype } from '../../rules/elementwise.js';
import { columnsOf, rowsOf } from '../../rules/factors.js';
import { eachMatrix, squareSize } from '../../rules/matrices.js';
import { zerosLike } from '../../tensor/creation.js';
import type { Tensor } from '../../tensor/tensor.js';
import { abs } from '../elementwise/abs.js';
import { div } from '../elementwise/div.js';
import { less } from '../elementwise/less.js';
import { logicalAnd } from '../elementwise/logical-and.js';
import { mul } from '../elementwise/mul.js';
import { stopGradient } from '../elementwise/stop-gradient.js';
import { where } from '../elementwise/where.js';
import { max } from '../reduce/max.js';
import { concat } from '../shape/concat.js';

/** The derivative at A along E, which is brought to elements of size 1 first, so that it takes no part in the scaling. */
const along = (a: Tensor, e: Tensor): Tensor => {
  const n = a.shape.at(-1) as number;
  if (e.size === 0) return e;
  const size = stopGradient(max(abs(e), { axes: [-2, -1], keepDims: true }));
  const unit = where(logicalAnd(less(0, size), less(size, Number.POSITIVE_INFINITY)), size, 1);
  const upper = concat([a, div(e, unit)], -1);
  const lower = concat([zerosLike(a), a], -1);
  return mul(columnsOf(rowsOf(matrixExp(concat([upper, lower], -2)), 0, n), n, 2 * n), unit);
};

export const matrixExpPrimitive: Primitive<'matrixExp', null> = define<readonly [Tensor]>()({
  name: 'matrixExp',
  family: 'other',
  docs: 'y = eᵃ = 1 + a + a²/2 + …',
  saves: 'inputs',
  infer: (inputs) => {
    const shape = inputs[0]?.shape ?? [];
    squareSize('matrixExp', shape);
    return { shape, dtype: commonDtype('matrixExp', inputs, 'float') };
  },
  forward: (out, inputs) => {
    const [a] = inputs as [View];
    const n = squareSize('matrixExp', a.shape);
    eachMatrix(a, (matrix, position) => {
      out.data.set(exponential(matrix, n), position * n * n);
    });
  },
  vjp: [({ g, x: [a] }) => along(transpose(a), g)],
  jvp: [({ t, x: [a] }) => along(a, t)],
  batch: ({ x, p, primitive }) => bind(primitive, x, p),
});

/**
 * The exponential `1 + a + a²/2 + a³/6 + …` of a matrix or of each matrix in a stack. `a: […, N, N]` → `[…, N, N]`, for matrices of
 * any size of elements. NaN or infinity in a matrix makes all NaN; what is too large for the element type becomes infinite.
 * @throws ShapeError unless the last two sizes are equal; DtypeError unless it is float.
 * @example
 * matrixExp(tensor([[0, 3], [0, 0]])).toArray() // [[1, 3], [0, 1]]
 */
export const matrixExp = (a: Tensor): Tensor => bind(matrixExpPrimitive, [a], null);
