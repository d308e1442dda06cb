/**
 * Layers that only move or drop numbers.
 *
 * Flatten: y_{n,(i,j,…)} = x_{n,i,j,…}; every element goes to one place, so every cotangent goes back there:
 *   ∂L/∂x_{n,i,j,…} = g_{n,(i,j,…)};   dX = G in the shape of X.
 * Dropout with mask m ∈ {0, 1} and keep probability q: y_i = x_i m_i/q, so
 *   ∂L/∂x_i = g_i m_i/q;   dX = G ⊙ M/q: the mask of the way forward.
 */
import * as fc from 'fast-check';
import { cast, mul, reshape, type Tensor } from '../../core/index.js';
import { functional } from '../../nn/index.js';
import { shapes } from '../arbitraries/shapes.js';
import { draw, drawBooleans } from '../arbitraries/values.js';
import { type Derivation, derivation } from './derivation.js';

export const flatten: Derivation = derivation<{ readonly x: Tensor }>()({
  name: 'flatten',
  cases: shapes({ minRank: 2, maxRank: 4, maxSize: 3 }).chain((shape) =>
    draw(shape).map((x) => ({ inputs: { x }, config: null })),
  ),
  layer: ({ x }) => functional.flatten(x),
  forward: ({ x }) => {
    const [samples = 1, ...rest] = x.shape;
    return [reshape(x, [samples, rest.reduce((product, size) => product * size, 1)]) as Tensor, x.shape];
  },
  backward: (g, shape) => ({ x: reshape(g, shape) as Tensor }),
});

interface DropoutConfig {
  readonly keep: number;
}

export const dropout: Derivation = derivation<{ readonly x: Tensor; readonly mask: Tensor }, DropoutConfig>()({
  name: 'dropout',
  cases: shapes().chain((shape) =>
    fc
      .record({ x: draw(shape), mask: drawBooleans(shape), keep: fc.constantFrom(0.25, 0.5, 0.7, 1) })
      .map(({ x, mask, keep }) => ({ inputs: { x, mask }, config: { keep } })),
  ),
  layer: ({ x, mask }, { keep }) => functional.dropout(x, { mask, keep, training: true }),
  forward: ({ x, mask }, { keep }) => {
    const scale = mul(cast(mask, 'float64'), 1 / keep);
    return [mul(x, scale), scale];
  },
  backward: (g, scale) => ({ x: mul(g, scale) }),
});
