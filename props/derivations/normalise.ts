/**
 * What all normalisation layers share. A set of m numbers is normalised, x̂_i = (x_i − μ)/s with
 *   μ = (1/m) Σ x_i,   v = (1/m) Σ (x_i − μ)²,   s = √(v + ε).
 *
 * Element by element:
 *   ∂μ/∂x_k = 1/m
 *   ∂v/∂x_k = (2/m) Σ_i (x_i − μ)(δ_ik − 1/m) = 2(x_k − μ)/m        (the path through μ sums to 0)
 *   ∂s/∂x_k = (1/2s) ∂v/∂x_k = x̂_k/m
 *   ∂x̂_i/∂x_k = (δ_ik − 1/m)/s − (x_i − μ)/s² · x̂_k/m = (δ_ik − 1/m − x̂_i x̂_k/m)/s
 * For a cotangent D of x̂:
 *   ∂L/∂x_k = (1/s)(d_k − (1/m) Σ_i d_i − x̂_k (1/m) Σ_i d_i x̂_i)
 *   dX = (m D − Σ D − X̂ Σ(D ⊙ X̂)) / (m s)
 * Scale and shift y = γx̂ + β come first on the way back: D = γ ⊙ G, dγ = Σ G ⊙ X̂, dβ = Σ G, the last two over all
 * elements that share the γ and β. Different γ inside one set multiply before the sums.
 */
import * as fc from 'fast-check';
import { add, div, mul, reshape, sqrt, sub, sum, type Tensor } from '../../core/index.js';
import { type Draw, draw, drawDistinct } from '../arbitraries/values.js';

/** Scale and shift: both or neither. */
export interface NormInputs {
  readonly x: Tensor;
  readonly weight?: Tensor;
  readonly bias?: Tensor;
}

/** Draws inputs whose sets have a spread, with or without scale and shift. */
export const drawNormInputs = (
  shape: readonly number[],
  affine: boolean,
  vector: readonly number[],
): fc.Arbitrary<{ readonly [name: string]: Draw }> =>
  affine
    ? fc.record({ x: drawDistinct(shape), weight: draw(vector), bias: draw(vector) })
    : fc.record({ x: drawDistinct(shape) });

export interface Normalised {
  /** x̂. */
  readonly hat: Tensor;
  /** s, kept as size 1 along the axes. */
  readonly s: Tensor;
  /** m. */
  readonly count: number;
  readonly axes: readonly number[];
}

const total = (x: Tensor, axes: readonly number[]): Tensor => sum(x, { axes, keepDims: true });

export const normalise = (x: Tensor, axes: readonly number[], eps: number): Normalised => {
  const count = axes.reduce((product, axis) => product * (x.shape[axis] ?? 1), 1);
  const centred = sub(x, div(total(x, axes), count));
  const s = sqrt(add(div(total(mul(centred, centred), axes), count), eps));
  return { hat: div(centred, s), s, count, axes };
};

/** dX from the cotangent D of x̂. */
export const normaliseBackward = (d: Tensor, { hat, s, count, axes }: Normalised): Tensor =>
  div(sub(sub(mul(d, count), total(d, axes)), mul(hat, total(mul(d, hat), axes))), mul(s, count));

/** γ or β as an array that broadcasts against x. */
export const spread = (vector: Tensor | undefined, shape: readonly number[], otherwise: number): Tensor | number =>
  vector === undefined ? otherwise : (reshape(vector, shape) as Tensor);

/** Gradients of scale and shift: sums over `axes`, in the shape of the vectors; none without them. */
export const affineBackward = (
  g: Tensor,
  hat: Tensor,
  axes: readonly number[],
  affine: boolean,
): { readonly [name: string]: Tensor } =>
  affine ? { weight: sum(mul(g, hat), { axes }), bias: sum(g, { axes }) } : {};
