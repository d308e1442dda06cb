/** The logarithm of softmax, `yᵢ = xᵢ − log Σ exp(xⱼ)`, exact where the softmax itself would underflow. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { type AxisParams, defineLanewise } from '../../rules/lanewise.js';
import { rankOf } from '../../tensor/arguments.js';
import { type AxisArgument, axisArgument } from '../../tensor/axis.js';
import type { Tensor } from '../../tensor/tensor.js';
import { exp } from '../elementwise/exp.js';
import { less } from '../elementwise/less.js';
import { mul } from '../elementwise/mul.js';
import { neg } from '../elementwise/neg.js';
import { sub } from '../elementwise/sub.js';
import { where } from '../elementwise/where.js';
import { finiteMaximum, logOfExponentials } from './logsumexp.js';
import { aroundLargest } from './softmax.js';
import { sum } from './sum.js';

export const logSoftmaxPrimitive: Primitive<'logSoftmax', AxisParams> = defineLanewise<AxisParams>()({
  name: 'logSoftmax',
  docs: 'y = x − log Σ exp(x) along the axis',
  f: (lane, out) => {
    const shift = finiteMaximum(lane);
    const logarithm = logOfExponentials(lane, shift);
    for (let i = 0; i < lane.length; i++) out[i] = (lane[i] ?? 0) - shift - logarithm;
  },
  saves: 'output',
  // ∂yᵢ/∂xⱼ = [i = j] − softmaxⱼ with softmax = eʸ. Down the columns: x̄ⱼ = gⱼ − eʸʲ Σᵢ gᵢ. These add up to 0, so that the one whose
  // softmax is near 1, and has lost the digits of 1 − eʸ, is what the others leave.
  vjp: [
    ({ g, y, p }) => {
      const over = { axes: p.axis, keepDims: true };
      const share = exp(y);
      const plain = sub(g, mul(share, sum(g, over)));
      const largest = less(0.5, share);
      return where(largest, neg(sum(where(largest, 0, plain), over)), plain);
    },
  ],
  // Along the rows: ẏᵢ = ẋᵢ − Σⱼ eʸʲ ẋⱼ, and the same of ẋ less any number
  jvp: [
    ({ t, y, p }) => {
      const share = exp(y);
      const centred = aroundLargest(t, share, p.axis);
      return sub(centred, sum(mul(share, centred), { axes: p.axis, keepDims: true }));
    },
  ],
});

/**
 * `log softmax(x)` along `axis` (the last by default). A lane of nothing but −∞ has none: NaN.
 * @throws AxisError for an axis out of range; DtypeError unless x is float.
 * @example
 * logSoftmax(tensor([0, 0])).toArray() // ≈ [-0.6931472, -0.6931472]
 */
export const logSoftmax = <S extends Shape>(x: Tensor<S>, axis: AxisArgument = -1): Tensor<S> =>
  bind(logSoftmaxPrimitive, [x], {
    axis: axisArgument('logSoftmax', axis, rankOf('logSoftmax', x), -1),
  } satisfies AxisParams) as Tensor as Tensor<S>;
