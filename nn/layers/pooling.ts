/** Pooling layers: plain functions with their options fixed, because there is nothing to learn or to remember. */

import { describeList } from '../../core/base/errors.js';
import type { Tensor } from '../../core/index.js';
import { perAxis } from '../../core/ops/windows.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import type { LayoutOptions } from '../functional/convolution.js';
import { avgPoolNames, maxPoolNames } from '../functional/option-names.js';
import {
  type AvgPoolOptions,
  adaptiveAvgPool1d as adaptiveAvgPool1dFunction,
  adaptiveAvgPool2d as adaptiveAvgPool2dFunction,
  adaptiveAvgPool3d as adaptiveAvgPool3dFunction,
  adaptiveMaxPool1d as adaptiveMaxPool1dFunction,
  adaptiveMaxPool2d as adaptiveMaxPool2dFunction,
  adaptiveMaxPool3d as adaptiveMaxPool3dFunction,
  avgPool1d as avgPool1dFunction,
  avgPool2d as avgPool2dFunction,
  avgPool3d as avgPool3dFunction,
  type MaxPoolOptions,
  maxPool1d as maxPool1dFunction,
  maxPool2d as maxPool2dFunction,
  maxPool3d as maxPool3dFunction,
} from '../functional/pooling.js';
import { checkPoolOptions, checkWindowOptions } from './window-checks.js';

type Sizes = number | readonly number[];
type Pool<O> = (kernel: Sizes, options?: Omit<O, 'kernel'>) => (x: Tensor) => Tensor;

/** A function that prints as `name`. */
const named = (name: string, f: (x: Tensor) => Tensor): ((x: Tensor) => Tensor) =>
  Object.defineProperty(f, 'name', { value: name });

const { kernel: _, ...maxNames } = maxPoolNames;
const { kernel: __, ...avgNames } = avgPoolNames;

const poolOf =
  <O extends MaxPoolOptions | AvgPoolOptions>(
    op: string,
    axes: number,
    f: (x: Tensor, options: O) => Tensor,
    check: (options: Omit<O, 'kernel'>) => object,
  ): Pool<O> =>
  (kernel, options) => {
    const checked = options === undefined ? {} : check(options);
    checkPoolOptions(op, axes, kernel, checked);
    return named(`${op}(${describeList(kernel)})`, (x) => f(x, { ...checked, kernel } as unknown as O));
  };

const maxPoolOf = (op: string, axes: number, f: (x: Tensor, options: MaxPoolOptions) => Tensor): Pool<MaxPoolOptions> =>
  poolOf(op, axes, f, (options: Omit<MaxPoolOptions, 'kernel'>) => checkedOptions(op, options, maxNames));
const avgPoolOf = (op: string, axes: number, f: (x: Tensor, options: AvgPoolOptions) => Tensor): Pool<AvgPoolOptions> =>
  poolOf(op, axes, f, (options: Omit<AvgPoolOptions, 'kernel'>) => checkedOptions(op, options, avgNames));

/**
 * Max pooling of `[N, C, L]`; the stride is the kernel unless given.
 * @example
 * maxPool1d(2)(tensor([[[1, 3, 2, 4]]])).toArray() // [[[3, 4]]]
 */
export const maxPool1d: Pool<MaxPoolOptions> = maxPoolOf('maxPool1d', 1, maxPool1dFunction);

/**
 * Max pooling of images `[N, C, H, W]`; the stride is the kernel unless given.
 * @example
 * maxPool2d(3, { stride: 2, padding: 1 })(ones([1, 1, 4, 4])).shape // [1, 1, 2, 2]
 */
export const maxPool2d: Pool<MaxPoolOptions> = maxPoolOf('maxPool2d', 2, maxPool2dFunction);

/** Max pooling of volumes `[N, C, D, H, W]`; the stride is the kernel unless given. */
export const maxPool3d: Pool<MaxPoolOptions> = maxPoolOf('maxPool3d', 3, maxPool3dFunction);

/**
 * Average pooling of `[N, C, L]`; the stride is the kernel unless given.
 * @example
 * avgPool1d(2)(tensor([[[1, 3, 2, 4]]])).toArray() // [[[2, 3]]]
 */
export const avgPool1d: Pool<AvgPoolOptions> = avgPoolOf('avgPool1d', 1, avgPool1dFunction);

/**
 * Average pooling of images `[N, C, H, W]`; the stride is the kernel unless given.
 * @example
 * avgPool2d(2)(ones([1, 1, 4, 4])).toArray() // [[[[1, 1], [1, 1]]]]
 */
export const avgPool2d: Pool<AvgPoolOptions> = avgPoolOf('avgPool2d', 2, avgPool2dFunction);

/** Average pooling of volumes `[N, C, D, H, W]`; the stride is the kernel unless given. */
export const avgPool3d: Pool<AvgPoolOptions> = avgPoolOf('avgPool3d', 3, avgPool3dFunction);

type AdaptivePool = (size: Sizes, options?: LayoutOptions) => (x: Tensor) => Tensor;

const layoutNames = { layout: true } as const;

const adaptiveOf =
  (op: string, axes: number, f: (x: Tensor, size: Sizes, options?: LayoutOptions) => Tensor): AdaptivePool =>
  (size, options = {}) => {
    checkWindowOptions(op, axes, checkedOptions(op, options, layoutNames));
    // An axis that is to stay as it is has no size of its own.
    perAxis(op, 'outputSize', Array.isArray(size) ? size.map((each: number | null) => each ?? 1) : size, axes, 1);
    return named(`${op}(${describeList(size)})`, (x) => f(x, size, options));
  };

/**
 * Average pooling of `[N, C, L]` to a given length, whatever theirs is.
 * @example
 * adaptiveAvgPool1d(3)(ones([1, 2, 7])).shape // [1, 2, 3]
 */
export const adaptiveAvgPool1d: AdaptivePool = adaptiveOf('adaptiveAvgPool1d', 1, adaptiveAvgPool1dFunction);

/**
 * Average pooling of images to a given size, whatever theirs is.
 * @example
 * adaptiveAvgPool2d([2, 3])(ones([1, 1, 5, 7])).shape // [1, 1, 2, 3]
 */
export const adaptiveAvgPool2d: AdaptivePool = adaptiveOf('adaptiveAvgPool2d', 2, adaptiveAvgPool2dFunction);

/** Average pooling of volumes to a given size, whatever theirs is. */
export const adaptiveAvgPool3d: AdaptivePool = adaptiveOf('adaptiveAvgPool3d', 3, adaptiveAvgPool3dFunction);

/**
 * Max pooling of `[N, C, L]` to a given length, whatever theirs is.
 * @example
 * adaptiveMaxPool1d(3)(ones([1, 2, 7])).shape // [1, 2, 3]
 */
export const adaptiveMaxPool1d: AdaptivePool = adaptiveOf('adaptiveMaxPool1d', 1, adaptiveMaxPool1dFunction);

/**
 * Max pooling of images to a given size, whatever theirs is.
 * @example
 * adaptiveMaxPool2d(1)(ones([1, 1, 5, 7])).shape // [1, 1, 1, 1]
 */
export const adaptiveMaxPool2d: AdaptivePool = adaptiveOf('adaptiveMaxPool2d', 2, adaptiveMaxPool2dFunction);

/** Max pooling of volumes to a given size, whatever theirs is. */
export const adaptiveMaxPool3d: AdaptivePool = adaptiveOf('adaptiveMaxPool3d', 3, adaptiveMaxPool3dFunction);
