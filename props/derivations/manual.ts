/**
 * The pairs of `nn/manual` under the same laws as the derivations of this folder: their outputs and gradients against the tape, which knows nothing of them, and against finite differences.
 */
import * as fc from 'fast-check';
import {
  broadcastTo,
  cast,
  concat,
  mul,
  permute,
  relu,
  reshape,
  sigmoid,
  slice,
  softmax,
  sub,
  type Tensor,
  tanh,
  topk,
} from '../../core/index.js';
import { functional } from '../../nn/index.js';
import * as manual from '../../nn/manual/index.js';
import { poolingConfigurations, windowConfigurations } from '../arbitraries/layers.js';
import { type Draw, draw, drawBooleans, drawDistinct, drawIntegers } from '../arbitraries/values.js';
import { type Derivation, derivation, type Inputs, tensorOf } from './derivation.js';

const { batchNorm, initialBatchNormState } = functional;

const size = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });

/** A tensor per name. */
const drawn = <N extends string>(shapes: Readonly<Record<N, readonly number[]>>): fc.Arbitrary<Record<N, Draw>> =>
  fc.record(
    Object.fromEntries(Object.entries<readonly number[]>(shapes).map(([name, shape]) => [name, draw(shape)])),
  ) as fc.Arbitrary<Record<N, Draw>>;

const noConfig = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<{ inputs: T; config: null }> =>
  arbitrary.map((inputs) => ({ inputs, config: null }));

interface Dense {
  readonly x: Tensor;
  readonly w: Tensor;
  readonly b: Tensor;
}

interface Scaled {
  readonly x: Tensor;
  readonly gamma: Tensor;
  readonly beta: Tensor;
}

/** Only such cases in which every number that `distances` gives is far from 0, where there are kinks. */
const offKinks = <In extends Readonly<Record<string, Draw>>, C>(
  cases: fc.Arbitrary<{ inputs: In; config: C }>,
  distances: (inputs: Record<keyof In, Tensor>, config: C) => Tensor,
): fc.Arbitrary<{ inputs: In; config: C }> =>
  cases.filter(({ inputs, config }) => {
    const tensors: Inputs = Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, tensorOf(x)]));
    return distances(tensors as Record<keyof In, Tensor>, config)
      .dataSync()
      .every((value) => Math.abs(value) > 0.02);
  });

const rows = (x: Tensor): Tensor => reshape(x, [x.shape[0] ?? 1, x.size / (x.shape[0] ?? 1)]) as Tensor;

const named = ({ dx, dw, db }: manual.AffineGradients): { x: Tensor; w: Tensor; b: Tensor } => ({
  x: dx,
  w: dw,
  b: db,
});

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

interface ConvConfig {
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly layout: 'NCHW' | 'NHWC';
}

const pairOf = <T>(xs: readonly T[]): readonly [T, T] => [xs[0] as T, xs[1] as T];

const convCases = fc
  .record({
    samples: size(2),
    channels: size(2),
    filters: size(2),
    axes: fc.array(windowConfigurations({ dilated: false }), { minLength: 2, maxLength: 2 }),
    layout: fc.constantFrom('NCHW' as const, 'NHWC' as const),
  })
  .chain(({ samples, channels, filters, axes, layout }) => {
    const [spatial, kernel] = [axes.map((axis) => axis.size), axes.map((axis) => axis.kernel)];
    return drawn({
      x: layout === 'NCHW' ? [samples, channels, ...spatial] : [samples, ...spatial, channels],
      w: layout === 'NCHW' ? [filters, channels, ...kernel] : [...kernel, channels, filters],
      b: [filters],
    }).map((inputs) => ({
      inputs,
      config: { stride: pairOf(axes.map((a) => a.stride)), padding: pairOf(axes.map((a) => a.padding)), layout },
    }));
  });

const convOf = (name: string, pair: manual.ManualConv): Derivation =>
  derivation<Dense, ConvConfig>()({
    name,
    cases: convCases,
    layer: ({ x, w, b }, config) => functional.conv2d(x, w, b, config),
    forward: ({ x, w, b }, config) => pair.forward(x, w, b, config),
    backward: (dout, cache) => named(pair.backward(dout, cache)),
  });

type PoolConfig = manual.PoolOptions & { readonly layout: 'NCHW' | 'NHWC' };

