/**
 * Samplers: each is a pure function of a key, a shape and the distribution's parameters. Every sample is made from the
 * uniform numbers of its own position, so a sample never depends on how many others were drawn.
 * Samples carry no derivative with respect to the key; parameters that are tensors (`min`, `scale`, …) enter by
 * ordinary arithmetic outside.
 */
import { type CompleteNames, checkDtype, checkedOptions, checkTensors, type OptionNames } from '../arguments.js';
import { type FloatDtype, isFloat } from '../dtype.js';
import { ArgumentError, DtypeError, describe, ShapeError } from '../errors.js';
import { add } from '../primitives/add.js';
import { argmax } from '../primitives/argmax.js';
import { argsort } from '../primitives/argsort.js';
import { cast } from '../primitives/cast.js';
import { erf } from '../primitives/erf.js';
import { erfinv } from '../primitives/erfinv.js';
import { floor } from '../primitives/floor.js';
import { full } from '../primitives/full.js';
import { less } from '../primitives/less.js';
import { log } from '../primitives/log.js';
import { log1p } from '../primitives/log1p.js';
import { maximum } from '../primitives/maximum.js';
import { mul } from '../primitives/mul.js';
import { neg } from '../primitives/neg.js';
import { sub } from '../primitives/sub.js';
import { take } from '../primitives/take.js';
import { unitInterval } from '../primitives/unit-interval.js';
import { checkShape, type Shape, tryBroadcast } from '../shape.js';
import { Tensor } from '../tensor.js';
import { checkCount, checkKey, type Key, randomWords } from './key.js';

export interface SampleOptions {
  /** Element type of the sample; float32 by default. */
  readonly dtype?: FloatDtype;
}

const noNames = {} as const;

/** Options of a draw, once key, shape and options are known to be in order. */
const drawn = <T extends object, Names extends OptionNames<T>>(
  op: string,
  key: Key,
  shape: Shape,
  options: T,
  names: CompleteNames<T, Names>,
): T => {
  checkKey(op, key);
  checkShape(op, shape);
  const { dtype = 'float32' }: { readonly dtype?: FloatDtype } = checkedOptions<T, Names>(op, options, names);
  checkDtype(op, dtype);
  if (!isFloat(dtype))
    throw new DtypeError({ op, problem: `does not draw ${dtype as string}`, remedy: "use 'float32' or 'float64'" });
  return options;
};

export interface UniformOptions extends SampleOptions {
  /** Included; 0 by default. */
  readonly min?: number;
  /** Excluded; 1 by default. */
  readonly max?: number;
}

const uniformNames = { min: true, max: true, dtype: true } as const;

/**
 * Numbers spread evenly over [min, max).
 * @throws ArgumentError unless min ≤ max.
 * @example
 * uniform(key(0), [2, 3], { min: -1, max: 1 }).shape // [2, 3]
 */
export const uniform = <const S extends Shape>(key: Key, shape: S, options: UniformOptions = {}): Tensor<S> => {
  const { min = 0, max = 1, dtype = 'float32' } = drawn('uniform', key, shape, options, uniformNames);
  if (!(min <= max))
    throw new ArgumentError({
      op: 'uniform',
      problem: `the interval [${min}, ${max}) is empty`,
      remedy: 'give min ≤ max',
    });
  const unit = unitInterval(randomWords(key, shape), dtype);
  // Rounding of the product may fall below min; the interval is closed there.
  return (min === 0 && max === 1 ? unit : maximum(add(mul(unit, max - min), min), min)) as Tensor as Tensor<S>;
};

/** The number next to −1 towards 0, so that erfinv stays finite. */
const aboveMinusOne: Record<FloatDtype, number> = { float32: -1 + 2 ** -24, float64: -1 + 2 ** -53 };

export interface NormalOptions extends SampleOptions {
  /** 0 by default. */
  readonly mean?: number;
  /** Standard deviation; 1 by default. */
  readonly std?: number;
}

const normalNames = { mean: true, std: true, dtype: true } as const;

