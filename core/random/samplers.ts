/**
 * Samplers: each is a pure function of a key, a shape and the distribution's parameters. Every sample is made from the
 * uniform numbers of its own position, so a sample never depends on how many others were drawn.
 * Samples carry no derivative with respect to the key; parameters that are tensors (`min`, `scale`, …) enter by
 * ordinary arithmetic outside.
 */

import { type FloatDtype, floatFor, isFloat } from '../base/dtype.js';
import { ArgumentError, DtypeError, describe, ShapeError } from '../base/errors.js';
import { largest, roundedUp } from '../base/floats.js';
import { inOperation } from '../base/scope.js';
import { type Shape, tryBroadcast } from '../base/shape.js';
import { reveal } from '../dispatch/interpreter.js';
import { add } from '../primitives/elementwise/add.js';
import { cast } from '../primitives/elementwise/cast.js';
import { equal } from '../primitives/elementwise/equal.js';
import { erfinv } from '../primitives/elementwise/erfinv.js';
import { floor } from '../primitives/elementwise/floor.js';
import { less } from '../primitives/elementwise/less.js';
import { log } from '../primitives/elementwise/log.js';
import { log1p } from '../primitives/elementwise/log1p.js';
import { logicalAnd } from '../primitives/elementwise/logical-and.js';
import { logicalOr } from '../primitives/elementwise/logical-or.js';
import { mul } from '../primitives/elementwise/mul.js';
import { neg } from '../primitives/elementwise/neg.js';
import { sub } from '../primitives/elementwise/sub.js';
import { where } from '../primitives/elementwise/where.js';
import { argsort } from '../primitives/index/argsort.js';
import { take } from '../primitives/index/take.js';
import { unitInterval } from '../primitives/random/unit-interval.js';
import { argmax } from '../primitives/reduce/argmax.js';
import { max } from '../primitives/reduce/max.js';
import { sum } from '../primitives/reduce/sum.js';
import { full } from '../primitives/shape/full.js';
import { checkTensors } from '../tensor/arguments.js';
import { Tensor } from '../tensor/tensor.js';
import { aboveMinusOne, drawn, fineUniform, grain, type SampleOptions, spread } from './draws.js';
import { checkCount, checkKey, type Key, randomWords } from './key.js';

const noNames = {} as const;

export interface UniformOptions extends SampleOptions {
  /** Included; 0 by default. */
  readonly min?: number;
  /** Excluded; 1 by default. */
  readonly max?: number;
}

const uniformNames = { min: true, max: true, dtype: true } as const;

/**
 * Numbers spread evenly over [min, max): `u·(max − min) + min` with the stream's u, a multiple of 2⁻²³ (float32) or 2⁻⁵²
 * (float64). Where rounding would give `max`, the number before it is drawn.
 * @throws ArgumentError unless both are finite, min ≤ max, and a number of the element type lies between them.
 * @example
 * uniform(key(0), [2, 3], { min: -1, max: 1 }).shape // [2, 3]
 */
export const uniform = <const S extends Shape>(key: Key, shape: S, options: UniformOptions = {}): Tensor<S> =>
  inOperation('uniform', () => {
    const { min = 0, max = 1, dtype = 'float32' } = drawn('uniform', key, shape, options, uniformNames);
    if (!(Number.isFinite(min) && Number.isFinite(max) && min <= max))
      throw new ArgumentError({
        op: 'uniform',
        problem: `the interval [${describe(min)}, ${describe(max)}) is ${Number.isFinite(min) && Number.isFinite(max) ? 'empty' : 'not one of finite numbers'}`,
        remedy: 'give finite numbers with min ≤ max',
      });
    const least = roundedUp(min, dtype);
    if (Math.abs(least) > largest[dtype] || Math.abs(max) > largest[dtype] || (min < max && least >= max))
      throw new ArgumentError({
        op: 'uniform',
        problem: `${dtype} has no numbers from ${min} up to ${max}`,
        remedy: dtype === 'float32' ? "draw in 'float64', or from a wider interval" : 'draw from a wider interval',
      });
    const unit = unitInterval(randomWords(key, shape), dtype);
    return (min === 0 && max === 1 ? unit : spread(unit, min, max, dtype)) as Tensor as Tensor<S>;
  });

