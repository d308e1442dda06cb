/**
 * Pooling in two dimensions with kernel k, stride s, padding p and dilation d. Window (i, j) reads the positions
 * (i·s₁ + a·d₁ − p₁, j·s₂ + b·d₂ − p₂) of one channel that lie inside the image.
 *
 * Maximum: y[i,j] = x[u*, v*] with (u*, v*) the position of the window's largest value, the first in row-major order.
 *   ∂y[i,j]/∂x[u,v] = [(u, v) = (u*, v*)], so ∂L/∂x[u,v] = Σ of g[i,j] over the windows that (u, v) wins.
 * Average: y[i,j] = (1/D) Σ of the window's values, where D counts the window's places, those in the padding included
 * (but not what ceil mode lets hang over the padding), or the places inside the image only.
 *   ∂L/∂x[u,v] = Σ of g[i,j]/D_ij over the windows that read (u, v).
 * As matrices, with P the 0/1 (or 1/D) matrix of windows × positions: Y = P X, dX = Pᵀ G.
 */
import * as fc from 'fast-check';
import type { Tensor } from '../../core/index.js';
import { functional } from '../../nn/index.js';
import { draw, drawDistinct } from '../arbitraries/values.js';
import { eachIndex, reader, sums } from './arrays.js';
import { type Derivation, type DerivationCase, derivation } from './derivation.js';

type Pair = readonly [number, number];

interface Window {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly ceilMode: boolean;
}

interface MaxConfig extends Window {
  readonly dilation: Pair;
}

interface AverageConfig extends Window {
  readonly countIncludePad: boolean;
}

/** How many windows along an axis; in ceil mode the last one must start inside the image or the padding before it. */
const windows = (
  size: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation: number,
  ceilMode: boolean,
): number => {
  const room = size + 2 * padding - dilation * (kernel - 1) - 1;
  if (!ceilMode) return Math.floor(room / stride) + 1;
  const count = Math.ceil(room / stride) + 1;
  return (count - 1) * stride >= size + padding ? count - 1 : count;
};

const outputShape = (
  shape: readonly number[],
  { kernel, stride, padding, ceilMode }: Window,
  dilation: Pair,
): number[] => {
  const [n = 0, c = 0, height = 0, width = 0] = shape;
  return [
    n,
    c,
    windows(height, kernel[0], stride[0], padding[0], dilation[0], ceilMode),
    windows(width, kernel[1], stride[1], padding[1], dilation[1], ceilMode),
  ];
};

/** Calls `visit` for the places of window (i, j) that lie inside the image. */
const eachPlace = (
  shape: readonly number[],
  { kernel, stride, padding }: Window,
  dilation: Pair,
  i: number,
  j: number,
  visit: (u: number, v: number) => void,
): void =>
  eachIndex(kernel, (a = 0, b = 0) => {
    const u = i * stride[0] + a * dilation[0] - padding[0];
    const v = j * stride[1] + b * dilation[1] - padding[1];
    if (u >= 0 && u < (shape[2] ?? 0) && v >= 0 && v < (shape[3] ?? 0)) visit(u, v);
  });

const pair = (min: number, max: number): fc.Arbitrary<Pair> =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));

interface Drawn {
  readonly shape: readonly number[];
  readonly window: Window;
  readonly dilation: Pair;
}

const drawWindow = (dilations: fc.Arbitrary<Pair>): fc.Arbitrary<Drawn> =>
  fc
    .record({
      samples: fc.integer({ min: 1, max: 2 }),
      channels: fc.integer({ min: 1, max: 2 }),
      kernel: pair(1, 3),
      extra: pair(0, 3),
      stride: pair(1, 3),
      pad: pair(0, 1),
      dilation: dilations,
      ceilMode: fc.boolean(),
    })
    .map(({ samples, channels, kernel, extra, stride, pad, dilation, ceilMode }) => {
      // Padding is at most half of the kernel, so that every window reads the image.
      const padding: Pair = [Math.min(pad[0], Math.floor(kernel[0] / 2)), Math.min(pad[1], Math.floor(kernel[1] / 2))];
      const size = (axis: 0 | 1): number => dilation[axis] * (kernel[axis] - 1) + 1 + extra[axis];
      return { shape: [samples, channels, size(0), size(1)], window: { kernel, stride, padding, ceilMode }, dilation };
    });

