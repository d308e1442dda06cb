/**
 * How parameters start. An initialiser is a pure function of a key, a shape and the fans: the number of inputs that
 * feed one output (`fanIn`) and of outputs that one input feeds (`fanOut`), kernel positions included.
 */

import { describe } from '../core/base/errors.js';
import { inOperation } from '../core/base/scope.js';
import { checkShape } from '../core/base/shape.js';
import {
  ArgumentError,
  add,
  normal as drawNormal,
  truncatedNormal as drawTruncated,
  uniform as drawUniform,
  full,
  mul,
  type Shape,
  ShapeError,
} from '../core/index.js';
import { checkChoice, checkedOptions, checkNotNaN, checkNumber, refuseWithout } from '../core/tensor/arguments.js';
import { type Fans, type OwnInitialiser, ownInitialiser } from './initialiser.js';

export type { Fans, Initialiser, OwnInitialiser } from './initialiser.js';

/** How a weight's axes are laid out: `[out, in, …kernel]` or `[…kernel, in, out]`. */
export type WeightLayout = 'out-in' | 'in-out';

/**
 * The fans of a dense or convolution weight. For grouped convolutions the stored `in` axis is already divided by the groups.
 * @throws ShapeError for fewer than two axes.
 * @example
 * initialisers.fans([32, 3, 5, 5]) // { fanIn: 75, fanOut: 800 }
 */
export const fans = (shape: Shape, layout: WeightLayout = 'out-in'): Fans => {
  checkShape('fans', shape);
  checkChoice('fans', 'the layout', layout, ['out-in', 'in-out']);
  if (shape.length < 2)
    throw new ShapeError({
      op: 'fans',
      problem: 'a weight needs an input and an output axis',
      shapes: [shape],
      remedy: 'give two axes or more',
    });
  const oriented = layout === 'out-in' ? shape : shape.toReversed();
  const kernel = oriented.slice(2).reduce((product, size) => product * size, 1);
  return { fanIn: (oriented[1] ?? 1) * kernel, fanOut: (oriented[0] ?? 1) * kernel };
};

/** Throws unless every option is a finite number. */
const checkNumbers = (op: string, numbers: Readonly<Record<string, unknown>>): void => {
  for (const [name, value] of Object.entries(numbers))
    if (!Number.isFinite(value))
      throw new ArgumentError({ op, problem: `${name} is ${describe(value)}`, remedy: 'give a finite number' });
};

/** Throws unless a gain has a finite square. */
const checkGain = (op: string, gain: number): void => {
  if (typeof gain !== 'number' || !Number.isFinite(gain ** 2))
    throw new ArgumentError({
      op,
      problem: `gain is ${describe(gain)}`,
      remedy: 'give a finite number, whose square is finite, too',
    });
};

/** Every element `value`. */
export const constant = (value: number): OwnInitialiser => {
  checkNumber('constant', 'the value', value);
  return ownInitialiser('constant', (_, shape, __, dtype) => full(shape, value, { dtype }));
};

export const zeros: OwnInitialiser = constant(0);
export const ones: OwnInitialiser = constant(1);

const uniformNames = { min: true, max: true } as const;

/** Even on [min, max). */
export const uniform = (options: { readonly min: number; readonly max: number }): OwnInitialiser => {
  const { min, max } = checkedOptions('uniform', options, uniformNames);
  checkNumbers('uniform', { min, max });
  return ownInitialiser('uniform', (key, shape, _, dtype) => drawUniform(key, shape, { min, max, dtype }));
};

const normalNames = { mean: true, std: true } as const;

/** Normal. */
export const normal = (options: { readonly mean?: number; readonly std?: number } = {}): OwnInitialiser => {
  const { mean = 0, std = 1 } = checkedOptions('normal', options, normalNames);
  checkNumbers('normal', { mean, std });
  return ownInitialiser('normal', (key, shape, _, dtype) => drawNormal(key, shape, { mean, std, dtype }));
};