export interface NormalOptions extends SampleOptions {
  /** 0 by default. */
  readonly mean?: number;
  /** Standard deviation; 1 by default. */
  readonly std?: number;
}

const normalNames = { mean: true, std: true, dtype: true } as const;

/** Draws lie within this many standard deviations: `√2·erf⁻¹(1 − 2⁻²⁴)` is 5.4 and `√2·erf⁻¹(1 − 2⁻⁵³)` is 8.3. */
const reach: Readonly<Record<FloatDtype, number>> = { float32: 6, float64: 9 };

/**
 * Normally distributed numbers, by inversion: `√2·erf⁻¹(u)` with u uniform on (−1, 1).
 * @throws ArgumentError unless mean and std are finite, std ≥ 0, and all numbers that may be drawn fit the element type.
 * @example
 * normal(key(0), [1000]).shape // [1000]
 */
export const normal = <const S extends Shape>(key: Key, shape: S, options: NormalOptions = {}): Tensor<S> =>
  inOperation('normal', () => {
    const { mean = 0, std = 1, dtype = 'float32' } = drawn('normal', key, shape, options, normalNames);
    if (
      !(
        typeof mean === 'number' &&
        typeof std === 'number' &&
        std >= 0 &&
        Math.abs(mean) + reach[dtype] * std <= largest[dtype]
      )
    )
      throw new ArgumentError({
        op: 'normal',
        problem: `mean is ${describe(mean)} and std ${describe(std)}`,
        remedy: `give finite numbers with std ≥ 0, so that ${reach[dtype]} standard deviations fit ${dtype}`,
      });
    const standard = mul(
      erfinv(spread(unitInterval(randomWords(key, shape), dtype), aboveMinusOne[dtype], 1, dtype)),
      Math.SQRT2,
    );
    return (mean === 0 && std === 1 ? standard : add(mul(standard, std), mean)) as Tensor as Tensor<S>;
  });

/** Throws for a number of `x` that is known and is not right. */
const refuseKnown = (
  op: string,
  x: Tensor,
  right: (value: number) => boolean,
  problem: (value: number) => string,
  remedy: string,
): void => {
  const wrong = reveal(x)
    ?.dataSync()
    .find((value) => !right(value));
  if (wrong !== undefined) throw new ArgumentError({ op, problem: problem(wrong), shapes: [x.shape], remedy });
};

/**
 * True with probability `p`: a number, or a tensor of probabilities that broadcasts to `shape`. The uniform number that
 * decides has 55 bits, so that small probabilities, and those near 1, are what they say.
 * @throws ArgumentError unless `p` is between 0 and 1, as far as its numbers are known: in a compiled program NaN draws false, and a number
 * beyond the range what its nearer end does; DtypeError for a tensor that is not of floats.
 * @example
 * bernoulli(key(0), 1, [3]).toArray() // [1, 1, 1]
 */
export const bernoulli = <const S extends Shape>(key: Key, p: number | Tensor, shape: S): Tensor<S> =>
  inOperation('bernoulli', () => {
    drawn('bernoulli', key, shape, {}, noNames);
    if (!(p instanceof Tensor) && !(typeof p === 'number' && p >= 0 && p <= 1))
      throw new ArgumentError({
        op: 'bernoulli',
        problem: `${describe(p)} is not a probability`,
        remedy: 'give p between 0 and 1',
      });
    if (p instanceof Tensor && !isFloat(p.dtype))
      throw new DtypeError({
        op: 'bernoulli',
        problem: `the probabilities are ${p.dtype}`,
        shapes: [p.shape],
        remedy: "convert with cast(p, 'float32')",
      });
    if (p instanceof Tensor)
      refuseKnown(
        'bernoulli',
        p,
        (value) => value >= 0 && value <= 1,
        (value) => `${value} is not a probability`,
        'give p between 0 and 1',
      );
    if (p instanceof Tensor && floatFor(p.dtype) === 'float64')
      return less(unitInterval(randomWords(key, shape), 'float64'), p) as Tensor as Tensor<S>;
    if (!(p instanceof Tensor) && Number.isInteger(p / grain))
      return less(unitInterval(randomWords(key, shape), 'float32'), p) as Tensor as Tensor<S>;
    // The leading 23 bits decide unless they are those of p; the rest of p, all of it exact, decides then.
    const { unit, within } = fineUniform(key, shape);
    const scaled = mul(p instanceof Tensor ? cast(p, 'float64') : full([], p, 'float64'), 1 / grain);
    const leading = floor(scaled);
    const bits = cast(mul(leading, grain), 'float32');
    const rest = sub(mul(sub(scaled, leading), 2 ** 32), 2 ** 31);
    return logicalOr(less(unit, bits), logicalAnd(equal(unit, bits), less(within, rest))) as Tensor as Tensor<S>;
  });