/**
 * Normally distributed numbers, by inversion: `√2·erf⁻¹(u)` with u uniform on (−1, 1).
 * @example
 * normal(key(0), [1000]).shape // [1000]
 */
export const normal = <const S extends Shape>(key: Key, shape: S, options: NormalOptions = {}): Tensor<S> => {
  const { mean = 0, std = 1, dtype = 'float32' } = drawn('normal', key, shape, options, normalNames);
  const standard = mul(erfinv(uniform(key, shape as Shape, { min: aboveMinusOne[dtype], max: 1, dtype })), Math.SQRT2);
  return (mean === 0 && std === 1 ? standard : add(mul(standard, std), mean)) as Tensor as Tensor<S>;
};

export interface TruncatedNormalOptions extends SampleOptions {
  /** In standard deviations; −2 by default. */
  readonly min?: number;
  /** In standard deviations; 2 by default. */
  readonly max?: number;
}

const truncatedNormalNames = { min: true, max: true, dtype: true } as const;

/**
 * Standard normal numbers conditioned to lie within [min, max], by inversion of the distribution function between
 * erf(min/√2) and erf(max/√2).
 * @throws ArgumentError unless min < max.
 * @example
 * truncatedNormal(key(0), [4]).shape // [4]
 */
export const truncatedNormal = <const S extends Shape>(
  key: Key,
  shape: S,
  options: TruncatedNormalOptions = {},
): Tensor<S> => {
  const { min = -2, max = 2, dtype = 'float32' } = drawn('truncatedNormal', key, shape, options, truncatedNormalNames);
  if (!(min < max))
    throw new ArgumentError({
      op: 'truncatedNormal',
      problem: `the interval [${min}, ${max}] is empty`,
      remedy: 'give min < max',
    });
  const [low, high] = [min, max].map((bound) => erf(full([], bound / Math.SQRT2, 'float64')).item());
  const u = uniform(key, shape as Shape, { min: low ?? -1, max: high ?? 1, dtype });
  return mul(erfinv(u), Math.SQRT2) as Tensor as Tensor<S>;
};

/**
 * True with probability `p`: a number, or a tensor of probabilities that broadcasts to `shape`.
 * @throws ArgumentError unless a number `p` is between 0 and 1.
 * @example
 * bernoulli(key(0), 1, [3]).toArray() // [1, 1, 1]
 */
export const bernoulli = <const S extends Shape>(key: Key, p: number | Tensor, shape: S): Tensor<S> => {
  drawn('bernoulli', key, shape, {}, noNames);
  if (!(p instanceof Tensor) && !(typeof p === 'number' && p >= 0 && p <= 1))
    throw new ArgumentError({
      op: 'bernoulli',
      problem: `${describe(p)} is not a probability`,
      remedy: 'give p between 0 and 1',
    });
  const dtype = p instanceof Tensor && p.dtype === 'float64' ? 'float64' : 'float32';
  return less(uniform(key, shape as Shape, { dtype }), p) as Tensor as Tensor<S>;
};

const exponentialNames = { dtype: true } as const;

/**
 * Exponentially distributed numbers with rate 1: `−log(1 − u)`.
 * @example
 * exponential(key(0), [4]).shape // [4]
 */
export const exponential = <const S extends Shape>(key: Key, shape: S, options: SampleOptions = {}): Tensor<S> => {
  const { dtype = 'float32' } = drawn('exponential', key, shape, options, exponentialNames);
  return neg(log1p(neg(uniform(key, shape as Shape, { dtype })))) as Tensor as Tensor<S>;
};

/** The smallest normal number, which keeps the logarithm of a uniform number finite. */
const tiny: Record<FloatDtype, number> = { float32: 2 ** -126, float64: 2 ** -1022 };

const gumbelNames = { dtype: true } as const;

/**
 * Standard Gumbel numbers: `−log(−log u)`.
 * @example
 * gumbel(key(0), [4]).shape // [4]
 */
