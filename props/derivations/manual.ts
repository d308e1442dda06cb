/**
 * The pairs of `nn/manual` under the same laws as the derivations of this folder: their outputs and gradients against the tape, which knows nothing of them, and against
 * finite differences. Here dense layers, activations, dropout and losses; norms and images have files of their own.
 */
import * as fc from 'fast-check';
import { broadcastTo, cast, mul, relu, reshape, sigmoid, softmax, type Tensor, tanh } from '../../core/index.js';
import { functional } from '../../nn/index.js';
import * as manual from '../../nn/manual/index.js';
import { type Draw, draw, drawBooleans, drawDistinct, drawIntegers } from '../arbitraries/values.js';
import { type Derivation, derivation } from './derivation.js';
import { manualImages } from './manual-images.js';
import { manualNorms } from './manual-norms.js';
import { type Dense, drawn, type NormedDense, named, noConfig, offKinks, rows, size } from './manual-support.js';

const { batchNorm, initialBatchNormState } = functional;

const affineOf = (name: string, weightLayout: 'in-out' | 'out-in', withRelu: boolean): Derivation => {
  const pair = (withRelu ? manual.affineRelu : manual.affine) as typeof manual.affine;
  const dense = ({ x, w, b }: Dense): Tensor => functional.linear(rows(x), w, b, { weightLayout });
  const cases = fc
    .record({ samples: size(3), place: size(2), features: size(3), outputs: size(3), row: fc.boolean() })
    .chain(({ samples, place, features, outputs, row }) =>
      noConfig(
        drawn({
          x: [samples, place, features],
          w: weightLayout === 'in-out' ? [place * features, outputs] : [outputs, place * features],
          b: row ? [1, outputs] : [outputs],
        }),
      ),
    );
  return derivation<Dense>()({
    name,
    cases: withRelu ? offKinks(cases, dense) : cases,
    layer: (inputs) => (withRelu ? relu(dense(inputs)) : dense(inputs)),
    forward: ({ x, w, b }) => pair.forward(x, w, b, { weightLayout }),
    backward: (dout, cache) => named(pair.backward(dout, cache)),
  });
};

const dropout: Derivation = derivation<{ readonly x: Tensor; readonly mask: Tensor }, { readonly keep: number }>()({
  name: 'manual dropout',
  cases: fc
    .record({ length: size(5), keep: fc.constantFrom(0.25, 0.4, 0.7, 1) })
    .chain(({ length, keep }) =>
      fc
        .record({ x: draw([2, length]), mask: drawBooleans([2, length]) })
        .map((inputs) => ({ inputs, config: { keep } })),
    ),
  layer: ({ x, mask }, { keep }) => functional.dropout(x, { keep, mask, training: true }),
  forward: ({ x, mask }, { keep }) => manual.dropout.forward(x, { keep, mask }),
  backward: (dout, cache) => ({ x: manual.dropout.backward(dout, cache).dx }),
});

interface MaskedDense extends NormedDense {
  readonly mask: Tensor;
}

interface NormConfig {
  readonly norm: 'batch' | 'layer';
}

const normedDense = ({ x, w, b, gamma, beta }: NormedDense, { norm }: NormConfig): Tensor => {
  const z = functional.linear(x, w, b, { weightLayout: 'in-out' });
  const options = { weight: gamma, bias: beta, eps: 0.1 };
  const state = initialBatchNormState(3, { dtype: 'float64' });
  return norm === 'batch'
    ? batchNorm(z, state, { ...options, training: true })[0]
    : functional.layerNorm(z, [3], options);
};

const affineNormRelu: Derivation = derivation<MaskedDense, NormConfig>()({
  name: 'manual affineNormReluDropout',
  cases: offKinks(
    fc
      .record({ norm: fc.constantFrom('batch' as const, 'layer' as const), features: size(3) })
      .chain(({ norm, features }) =>
        fc
          .record({
            x: drawDistinct([4, features]),
            w: draw([features, 3]),
            b: draw([3]),
            gamma: draw([3]),
            beta: draw([3]),
            mask: drawBooleans([4, 3]),
          })
          .map((inputs) => ({ inputs, config: { norm } })),
      ),
    normedDense,
  ),
  layer: (inputs, config) =>
    functional.dropout(relu(normedDense(inputs, config)), { keep: 0.5, mask: inputs.mask, training: true }),
  forward: ({ x, w, b, gamma, beta, mask }, { norm }) =>
    manual.affineNormRelu.forward(x, w, b, gamma, beta, {
      norm,
      [`${norm}Norm` as const]: { eps: 0.1 },
      dropout: { keep: 0.5, mask },
    }),
  backward: (dout, cache) => {
    const { dgamma, dbeta, ...dense } = manual.affineNormRelu.backward(dout, cache);
    return { ...named(dense), gamma: dgamma, beta: dbeta };
  },
});