const exponentialNames = { dtype: true } as const;

/** Nearer than this to 0 or 1 a multiple of 2⁻²³ is too coarse for a logarithm, and the rest of its bits count, too. */
const edge = 2 ** -16;

/**
 * Exponentially distributed numbers with rate 1: `−log(1 − u)`. Beyond the 2⁻¹⁶ quantile at either end u has 55 bits.
 * @example
 * exponential(key(0), [4]).shape // [4]
 */
export const exponential = <const S extends Shape>(key: Key, shape: S, options: SampleOptions = {}): Tensor<S> =>
  inOperation('exponential', () => {
    const { dtype = 'float32' } = drawn('exponential', key, shape, options, exponentialNames);
    if (dtype === 'float64')
      return neg(log1p(neg(unitInterval(randomWords(key, shape), dtype)))) as Tensor as Tensor<S>;
    const { unit, whole } = fineUniform(key, shape);
    const u = where(less(unit, edge), cast(whole, dtype), unit);
    const rest = cast(sub(1, whole), dtype);
    return neg(where(less(unit, 1 - edge), log1p(neg(u)), log(rest))) as Tensor as Tensor<S>;
  });

/** The smallest normal number, which keeps the logarithm of a uniform number finite. */
const tiny: Readonly<Record<FloatDtype, number>> = { float32: 2 ** -126, float64: 2 ** -1022 };

const gumbelNames = { dtype: true } as const;

/**
 * Standard Gumbel numbers: `−log(−log u)`. Beyond the 2⁻¹⁶ quantile at either end u has 55 bits.
 * @example
 * gumbel(key(0), [4]).shape // [4]
 */
export const gumbel = <const S extends Shape>(key: Key, shape: S, options: SampleOptions = {}): Tensor<S> =>
  inOperation('gumbel', () => {
    const { dtype = 'float32' } = drawn('gumbel', key, shape, options, gumbelNames);
    const coarse = (unit: Tensor): Tensor => spread(unit, tiny[dtype], 1, dtype);
    if (dtype === 'float64')
      return neg(log(neg(log(coarse(unitInterval(randomWords(key, shape), dtype)))))) as Tensor as Tensor<S>;
    const { unit, whole } = fineUniform(key, shape);
    const u = where(less(unit, edge), cast(whole, dtype), coarse(unit));
    const rest = cast(sub(1, whole), dtype);
    return neg(log(neg(where(less(unit, 1 - edge), log(u), log1p(neg(rest)))))) as Tensor as Tensor<S>;
  });

const randomIntegersNames = { min: true, max: true } as const;

/**
 * Whole numbers from min (included) to max (excluded), int32.
 * @throws ArgumentError unless both are integers, min < max, and all numbers between them fit int32.
 * @example
 * randomIntegers(key(0), [5], { min: 3, max: 4 }).toArray() // [3, 3, 3, 3, 3]
 */
export const randomIntegers = <const S extends Shape>(
  key: Key,
  shape: S,
  options: { readonly min?: number; readonly max: number },
): Tensor<S> =>
  inOperation('randomIntegers', () => {
    const { min = 0, max } = drawn('randomIntegers', key, shape, options, randomIntegersNames);
    if (!Number.isInteger(min) || !Number.isInteger(max) || min >= max)
      throw new ArgumentError({
        op: 'randomIntegers',
        problem: `there is no whole number in [${describe(min)}, ${describe(max)})`,
        remedy: 'give integers with min < max',
      });
    if (min < -(2 ** 31) || max > 2 ** 31)
      throw new ArgumentError({
        op: 'randomIntegers',
        problem: `the numbers of [${min}, ${max}) do not all fit int32`,
        remedy: 'give −2^31 ≤ min and max ≤ 2^31',
      });
    const scaled = floor(mul(uniform(key, shape as Shape, { dtype: 'float64' }), max - min));
    return cast(add(scaled, min), 'int32') as Tensor as Tensor<S>;
  });

