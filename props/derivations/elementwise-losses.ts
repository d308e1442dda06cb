/**
 * Losses that are means of a function ℓ(x, t) of each pair: ∂L/∂x = g·∂ℓ/∂x/n, ∂L/∂t = g·∂ℓ/∂t/n. With d = x − t:
 *
 *   l1             |d|                                    sign d                     −sign d
 *   huber          ½d² or δ(|d| − δ/2)                    d within ±δ                its opposite
 *   smoothL1       d²/2β or |d| − β/2                     d/β within ±1              its opposite
 *   bce            −t log x − (1 − t) log(1 − x)          (x − t)/(x(1 − x))         log(1 − x) − log x
 *   bceWithLogits  log(1 + eˣ) − tx                       σ(x) − t                   −x
 *   klDiv          t(log t − x)                           −t                         log t − x + 1
 */
import * as fc from 'fast-check';
import { fromData, type Tensor } from '../../core/index.js';
import * as nn from '../../nn/index.js';
import { shapes } from '../arbitraries/shapes.js';
import { draw, type ValueConstraints } from '../arbitraries/values.js';
import { type Derivation, derivation } from './derivation.js';

type OfPair = (x: number, t: number) => number;

interface Line {
  readonly layer: (x: Tensor, t: Tensor) => Tensor;
  readonly loss: OfPair;
  readonly byX: OfPair;
  readonly byT: OfPair;
  readonly x?: ValueConstraints;
  readonly t?: ValueConstraints;
}

/** Away from 0 and 1, where higher derivatives of the logarithm grow too large for finite differences. */
const probability: ValueConstraints = { min: 0.2, max: 0.8 };
const clip = (x: number, limit: number): number => Math.min(limit, Math.max(-limit, x));

const δ = 0.7;
const β = 0.5;
const huber = (d: number): number => (Math.abs(d) <= δ ? (d * d) / 2 : δ * (Math.abs(d) - δ / 2));
const smoothL1 = (d: number): number => (Math.abs(d) < β ? (d * d) / (2 * β) : Math.abs(d) - β / 2);

const lines: { readonly [name: string]: Line } = {
  // Inputs and targets lie apart, so that no difference is near the kink.
  l1: {
    layer: (x, t) => nn.l1Loss(x, t),
    loss: (x, t) => Math.abs(x - t),
    byX: (x, t) => Math.sign(x - t),
    byT: (x, t) => Math.sign(t - x),
    x: { avoid: [0] },
    t: { min: -0.04, max: 0.04 },
  },
  huber: {
    layer: (x, t) => nn.huberLoss(x, t, { delta: δ }),
    loss: (x, t) => huber(x - t),
    byX: (x, t) => clip(x - t, δ),
    byT: (x, t) => -clip(x - t, δ),
    x: { avoid: [-δ, δ] },
    t: { min: -0.04, max: 0.04 },
  },
  smoothL1: {
    layer: (x, t) => nn.smoothL1Loss(x, t, { beta: β }),
    loss: (x, t) => smoothL1(x - t),
    byX: (x, t) => clip((x - t) / β, 1),
    byT: (x, t) => -clip((x - t) / β, 1),
    x: { avoid: [-β, β] },
    t: { min: -0.04, max: 0.04 },
  },
  bce: {
    layer: (x, t) => nn.bceLoss(x, t),
    loss: (x, t) => -t * Math.log(x) - (1 - t) * Math.log(1 - x),
    byX: (x, t) => (x - t) / (x * (1 - x)),
    byT: (x) => Math.log(1 - x) - Math.log(x),
    x: probability,
    t: probability,
  },
  bceWithLogits: {
    layer: (x, t) => nn.bceWithLogits(x, t),
    loss: (x, t) => Math.log(1 + Math.exp(x)) - t * x,
    byX: (x, t) => 1 / (1 + Math.exp(-x)) - t,
    byT: (x) => -x,
    t: probability,
  },
  klDiv: {
    layer: (x, t) => nn.klDiv(x, t, { reduction: 'mean' }),
    loss: (x, t) => t * (Math.log(t) - x),
    byX: (_, t) => -t,
    byT: (x, t) => Math.log(t) - x + 1,
    x: { min: -3, max: 0 },
    t: probability,
  },
};

/** `f` of each pair, divided by their number. */
const each = (x: Tensor, t: Tensor, f: OfPair): Float64Array => {
  const targets = t.dataSync();
  return Float64Array.from(x.dataSync(), (value, i) => f(value, targets[i] ?? Number.NaN) / x.size);
};

export const elementwiseLosses: readonly Derivation[] = Object.entries(lines).map(
  ([name, { layer, loss, byX, byT, x: xValues = {}, t: tValues = {} }]) =>
    derivation<{ readonly x: Tensor; readonly target: Tensor }>()({
      name,
      cases: shapes({ minSize: 1 }).chain((shape) =>
        fc
          .record({ x: draw(shape, xValues), target: draw(shape, tValues) })
          .map((inputs) => ({ inputs, config: null })),
      ),
      layer: ({ x, target }) => layer(x, target),
      forward: ({ x, target }) => [
        fromData([each(x, target, loss).reduce((total, value) => total + value, 0)], [], 'float64'),
        { dx: each(x, target, byX), dt: each(x, target, byT), shape: x.shape },
      ],
      backward: (cotangent, { dx, dt, shape }) => {
        const g = cotangent.item();
        const times = (values: Float64Array): Tensor =>
          fromData(
            values.map((value) => g * value),
            shape,
          );
        return { x: times(dx), target: times(dt) };
      },
    }),
);
