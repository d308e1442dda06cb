/**
 * Activations `y = f(x)`, element by element: ∂L/∂x = g·f′(x); as arrays dX = G ⊙ f′(X).
 * Each line gives f and f′ of one number; where f has pieces, so has f′. Drawn inputs stay off the kinks, whose
 * derivatives are conventions with tests of their own.
 *
 *   relu        max(0, x)                      [x > 0]
 *   leakyRelu   x or ax                        1 or a
 *   elu         x or α(eˣ − 1)                 1 or αeˣ
 *   selu        λ·elu(x; α)                    λ or λαeˣ
 *   celu        x or α(e^{x/α} − 1)            1 or e^{x/α}
 *   gelu        xΦ(x)                          Φ(x) + xφ(x),  φ = Φ′ = e^{−x²/2}/√(2π)
 *   gelu tanh   ½x(1 + t), t = tanh u          ½(1 + t) + ½x(1 − t²)u′,  u = √(2/π)(x + 0.044715x³)
 *   silu        xσ                             σ + xσ(1 − σ)
 *   mish        x·tanh s, s = log(1 + eˣ)      tanh s + x(1 − tanh² s)σ(x)
 *   sigmoid     σ                              σ(1 − σ)
 *   tanh        t                              1 − t²
 *   softplus    log(1 + e^{βx})/β              σ(βx)
 *   hardtanh    x within [a, b]                [a < x < b]
 *   hardsigmoid x/6 + ½ within [0, 1]          1/6 for |x| < 3
 *   hardswish   x·hardsigmoid(x)               0, x/3 + ½ or 1
 *   softsign    x/(1 + |x|)                    1/(1 + |x|)²
 *   logSigmoid  log σ(x)                       1 − σ(x)
 */
import { fromData, type Tensor } from '../../core/index.js';
import * as nn from '../../nn/index.js';
import { shapes } from '../arbitraries/shapes.js';
import { draw } from '../arbitraries/values.js';
import { type Derivation, derivation } from './derivation.js';

interface Line {
  readonly layer: (x: Tensor) => Tensor;
  readonly f: (x: number) => number;
  readonly derivative: (x: number) => number;
  /** Points where f has no derivative. */
  readonly kinks?: readonly number[];
  /** Inputs reach this far from 0; 2 unless said otherwise. */
  readonly reach?: number;
}

const σ = (x: number): number => 1 / (1 + Math.exp(-x));
const φ = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** Φ(x) = ½ + φ(x)(x + x³/3 + x⁵/(3·5) + …), a series of one sign. */
const Φ = (x: number): number => {
  let term = x;
  let total = x;
  for (let k = 3; Math.abs(term) > 1e-18; k += 2) {
    term *= (x * x) / k;
    total += term;
  }
  return 0.5 + φ(x) * total;
};

const λ = 1.0507009873554805;
const α = 1.6732632423543772;
const tanhArgument = (x: number): number => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
const softplus = (x: number): number => Math.log(1 + Math.exp(x));