export interface TruncatedNormalOptions {
  /** 0 by default. */
  readonly mean?: number;
  /** That of the uncut distribution; 1 by default. */
  readonly std?: number;
  /** The smallest value; two standard deviations below the mean by default. */
  readonly min?: number;
  /** The largest value; two standard deviations above the mean by default. */
  readonly max?: number;
}

const truncatedNormalNames = { mean: true, std: true, min: true, max: true } as const;

/**
 * Normal, cut off where values are smaller than `min` or larger than `max`. (PyTorch's defaults of −2 and 2 are values too, not standard deviations.)
 * @throws ArgumentError when min ≥ max or std is 0.
 */
export const truncatedNormal = (options: TruncatedNormalOptions = {}): OwnInitialiser => {
  const { mean = 0, std = 1, min: least, max: most } = checkedOptions('truncatedNormal', options, truncatedNormalNames);
  checkNumbers('truncatedNormal', { mean, std });
  checkNotNaN('truncatedNormal', 'min', least ?? 0);
  checkNotNaN('truncatedNormal', 'max', most ?? 0);
  const [min, max] = [least ?? mean - 2 * std, most ?? mean + 2 * std];
  if (!(std > 0))
    throw new ArgumentError({
      op: 'truncatedNormal',
      problem: `std is ${std}`,
      remedy: 'give a number greater than 0',
    });
  return ownInitialiser('truncatedNormal', (key, shape, _, dtype) => {
    const drawn = mul(drawTruncated(key, shape, { min: (min - mean) / std, max: (max - mean) / std, dtype }), std);
    return mean === 0 ? drawn : add(drawn, mean);
  });
};

export type FanMode = 'fanIn' | 'fanOut' | 'fanAvg';

const fanOf = ({ fanIn, fanOut }: Fans, mode: FanMode): number =>
  mode === 'fanIn' ? fanIn : mode === 'fanOut' ? fanOut : (fanIn + fanOut) / 2;

/** The standard deviation of a standard normal cut off at ±2. */
export const truncatedStd = 0.87962566103423978;

export interface VarianceScalingOptions {
  /** The variance is scale / fan; 1 by default. */
  readonly scale?: number;
  /** `fanIn` by default. */
  readonly mode?: FanMode;
  /** `normal` by default. */
  readonly distribution?: 'uniform' | 'normal' | 'truncatedNormal';
}

const varianceScalingNames = { scale: true, mode: true, distribution: true } as const;

/**
 * Mean 0 and variance scale / fan. A uniform distribution on ±b has variance b²/3, hence b = √(3·scale/fan).
 * @example
 * initialisers.varianceScaling({ scale: 2 })(key(0), [3, 4], initialisers.fans([3, 4]), 'float32').shape // [3, 4]
 */
export const varianceScaling = (options: VarianceScalingOptions = {}): OwnInitialiser => {
  const {
    scale = 1,
    mode = 'fanIn',
    distribution = 'normal',
  } = checkedOptions('varianceScaling', options, varianceScalingNames);
  checkNumbers('varianceScaling', { scale });
  checkChoice('varianceScaling', 'mode', mode, ['fanIn', 'fanOut', 'fanAvg']);
  checkChoice('varianceScaling', 'distribution', distribution, ['uniform', 'normal', 'truncatedNormal']);
  return ownInitialiser('varianceScaling', (key, shape, sizes, dtype) => {
    const variance = scale / Math.max(1, fanOf(sizes, mode));
    if (distribution === 'uniform') {
      const bound = Math.sqrt(3 * variance);
      return drawUniform(key, shape, { min: -bound, max: bound, dtype });
    }
    return distribution === 'normal'
      ? drawNormal(key, shape, { std: Math.sqrt(variance), dtype })
      : mul(drawTruncated(key, shape, { dtype }), Math.sqrt(variance) / truncatedStd);
  });
};

export interface GainOptions {
  /** 1 by default. */
  readonly gain?: number;
}

const xavierUniformNames = { gain: true } as const;

