/** Options of sliding windows as people give them, for convolution and pooling: one number for all axes, or one an axis. */

import { ArgumentError, describeList } from '../base/errors.js';
import { checkLength } from '../base/methods.js';
import { nearest } from '../base/nearest.js';
import type { Shape } from '../base/shape.js';
import { type Border, outputSizes, spanOf, type Window } from '../rules/window.js';
import { checkChoice, checkedOptions } from '../tensor/arguments.js';

/** One number for all spatial axes, or one an axis. */
export type PerAxis = number | readonly number[];

/**
 * Places around each spatial axis: a number for both sides of all axes, one an axis, or `[low, high]` an axis.
 * `'valid'` is 0; `'same'` gives `⌈size/stride⌉` outputs, an odd number of places having the extra one at the end.
 */
export type Padding = 'same' | 'valid' | number | readonly (number | Border)[];

export interface SlidingOptions {
  /** Places between neighbouring windows. */
  readonly stride?: PerAxis;
  /** 0 by default. */
  readonly padding?: Padding;
  /** Places between neighbouring taps; 1 by default. */
  readonly dilation?: PerAxis;
}

/** Whole numbers ≥ `least`, one a spatial axis, or an `ArgumentError`. */
export const perAxis = (op: string, name: string, value: PerAxis, axes: number, least: number): number[] => {
  if (Array.isArray(value)) checkLength(op, name, value);
  const values = Array.isArray(value) ? [...value] : new Array<number>(axes).fill(value as number);
  if (values.length !== axes || !values.every((each) => Number.isInteger(each) && each >= least && each < 2 ** 31))
    throw new ArgumentError({
      op,
      problem: `${name} ${describeList(value)}`,
      remedy: `give a whole number ≥ ${least}${values.some((each: unknown) => typeof each === 'number' && each >= 2 ** 31) ? ' and below 2^31' : ''}, or a list of ${axes}, one a spatial axis`,
    });
  return values;
};

const isBorder = (pad: unknown): pad is Border => Array.isArray(pad) && pad.length === 2;

/** Explicit padding, one pair a spatial axis, or an `ArgumentError`. */
export const borders = (op: string, padding: number | readonly (number | Border)[], axes: number): Border[] => {
  if (typeof padding === 'string' && nearest(padding, ['valid', 'same']) !== null)
    checkChoice(op, 'padding', padding, ['valid', 'same']);
  const pads = Array.isArray(padding) ? padding : new Array<unknown>(axes).fill(padding);
  const pairs = pads.map((pad): Border => (isBorder(pad) ? pad : [pad, pad]));
  if (pairs.length !== axes || !pairs.flat().every((each) => Number.isInteger(each) && each >= 0 && each < 2 ** 31))
    throw new ArgumentError({
      op,
      problem: `padding ${describeList(padding)}`,
      remedy: `give 'same', 'valid', a whole number ≥ 0, or a list of ${axes} numbers or [low, high] pairs, one a spatial axis`,
    });
  return pairs;
};

/** The padding that gives `⌈size/stride⌉` windows. */
const sameBorder = (size: number, span: number, stride: number): Border => {
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + span - size, 0);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
};

/** Options made complete and checked: one entry a spatial axis. */
export const resolveWindow = (
  op: string,
  spatial: Shape,
  kernel: Shape,
  { stride = 1, padding = 0, dilation = 1 }: SlidingOptions,
): Window => {
  const strides = perAxis(op, 'stride', stride, spatial.length, 1);
  const dilations = perAxis(op, 'dilation', dilation, spatial.length, 1);
  const pads =
    padding === 'same'
      ? spatial.map((size, axis) =>
          sameBorder(size, spanOf(kernel[axis] ?? 1, dilations[axis] ?? 1), strides[axis] ?? 1),
        )
      : borders(op, padding === 'valid' ? 0 : padding, spatial.length);
  return { stride: strides, padding: pads, dilation: dilations };
};

/** How a kernel slides along one axis. */
export interface WindowSizeOptions {
  /** Taps. */
  readonly kernel: number;
  /** 1 by default. */
  readonly stride?: number;
  /** A number for both sides, `[low, high]`, `'same'` or `'valid'`; 0 by default. */
  readonly padding?: 'same' | 'valid' | number | Border;
  /** 1 by default. */
  readonly dilation?: number;
  /** Also count a last window that hangs over the end, unless it starts in the padding there; false by default. */
  readonly ceilMode?: boolean;
}

const windowOutputSizeNames = { kernel: true, stride: true, padding: true, dilation: true, ceilMode: 'flag' } as const;

/**
 * How many places convolution or pooling makes of an axis of `size`:
 * `⌊(size + low + high − dilation·(kernel − 1) − 1)/stride⌋ + 1`.
 * @throws ShapeError when the kernel is larger than the padded axis; ArgumentError for numbers that are not whole or too small.
 * @example
 * windowOutputSize(10, { kernel: 6, stride: 2, padding: 2 }) // 5
 * windowOutputSize(5, { kernel: 2, stride: 2, ceilMode: true }) // 3
 */
export const windowOutputSize = (size: number, options: WindowSizeOptions): number => {
  const op = 'windowOutputSize';
  const {
    kernel,
    stride = 1,
    padding = 0,
    dilation = 1,
    ceilMode = false,
  } = checkedOptions(op, options, windowOutputSizeNames);
  const spatial = perAxis(op, 'size', size, 1, 0);
  const taps = perAxis(op, 'kernel', kernel, 1, 1);
  const window = resolveWindow(op, spatial, taps, {
    stride,
    padding: isBorder(padding) ? [padding] : padding,
    dilation,
  });
  const [count = 0] = outputSizes(op, [spatial, taps], spatial, taps, window, ceilMode);
  return count;
};
