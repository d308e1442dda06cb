/**
 * What samplers share: the checks of their arguments, and uniform numbers that keep within bounds and are fine enough at
 * their ends. A number of the stream is a multiple of 2⁻²³ in float32, its grain; the second word of its pair, which its
 * leading bits do not determine, says where within the grain it lies.
 */

import { type FloatDtype, isFloat, isWidened } from '../base/dtype.js';
import { DtypeError } from '../base/errors.js';
import { below, largest, rounded, roundedUp } from '../base/floats.js';
import { checkShape, type Shape } from '../base/shape.js';
import { add } from '../primitives/elementwise/add.js';
import { cast } from '../primitives/elementwise/cast.js';
import { maximum } from '../primitives/elementwise/maximum.js';
import { minimum } from '../primitives/elementwise/minimum.js';
import { mul } from '../primitives/elementwise/mul.js';
import { sub } from '../primitives/elementwise/sub.js';
import { unitInterval } from '../primitives/random/unit-interval.js';
import { reshape } from '../primitives/shape/reshape.js';
import { slice } from '../primitives/shape/slice.js';
import { type CompleteNames, checkDtype, checkedOptions, type OptionNames } from '../tensor/arguments.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkKey, type Key, randomWords } from './key.js';

export interface SampleOptions {
  /** Element type of the sample; float32 by default. */
  readonly dtype?: FloatDtype;
}

/** The number next to −1 towards 0, so that erfinv stays finite. */
export const aboveMinusOne: Readonly<Record<FloatDtype, number>> = { float32: -1 + 2 ** -24, float64: -1 + 2 ** -53 };

/** Options of a draw, once key, shape and options are known to be in order. */
export const drawn = <T extends object, Names extends OptionNames<T>>(
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
  if (!isFloat(dtype) || isWidened(dtype))
    throw new DtypeError({
      op,
      problem: `does not draw ${dtype as string}`,
      remedy: `draw in 'float32' or 'float64'${isFloat(dtype) ? `, and convert with cast(x, '${dtype as string}')` : ''}`,
    });
  return options;
};

/**
 * Numbers `unit` from [0, 1) stretched over [min, max). Rounding may take the product below min or up to max: what would
 * leave the interval is the first or the last number of the type within it, everything else is `unit·(max − min) + min`.
 */
export const spread = (unit: Tensor, min: number, max: number, dtype: FloatDtype): Tensor => {
  const least = roundedUp(min, dtype);
  const most = Math.max(least, below(max, dtype));
  const range = max - min;
  const stretched =
    Math.abs(rounded(range, dtype)) <= largest[dtype]
      ? add(mul(unit, range), min)
      : add(mul(unit, max), mul(sub(1, unit), min));
  return minimum(maximum(stretched, least), most);
};

/** The grain of uniform float32 numbers. */
export const grain: number = 2 ** -23;

/** The second word of each pair as a signed number from [−2³¹, 2³¹), in float64. */
const secondWords = (words: Tensor): Tensor => {
  const shape = words.shape.slice(0, -1);
  return cast(reshape(slice(words, [...shape.map(() => null), [1, 2, 1]]), shape), 'float64');
};

/** A uniform float32 number u of [0, 1), and where in [u, u + 2⁻²³) it lies. */
export interface Fine {
  /** As `uniform` has it, in float32. */
  readonly unit: Tensor;
  /** The second word: uniform on [−2³¹, 2³¹), in float64. */
  readonly within: Tensor;
  /** `u + 2⁻²³·(within + 2³¹ + ½)/2³²`, in float64, from the open interval (0, 1). */
  readonly whole: Tensor;
}

export const fineUniform = (key: Key, shape: Shape): Fine => {
  const words = randomWords(key, shape);
  const unit = unitInterval(words, 'float32');
  const within = secondWords(words);
  const fraction = add(mul(within, grain * 2 ** -32), grain * (0.5 + 2 ** -33));
  return { unit, within, whole: minimum(add(cast(unit, 'float64'), fraction), 1 - 2 ** -53) };
};
