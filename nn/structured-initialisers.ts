/** How weights start that have a structure, not just a distribution: identities, orthogonal matrices, mostly zeros. */

import { describe } from '../core/base/errors.js';
import { sizeOf } from '../core/base/shape.js';
import {
  ArgumentError,
  argsort,
  cast,
  cholesky,
  normal as drawNormal,
  uniform as drawUniform,
  eye,
  foldIn,
  fromData,
  less,
  matmul,
  mul,
  permute,
  reshape,
  type Shape,
  ShapeError,
  type Tensor,
  transpose,
  triangularSolve,
  where,
} from '../core/index.js';
import { checkChoice, checkedOptions } from '../core/tensor/arguments.js';
import { type OwnInitialiser, ownInitialiser } from './initialiser.js';
import type { WeightLayout } from './initialisers.js';

/** Ones on the diagonal, for dense weights `[out, in]` of any two sizes. */
export const identity: OwnInitialiser = ownInitialiser('identity', (_, shape, __, dtype) => {
  if (shape.length !== 2)
    throw new ShapeError({
      op: 'identity',
      problem: 'needs a matrix',
      shapes: [shape],
      remedy: 'use it for dense weights, and dirac for convolutions',
    });
  return eye(shape[0] ?? 0, { columns: shape[1] ?? 0, dtype });
});

export interface LayoutOption {
  /** `[out, in, …kernel]` (`out-in`, the default) or `[…kernel, in, out]` (`in-out`). */
  readonly weightLayout?: WeightLayout;
}

export interface DiracOptions extends LayoutOption {
  /** As the convolution has; 1 by default. */
  readonly groups?: number;
}

const diracNames = { groups: true, weightLayout: true } as const;

/**
 * The identity of a convolution: output channel i of a group copies input channel i, by a 1 in the middle of its kernel; channels beyond the inputs are 0.
 * @throws ShapeError unless the weight has three to five axes; ArgumentError when the groups do not divide the outputs.
 * @example
 * initialisers.dirac()(key(0), [2, 2, 3], { fanIn: 6, fanOut: 6 }, 'float32').toArray() // [[[0, 1, 0], [0, 0, 0]], [[0, 0, 0], [0, 1, 0]]]
 */
export const dirac = (options: DiracOptions = {}): OwnInitialiser => {
  const { groups = 1, weightLayout = 'out-in' } = checkedOptions('dirac', options, diracNames);
  checkChoice('dirac', 'weightLayout', weightLayout, ['out-in', 'in-out']);
  return ownInitialiser('dirac', (_, shape, __, dtype) => {
    if (shape.length < 3 || shape.length > 5)
      throw new ShapeError({
        op: 'dirac',
        problem: 'needs the weight of a convolution',
        shapes: [shape],
        remedy: 'use identity for dense weights',
      });
    const last = shape.length - 1;
    const [out, into, kernel] =
      weightLayout === 'out-in'
        ? [shape[0] ?? 0, shape[1] ?? 0, shape.slice(2)]
        : [shape[last] ?? 0, shape[last - 1] ?? 0, shape.slice(0, last - 1)];
    if (!Number.isInteger(groups) || groups < 1 || out % groups !== 0)
      throw new ArgumentError({
        op: 'dirac',
        problem: `${describe(groups)} groups do not divide ${out} output channels`,
        remedy: 'give the number of groups of the convolution',
      });
    const taps = sizeOf(kernel);
    const middle = kernel.reduce((place, size) => place * size + Math.floor(size / 2), 0);
    const each = out / groups;
    const ones = Float64Array.from({ length: out * into * taps }, (_one, at) => {
      const [i, j, tap] = [Math.floor(at / (into * taps)), Math.floor(at / taps) % into, at % taps];
      return Number(i % each === j && tap === middle);
    });
    const weight = cast(fromData(ones, [out, into, ...kernel]), dtype);
    return weightLayout === 'out-in' ? weight : permute(weight, [...kernel.map((_size, axis) => axis + 2), 1, 0]);
  });
};

export interface OrthogonalOptions extends LayoutOption {
  /** Multiplies the matrix; 1 by default. */
  readonly gain?: number;
}

/**
 * A `[rows, columns]` matrix with orthonormal columns (rows ≥ columns), evenly distributed over all of them: the factor Q of a normal
 * matrix A = QR with a positive diagonal of R, found as A·L⁻ᵀ with AᵀA = LLᵀ. Twice, because squaring costs half of the digits.
 */
