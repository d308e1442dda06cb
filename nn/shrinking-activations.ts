/** Activations that gate, cut or shrink: composed of core operations like those in `activations.ts`. */

import { customJvp } from '../autograd/transforms/custom-jvp.js';
import { describe } from '../core/base/errors.js';
import { inOperation } from '../core/base/scope.js';
import {
  ArgumentError,
  abs,
  add,
  div,
  less,
  lessEqual,
  mul,
  neg,
  type Shape,
  ShapeError,
  sigmoid,
  softmax,
  split,
  square,
  sub,
  type Tensor,
  tanh,
  where,
} from '../core/index.js';
import { checkedOptions, checkNotNaN, checkNumber, rankOf } from '../core/tensor/arguments.js';
import { type AxisArgument, type AxisOptions, axisArgument, chosenAxis } from '../core/tensor/axis.js';
import { onFloats } from './on-floats.js';

const gluNames = { axis: true, axes: true } as const;

/**
 * A gated linear unit (Dauphin et al. 2017): the first half of an axis, the last by default, times σ of the second, `[…, 2C, …]` → `[…, C, …]`.
 * @throws ShapeError when the axis has an odd size.
 * @example
 * glu(tensor([[3, 0]])).toArray() // [[1.5]]
 */
export const glu = (x: Tensor, options: AxisOptions = {}): Tensor =>
  onFloats('glu', x, () => {
    const { axis, axes } = checkedOptions('glu', options, gluNames);
    const at = chosenAxis('glu', axis, axes, -1, rankOf('glu', x));
    const size = x.shape[at] ?? 0;
    if (size % 2 !== 0)
      throw new ShapeError({
        op: 'glu',
        problem: `axis ${at} of size ${size} has no halves`,
        shapes: [x.shape],
        remedy: 'give an axis of even size',
      });
    const [value, gate] = split(x, [size / 2, size / 2], at) as [Tensor, Tensor];
    return mul(value, sigmoid(gate));
  });

/**
 * Softmax of −x along an axis, the last by default.
 * @example
 * softmin(tensor([0, 0])).toArray() // [0.5, 0.5]
 */
export const softmin = <S extends Shape>(x: Tensor<S>, axis: AxisArgument = -1): Tensor<S> =>
  onFloats('softmin', x, () => {
    const along = axisArgument('softmin', axis, rankOf('softmin', x as Tensor), -1);
    return softmax(neg(x as Tensor), along) as Tensor as Tensor<S>;
  });

const checkLambda = (op: string, lambda: number): void => {
  if (typeof lambda !== 'number' || !(lambda >= 0))
    throw new ArgumentError({ op, problem: `lambda is ${describe(lambda)}`, remedy: 'give a number ≥ 0' });
};

export interface ShrinkOptions {
  /** 0 or more; 0.5 by default. */
  readonly lambda?: number;
}

const hardshrinkNames = { lambda: true } as const;

/**
 * `x` where |x| > lambda, else 0. The derivative at ±lambda is 0.
 * @throws ArgumentError for a negative lambda.
 * @example
 * hardshrink(tensor([-1, 0.5, 2])).toArray() // [-1, 0, 2]
 */
export const hardshrink = <S extends Shape>(x: Tensor<S>, options: ShrinkOptions = {}): Tensor<S> =>
  inOperation('hardshrink', () => {
    const { lambda = 0.5 } = checkedOptions('hardshrink', options, hardshrinkNames);
    checkLambda('hardshrink', lambda);
    return where(lessEqual(abs(x as Tensor), lambda), 0, x as Tensor) as Tensor as Tensor<S>;
  });

const softshrinkNames = { lambda: true } as const;

/**
 * `x − lambda` where x > lambda, `x + lambda` where x < −lambda, else 0. The derivative at ±lambda is 0.
 * @throws ArgumentError for a negative lambda.
 * @example
 * softshrink(tensor([-1, 0.5, 2])).toArray() // [-0.5, 0, 1.5]
 */
export const softshrink = <S extends Shape>(x: Tensor<S>, options: ShrinkOptions = {}): Tensor<S> =>
  inOperation('softshrink', () => {
    const { lambda = 0.5 } = checkedOptions('softshrink', options, softshrinkNames);
    checkLambda('softshrink', lambda);
    const y = x as Tensor;
    const beyond = where(less(y, 0), add(y, lambda), sub(y, lambda));
    return where(lessEqual(abs(y), lambda), 0, beyond) as Tensor as Tensor<S>;
  });

/**
 * `x − tanh x` for |x| ≤ 1, where it is the small difference of near numbers: `x·q/(1 + q)` with tanh x = x/(1 + q) and
 * `q = x²/(3 + x²/(5 + x²/(7 + …)))`, Lambert's continued fraction (1768), of which no term cancels.
 */
const nearZero = (x: Tensor): Tensor => {
  const s = square(x);
  const q = [15, 13, 11, 9, 7, 5, 3].reduce<Tensor>(
    (rest, odd) => div(s, add(rest, odd)) as Tensor,
    div(s, 17) as Tensor,
  );
  return div(mul(x, q), add(q, 1)) as Tensor;
};

/**
 * `x − tanh x`, with all its digits near 0; its derivative is `tanh²x`.
 * @example
 * tanhshrink(tensor([0])).toArray() // [0]
 */
export const tanhshrink = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
  onFloats(
    'tanhshrink',
    x,
    () =>
      customJvp(
        (t: Tensor): Tensor => where(lessEqual(abs(t), 1), nearZero(t), sub(t, tanh(t))) as Tensor,
        ([t], [tangent]) => mul(tangent, square(tanh(t))) as Tensor,
      )(x) as Tensor<S>,
  );

export interface ThresholdOptions {
  readonly threshold: number;
  /** What stands in the place of numbers that are not larger. */
  readonly value: number;
}

const thresholdNames = { threshold: true, value: true } as const;

/**
 * `x` where x > threshold, else `value`. The derivative at the threshold is 0.
 * @example
 * threshold(tensor([0, 1, 2]), { threshold: 1, value: -1 }).toArray() // [-1, -1, 2]
 */
export const threshold = <S extends Shape>(x: Tensor<S>, options: ThresholdOptions): Tensor<S> =>
  inOperation('threshold', () => {
    const { threshold: limit, value } = checkedOptions('threshold', options, thresholdNames);
    checkNotNaN('threshold', 'threshold', limit);
    checkNumber('threshold', 'value', value);
    return where(lessEqual(x as Tensor, limit), value, x as Tensor) as Tensor as Tensor<S>;
  });
