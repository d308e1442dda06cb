/**
 * Activation functions, composed from core operations. Each is a plain function of a tensor, so it stands in
 * `sequential(…)` as it is; options are given by an arrow function.
 * Branches are guarded twice: the value that the untaken branch would read is replaced as well, so that neither an
 * overflow there nor its derivatives of any order can turn into `0·∞ = NaN`.
 */

import { customJvp } from '../autograd/transforms/custom-jvp.js';
import { describe } from '../core/base/errors.js';
import { inOperation } from '../core/base/scope.js';
import {
  ArgumentError,
  abs,
  add,
  div,
  equal,
  erfc,
  expm1,
  greater,
  greaterEqual,
  less,
  lessEqual,
  max,
  mul,
  neg,
  reshape,
  type Shape,
  ShapeError,
  sigmoid,
  sign,
  softplus as softplusOf,
  square,
  type Tensor,
  tanh,
  where,
} from '../core/index.js';
import { checkedOptions, checkNotNaN, checkTensors, rankOf } from '../core/tensor/arguments.js';
import { type AxisOptions, chosenAxis, type OneAxis } from '../core/tensor/axis.js';
import { onFloats } from './on-floats.js';

/** Which one-sided derivative counts at a kink: that of the left branch, as in PyTorch, or of the right. */
export interface KinkOptions {
  /** `left` by default. */
  readonly atZero?: 'left' | 'right';
}

/** Throws unless an option is a finite number; infinite ones would make `0·∞` of the other branch. */
const checkFinite = (op: string, name: string, value: number): void => {
  if (!Number.isFinite(value))
    throw new ArgumentError({ op, problem: `${name} is ${describe(value)}`, remedy: 'give a finite number' });
};

const checkKink = (op: string, atZero: unknown): void => {
  if (atZero !== 'left' && atZero !== 'right')
    throw new ArgumentError({ op, problem: `atZero is ${describe(atZero)}`, remedy: "use 'left' or 'right'" });
};

/** Where the left branch holds; NaN belongs to the other one, which passes it on. */
const isLeft = (x: Tensor, atZero: 'left' | 'right'): Tensor => (atZero === 'left' ? lessEqual(x, 0) : less(x, 0));

export interface LeakyReluOptions extends KinkOptions {
  /** 0.01 by default. */
  readonly negativeSlope?: number;
}

const leakyReluNames = { negativeSlope: true, atZero: true } as const;

/**
 * `x` where x > 0, else `negativeSlope·x`. The derivative at 0 is the negative slope.
 * @throws ArgumentError for a slope that is not finite.
 * @example
 * leakyRelu(tensor([-2, 3]), { negativeSlope: 0.5 }).toArray() // [-1, 3]
 */
export const leakyRelu = <S extends Shape>(x: Tensor<S>, options: LeakyReluOptions = {}): Tensor<S> =>
  inOperation('leakyRelu', () => {
    const { negativeSlope = 0.01, atZero = 'left' } = checkedOptions('leakyRelu', options, leakyReluNames);
    checkFinite('leakyRelu', 'negativeSlope', negativeSlope);
    checkKink('leakyRelu', atZero);
    // A slope of 0 is 0 down to −∞.
    const low: Tensor = negativeSlope === 0 ? where(equal(x as Tensor, Number.NEGATIVE_INFINITY), 0, x) : x;
    return where(isLeft(x, atZero), mul(low, negativeSlope), x as Tensor) as Tensor as Tensor<S>;
  });

/**
 * Leaky ReLU with learned slopes: `weight` holds one slope, or one a channel of axis 1.
 * @throws ShapeError when the number of slopes is neither 1 nor the number of channels.
 * @example
 * functional.prelu(tensor([[-2, 3]]), tensor([0.5])).toArray() // [[-1, 3]]
 */
