/** The normalisations of `nn/manual` against the tape, which knows nothing of them, and against finite differences. */
import * as fc from 'fast-check';
import { reshape, type Tensor } from '../../core/index.js';
import { functional } from '../../nn/index.js';
import * as manual from '../../nn/manual/index.js';
import { type Draw, draw, drawDistinct } from '../arbitraries/values.js';
import { type Derivation, derivation } from './derivation.js';
import { noConfig, type Scaled, size } from './manual-support.js';

const { batchNorm, initialBatchNormState } = functional;

type Backward = 'backward' | 'backwardSimplified';

const gradientsOf = ({ dx, dgamma, dbeta }: manual.NormGradients): { x: Tensor; gamma: Tensor; beta: Tensor } => ({
  x: dx,
  gamma: dgamma,
  beta: dbeta,
});

const scaled = (
  shape: readonly number[],
  vector: readonly number[],
): fc.Arbitrary<Record<'x' | 'gamma' | 'beta', Draw>> =>
  fc.record({ x: drawDistinct(shape), gamma: draw(vector), beta: draw(vector) });

const batchNormOf = (name: string, images: boolean, backward: Backward): Derivation => {
  const pair = images ? manual.spatialBatchNorm : manual.batchNorm;
  return derivation<Scaled, { readonly training: boolean }>()({
    name,
    cases: fc
      .record({ samples: fc.integer({ min: 2, max: 4 }), channels: size(3), high: size(3), training: fc.boolean() })
      .chain(({ samples, channels, high, training }) =>
        scaled(images ? [samples, channels, high, 2] : [samples, channels], [channels]).map((inputs) => ({
          inputs,
          config: { training },
        })),
      ),
    layer: ({ x, gamma, beta }, { training }) => {
      const state = initialBatchNormState(gamma.size, { dtype: 'float64', variance: 0 });
      return batchNorm(x, state, { weight: gamma, bias: beta, training, eps: 1e-3 })[0];
    },
    forward: ({ x, gamma, beta }, { training }) => pair.forward(x, gamma, beta, { training, eps: 1e-3 }),
    backward: (dout, cache) => gradientsOf(pair[backward](dout, cache)),
  });
};

const layerNorm: Derivation = derivation<Scaled>()({
  name: 'manual layerNorm',
  cases: fc
    .record({ samples: size(3), features: fc.integer({ min: 2, max: 5 }) })
    .chain(({ samples, features }) => noConfig(scaled([samples, features], [features]))),
  layer: ({ x, gamma, beta }) => functional.layerNorm(x, [x.shape[1] ?? 1], { weight: gamma, bias: beta }),
  forward: ({ x, gamma, beta }) => manual.layerNorm.forward(x, gamma, beta),
  backward: (dout, cache) => gradientsOf(manual.layerNorm.backward(dout, cache)),
});

const groupNorm: Derivation = derivation<Scaled, { readonly groups: number }>()({
  name: 'manual spatialGroupNorm',
  cases: fc
    .record({ samples: size(2), groups: size(2), each: size(2), high: size(3), flat: fc.boolean() })
    .chain(({ samples, groups, each, high, flat }) =>
      scaled([samples, groups * each, high, 2], flat ? [groups * each] : [1, groups * each, 1, 1]).map((inputs) => ({
        inputs,
        config: { groups },
      })),
    ),
  layer: ({ x, gamma, beta }, { groups }) =>
    functional.groupNorm(x, {
      groups,
      weight: reshape(gamma, [gamma.size]) as Tensor,
      bias: reshape(beta, [beta.size]) as Tensor,
    }),
  forward: ({ x, gamma, beta }, { groups }) => manual.spatialGroupNorm.forward(x, gamma, beta, groups),
  backward: (dout, cache) => gradientsOf(manual.spatialGroupNorm.backward(dout, cache)),
});

export const manualNorms: readonly Derivation[] = [
  batchNormOf('manual batchNorm, graph-wise', false, 'backward'),
  batchNormOf('manual batchNorm, simplified', false, 'backwardSimplified'),
  layerNorm,
  batchNormOf('manual spatialBatchNorm, graph-wise', true, 'backward'),
  batchNormOf('manual spatialBatchNorm, simplified', true, 'backwardSimplified'),
  groupNorm,
];
