/** Convolutions and pools of `nn/manual`, alone and with what follows them, against the tape and against finite differences. */
import * as fc from 'fast-check';
import { concat, permute, relu, reshape, slice, sub, type Tensor, topk } from '../../core/index.js';
import { functional } from '../../nn/index.js';
import * as manual from '../../nn/manual/index.js';
import { poolingConfigurations, windowConfigurations } from '../arbitraries/layers.js';
import { draw, drawDistinct } from '../arbitraries/values.js';
import { type Derivation, derivation } from './derivation.js';
import { type Dense, drawn, type NormedDense, named, noConfig, offKinks, size } from './manual-support.js';

const { batchNorm, initialBatchNormState } = functional;

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

export const manualImages: readonly Derivation[] = [
  convOf('manual conv', manual.conv),
  convOf('manual fastConv', manual.fastConv),
  poolOf('manual maxPool', manual.maxPool, functional.maxPool2d),
  poolOf('manual fastMaxPool', manual.fastMaxPool, functional.maxPool2d),
  poolOf('manual averagePool', manual.averagePool, functional.avgPool2d),
  convRelu,
  convReluPool,
  convNormRelu,
];