export const prelu = <S extends Shape>(x: Tensor<S>, weight: Tensor): Tensor<S> =>
  inOperation('prelu', () => {
    checkTensors('prelu', [x, weight]);
    const channels = x.shape[1] ?? 1;
    if (weight.rank > 1 || (weight.size !== 1 && weight.size !== channels))
      throw new ShapeError({
        op: 'prelu',
        problem: `${weight.size} slopes do not fit ${channels} channels`,
        shapes: [x.shape, weight.shape],
        remedy: 'give one slope, or one a channel of axis 1',
      });
    const slopes =
      weight.size === 1
        ? reshape(weight, [])
        : reshape(weight, [channels, ...new Array<number>(Math.max(0, x.rank - 2)).fill(1)]);
    return where(greater(x as Tensor, 0), x as Tensor, mul(slopes as Tensor, x as Tensor)) as Tensor as Tensor<S>;
  });

/** `scale·x` where x > 0, else `scale·alpha·(e^{x/width} − 1)`: what ELU, SELU and CELU share. */
const exponentialUnit = (x: Tensor, left: Tensor, scale: number, alpha: number, width: number): Tensor => {
  const safe = where(left, x, 0);
  const negative = mul(expm1(width === 1 ? safe : div(safe, width)), scale * alpha);
  return where(left, negative, scale === 1 ? x : mul(x, scale));
};

export interface EluOptions extends KinkOptions {
  /** 1 by default. */
  readonly alpha?: number;
}

const eluNames = { alpha: true, atZero: true } as const;

/**
 * `x` where x > 0, else `alpha·(eˣ − 1)` (Clevert et al. 2015). The derivative at 0 is alpha.
 * @throws ArgumentError for an alpha that is not finite.
 * @example
 * elu(tensor([0, 3])).toArray() // [0, 3]
 */
export const elu = <S extends Shape>(x: Tensor<S>, options: EluOptions = {}): Tensor<S> =>
  onFloats('elu', x, () => {
    const { alpha = 1, atZero = 'left' } = checkedOptions('elu', options, eluNames);
    checkFinite('elu', 'alpha', alpha);
    checkKink('elu', atZero);
    return exponentialUnit(x, isLeft(x, atZero), 1, alpha, 1) as Tensor<S>;
  });

const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

/**
 * `λx` where x > 0, else `λα(eˣ − 1)`, whose fixed point has mean 0 and variance 1 (Klambauer et al. 2017).
 * @example
 * selu(tensor([0, 1])).toArray() // ≈ [0, 1.0507009873554805]
 */
export const selu = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
  onFloats('selu', x, () => exponentialUnit(x, isLeft(x, 'left'), seluScale, seluAlpha, 1) as Tensor<S>);

export interface CeluOptions {
  /** 1 by default. */
  readonly alpha?: number;
}

const celuNames = { alpha: true } as const;

/**
 * `x` where x > 0, else `alpha·(e^{x/alpha} − 1)`: ELU made continuously differentiable (Barron 2017).
 * @throws ArgumentError for an alpha that is 0 or not finite.
 * @example
 * celu(tensor([0, 3]), { alpha: 2 }).toArray() // [0, 3]
 */
export const celu = <S extends Shape>(x: Tensor<S>, options: CeluOptions = {}): Tensor<S> =>
  onFloats('celu', x, () => {
    const { alpha = 1 } = checkedOptions('celu', options, celuNames);
    checkFinite('celu', 'alpha', alpha);
    if (alpha === 0)
      throw new ArgumentError({ op: 'celu', problem: 'alpha is 0', remedy: 'use relu, which is the limit' });
    return exponentialUnit(x, isLeft(x, 'left'), 1, alpha, alpha) as Tensor<S>;
  });

/** Beyond this size `x·gate(x)` is x or 0 to the last digit, in float64 too. */
const gateEnd = 1e4;

/** `x·gate(x)` for a gate that goes from 0 to 1: 0 and x at the ends, where the product would be `∞·0`, in values and derivatives. */
const withEnds = (x: Tensor, gated: (x: Tensor) => Tensor): Tensor => {
  const inside = where(greater(abs(x), gateEnd), -gateEnd, x);
  return where(greater(x, gateEnd), x, gated(inside));
};

export interface GeluOptions {
  /** `none` by default: the exact form. */
  readonly approximate?: 'none' | 'tanh';
}

const geluNames = { approximate: true } as const;

