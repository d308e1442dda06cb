/**
 * The determinant, by LU with partial pivoting. Its derivative is the matrix of cofactors (`cofactor.ts`), never
 * `det(A)·A⁻ᵀ`, so that it is exact for singular matrices too.
 */

import { factorLU } from '../../backends/reference/factorizations.js';
import { bind } from '../../dispatch/interpreter.js';
import { unsqueeze } from '../../ops/shapes.js';
import { define, type Primitive } from '../../program/primitive.js';
import { commonDtype } from '../../rules/elementwise.js';
import { eachMatrix, squareSize } from '../../rules/matrices.js';
import type { Tensor } from '../../tensor/tensor.js';
import { mul } from '../elementwise/mul.js';
import { sum } from '../reduce/sum.js';
import { cofactor, replaceEachRow } from './cofactor.js';

export const detPrimitive: Primitive<'det', null> = define<readonly [Tensor]>()({
  name: 'det',
  family: 'other',
  docs: 'y = det a',
  saves: 'inputs',
  infer: (inputs) => {
    const shape = inputs[0]?.shape ?? [];
    squareSize('det', shape);
    return { shape: shape.slice(0, -2), dtype: commonDtype('det', inputs, 'float') };
  },
  forward: (out, [a]) => {
    if (a === undefined) return;
    const n = a.shape[a.shape.length - 1] ?? 0;
    eachMatrix(a, (matrix, position) => {
      const { factors, sign } = factorLU(matrix, n);
      let product = sign;
      for (let i = 0; i < n; i++) product *= factors[i * (n + 1)] ?? 1;
      out.data[position] = product;
    });
  },
  // Expanding along row i, det A = Σⱼ Aᵢⱼ Cᵢⱼ, and no cofactor of row i contains an element of row i: ∂det/∂Aᵢⱼ = Cᵢⱼ.
  vjp: [({ g, x: [a] }) => mul(unsqueeze(unsqueeze(g, -1), -1), cofactor(a))],
  // det is linear in each row: its derivative along T is the sum over i of det(A with its row i taken from T).
  jvp: [({ t, x: [a] }) => sum(det(replaceEachRow(a, t)), { axes: -1 })],
  batch: ({ x, p, primitive }) => bind(primitive, x, p),
});

/**
 * The determinant of a matrix or of each matrix in a stack. `a: […, N, N]` → `[…]`; 1 for N = 0. Its derivatives of
 * every order are exact, for singular matrices too. For large matrices, whose determinant overflows, see `logabsdet`.
 * @throws ShapeError unless the last two sizes are equal.
 * @example
 * det(tensor([[1, 2], [3, 4]])).item() // ≈ -2
 */
export const det = (a: Tensor): Tensor => bind(detPrimitive, [a], null);