/**
 * A random order of 0 … n − 1 (int32), or the slices of a tensor along axis 0 in random order.
 * Each position draws its own number; sorting those numbers shuffles the positions.
 * @throws ArgumentError unless a number is whole; ShapeError for a scalar tensor.
 * @example
 * sort(permutation(key(0), 4)).values.toArray() // [0, 1, 2, 3]
 */
export const permutation = (key: Key, of: number | Tensor): Tensor =>
  inOperation('permutation', () => {
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
  });

/** Throws for lines of known logits that have no softmax. */
const checkLogits = (logits: Tensor, classes: number): void => {
  const values = reveal(logits)?.dataSync();
  if (values === undefined) return;
  for (let start = 0; start < values.length; start += classes) {
    let [open, nan, certain] = [false, false, 0];
    for (let i = start; i < start + classes; i++) {
      const value = values[i] as number;
      if (Number.isNaN(value)) nan = true;
      else if (value > Number.NEGATIVE_INFINITY) open = true;
      if (value === Number.POSITIVE_INFINITY) certain++;
    }
    if (certain > 1 && !nan)
      throw new ArgumentError({
        op: 'categorical',
        problem: `${certain} logits of a line are ∞, between which nothing decides`,
        shapes: [logits.shape],
        remedy: 'give finite logits, or ∞ to the one class that is certain',
      });
    if (nan || !open)
      throw new ArgumentError({
        op: 'categorical',
        problem: nan ? 'a logit is NaN' : 'all logits of a line are −∞, so that no class is left',
        shapes: [logits.shape],
        remedy: 'give logits of which at least one a line is above −∞',
      });
  }
};

/**
 * Class numbers (int32) drawn with probabilities softmax(logits) along the last axis, by the Gumbel-max trick:
 * argmax(logits + Gumbel noise). `logits: […, C]` → `shape`, which defaults to the leading axes and must broadcast them.
 * A class whose logit is −∞ is never drawn, and the one whose logit is ∞ always.
 * @throws ShapeError when `shape` does not broadcast the leading axes of the logits; DtypeError unless they are floats; ArgumentError for logits
 * that are known and have no softmax: NaN, nothing but −∞, or several that are ∞ (in a compiled program −1 is drawn of those).
 * @example
 * categorical(key(0), tensor([0, 100, 0])).item() // 1
 */
export const categorical = (key: Key, logits: Tensor, given?: Shape): Tensor =>
  inOperation('categorical', () => {
    checkTensors('categorical', [logits]);
    if (!isFloat(logits.dtype))
      throw new DtypeError({
        op: 'categorical',
        problem: `the logits are ${logits.dtype}`,
        shapes: [logits.shape],
        remedy: "convert with cast(logits, 'float32')",
      });
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
    checkLogits(logits, classes);
    const noise = gumbel(key, [...shape, classes], { dtype: floatFor(logits.dtype) });
    const drawnClass = argmax(add(cast(logits, noise.dtype), noise), { axis: -1 });
    if (reveal(logits) !== null) return drawnClass;
    // The largest logit is NaN where any is, and −∞ where all are; of several that are ∞ nothing decides.
    const certain = sum(cast(equal(logits, Number.POSITIVE_INFINITY), 'int32'), { axes: -1 });
    const sound = logicalAnd(less(Number.NEGATIVE_INFINITY, max(logits, { axes: -1 })), less(certain, 2));
    return where(sound, drawnClass, -1) as Tensor;
  });

const rademacherNames = { dtype: true } as const;

/**
 * −1 or 1 with equal probability.
 * @example
 * mul(rademacher(key(0), [3]), rademacher(key(0), [3])).toArray() // [1, 1, 1]
 */
export const rademacher = <const S extends Shape>(key: Key, shape: S, options: SampleOptions = {}): Tensor<S> =>
  inOperation('rademacher', () => {
    const { dtype = 'float32' } = drawn('rademacher', key, shape, options, rademacherNames);
    return sub(mul(cast(bernoulli(key, 0.5, shape as Shape), dtype), 2), 1) as Tensor as Tensor<S>;
  });