/**
 * `x·Φ(x)` with the normal distribution function Φ(x) = ½(1 + erf(x/√2)); the `tanh` form replaces Φ by
 * ½(1 + tanh u) with u = √(2/π)(x + 0.044715x³) (Hendrycks & Gimpel 2016). Computed as ½ erfc(−x/√2) and σ(2u), which keep their digits
 * where 1 + erf and 1 + tanh cancel.
 * @example
 * gelu(tensor([0, 1])).toArray() // ≈ [0, 0.8413447460685429]
 */
export const gelu = <S extends Shape>(x: Tensor<S>, options: GeluOptions = {}): Tensor<S> =>
  onFloats('gelu', x, () => {
    const { approximate = 'none' } = checkedOptions('gelu', options, geluNames);
    if (approximate !== 'none' && approximate !== 'tanh')
      throw new ArgumentError({
        op: 'gelu',
        problem: `there is no approximation ${describe(approximate)}`,
        remedy: "use 'none' or 'tanh'",
      });
    return withEnds(x, (t) => {
      if (approximate === 'none') return mul(mul(t, 0.5), erfc(mul(t, -Math.SQRT1_2)));
      return mul(t, sigmoid(mul(mul(t, add(mul(square(t), 0.044715), 1)), 2 * Math.sqrt(2 / Math.PI))));
    }) as Tensor<S>;
  });

/**
 * `x·σ(x)`, also called swish.
 * @example
 * silu(tensor([0])).toArray() // [0]
 */
export const silu = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
  onFloats('silu', x, () => withEnds(x, (t) => mul(t, sigmoid(t))) as Tensor<S>);

/**
 * `x·tanh(log(1 + eˣ))` (Misra 2019).
 * @example
 * mish(tensor([0])).toArray() // [0]
 */
export const mish = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
  onFloats('mish', x, () => withEnds(x, (t) => mul(t, tanh(softplusOf(t)))) as Tensor<S>);

export interface SoftplusOptions {
  /** 1 by default. */
  readonly beta?: number;
  /** Above this value of `beta·x` the function is x itself; 20 by default. */
  readonly threshold?: number;
}

const softplusNames = { beta: true, threshold: true } as const;

/**
 * `log(1 + e^{beta·x})/beta`, and x itself where beta·x > threshold.
 * @throws ArgumentError for a beta that is 0 or not finite.
 * @example
 * functional.softplus(tensor([0, 100])).toArray() // ≈ [0.6931471805599453, 100]
 */
export const softplus = <S extends Shape>(x: Tensor<S>, options: SoftplusOptions = {}): Tensor<S> =>
  onFloats('softplus', x, () => {
    const { beta = 1, threshold = 20 } = checkedOptions('softplus', options, softplusNames);
    checkFinite('softplus', 'beta', beta);
    if (beta === 0)
      throw new ArgumentError({ op: 'softplus', problem: 'beta is 0', remedy: 'give a number other than 0' });
    checkNotNaN('softplus', 'threshold', threshold);
    const scaled: Tensor = beta === 1 ? x : mul(x as Tensor, beta);
    const soft = softplusOf(scaled);
    return where(greater(scaled, threshold), x as Tensor, beta === 1 ? soft : div(soft, beta)) as Tensor as Tensor<S>;
  });

/**
 * `log σ(x) = −log(1 + e⁻ˣ)`, without overflow.
 * @example
 * logSigmoid(tensor([0])).toArray() // ≈ [-0.6931471805599453]
 */
export const logSigmoid = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
  onFloats('logSigmoid', x, () => neg(softplusOf(neg(x))) as Tensor<S>);

/** `low` where x ≤ min, `high` where x ≥ max, `inside(x)` between: derivative 0 at the limits themselves. */
const saturate = (
  x: Tensor,
  [min, low]: readonly [number, number],
  [max, high]: readonly [number, number],
  inside: Tensor,
): Tensor => where(lessEqual(x, min), low, where(greaterEqual(x, max), high, inside));

export interface HardtanhOptions {
  /** −1 by default. */
  readonly min?: number;
  /** 1 by default. */
  readonly max?: number;
}

const hardtanhNames = { min: true, max: true } as const;

/**
 * x kept within [min, max]; the derivative is 0 at both limits.
 * @throws ArgumentError for limits out of order.
 * @example
 * hardtanh(tensor([-3, 0.5, 3])).toArray() // [-1, 0.5, 1]
 */
