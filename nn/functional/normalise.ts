/**
 * The one formula behind every normalisation layer: x̂ = (x − μ)/√(v + ε) over some axes, with the biased variance in
 * its two-pass form v = mean((x − μ)²).
 */

import { describe } from '../../core/base/errors.js';
import {
  ArgumentError,
  add,
  mean,
  mul,
  reshape,
  rsqrt,
  type Shape,
  ShapeError,
  square,
  sub,
  type Tensor,
} from '../../core/index.js';
import { tensorOperand } from '../../core/tensor/arguments.js';

/** Where the channels are: axis 1 (`NCHW`) or the last axis (`NHWC`). */
export type Layout = 'NCHW' | 'NHWC';

/** Throws unless there is such a layout. */
export const checkLayout = (op: string, layout: Layout): void => {
  if (layout !== 'NCHW' && layout !== 'NHWC')
    throw new ArgumentError({
      op,
      problem: `there is no layout ${describe(layout)}`,
      remedy: "use 'NCHW' or 'NHWC'",
    });
};

export const channelAxis = (rank: number, layout: Layout): number =>
  layout === 'NCHW' ? Math.min(1, rank - 1) : rank - 1;

/** A vector of one number a channel, shaped to broadcast against `x`. */
export const alongAxis = (vector: Tensor, rank: number, axis: number): Tensor =>
  reshape(
    vector,
    Array.from({ length: rank }, (_, i) => (i === axis ? vector.size : 1)),
  ) as Tensor;

/** Mean and biased variance over `axes`, kept as size 1. */
export const moments = (x: Tensor, axes: readonly number[]): { readonly mean: Tensor; readonly variance: Tensor } => {
  const mu = mean(x, { axes, keepDims: true });
  return { mean: mu, variance: mean(square(sub(x, mu)), { axes, keepDims: true }) };
};

/** Throws unless what is added to a variance is a number ≥ 0. */
export const checkEps = (op: string, eps: number): void => {
  if (!(Number.isFinite(eps) && eps >= 0))
    throw new ArgumentError({ op, problem: `eps is ${describe(eps)}`, remedy: 'give a number ≥ 0' });
};

/** Throws unless the weight of the new batch is a share. */
export const checkMomentum = (op: string, momentum: number): void => {
  if (typeof momentum !== 'number' || !(momentum >= 0 && momentum <= 1))
    throw new ArgumentError({
      op,
      problem: `momentum ${describe(momentum)} is not between 0 and 1`,
      remedy: 'momentum is the weight of the new batch',
    });
};

/** `(x − mean)/√(variance + eps)`. */
export const standardise = (x: Tensor, mu: Tensor, variance: Tensor, eps: number): Tensor =>
  mul(sub(x, mu), rsqrt(add(variance, eps)));

/** `x̂·weight + bias`, either of which may be absent. */
export const affine = (x: Tensor, weight: Tensor | null, bias: Tensor | null): Tensor => {
  const scaled = weight === null ? x : mul(x, weight);
  return bias === null ? scaled : add(scaled, bias);
};

/** Throws unless `vector` is absent or holds one number for each of `count` places. */
export const checkSize = (op: string, name: string, vector: Tensor | null, count: number, shape: Shape): void => {
  if (vector !== null && tensorOperand(op, vector).size !== count)
    throw new ShapeError({
      op,
      problem: `the ${name} has ${vector.size} elements, the input ${count} channels or features`,
      shapes: [shape, vector.shape],
      remedy: "check the layer's width against the previous layer's",
    });
};
