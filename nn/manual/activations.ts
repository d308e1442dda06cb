/**
 * Activations by hand, element by element: with G = ∂L/∂y,
 *   relu        dz = g [z > 0]                                leaky relu  dz = g ([z ≥ 0] + α [z < 0])
 *   elu         dz = g (1 for z ≥ 0, else f(z) + α)           sigmoid     dz = g s(1 − s)
 *   tanh        dz = g (1 − t²)                               softmax     dZ = S ⊙ (G − rowsum(G ⊙ S))
 * The caches hold z or y, whichever the rule reads.
 */

import {
  add,
  div,
  exp,
  expm1,
  greater,
  greaterEqual,
  max,
  mul,
  relu as reluOf,
  sigmoid as sigmoidOf,
  sub,
  sum,
  type Tensor,
  tanh as tanhOf,
  where,
} from '../../core/index.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { type ManualPair, pairNamed } from './pair.js';

export type InputGradient = { readonly dx: Tensor };

/** An activation without options, with one tensor as its cache. */
export type ManualActivation = ManualPair<[x: Tensor], Tensor, InputGradient>;

/**
 * The input itself.
 * @example
 * linearActivation.forward(tensor([-1, 2]))[0].toArray() // [-1, 2]
 */
export const linearActivation: ManualActivation = pairNamed('linearActivation', {
  forward: (x) => [x, x],
  backward: (dout) => ({ dx: dout }),
});

/**
 * `max(0, x)` of any shape, with slope 0 at 0.
 * @example
 * relu.backward(tensor([5, 5, 5]), relu.forward(tensor([-1, 0, 2]))[1]).dx.toArray() // [0, 0, 5]
 */
export const relu: ManualActivation = pairNamed('relu', {
  forward: (x) => [reluOf(x), x],
  backward: (dout, x) => ({ dx: where(greater(x, 0), dout, 0) }),
});

/**
 * The logistic function.
 * @example
 * sigmoid.backward(tensor([1]), sigmoid.forward(tensor([0]))[1]).dx.toArray() // [0.25]
 */
export const sigmoid: ManualActivation = pairNamed('sigmoid', {
  forward: (x) => {
    const y = sigmoidOf(x);
    return [y, y];
  },
  backward: (dout, y) => ({ dx: mul(dout, mul(y, sub(1, y))) }),
});

/**
 * The hyperbolic tangent.
 * @example
 * tanh.backward(tensor([1]), tanh.forward(tensor([0]))[1]).dx.toArray() // [1]
 */
export const tanh: ManualActivation = pairNamed('tanh', {
  forward: (x) => {
    const y = tanhOf(x);
    return [y, y];
  },
  backward: (dout, y) => ({ dx: mul(dout, sub(1, mul(y, y))) }),
});

/**
 * Softmax of each row `[…, C]`, with the row's maximum subtracted.
 * @example
 * softmax.forward(tensor([[0, 0]]))[0].toArray() // [[0.5, 0.5]]
 */
export const softmax: ManualActivation = pairNamed('softmax', {
  forward: (x) => {
    const powers = exp(sub(x, max(x, { axes: -1, keepDims: true })));
    const y: Tensor = div(powers, sum(powers, { axes: -1, keepDims: true }));
    return [y, y];
  },
  backward: (dout, y) => ({ dx: mul(y, sub(dout, sum(mul(dout, y), { axes: -1, keepDims: true }))) }),
});

export interface SlopeOptions {
  /** 0.01 for leaky ReLU and 1 for ELU by default. */
  readonly alpha?: number;
}

interface SlopeCache {
  readonly x: Tensor;
  readonly alpha: number;
}

/** An activation with an option. */
export type SlopedActivation = ManualPair<[x: Tensor, options?: SlopeOptions], SlopeCache, InputGradient>;

const leakyReluNames = { alpha: true } as const;

/**
 * `x` where x ≥ 0, else `alpha·x`; the slope at 0 is 1.
 * @example
 * leakyRelu.forward(tensor([-2, 2]), { alpha: 0.5 })[0].toArray() // [-1, 2]
 */
export const leakyRelu: SlopedActivation = pairNamed('leakyRelu', {
  forward: (x, options = {}) => {
    const { alpha = 0.01 } = checkedOptions('leakyRelu', options, leakyReluNames);
    return [where(greaterEqual(x, 0), x, mul(x, alpha)), { x, alpha }];
  },
  backward: (dout, { x, alpha }) => ({ dx: where(greaterEqual(x, 0), dout, mul(dout, alpha)) }),
});

const eluNames = { alpha: true } as const;

/**
 * `x` where x ≥ 0, else `alpha·(eˣ − 1)`; the slope at 0 is 1.
 * @example
 * elu.backward(tensor([1]), elu.forward(tensor([0]), { alpha: 0.5 })[1]).dx.toArray() // [1]
 */
export const elu: SlopedActivation = pairNamed('elu', {
  forward: (x, options = {}) => {
    const { alpha = 1 } = checkedOptions('elu', options, eluNames);
    const isPositive = greaterEqual(x, 0);
    return [where(isPositive, x, mul(expm1(where(isPositive, 0, x)), alpha)), { x, alpha }];
  },
  backward: (dout, { x, alpha }) => {
    const isPositive = greaterEqual(x, 0);
    const below = mul(expm1(where(isPositive, 0, x)), alpha);
    return { dx: where(isPositive, dout, mul(dout, add(below, alpha))) };
  },
});