interface Scores {
  readonly scores: Tensor;
  readonly target: Tensor;
}

const scoreCases = (
  scores: (shape: readonly number[]) => fc.Arbitrary<Draw>,
): fc.Arbitrary<{
  inputs: { scores: Draw; target: Draw };
  config: null;
}> =>
  fc
    .record({ samples: size(4), classes: fc.integer({ min: 2, max: 4 }) })
    .chain(({ samples, classes }) =>
      noConfig(fc.record({ scores: scores([samples, classes]), target: drawIntegers([samples], 0, classes - 1) })),
    );

const lossOf = (
  name: string,
  byHand: (scores: Tensor, target: Tensor) => manual.ManualLoss,
  loss: (scores: Tensor, target: Tensor) => Tensor,
  scores: (shape: readonly number[]) => fc.Arbitrary<Draw> = draw,
): Derivation =>
  derivation<Scores>()({
    name,
    cases: scoreCases(scores),
    layer: ({ scores: x, target }) => loss(x, target),
    forward: ({ scores: x, target }) => byHand(x, target),
    backward: (dout, gradient) => ({ scores: mul(gradient, dout) }),
  });

type Unary = readonly [name: string, pair: manual.ManualActivation | manual.SlopedActivation, f: (x: Tensor) => Tensor];

const activationOf = ([name, pair, f]: Unary): Derivation => {
  const { forward, backward } = pair as manual.ManualActivation;
  return derivation<{ readonly x: Tensor }>()({
    name: `manual ${name}`,
    cases: size(4).chain((length) => noConfig(fc.record({ x: draw([2, length], { avoid: [0] }) }))),
    layer: ({ x }) => f(x),
    forward: ({ x }) => forward(x),
    backward: (dout, cache) => ({ x: backward(dout, cache).dx }),
  });
};

/** Targets of the shape of the scores, from class numbers. */
const spreadTarget = (x: Tensor, y: Tensor): Tensor =>
  broadcastTo(reshape(cast(y, 'float64'), [y.size, 1]), x.shape) as Tensor;

export const manualLayers: readonly Derivation[] = [
  affineOf('manual affine', 'in-out', false),
  affineOf('manual affine, out-in', 'out-in', false),
  affineOf('manual affineRelu', 'in-out', true),
  ...(
    [
      ['relu', manual.relu, (x) => relu(x)],
      ['leakyRelu', manual.leakyRelu, (x) => functional.leakyRelu(x)],
      ['elu', manual.elu, (x) => functional.elu(x)],
      ['sigmoid', manual.sigmoid, sigmoid],
      ['tanh', manual.tanh, tanh],
      ['softmax', manual.softmax, (x) => softmax(x, -1)],
    ] as readonly Unary[]
  ).map(activationOf),
  ...manualNorms,
  dropout,
  ...manualImages,
  affineNormRelu,
  lossOf('manual softmaxLoss', manual.softmaxLoss, (x, y) => functional.crossEntropy(x, y)),
  lossOf(
    'manual svmLoss',
    // Scores differ by multiples of about a quarter; this margin keeps every violation off its kink.
    (x, y) => manual.svmLoss(x, y, { margin: 1.125 }),
    (x, y) => functional.hingeLoss(x, y, { margin: 1.125 }),
    drawDistinct,
  ),
  lossOf(
    'manual crossEntropyLoss',
    (x, y) => manual.crossEntropyLoss(x, y),
    (x, y) => functional.crossEntropyOfProbabilities(x, y),
    (shape) => draw(shape, { min: 0.2, max: 0.9 }),
  ),
  lossOf(
    'manual mseLoss',
    (x, y) => manual.mseLoss(x, spreadTarget(x, y)),
    (x, y) => functional.mseLoss(x, spreadTarget(x, y)),
  ),
];
