/** The inverse of a matrix. From `A Y = 1`: `Ȧ Y + A Ẏ = 0`, so `Ẏ = −Y Ȧ Y` and `Ā = −Yᵀ G Yᵀ`. */

import { factorLU, solveLU } from '../../backends/reference/factorizations.js';
import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import { commonDtype } from '../../rules/elementwise.js';
import { eachMatrix, squareSize } from '../../rules/matrices.js';
import type { Tensor } from '../../tensor/tensor.js';
import { neg } from '../elementwise/neg.js';
import { matrixProduct } from './matmul.js';
import { singularMatrix } from './solve.js';

export const inversePrimitive: Primitive<'inverse', null> = define<readonly [Tensor]>()({
  name: 'inverse',
  family: 'other',
  docs: 'y = a⁻¹',
  saves: 'output',
  infer: (inputs) => {
    const shape = inputs[0]?.shape ?? [];
    squareSize('inverse', shape);
    return { shape, dtype: commonDtype('inverse', inputs, 'float') };
  },
  forward: (out, [a]) => {
    if (a === undefined) return;
    const n = a.shape[a.shape.length - 1] ?? 0;
    const identity = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
    eachMatrix(a, (matrix, position) => {
      const lu = factorLU(matrix, n);
      if (lu.singularAt >= 0) throw singularMatrix('inverse', lu.singularAt, [a.shape]);
      out.data.set(solveLU(lu, n, identity, n, false), position * n * n);
    });
  },
  vjp: [({ g, y }) => neg(matrixProduct(matrixProduct(y, g, true), y, false, true))],
  jvp: [({ t, y }) => neg(matrixProduct(matrixProduct(y, t), y))],
  batch: ({ x, p, primitive }) => bind(primitive, x, p),
});

/**
 * The inverse of a matrix or of each matrix in a stack. `a: […, N, N]` → `[…, N, N]`. To solve a system, `solve` is
 * cheaper and more accurate.
 * @throws ShapeError unless the last two sizes are equal; ArgumentError when a matrix is singular.
 * @example
 * inverse(tensor([[2, 0], [0, 4]])).toArray() // [[0.5, 0], [0, 0.25]]
 */
export const inverse = <S extends Shape>(a: Tensor<S>): Tensor<S> => bind(inversePrimitive, [a], null) as Tensor<S>;
