/** The logarithm of the determinant's size, a sum of logarithms of pivots, which neither overflows nor underflows. */

import { factorLU } from '../../backends/reference/factorizations.js';
import { bind } from '../../dispatch/interpreter.js';
import { matrixTrace } from '../../ops/linear-algebra.js';
import { transpose, unsqueeze } from '../../ops/shapes.js';
import { define, type Primitive } from '../../program/primitive.js';
import { commonDtype } from '../../rules/elementwise.js';
import { eachMatrix, squareSize } from '../../rules/matrices.js';
import type { Tensor } from '../../tensor/tensor.js';
import { mul } from '../elementwise/mul.js';
import { inverse } from './inverse.js';
import { solve } from './solve.js';

export const logabsdetPrimitive: Primitive<'logabsdet', null> = define<readonly [Tensor]>()({
  name: 'logabsdet',
  family: 'other',
  docs: 'y = log |det a|',
  saves: 'inputs',
  infer: (inputs) => {
    const shape = inputs[0]?.shape ?? [];
    squareSize('logabsdet', shape);
    return { shape: shape.slice(0, -2), dtype: commonDtype('logabsdet', inputs, 'float') };
  },
  forward: (out, [a]) => {
    if (a === undefined) return;
    const n = a.shape[a.shape.length - 1] ?? 0;
    eachMatrix(a, (matrix, position) => {
      const { factors } = factorLU(matrix, n);
      let total = 0;
      for (let i = 0; i < n; i++) total += Math.log(Math.abs(factors[i * (n + 1)] ?? 1));
      out.data[position] = total;
    });
  },
  // d log|det A| = tr(A⁻¹ dA) (Jacobi), so the gradient is A⁻ᵀ.
  vjp: [({ g, x: [a] }) => mul(unsqueeze(unsqueeze(g, -1), -1), transpose(inverse(a)))],
  jvp: [({ t, x: [a] }) => matrixTrace(solve(a, t))],
  batch: ({ x, p, primitive }) => bind(primitive, x, p),
});

/**
 * `log |det a|` of a matrix or of each matrix in a stack. `a: […, N, N]` → `[…]`; −∞ for a singular matrix, whose
 * gradient does not exist: asking for it is an ArgumentError.
 * @throws ShapeError unless the last two sizes are equal.
 * @example
 * logabsdet(tensor([[0, 1], [-1, 0]])).item() // 0
 */
export const logabsdet = (a: Tensor): Tensor => bind(logabsdetPrimitive, [a], null);
