/**
 * Eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's method. It reads the symmetric part ½(A + Aᵀ), so that the derivative
 * with respect to all elements is symmetric. With M = Vᵀ·sym(dA)·V, `dλ = diag(M)` and `dV = V(F∘M)`, `Fᵢⱼ = 1/(λⱼ − λᵢ)`; between equal
 * values, whose vectors may be turned among each other, F is taken as 0.
 */

import { factorSymmetric } from '../../backends/reference/orthogonal.js';
import { transposedRows } from '../../backends/reference/rows.js';
import { bindAll } from '../../dispatch/interpreter.js';
import { diagEmbed } from '../../ops/diagonals.js';
import { unsqueeze } from '../../ops/shapes.js';
import { defineJoint, type Primitive, type View } from '../../program/primitive.js';
import { commonDtype } from '../../rules/elementwise.js';
import {
  columnsOf,
  diagonalOf,
  differencesOf,
  inverseBeyond,
  symmetricPart,
  toleranceOf,
} from '../../rules/factors.js';
import { eachMatrix, squareSize } from '../../rules/matrices.js';
import { zerosLike } from '../../tensor/creation.js';
import type { Tensor } from '../../tensor/tensor.js';
import { abs } from '../elementwise/abs.js';
import { add } from '../elementwise/add.js';
import { maximum } from '../elementwise/maximum.js';
import { mul } from '../elementwise/mul.js';
import { matrixProduct } from './matmul.js';

/** What `eigh` gives. */
export interface Eigen {
  /** `[…, N]`, ascending. */
  readonly values: Tensor;
  /** `[…, N, N]`; column j belongs to value j, and the columns are orthonormal. */
  readonly vectors: Tensor;
}

/** 1/(λⱼ − λᵢ), and 0 between values that differ by no more than N·ε of the largest. */
const inverseGaps = (values: Tensor): Tensor => {
  const n = values.shape.at(-1) as number;
  const largest = maximum(abs(columnsOf(values, 0, 1)), abs(columnsOf(values, n - 1, n)));
  return inverseBeyond(differencesOf(values), unsqueeze(toleranceOf(largest, n), -1));
};

export const eighPrimitive: Primitive<'eigh', null> = defineJoint<'eigh', null>({
  name: 'eigh',
  family: 'other',
  docs: 'sym(a)·vectors = vectors·diag(values), values ascending',
  arity: 1,
  infer: (inputs) => {
    const shape = inputs[0]?.shape ?? [];
    squareSize('eigh', shape);
    const dtype = commonDtype('eigh', inputs, 'float');
    return [
      { shape: shape.slice(0, -1), dtype },
      { shape, dtype },
    ];
  },
  forward: (outs, inputs) => {
    const [a, values, vectors] = [inputs[0], ...outs] as [View, View, View];
    const n = squareSize('eigh', a.shape);
    eachMatrix(a, (matrix, position) => {
      const found = factorSymmetric(matrix, n);
      values.data.set(found.values, position * n);
      vectors.data.set(transposedRows(found.vectors, n, n), position * n * n);
    });
  },
  rules: {
    record: (x, _, p) => {
      const outputs = bindAll(eighPrimitive, x, p);
      const [values, vectors] = outputs as [Tensor, Tensor];
      const back = ([ofValues, ofVectors]: readonly (Tensor | null)[]): readonly Tensor[] => {
        const straight = diagEmbed(ofValues ?? zerosLike(values));
        const inner =
          ofVectors === null || ofVectors === undefined
            ? straight
            : add(straight, mul(inverseGaps(values), matrixProduct(vectors, ofVectors, true)));
        return [symmetricPart(matrixProduct(matrixProduct(vectors, inner), vectors, false, true))];
      };
      return { outputs, back };
    },
    push: (x, [t], p) => {
      const outputs = bindAll(eighPrimitive, x, p);
      const [values, vectors] = outputs as [Tensor, Tensor];
      if (t === null || t === undefined) return { outputs, tangents: [null, null] };
      const m = matrixProduct(matrixProduct(vectors, symmetricPart(t), true), vectors);
      return { outputs, tangents: [diagonalOf(m), matrixProduct(vectors, mul(inverseGaps(values), m))] };
    },
  },
  batch: ({ x, p, primitive }) => bindAll(primitive, x, p),
});

/**
 * Eigenvalues, ascending, and orthonormal eigenvectors of a symmetric matrix or of each in a stack: `a·vectors = vectors·diag(values)`.
 * `a: […, N, N]` → `values: […, N]`, `vectors: […, N, N]` in columns. Of a matrix that is not symmetric, the symmetric part counts.
 * Of each vector the first element that is at least nine tenths as large as its largest is positive. The derivative of vectors whose
 * values are equal (within N·ε of the largest) is taken as 0 within the space that they span. NaN or infinity in a matrix makes all NaN.
 * @throws ShapeError unless the last two sizes are equal; DtypeError unless it is float.
 * @example
 * eigh(tensor([[2, 1], [1, 2]])).values.toArray() // ≈ [1, 3]
 */
export const eigh = (a: Tensor): Eigen => {
  const [values, vectors] = bindAll(eighPrimitive, [a], null) as [Tensor, Tensor];
  return { values, vectors };
};
