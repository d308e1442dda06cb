/**
 * Layer norm: one set a sample, over the last axes; γ and β differ inside the set, so D = γ ⊙ G comes before the sums:
 *   dX = (m D − Σ D − X̂ Σ(D ⊙ X̂))/(m s),   dγ = Σ_samples G ⊙ X̂,   dβ = Σ_samples G.
 * Group norm: one set a sample and group of C/G consecutive channels; view [N, C, …] as [N, G, (C/G)·positions]:
 *   the same dX there, viewed back;   dγ_c = Σ_{n,p} g_ncp x̂_ncp,   dβ_c = Σ_{n,p} g_ncp.
 * The formula of dX is derived in `normalise.ts`.
 */
import * as fc from 'fast-check';
import { add, mul, reshape, type Tensor } from '../../core/index.js';
import { functional } from '../../nn/index.js';
import { type Derivation, derivation } from './derivation.js';
import {
  affineBackward,
  drawNormInputs,
  type Normalised,
  type NormInputs,
  normalise,
  normaliseBackward,
  spread,
} from './normalise.js';

interface Cache {
  readonly set: Normalised;
  readonly hat: Tensor;
  readonly γ: Tensor | number;
  /** The axes that share one γ. */
  readonly shared: readonly number[];
  readonly affine: boolean;
}

interface LayerNormConfig {
  readonly axes: number;
  readonly eps: number;
}

const sizes = (min: number, max: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 1, max: 3 }), { minLength: min, maxLength: max });

export const layerNorm: Derivation = derivation<NormInputs, LayerNormConfig>()({
  name: 'layerNorm',
  cases: fc
    .record({
      leading: sizes(0, 2),
      last: fc.tuple(sizes(0, 1), fc.integer({ min: 2, max: 5 })),
      affine: fc.boolean(),
      eps: fc.constantFrom(1e-5, 1e-3),
    })
    .chain(({ leading, last: [more, size], affine, eps }) => {
      const normalised = [...more, size];
      return drawNormInputs([...leading, ...normalised], affine, normalised).map((inputs) => ({
        inputs,
        config: { axes: normalised.length, eps },
      }));
    }),
  layer: ({ x, weight, bias }, { axes, eps }) =>
    functional.layerNorm(x, x.shape.slice(x.rank - axes), { weight: weight ?? null, bias: bias ?? null, eps }),
  forward: ({ x, weight, bias }, { axes, eps }) => {
    const first = x.rank - axes;
    const set = normalise(
      x,
      Array.from({ length: axes }, (_, i) => first + i),
      eps,
    );
    const [γ, β] = [weight ?? 1, bias ?? 0];
    return [
      add(mul(set.hat, γ), β),
      {
        set,
        hat: set.hat,
        γ,
        shared: x.shape.slice(0, first).map((_, i) => i),
        affine: weight !== undefined,
      } satisfies Cache,
    ];
  },
  backward: (g, { set, hat, γ, shared, affine }) => ({
    x: normaliseBackward(mul(g, γ), set),
    ...affineBackward(g, hat, shared, affine),
  }),
});

interface GroupNormConfig {
  readonly groups: number;
  readonly eps: number;
}

export const groupNorm: Derivation = derivation<NormInputs, GroupNormConfig>()({
  name: 'groupNorm',
  cases: fc
    .record({
      samples: fc.integer({ min: 1, max: 3 }),
      groups: fc.integer({ min: 1, max: 3 }),
      each: fc.integer({ min: 1, max: 2 }),
      positions: sizes(0, 2),
      affine: fc.boolean(),
      eps: fc.constantFrom(1e-5, 1e-3),
    })
    // A set of one number has no spread: its normalised value is 0 whatever the input.
    .filter(({ each, positions }) => each * positions.reduce((product, size) => product * size, 1) > 1)
    .chain(({ samples, groups, each, positions, affine, eps }) =>
      drawNormInputs([samples, groups * each, ...positions], affine, [groups * each]).map((inputs) => ({
        inputs,
        config: { groups, eps },
      })),
    ),
  layer: ({ x, weight, bias }, { groups, eps }) =>
    functional.groupNorm(x, { groups, eps, weight: weight ?? null, bias: bias ?? null }),
  forward: ({ x, weight, bias }, { groups, eps }) => {
    const [samples = 1, channels = 1] = x.shape;
    const set = normalise(reshape(x, [samples, groups, x.size / (samples * groups)]) as Tensor, [2], eps);
    const hat = reshape(set.hat, x.shape) as Tensor;
    const kept = x.shape.map((_, i) => (i === 1 ? channels : 1));
    const [γ, β] = [spread(weight, kept, 1), spread(bias, kept, 0)];
    const shared = x.shape.map((_, i) => i).filter((i) => i !== 1);
    return [add(mul(hat, γ), β), { set, hat, γ, shared, affine: weight !== undefined } satisfies Cache];
  },
  backward: (g, { set, hat, γ, shared, affine }) => ({
    x: reshape(normaliseBackward(reshape(mul(g, γ), set.hat.shape) as Tensor, set), hat.shape) as Tensor,
    ...affineBackward(g, hat, shared, affine),
  }),
});
