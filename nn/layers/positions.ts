/** What tells attention where an element stands in its sequence: sines and cosines, or learned vectors. */

import { floatFor, floatLike } from '../../core/base/dtype.js';
import { describe } from '../../core/base/errors.js';
import { checkCallable } from '../../core/base/methods.js';
import { checkShape } from '../../core/base/shape.js';
import {
  ArgumentError,
  add,
  cast,
  type FloatDtype,
  foldIn,
  fromData,
  ShapeError,
  slice,
  type Tensor,
} from '../../core/index.js';
import { checkDtype, checkedOptions, checkSizes } from '../../core/tensor/arguments.js';
import { type Initialiser, normal } from '../initialisers.js';
import { type Layer, statelessLayer } from '../layer.js';

export interface SinusoidOptions {
  /** The longest wavelength is 2π times this number; 10000 by default. */
  readonly base?: number;
  /** float32 by default. */
  readonly dtype?: FloatDtype;
}

const sinusoidalPositionsNames = { base: true, dtype: true } as const;

/**
 * Sines and cosines of the position at falling frequencies (Vaswani et al. 2017, section 3.5): `[length, width]` with
 * `p_{t,2i} = sin(t/base^(2i/width))` and `p_{t,2i+1} = cos(t/base^(2i/width))`.
 * @throws ArgumentError for sizes that are no whole numbers.
 * @example
 * sinusoidalPositions(2, 2).toArray() // ≈ [[0, 1], [0.8414709848, 0.5403023059]]
 */
export const sinusoidalPositions = (length: number, width: number, options: SinusoidOptions = {}): Tensor => {
  const { base = 10000, dtype = 'float32' } = checkedOptions('sinusoidalPositions', options, sinusoidalPositionsNames);
  if (!(typeof base === 'number' && base > 0 && base < Number.POSITIVE_INFINITY))
    throw new ArgumentError({
      op: 'sinusoidalPositions',
      problem: `the base is ${describe(base)}`,
      remedy: 'give a number > 0',
    });
  checkDtype('sinusoidalPositions', dtype);
  checkSizes('sinusoidalPositions', { length, width });
  checkShape('sinusoidalPositions', [length, width]);
  const waves = Float64Array.from({ length: length * width }, (_, at) => {
    const [t, j] = [Math.floor(at / width), at % width];
    const angle = t / base ** ((j - (j % 2)) / width);
    return j % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
  return cast(fromData(waves, [length, width]), dtype);
};

const positionalEncodingNames = { base: true } as const;

/**
 * Adds sines and cosines of the position to sequences `[…, L, width]`. Nothing to learn: a function for `sequential`.
 * @throws ShapeError for a tensor without a sequence axis.
 * @example
 * positionalEncoding()(zeros([1, 1, 4])).toArray() // [[[0, 1, 0, 1]]]
 */
export const positionalEncoding = (options: Pick<SinusoidOptions, 'base'> = {}): ((x: Tensor) => Tensor) => {
  const { base = 10000 } = checkedOptions('positionalEncoding', options, positionalEncodingNames);
  const encode = (x: Tensor): Tensor => {
    const [length, width] = lengthAndWidth('positionalEncoding', x);
    return add(x, cast(sinusoidalPositions(length, width, { base, dtype: floatFor(x.dtype) }), floatLike(x.dtype)));
  };
  return Object.defineProperty(encode, 'name', { value: 'positionalEncoding' });
};

const lengthAndWidth = (op: string, x: Tensor): readonly [length: number, width: number] => {
  const [length, width] = [x.shape.at(-2), x.shape.at(-1)];
  if (length === undefined || width === undefined)
    throw new ShapeError({ op, problem: 'the input is no sequence', shapes: [x.shape], remedy: 'give […, L, E]' });
  return [length, width];
};

export interface LearnedPositionsOptions {
  /** Normal with standard deviation 0.02 by default. */
  readonly weightInit?: Initialiser;
}

const learnedPositionsNames = { weightInit: true } as const;

/**
 * Adds a learned vector a position to sequences `[…, L, width]` with L ≤ length; `params: { weight: [length, width] }`.
 * @throws ShapeError for longer sequences or another width.
 * @example
 * learnedPositions(10, 4).apply(learnedPositions(10, 4).init(key(0)), ones([2, 3, 4]))[0].shape // [2, 3, 4]
 */
export const learnedPositions = (
  length: number,
  width: number,
  options: LearnedPositionsOptions = {},
): Layer<{ readonly weight: Tensor }, null> => {
  const { weightInit = normal({ std: 0.02 }) } = checkedOptions('learnedPositions', options, learnedPositionsNames);
  checkCallable('learnedPositions', 'weightInit', weightInit);
  checkSizes('learnedPositions', { length, width });
  return statelessLayer({
    name: `learnedPositions(${length}, ${width})`,
    init: (key, dtype) => ({
      weight: weightInit(foldIn(key, 0), [length, width], { fanIn: length, fanOut: width }, dtype),
    }),
    forward: ({ weight }, x: Tensor) => {
      const [steps, features] = lengthAndWidth('learnedPositions', x);
      if (steps > length || features !== width)
        throw new ShapeError({
          op: 'learnedPositions',
          problem: `there are ${length} positions of ${width} features`,
          shapes: [x.shape, weight.shape],
          remedy: 'shorten the sequence, or learn more positions',
        });
      return add(x, slice(weight, [[0, steps, 1], null]));
    },
  });
};
