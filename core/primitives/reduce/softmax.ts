/**
 * Softmax: `yᵢ = exp(xᵢ) / Σ exp(xⱼ)`, positive and summing to 1 along an axis.
 * Its Jacobian is symmetric: `∂yᵢ/∂xⱼ = yᵢ([i = j] − yⱼ)`.
 *
 * An output near 1 was rounded, and `1 − yₖ` with it; what is left is the sum of the others. Since the outputs add up to 1, a number
 * taken from all of v changes nothing in `vᵢ − Σ yⱼvⱼ`: with vₖ taken, the term of k is 0, and only the others are summed.
 */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { type AxisParams, defineLanewise } from '../../rules/lanewise.js';
import { rankOf } from '../../tensor/arguments.js';
import { type AxisArgument, axisArgument } from '../../tensor/axis.js';
import type { Tensor } from '../../tensor/tensor.js';
import { less } from '../elementwise/less.js';
import { mul } from '../elementwise/mul.js';
import { sub } from '../elementwise/sub.js';
import { where } from '../elementwise/where.js';
import { finiteMaximum } from './logsumexp.js';
import { sum } from './sum.js';

/** `v` less its element where more than half of the weights `y` is, if they are so uneven: nothing is taken, and no bit changed, otherwise. */
export function aroundLargest(v: Tensor, y: Tensor, axis: number): Tensor {
  return sub(v, sum(where(less(0.5, y), v, 0), { axes: axis, keepDims: true })) as Tensor;
}

export const softmaxPrimitive: Primitive<'softmax', AxisParams> = defineLanewise<AxisParams>()({
  name: 'softmax',
  docs: 'y = exp(x) / Σ exp(x) along the axis',
  f: (lane, out) => {
    const shift = finiteMaximum(lane);
    let total = 0;
    for (let i = 0; i < lane.length; i++) total += out[i] = Math.exp((lane[i] ?? 0) - shift);
    for (let i = 0; i < lane.length; i++) out[i] = (out[i] ?? 0) / total;
  },
  saves: 'output',
  // x̄ⱼ = Σᵢ gᵢ yᵢ ([i = j] − yⱼ) = yⱼ (gⱼ − Σᵢ gᵢ yᵢ)
  vjp: [
    ({ g, y, p }) => {
      const centred = aroundLargest(g, y, p.axis);
      return mul(y, sub(centred, sum(mul(centred, y), { axes: p.axis, keepDims: true })));
    },
  ],
  // From log y = x − log Σ exp(x): ẏ/y = ẋ − Σ yⱼẋⱼ
  jvp: [
    ({ t, y, p }) => {
      const flow = mul(y, aroundLargest(t, y, p.axis));
      return sub(flow, mul(y, sum(flow, { axes: p.axis, keepDims: true })));
    },
  ],
});

/**
 * Softmax along `axis` (the last by default). A lane of nothing but −∞ has no softmax: NaN.
 * @throws AxisError for an axis out of range; DtypeError unless x is float.
 * @example
 * softmax(tensor([0, Math.log(3)])).toArray() // ≈ [0.25, 0.75]
 */
export const softmax = <S extends Shape>(x: Tensor<S>, axis: AxisArgument = -1): Tensor<S> =>
  bind(softmaxPrimitive, [x], {
    axis: axisArgument('softmax', axis, rankOf('softmax', x), -1),
  } satisfies AxisParams) as Tensor as Tensor<S>;
