/**
 * Convolution in two dimensions, as cross-correlation, with stride s, padding p, dilation d and groups. Output channel f
 * reads the input channels of its group; c counts inside the group and c′ = group(f)·C/groups + c is the channel itself.
 *
 *   y[n,f,i,j] = b[f] + Σ_{c,a,b} w[f,c,a,b] · x[n, c′, i·s₁ + a·d₁ − p₁, j·s₂ + b·d₂ − p₂]      (x is 0 outside)
 *
 * Each product w·x belongs to one y, so it carries that cotangent to both of its factors:
 *   ∂L/∂b[f] = Σ_{n,i,j} g[n,f,i,j]
 *   ∂L/∂w[f,c,a,b] = Σ_{n,i,j} g[n,f,i,j] · x[n, c′, i·s₁ + a·d₁ − p₁, j·s₂ + b·d₂ − p₂]
 *   ∂L/∂x[n,c′,u,v] = Σ_{f,a,b,i,j: i·s₁ + a·d₁ − p₁ = u, j·s₂ + b·d₂ − p₂ = v} g[n,f,i,j] · w[f,c,a,b]
 * As matrices, with P the rows of all windows (n,i,j) × (c,a,b) and W: [F, (c,a,b)]:
 *   Y = P Wᵀ + 1 bᵀ,   dW = Gᵀ P,   dP = G W,   db = Gᵀ 1,   and dX adds dP back to where the windows were read.
 */
import * as fc from 'fast-check';
import type { Tensor } from '../../core/index.js';
import { functional } from '../../nn/index.js';
import { type Draw, draw } from '../arbitraries/values.js';
import { eachIndex, reader, sums } from './arrays.js';
import { type Derivation, derivation } from './derivation.js';

type Pair = readonly [number, number];

interface Config {
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
  readonly groups: number;
}

interface ConvInputs {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly bias?: Tensor;
}

interface Cache extends ConvInputs {
  readonly config: Config;
  readonly outputs: readonly number[];
}

export const outputSize = (size: number, kernel: number, stride: number, padding: number, dilation: number): number =>
  Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;

/** Calls `visit` for each product of the sum: where y, w and x stand. */
const eachProduct = (
  { x, weight, outputs, config: { stride, padding, dilation, groups } }: Cache,
  visit: (y: readonly number[], w: readonly number[], x: readonly number[]) => void,
): void => {
  const [, , height = 0, width = 0] = x.shape;
  const [filters = 1, channels = 1] = weight.shape;
  eachIndex(outputs, (n = 0, f = 0, i = 0, j = 0) => {
    const group = Math.floor(f / (filters / groups));
    eachIndex(weight.shape.slice(1), (c = 0, a = 0, b = 0) => {
      const u = i * stride[0] + a * dilation[0] - padding[0];
      const v = j * stride[1] + b * dilation[1] - padding[1];
      if (u >= 0 && u < height && v >= 0 && v < width)
        visit([n, f, i, j], [f, c, a, b], [n, group * channels + c, u, v]);
    });
  });
};

const pair = (min: number, max: number): fc.Arbitrary<Pair> =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));

export const conv2d: Derivation = derivation<ConvInputs, Config>()({
  name: 'conv2d',
  cases: fc
    .record({
      samples: fc.integer({ min: 1, max: 2 }),
      groups: fc.integer({ min: 1, max: 2 }),
      channels: fc.integer({ min: 1, max: 2 }),
      filters: fc.integer({ min: 1, max: 2 }),
      kernel: pair(1, 3),
      extra: pair(0, 3),
      stride: pair(1, 3),
      padding: pair(0, 2),
      dilation: pair(1, 2),
      bias: fc.boolean(),
    })
    .chain(({ samples, groups, channels, filters, kernel, extra, stride, padding, dilation, bias }) => {
      // At least one window fits, and the input has an element at least.
      const size = (axis: 0 | 1): number =>
        Math.max(1, dilation[axis] * (kernel[axis] - 1) + 1 - 2 * padding[axis] + extra[axis]);
      const inputs: { readonly [name: string]: fc.Arbitrary<Draw> } = {
        x: draw([samples, channels * groups, size(0), size(1)]),
        weight: draw([filters * groups, channels, ...kernel]),
        ...(bias ? { bias: draw([filters * groups]) } : {}),
      };
      return fc.record(inputs).map((drawn) => ({ inputs: drawn, config: { stride, padding, dilation, groups } }));
    }),
  layer: ({ x, weight, bias }, config) => functional.conv2d(x, weight, bias ?? null, config),
  forward: ({ x, weight, bias }, config) => {
    const outputs = [
      x.shape[0] ?? 0,
      weight.shape[0] ?? 0,
      outputSize(x.shape[2] ?? 0, weight.shape[2] ?? 0, config.stride[0], config.padding[0], config.dilation[0]),
      outputSize(x.shape[3] ?? 0, weight.shape[3] ?? 0, config.stride[1], config.padding[1], config.dilation[1]),
    ];
    const cache: Cache = { x, weight, outputs, config, ...(bias === undefined ? {} : { bias }) };
    const [readX, readW] = [reader(x), reader(weight)];
    const y = sums(outputs);
    eachProduct(cache, (atY, atW, atX) => y.add(readW(...atW) * readX(...atX), ...atY));
    if (bias !== undefined) {
      const shift = reader(bias);
      eachIndex(outputs, (n = 0, f = 0, i = 0, j = 0) => y.add(shift(f), n, f, i, j));
    }
    return [y.tensor(), cache];
  },
  backward: (cotangent, cache) => {
    const [g, readX, readW] = [reader(cotangent), reader(cache.x), reader(cache.weight)];
    const [dx, dw] = [sums(cache.x.shape), sums(cache.weight.shape)];
    eachProduct(cache, (atY, atW, atX) => {
      dw.add(g(...atY) * readX(...atX), ...atW);
      dx.add(g(...atY) * readW(...atW), ...atX);
    });
    if (cache.bias === undefined) return { x: dx.tensor(), weight: dw.tensor() };
    const db = sums(cache.bias.shape);
    eachIndex(cache.outputs, (n = 0, f = 0, i = 0, j = 0) => db.add(g(n, f, i, j), f));
    return { x: dx.tensor(), weight: dw.tensor(), bias: db.tensor() };
  },
});