export const gumbel = <const S extends Shape>(key: Key, shape: S, options: SampleOptions = {}): Tensor<S> => {
  const { dtype = 'float32' } = drawn('gumbel', key, shape, options, gumbelNames);
  return neg(log(neg(log(uniform(key, shape as Shape, { min: tiny[dtype], max: 1, dtype }))))) as Tensor as Tensor<S>;
};

const randomIntegersNames = { min: true, max: true } as const;

/**
 * Whole numbers from min (included) to max (excluded), int32.
 * @throws ArgumentError unless both are integers and min < max.
 * @example
 * randomIntegers(key(0), [5], { min: 3, max: 4 }).toArray() // [3, 3, 3, 3, 3]
 */
export const randomIntegers = <const S extends Shape>(
  key: Key,
  shape: S,
  options: { readonly min?: number; readonly max: number },
): Tensor<S> => {
  const { min = 0, max } = drawn('randomIntegers', key, shape, options, randomIntegersNames);
  if (!Number.isInteger(min) || !Number.isInteger(max) || min >= max)
    throw new ArgumentError({
      op: 'randomIntegers',
      problem: `there is no whole number in [${describe(min)}, ${describe(max)})`,
      remedy: 'give integers with min < max',
    });
  const scaled = floor(mul(uniform(key, shape as Shape, { dtype: 'float64' }), max - min));
  return cast(add(scaled, min), 'int32') as Tensor as Tensor<S>;
};

/**
 * A random order of 0 … n − 1 (int32), or the slices of a tensor along axis 0 in random order.
 * Each position draws its own number; sorting those numbers shuffles the positions.
 * @throws ArgumentError unless a number is whole; ShapeError for a scalar tensor.
 * @example
 * sort(permutation(key(0), 4)).values.toArray() // [0, 1, 2, 3]
 */
export const permutation = (key: Key, of: number | Tensor): Tensor => {
  checkKey('permutation', key);
  if (!(of instanceof Tensor)) {
    checkCount('permutation', of);
    return argsort(uniform(key, [of], { dtype: 'float64' }));
  }
  if (of.rank === 0)
    throw new ShapeError({
      op: 'permutation',
      problem: 'a scalar has nothing to shuffle',
      shapes: [of.shape],
      remedy: 'give a tensor of rank 1 or more',
    });
  return take(of, permutation(key, of.shape[0] ?? 0), 0);
};

/**
 * Class numbers (int32) drawn with probabilities softmax(logits) along the last axis, by the Gumbel-max trick:
 * argmax(logits + Gumbel noise). `logits: […, C]` → `shape`, which defaults to the leading axes and must broadcast them.
 * @throws ShapeError when `shape` does not broadcast the leading axes of the logits.
 * @example
 * categorical(key(0), tensor([0, 100, 0])).item() // 1
 */
export const categorical = (key: Key, logits: Tensor, given?: Shape): Tensor => {
  checkTensors('categorical', [logits]);
  const shape = given ?? logits.shape.slice(0, -1);
  drawn('categorical', key, shape, {}, noNames);
  const classes = logits.shape.at(-1);
  const leading = logits.shape.slice(0, -1);
  if (classes === undefined || tryBroadcast(leading, shape)?.join() !== shape.join())
    throw new ShapeError({
      op: 'categorical',
      problem: 'the sample shape does not cover the leading axes of the logits',
      shapes: [logits.shape, shape],
      remedy: 'let the shape end in the leading axes of the logits',
    });
  const noise = gumbel(key, [...shape, classes], { dtype: logits.dtype === 'float64' ? 'float64' : 'float32' });
  return argmax(add(logits, noise), { axis: -1 });
};

const rademacherNames = { dtype: true } as const;

/**
 * −1 or 1 with equal probability.
 * @example
 * mul(rademacher(key(0), [3]), rademacher(key(0), [3])).toArray() // [1, 1, 1]
 */
export const rademacher = <const S extends Shape>(key: Key, shape: S, options: SampleOptions = {}): Tensor<S> => {
  const { dtype = 'float32' } = drawn('rademacher', key, shape, options, rademacherNames);
  return sub(mul(cast(bernoulli(key, 0.5, shape as Shape), dtype), 2), 1) as Tensor as Tensor<S>;
};