/** Glorot & Bengio 2010: U(±gain·√(6/(fanIn + fanOut))). */
export const xavierUniform = (options: GainOptions = {}): OwnInitialiser => {
  const { gain = 1 } = checkedOptions('xavierUniform', options, xavierUniformNames);
  checkGain('xavierUniform', gain);
  return varianceScaling({ scale: gain ** 2, mode: 'fanAvg', distribution: 'uniform' });
};

const xavierNormalNames = { gain: true } as const;

/** Glorot & Bengio 2010: std gain·√(2/(fanIn + fanOut)). */
export const xavierNormal = (options: GainOptions = {}): OwnInitialiser => {
  const { gain = 1 } = checkedOptions('xavierNormal', options, xavierNormalNames);
  checkGain('xavierNormal', gain);
  return varianceScaling({ scale: gain ** 2, mode: 'fanAvg' });
};

/** LeCun 1998: U(±√(3/fanIn)). */
export const lecunUniform = (): OwnInitialiser => varianceScaling({ distribution: 'uniform' });

/** LeCun 1998: std √(1/fanIn). */
export const lecunNormal = (): OwnInitialiser => varianceScaling();

export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu';

/**
 * The factor by which weights must grow to keep variances under a nonlinearity. `negativeSlope` is leaky ReLU's.
 * @example
 * initialisers.gain('tanh') // ≈ 1.6666666666666667
 */
export const gain = (nonlinearity: Nonlinearity, negativeSlope = 0.01): number => {
  checkNumbers('gain', { 'the slope': negativeSlope });
  switch (nonlinearity) {
    case 'linear':
    case 'sigmoid':
      return 1;
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.SQRT2;
    case 'leakyRelu':
      return Math.sqrt(2 / (1 + negativeSlope ** 2));
    case 'selu':
      return 3 / 4;
    default:
      throw new ArgumentError({
        op: 'gain',
        problem: `there is no gain for ${describe(nonlinearity satisfies never)}`,
        remedy: 'use linear, sigmoid, tanh, relu, leakyRelu or selu',
      });
  }
};

export interface KaimingOptions {
  /** `fanIn` by default. */
  readonly mode?: 'fanIn' | 'fanOut';
  /** `relu` by default. */
  readonly nonlinearity?: Nonlinearity;
  /** Leaky ReLU's slope, for that nonlinearity alone; 0.01 by default. */
  readonly negativeSlope?: number;
}

const kaimingNames = { mode: true, nonlinearity: true, negativeSlope: true } as const;

const kaiming =
  (op: string, distribution: 'uniform' | 'normal') =>
  (options: KaimingOptions = {}): OwnInitialiser => {
    const { mode = 'fanIn', nonlinearity = 'relu', negativeSlope = 0.01 } = checkedOptions(op, options, kaimingNames);
    checkChoice(op, 'mode', mode, ['fanIn', 'fanOut']);
    const factor = inOperation(op, () => gain(nonlinearity, negativeSlope));
    if (nonlinearity !== 'leakyRelu')
      refuseWithout(op, options, ['negativeSlope'], `the nonlinearity is ${nonlinearity}, which has no slope`);
    return varianceScaling({ scale: factor ** 2, mode, distribution });
  };

/** He et al. 2015: U(±gain·√(3/fan)). */
export const kaimingUniform: (options?: KaimingOptions) => OwnInitialiser = kaiming('kaimingUniform', 'uniform');

/** He et al. 2015: std gain/√fan. */
export const kaimingNormal: (options?: KaimingOptions) => OwnInitialiser = kaiming('kaimingNormal', 'normal');

/**
 * What layers start with unless told otherwise: U(±1/√fanIn) for weights and biases, which is Kaiming's uniform rule
 * for leaky ReLU with slope √5: √3·√(2/(1 + 5))/√fanIn = 1/√fanIn.
 */
export const standard: OwnInitialiser = varianceScaling({ scale: 1 / 3, distribution: 'uniform' });

export * from './structured-initialisers.js';