const poolOf = <Cache>(
  name: string,
  pair: manual.ManualPool<Cache>,
  f: (x: Tensor, options: Parameters<typeof functional.maxPool2d>[1]) => Tensor,
): Derivation =>
  derivation<{ readonly x: Tensor }, PoolConfig>()({
    name,
    cases: fc
      .tuple(poolingConfigurations(), fc.constantFrom('NCHW' as const, 'NHWC' as const), fc.boolean())
      .chain(([{ batch, channels, axes }, layout, tiles]) => {
        // Half of the cases are tiles that cover the image, where there is a shorter way.
        const used = tiles
          ? axes.map((axis) => ({ ...axis, stride: axis.kernel, padding: 0, size: 2 * axis.kernel }))
          : axes;
        const spatial = used.map((axis) => axis.size);
        const [height, width] = pairOf(used.map((axis) => axis.kernel));
        return drawDistinct(layout === 'NCHW' ? [batch, channels, ...spatial] : [batch, ...spatial, channels]).map(
          (x) => ({
            inputs: { x },
            config: {
              height,
              width,
              stride: pairOf(used.map((a) => a.stride)),
              padding: pairOf(used.map((a) => a.padding)),
              layout,
            },
          }),
        );
      }),
    layer: ({ x }, { height, width, ...options }) => f(x, { ...options, kernel: [height, width] } as never),
    forward: ({ x }, config) => pair.forward(x, config),
    backward: (dout, cache) => ({ x: pair.backward(dout, cache).dx }),
  });

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

interface NormedDense extends Dense {
  readonly gamma: Tensor;
  readonly beta: Tensor;
}

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
      batchNorm: { eps: 0.1 },
      layerNorm: { eps: 0.1 },
      dropout: { keep: 0.5, mask },
    }),
  backward: (dout, cache) => {
    const { dgamma, dbeta, ...dense } = manual.affineNormRelu.backward(dout, cache);
    return { ...named(dense), gamma: dgamma, beta: dbeta };
  },
});

/** How far the largest of each 2×2 window is ahead of the next. */
const lead = (z: Tensor): Tensor => {
  const [samples = 1, channels = 1, height = 2, width = 2] = z.shape;
  const tiles = permute(reshape(z, [samples, channels, height / 2, 2, width / 2, 2]) as Tensor, [0, 1, 2, 4, 3, 5]);
  const { values } = topk(reshape(tiles, [z.size / 4, 4]) as Tensor, 2);
  return sub(slice(values, [null, [0, 1, 1]]), slice(values, [null, [1, 2, 1]]));
};

const convReluPool: Derivation = derivation<Dense>()({
  name: 'manual convReluPool',
  cases: offKinks(noConfig(drawn({ x: [1, 2, 5, 5], w: [2, 2, 2, 2], b: [2] })), ({ x, w, b }) => {
    const z = functional.conv2d(x, w, b);
    return concat([reshape(z, [z.size]), reshape(lead(z), [z.size / 4])], 0);
  }),
  layer: ({ x, w, b }) => functional.maxPool2d(relu(functional.conv2d(x, w, b)), { kernel: 2 }),
  forward: ({ x, w, b }) => manual.convReluPool.forward(x, w, b, {}, { height: 2, width: 2 }),
  backward: (dout, cache) => named(manual.convReluPool.backward(dout, cache)),
});

const convRelu: Derivation = derivation<Dense, ConvConfig>()({
  name: 'manual convRelu',
  cases: offKinks(convCases, ({ x, w, b }, config) => functional.conv2d(x, w, b, config)),
  layer: ({ x, w, b }, config) => relu(functional.conv2d(x, w, b, config)),
  forward: ({ x, w, b }, config) => manual.convRelu.forward(x, w, b, config),
  backward: (dout, cache) => named(manual.convRelu.backward(dout, cache)),
});

const normedConv = ({ x, w, b, gamma, beta }: NormedDense): Tensor =>
  batchNorm(functional.conv2d(x, w, b), initialBatchNormState(2, { dtype: 'float64' }), {
    weight: gamma,
    bias: beta,
    training: true,
    eps: 0.1,
  })[0];

const convNormRelu: Derivation = derivation<NormedDense>()({
  name: 'manual convNormRelu',
  cases: offKinks(
    noConfig(
      fc.record({
        x: drawDistinct([2, 2, 3, 3]),
        w: draw([2, 2, 2, 2]),
        b: draw([2]),
        gamma: draw([2]),
        beta: draw([2]),
      }),
    ),
    normedConv,
  ),
  layer: (inputs) => relu(normedConv(inputs)),
  forward: ({ x, w, b, gamma, beta }) => manual.convNormRelu.forward(x, w, b, gamma, beta, {}, { eps: 0.1 }),
  backward: (dout, cache) => {
    const { dgamma, dbeta, ...rest } = manual.convNormRelu.backward(dout, cache);
    return { ...named(rest), gamma: dgamma, beta: dbeta };
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
  batchNormOf('manual batchNorm, graph-wise', false, 'backward'),
  batchNormOf('manual batchNorm, simplified', false, 'backwardSimplified'),
  layerNorm,
  batchNormOf('manual spatialBatchNorm, graph-wise', true, 'backward'),
  batchNormOf('manual spatialBatchNorm, simplified', true, 'backwardSimplified'),
  groupNorm,
  dropout,
  convOf('manual conv', manual.conv),
  convOf('manual fastConv', manual.fastConv),
  poolOf('manual maxPool', manual.maxPool, functional.maxPool2d),
  poolOf('manual fastMaxPool', manual.fastMaxPool, functional.maxPool2d),
  poolOf('manual averagePool', manual.averagePool, functional.avgPool2d),
  affineNormRelu,
  convRelu,
  convReluPool,
  convNormRelu,
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