interface MaxCache {
  readonly shape: readonly number[];
  /** Winners: the output's position and the input's. */
  readonly winners: readonly (readonly [from: readonly number[], to: readonly number[]])[];
}

const maxCases: fc.Arbitrary<Pick<DerivationCase<MaxConfig>, 'inputs' | 'config'>> = drawWindow(pair(1, 2)).chain(
  ({ shape, window, dilation }) => drawDistinct(shape).map((x) => ({ inputs: { x }, config: { ...window, dilation } })),
);

export const maxPool2d: Derivation = derivation<{ readonly x: Tensor }, MaxConfig>()({
  name: 'maxPool2d',
  cases: maxCases,
  layer: ({ x }, config) => functional.maxPool2d(x, config),
  forward: ({ x }, config) => {
    const shape = outputShape(x.shape, config, config.dilation);
    const read = reader(x);
    const y = sums(shape);
    const winners: (readonly [readonly number[], readonly number[]])[] = [];
    eachIndex(shape, (n = 0, c = 0, i = 0, j = 0) => {
      let best = Number.NEGATIVE_INFINITY;
      let at: readonly number[] = [];
      eachPlace(x.shape, config, config.dilation, i, j, (u, v) => {
        if (read(n, c, u, v) > best) {
          best = read(n, c, u, v);
          at = [n, c, u, v];
        }
      });
      y.add(best, n, c, i, j);
      winners.push([[n, c, i, j], at]);
    });
    return [y.tensor(), { shape: x.shape, winners } satisfies MaxCache];
  },
  backward: (cotangent, { shape, winners }) => {
    const g = reader(cotangent);
    const dx = sums(shape);
    for (const [from, to] of winners) dx.add(g(...from), ...to);
    return { x: dx.tensor() };
  },
});

/** D of the header. */
const divisor = (shape: readonly number[], config: AverageConfig, i: number, j: number): number => {
  const along = (axis: 0 | 1, index: number): number => {
    const size = shape[axis + 2] ?? 0;
    const start = index * config.stride[axis] - config.padding[axis];
    const end = Math.min(start + config.kernel[axis], size + config.padding[axis]);
    return config.countIncludePad ? end - start : Math.min(end, size) - Math.max(start, 0);
  };
  return along(0, i) * along(1, j);
};

const undilated: Pair = [1, 1];

export const avgPool2d: Derivation = derivation<{ readonly x: Tensor }, AverageConfig>()({
  name: 'avgPool2d',
  cases: fc
    .tuple(drawWindow(fc.constant(undilated)), fc.boolean())
    .chain(([{ shape, window }, countIncludePad]) =>
      draw(shape).map((x) => ({ inputs: { x }, config: { ...window, countIncludePad } })),
    ),
  layer: ({ x }, config) => functional.avgPool2d(x, config),
  forward: ({ x }, config) => {
    const shape = outputShape(x.shape, config, undilated);
    const read = reader(x);
    const y = sums(shape);
    eachIndex(shape, (n = 0, c = 0, i = 0, j = 0) =>
      eachPlace(x.shape, config, undilated, i, j, (u, v) =>
        y.add(read(n, c, u, v) / divisor(x.shape, config, i, j), n, c, i, j),
      ),
    );
    return [y.tensor(), { input: x.shape, output: shape, config }];
  },
  backward: (cotangent, { input, output, config }) => {
    const g = reader(cotangent);
    const dx = sums(input);
    eachIndex(output, (n = 0, c = 0, i = 0, j = 0) =>
      eachPlace(input, config, undilated, i, j, (u, v) =>
        dx.add(g(n, c, i, j) / divisor(input, config, i, j), n, c, u, v),
      ),
    );
    return { x: dx.tensor() };
  },
});
