/**
 * Layers that choose by number.
 *
 * Embedding: y_p = w_{n(p)}, row n(p) of the table at place p; a row is read at all its places:
 *   ∂L/∂w_r = Σ_{p: n(p) = r} g_p;   with the 0/1 matrix N of places × rows: Y = N W, dW = Nᵀ G.
 * Parametric ReLU: y = x or a_c x for x ≤ 0, c the channel:
 *   ∂L/∂x = g or a_c g,   ∂L/∂a_c = Σ over the channel's x ≤ 0 of g·x.
 */
import * as fc from 'fast-check';
import type { Tensor } from '../../core/index.js';
import { functional } from '../../nn/index.js';
import { shapes } from '../arbitraries/shapes.js';
import { draw, drawIntegers } from '../arbitraries/values.js';
import { eachIndex, reader, sums } from './arrays.js';
import { type Derivation, derivation } from './derivation.js';

interface Table {
  readonly weight: Tensor;
  readonly index: Tensor;
}

export const embedding: Derivation = derivation<Table>()({
  name: 'embedding',
  cases: fc
    .record({
      rows: fc.integer({ min: 1, max: 4 }),
      size: fc.integer({ min: 1, max: 3 }),
      places: fc.integer({ min: 0, max: 6 }),
    })
    .chain(({ rows, size, places }) =>
      fc
        .record({ weight: draw([rows, size]), index: drawIntegers([places], 0, rows - 1) })
        .map((inputs) => ({ inputs, config: null })),
    ),
  layer: ({ weight, index }) => functional.embedding(weight, index),
  forward: ({ weight, index }) => {
    const [w, row] = [reader(weight), reader(index)];
    const y = sums([index.size, weight.shape[1] ?? 1]);
    eachIndex([index.size, weight.shape[1] ?? 1], (p = 0, e = 0) => y.add(w(row(p), e), p, e));
    return [y.tensor(), { shape: weight.shape, row }];
  },
  backward: (cotangent, { shape, row }) => {
    const g = reader(cotangent);
    const dw = sums(shape);
    eachIndex(cotangent.shape, (p = 0, e = 0) => dw.add(g(p, e), row(p), e));
    return { weight: dw.tensor() };
  },
});

export const prelu: Derivation = derivation<{ readonly x: Tensor; readonly weight: Tensor }>()({
  name: 'prelu',
  cases: fc
    .tuple(shapes({ minRank: 2, maxRank: 3, minSize: 1, maxSize: 3 }), fc.boolean())
    .chain(([shape, perChannel]) =>
      fc
        .record({ x: draw(shape, { avoid: [0] }), weight: draw([perChannel ? (shape[1] ?? 1) : 1]) })
        .map((inputs) => ({ inputs, config: null })),
    ),
  layer: ({ x, weight }) => functional.prelu(x, weight),
  forward: ({ x, weight }) => {
    const [value, slope] = [reader(x), reader(weight)];
    const y = sums(x.shape);
    const channel = (c: number): number => (weight.size === 1 ? 0 : c);
    eachIndex(x.shape, (...at) => {
      const v = value(...at);
      y.add(v > 0 ? v : slope(channel(at[1] ?? 0)) * v, ...at);
    });
    return [y.tensor(), { value, slope, channel, shape: x.shape, slopes: weight.shape }];
  },
  backward: (cotangent, { value, slope, channel, shape, slopes }) => {
    const g = reader(cotangent);
    const [dx, da] = [sums(shape), sums(slopes)];
    eachIndex(shape, (...at) => {
      const c = channel(at[1] ?? 0);
      const v = value(...at);
      dx.add(g(...at) * (v > 0 ? 1 : slope(c)), ...at);
      if (v <= 0) da.add(g(...at) * v, c);
    });
    return { x: dx.tensor(), weight: da.tensor() };
  },
});