const orthonormalColumns = (a: Tensor): Tensor => {
  const once = (x: Tensor): Tensor => {
    const lower = cholesky(matmul(transpose(x) as Tensor, x));
    return transpose(triangularSolve(lower, transpose(x) as Tensor)) as Tensor;
  };
  return once(once(a));
};

const orthogonalNames = { gain: true, weightLayout: true } as const;

/**
 * A (semi-)orthogonal matrix (Saxe et al. 2014): `[out, in·kernel]` with orthonormal rows or columns, whichever are fewer.
 * @throws ShapeError for fewer than two axes.
 * @example
 * square(initialisers.orthogonal({ gain: 2 })(key(0), [1, 1], { fanIn: 1, fanOut: 1 }, 'float64')).toArray() // ≈ [[4]]
 */
export const orthogonal = (options: OrthogonalOptions = {}): OwnInitialiser => {
  const { gain = 1, weightLayout = 'out-in' } = checkedOptions('orthogonal', options, orthogonalNames);
  checkChoice('orthogonal', 'weightLayout', weightLayout, ['out-in', 'in-out']);
  if (!Number.isFinite(gain))
    throw new ArgumentError({ op: 'orthogonal', problem: `gain is ${describe(gain)}`, remedy: 'give a finite number' });
  return ownInitialiser('orthogonal', (key, shape, _, dtype) => {
    if (shape.length < 2)
      throw new ShapeError({
        op: 'orthogonal',
        problem: 'needs an input and an output axis',
        shapes: [shape],
        remedy: 'give two axes or more',
      });
    const out = (weightLayout === 'out-in' ? shape[0] : shape.at(-1)) ?? 0;
    const rest = sizeOf(shape) / Math.max(1, out);
    const [rows, columns] = weightLayout === 'out-in' ? [out, rest] : [rest, out];
    const tall: Shape = [Math.max(rows, columns), Math.min(rows, columns)];
    const q = orthonormalColumns(drawNormal(key, tall, { dtype: 'float64' }));
    const matrix: Tensor = rows >= columns ? q : (transpose(q) as Tensor);
    return cast(reshape(mul(matrix, gain), shape), dtype) as Tensor;
  });
};

export interface SparseOptions extends LayoutOption {
  /** The share of zeros among the weights of each input, rounded up. */
  readonly sparsity: number;
  /** Of the weights that are not 0; 0.01 by default. */
  readonly std?: number;
}

const sparseNames = { sparsity: true, std: true, weightLayout: true } as const;

/**
 * Normal weights of which each input keeps only some (Martens 2010): of the `out` weights of every input, ⌈sparsity·out⌉ chosen at random are 0.
 * @throws ShapeError unless the weight is a matrix; ArgumentError for a sparsity outside [0, 1].
 * @example
 * initialisers.sparse({ sparsity: 1 })(key(0), [2, 1], { fanIn: 1, fanOut: 2 }, 'float32').toArray() // [[0], [0]]
 */
export const sparse = (options: SparseOptions): OwnInitialiser => {
  const { sparsity, std = 0.01, weightLayout = 'out-in' } = checkedOptions('sparse', options, sparseNames);
  checkChoice('sparse', 'weightLayout', weightLayout, ['out-in', 'in-out']);
  if (typeof sparsity !== 'number' || !(sparsity >= 0 && sparsity <= 1))
    throw new ArgumentError({
      op: 'sparse',
      problem: `sparsity ${describe(sparsity)} is not a share`,
      remedy: 'give a number from 0 to 1',
    });
  return ownInitialiser('sparse', (key, shape, _, dtype) => {
    if (shape.length !== 2)
      throw new ShapeError({
        op: 'sparse',
        problem: 'needs a matrix',
        shapes: [shape],
        remedy: 'use it for dense weights',
      });
    const axis = weightLayout === 'out-in' ? 0 : 1;
    const zeros = Math.ceil(sparsity * (shape[axis] ?? 0));
    const rank = argsort(argsort(drawUniform(foldIn(key, 1), shape), { axis }), { axis });
    return where(less(rank, zeros), 0, drawNormal(foldIn(key, 0), shape, { std, dtype }));
  });
};
