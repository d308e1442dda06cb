/**
 * Batch normalisation: one set a channel, over samples and positions (m = N·positions). With G = ∂L/∂Y,
 *   dβ_c = Σ_{n,p} g_ncp,   dγ_c = Σ_{n,p} g_ncp x̂_ncp
 *   dX = γ/(m s) · (m G − dβ − X̂ dγ)                                  (see `normalise.ts`, with D = γG)
 * whose columns sum to 0. Outside training the statistics are constants:
 *   dX = γ G/√(v_running + ε).
 * With the moving statistics μ′ = aμ + (1 − a)μ₀, v′ = av + (1 − a)v₀, s′ = √(v′ + ε), x̂ = (x − μ′)/s′ in training,
 *   ∂x̂_i/∂x_k = (δ_ik − a/m)/s′ − x̂_i · a(x_k − μ)/(m s′²)
 *   dX = D/s′ − a Σ D/(m s′) − a(X − μ) Σ(D ⊙ X̂)/(m s′²)
 * which is the first form for a = 1.
 */
import * as fc from 'fast-check';
import { add, div, fromData, mul, reshape, sqrt, sub, sum, type Tensor } from '../../core/index.js';
import { functional } from '../../nn/index.js';
import { type Derivation, derivation } from './derivation.js';
import { affineBackward, drawNormInputs, type NormInputs, normalise, normaliseBackward, spread } from './normalise.js';

type Mode = 'training' | 'moving' | 'inference';

interface Config {
  readonly mode: Mode;
  readonly eps: number;
  readonly momentum: number;
  readonly layout: 'NCHW' | 'NHWC';
}

interface Cache {
  readonly hat: Tensor;
  readonly axes: readonly number[];
  readonly affine: boolean;
  /** dX from the cotangent of x̂. */
  readonly pull: (d: Tensor) => Tensor;
  readonly γ: Tensor | number;
}

const total = (x: Tensor, axes: readonly number[]): Tensor => sum(x, { axes, keepDims: true });

/** Running statistics to start from: some mean, some positive variance. */
const running = (channels: number): { readonly mean: Tensor; readonly variance: Tensor } => ({
  mean: fromData(
    Float64Array.from({ length: channels }, (_, c) => 0.3 * c - 0.2),
    [channels],
  ),
  variance: fromData(
    Float64Array.from({ length: channels }, (_, c) => 0.5 + 0.4 * c),
    [channels],
  ),
});

const axisOf = (x: Tensor, layout: Config['layout']): number => (layout === 'NCHW' ? 1 : x.rank - 1);

const batchNorm = (name: string, positions: fc.Arbitrary<number[]>): Derivation =>
  derivation<NormInputs, Config>()({
    name,
    cases: fc
      .record({
        samples: fc.integer({ min: 2, max: 5 }),
        channels: fc.integer({ min: 1, max: 3 }),
        positions,
        affine: fc.boolean(),
        config: fc.record<Config>({
          mode: fc.constantFrom('training', 'training', 'moving', 'inference'),
          eps: fc.constantFrom(1e-5, 1e-3),
          momentum: fc.constantFrom(0.1, 0.6),
          layout: fc.constantFrom('NCHW', 'NHWC'),
        }),
      })
      .chain(({ samples, channels, positions: sizes, affine, config }) => {
        const shape = config.layout === 'NCHW' ? [samples, channels, ...sizes] : [samples, ...sizes, channels];
        return drawNormInputs(shape, affine, [channels]).map((inputs) => ({ inputs, config }));
      }),
    layer: ({ x, weight, bias }, { mode, eps, momentum, layout }) => {
      const { mean, variance } = running(x.shape[axisOf(x, layout)] ?? 1);
      const [y] = functional.batchNorm(
        x,
        { runningMean: mean, runningVariance: variance, batches: fromData(new Int32Array(1), []) },
        {
          weight: weight ?? null,
          bias: bias ?? null,
          training: mode !== 'inference',
          normaliseWith: mode === 'moving' ? 'moving' : 'batch',
          runningVariance: 'biased',
          eps,
          momentum,
          layout,
        },
      );
      return y;
    },
    forward: ({ x, weight, bias }, { mode, eps, momentum: a, layout }) => {
      const axis = axisOf(x, layout);
      const axes = x.shape.map((_, i) => i).filter((i) => i !== axis);
      const kept = x.shape.map((size, i) => (i === axis ? size : 1));
      const [γ, β] = [spread(weight, kept, 1), spread(bias, kept, 0)];
      const m = x.size / (x.shape[axis] ?? 1);
      const μ = div(total(x, axes), m);
      const centred = sub(x, μ);
      const start = running(x.shape[axis] ?? 1);
      const mean0 = reshape(start.mean, kept) as Tensor;
      const variance0 = reshape(start.variance, kept) as Tensor;

      const statistics = (): Pick<Cache, 'hat' | 'pull'> => {
        if (mode === 'inference') {
          const s = sqrt(add(variance0, eps));
          return { hat: div(sub(x, mean0), s), pull: (d) => div(d, s) };
        }
        if (mode === 'training') {
          const set = normalise(x, axes, eps);
          return { hat: set.hat, pull: (d) => normaliseBackward(d, set) };
        }
        const variance = div(total(mul(centred, centred), axes), m);
        const s = sqrt(add(add(mul(variance, a), mul(variance0, 1 - a)), eps));
        const hat = div(sub(x, add(mul(μ, a), mul(mean0, 1 - a))), s);
        const pull = (d: Tensor): Tensor =>
          sub(
            sub(div(d, s), div(mul(total(d, axes), a / m), s)),
            div(mul(mul(centred, total(mul(d, hat), axes)), a / m), mul(s, s)),
          );
        return { hat, pull };
      };

      const { hat, pull } = statistics();
      return [add(mul(hat, γ), β), { hat, pull, axes, γ, affine: weight !== undefined } satisfies Cache];
    },
    backward: (g, { hat, pull, axes, γ, affine }) => ({ x: pull(mul(g, γ)), ...affineBackward(g, hat, axes, affine) }),
  });

export const batchNorm1d: Derivation = batchNorm(
  'batchNorm1d',
  fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 1 }),
);
export const batchNorm2d: Derivation = batchNorm(
  'batchNorm2d',
  fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 2 }),
);