const lines: { readonly [name: string]: Line } = {
  relu: { layer: nn.relu, f: (x) => Math.max(0, x), derivative: (x) => Number(x > 0), kinks: [0] },
  leakyRelu: {
    layer: (x) => nn.leakyRelu(x, { negativeSlope: 0.1 }),
    f: (x) => (x > 0 ? x : 0.1 * x),
    derivative: (x) => (x > 0 ? 1 : 0.1),
    kinks: [0],
  },
  elu: {
    layer: (x) => nn.elu(x, { alpha: 0.7 }),
    f: (x) => (x > 0 ? x : 0.7 * (Math.exp(x) - 1)),
    derivative: (x) => (x > 0 ? 1 : 0.7 * Math.exp(x)),
    kinks: [0],
  },
  selu: {
    layer: nn.selu,
    f: (x) => λ * (x > 0 ? x : α * (Math.exp(x) - 1)),
    derivative: (x) => (x > 0 ? λ : λ * α * Math.exp(x)),
    kinks: [0],
  },
  celu: {
    layer: (x) => nn.celu(x, { alpha: 1.5 }),
    f: (x) => (x > 0 ? x : 1.5 * (Math.exp(x / 1.5) - 1)),
    derivative: (x) => (x > 0 ? 1 : Math.exp(x / 1.5)),
    kinks: [0],
  },
  gelu: { layer: nn.gelu, f: (x) => x * Φ(x), derivative: (x) => Φ(x) + x * φ(x) },
  geluTanh: {
    layer: (x) => nn.gelu(x, { approximate: 'tanh' }),
    f: (x) => 0.5 * x * (1 + Math.tanh(tanhArgument(x))),
    derivative: (x) => {
      const t = Math.tanh(tanhArgument(x));
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
    },
  },
  silu: { layer: nn.silu, f: (x) => x * σ(x), derivative: (x) => σ(x) + x * σ(x) * (1 - σ(x)) },
  mish: {
    layer: nn.mish,
    f: (x) => x * Math.tanh(softplus(x)),
    derivative: (x) => Math.tanh(softplus(x)) + x * (1 - Math.tanh(softplus(x)) ** 2) * σ(x),
  },
  sigmoid: { layer: nn.sigmoid, f: σ, derivative: (x) => σ(x) * (1 - σ(x)) },
  tanh: { layer: nn.tanh, f: Math.tanh, derivative: (x) => 1 - Math.tanh(x) ** 2 },
  softplus: { layer: (x) => nn.softplus(x, { beta: 2 }), f: (x) => softplus(2 * x) / 2, derivative: (x) => σ(2 * x) },
  hardtanh: {
    layer: nn.hardtanh,
    f: (x) => Math.min(1, Math.max(-1, x)),
    derivative: (x) => Number(x > -1 && x < 1),
    kinks: [-1, 1],
  },
  relu6: {
    layer: nn.relu6,
    f: (x) => Math.min(6, Math.max(0, x)),
    derivative: (x) => Number(x > 0 && x < 6),
    kinks: [0, 6],
    reach: 8,
  },
  hardsigmoid: {
    layer: nn.hardsigmoid,
    f: (x) => Math.min(1, Math.max(0, x / 6 + 0.5)),
    derivative: (x) => (Math.abs(x) < 3 ? 1 / 6 : 0),
    kinks: [-3, 3],
    reach: 5,
  },
  hardswish: {
    layer: nn.hardswish,
    f: (x) => x * Math.min(1, Math.max(0, x / 6 + 0.5)),
    derivative: (x) => (x < -3 ? 0 : x > 3 ? 1 : x / 3 + 0.5),
    kinks: [-3, 3],
    reach: 5,
  },
  softsign: {
    layer: nn.softsign,
    f: (x) => x / (1 + Math.abs(x)),
    derivative: (x) => 1 / (1 + Math.abs(x)) ** 2,
    kinks: [0],
  },
  logSigmoid: { layer: nn.logSigmoid, f: (x) => Math.log(σ(x)), derivative: (x) => 1 - σ(x) },
};

/** `f` of each number. */
const each = (x: Tensor, f: (x: number) => number): Tensor => fromData(Float64Array.from(x.dataSync(), f), x.shape);

const product = (a: Tensor, b: Tensor): Tensor => {
  const right = b.dataSync();
  return fromData(
    Float64Array.from(a.dataSync(), (value, i) => value * (right[i] ?? 0)),
    a.shape,
  );
};

export const activations: readonly Derivation[] = Object.entries(lines).map(
  ([name, { layer, f, derivative, kinks = [], reach = 2 }]) =>
    derivation<{ readonly x: Tensor }>()({
      name,
      cases: shapes().chain((shape) =>
        draw(shape, { min: -reach, max: reach, avoid: kinks }).map((x) => ({ inputs: { x }, config: null })),
      ),
      layer: ({ x }) => layer(x),
      forward: ({ x }) => [each(x, f), each(x, derivative)],
      backward: (cotangent, slope) => ({ x: product(cotangent, slope) }),
    }),
);