export const hardtanh = <S extends Shape>(x: Tensor<S>, options: HardtanhOptions = {}): Tensor<S> =>
  inOperation('hardtanh', () => {
    const { min = -1, max = 1 } = checkedOptions('hardtanh', options, hardtanhNames);
    if (typeof min !== 'number' || typeof max !== 'number' || !(min <= max))
      throw new ArgumentError({
        op: 'hardtanh',
        problem: `min is ${describe(min)}, max ${describe(max)}`,
        remedy: 'give numbers, min no larger than max',
      });
    return saturate(x, [min, min], [max, max], x) as Tensor<S>;
  });

/**
 * x kept within [0, 6]; the derivative is 0 at both limits.
 * @example
 * relu6(tensor([-1, 3, 8])).toArray() // [0, 3, 6]
 */
export const relu6 = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
  inOperation('relu6', () => hardtanh(x, { min: 0, max: 6 }));

/**
 * x/6 + ½ kept within [0, 1]; the derivative is 0 at x = ±3.
 * @example
 * hardsigmoid(tensor([-4, 0, 4])).toArray() // [0, 0.5, 1]
 */
export const hardsigmoid = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
  onFloats('hardsigmoid', x, () => saturate(x, [-3, 0], [3, 1], add(div(x as Tensor, 6), 0.5)) as Tensor<S>);

/**
 * `x·hardsigmoid(x)`; the derivative is x/3 + ½ at x = ±3 (Howard et al. 2019).
 * @example
 * hardswish(tensor([-4, 0, 3])).toArray() // [0, 0, 3]
 */
export const hardswish = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
  onFloats('hardswish', x, () => {
    const t: Tensor = x;
    const below = less(t, -3);
    const above = greater(t, 3);
    const safe = where(below, 0, where(above, 0, t));
    return where(below, 0, where(above, t, div(mul(safe, add(safe, 3)), 6))) as Tensor as Tensor<S>;
  });

/**
 * `x/(1 + |x|)`.
 * @example
 * softsign(tensor([-1, 1])).toArray() // [-0.5, 0.5]
 */
export const softsign = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
  onFloats(
    'softsign',
    x,
    () =>
      customJvp(
        (t: Tensor): Tensor => {
          const ends = equal(abs(t), Number.POSITIVE_INFINITY);
          const inside: Tensor = where(ends, 0, t);
          return where(ends, sign(t), div(inside, add(abs(inside), 1)));
        },
        // 1/(1 + |x|)², which the rule of a quotient would lose as a difference of nearly equal numbers.
        ([t], [tangent]) => div(tangent, square(add(abs(t), 1))),
      )(x) as Tensor<S>,
  );

export interface MaxoutOptions extends AxisOptions {
  /** How many neighbouring features one comes of. */
  readonly pieces: number;
  /** The last by default. */
  readonly axis?: OneAxis;
}

const maxoutNames = { pieces: true, axis: true, axes: true } as const;

/**
 * The largest of each group of `pieces` neighbouring features along an axis (Goodfellow et al. 2013): `[…, C, …]` →
 * `[…, C/pieces, …]`. A tie shares the gradient evenly.
 * @throws ArgumentError when the pieces do not divide the features.
 * @example
 * maxout(tensor([[1, 5, 4, 2]]), { pieces: 2 }).toArray() // [[5, 4]]
 */
export const maxout = (x: Tensor, options: MaxoutOptions): Tensor =>
  inOperation('maxout', () => {
    const { pieces, axis, axes } = checkedOptions('maxout', options, maxoutNames);
    const at = chosenAxis('maxout', axis, axes, -1, rankOf('maxout', x));
    const features = x.shape[at] ?? 1;
    if (!Number.isInteger(pieces) || pieces < 1 || features % pieces !== 0)
      throw new ArgumentError({
        op: 'maxout',
        problem: `${describe(pieces)} pieces do not divide ${features} features`,
        shapes: [x.shape],
        remedy: 'choose a number of pieces that divides the features',
      });
    const split = reshape(x, [...x.shape.slice(0, at), features / pieces, pieces, ...x.shape.slice(at + 1)]);
    return max(split, { axes: at + 1 });
  });
