/** Pooling layers' functions: the core's pools in channels-first or channels-last layout. */

import { inOperation } from '../../core/base/scope.js';
import {
  type AdaptiveSize,
  adaptiveAvgPool,
  adaptiveMaxPool,
  avgPool,
  type AvgPoolOptions as CoreAvgPoolOptions,
  type MaxPoolOptions as CoreMaxPoolOptions,
  globalAvgPool as globalAvgPoolFirst,
  maxPool,
  reshape,
  ShapeError,
  type Tensor,
} from '../../core/index.js';
import { checkedOptions, rankOf } from '../../core/tensor/arguments.js';
import { channelsFirst, channelsLast, type LayoutOptions } from './convolution.js';
import { checkLayout } from './normalise.js';
import { avgPoolNames, maxPoolNames } from './option-names.js';

export interface MaxPoolOptions extends CoreMaxPoolOptions, LayoutOptions {}
export interface AvgPoolOptions extends CoreAvgPoolOptions, LayoutOptions {}

const onImagesNames = { layout: true } as const;

/** Runs `f` on channels-first images of `axes` spatial axes. */
const onImages = (op: string, axes: number, x: Tensor, options: LayoutOptions, f: (x: Tensor) => Tensor): Tensor => {
  const { layout = 'NCHW' } = checkedOptions(op, options, onImagesNames);
  checkLayout(op, layout);
  if (rankOf(op, x) !== axes + 2)
    throw new ShapeError({
      op,
      problem: `the input has ${x.rank} axes`,
      shapes: [x.shape],
      remedy: `give ${axes + 2}: samples, channels and ${axes} spatial`,
    });
  return layout === 'NCHW' ? f(x) : channelsLast(f(channelsFirst(x)));
};

const maxPoolOf =
  (axes: number) =>
  (x: Tensor, given: MaxPoolOptions): Tensor => {
    const op = `maxPool${axes}d`;
    const { layout = 'NCHW', ...options } = checkedOptions(op, given, maxPoolNames);
    return onImages(op, axes, x, { layout }, (images) => maxPool(images, options));
  };

const avgPoolOf =
  (axes: number) =>
  (x: Tensor, given: AvgPoolOptions): Tensor => {
    const op = `avgPool${axes}d`;
    const { layout = 'NCHW', ...options } = checkedOptions(op, given, avgPoolNames);
    return onImages(op, axes, x, { layout }, (images) => avgPool(images, options));
  };

/**
 * The largest of each window along one axis, `x: [N, C, L]`. Padding is −∞; a tie goes to the first.
 * @throws ShapeError for another rank, or when no window fits.
 * @example
 * functional.maxPool1d(tensor([[[1, 3, 2, 4]]]), { kernel: 2 }).toArray() // [[[3, 4]]]
 */
export const maxPool1d: (x: Tensor, options: MaxPoolOptions) => Tensor = maxPoolOf(1);

/**
 * The largest of each window of images `[N, C, H, W]`. Padding is −∞; a tie goes to the first in row-major order.
 * @throws ShapeError for another rank, or when no window fits.
 * @example
 * functional.maxPool2d(tensor([[[[1, 2], [3, 4]]]]), { kernel: 2 }).toArray() // [[[[4]]]]
 */
export const maxPool2d: (x: Tensor, options: MaxPoolOptions) => Tensor = maxPoolOf(2);

/** The largest of each window of volumes `[N, C, D, H, W]`. */
export const maxPool3d: (x: Tensor, options: MaxPoolOptions) => Tensor = maxPoolOf(3);

/**
 * The mean of each window along one axis, `x: [N, C, L]`.
 * @throws ShapeError for another rank, or when no window fits.
 * @example
 * functional.avgPool1d(tensor([[[1, 3, 2, 4]]]), { kernel: 2 }).toArray() // [[[2, 3]]]
 */
export const avgPool1d: (x: Tensor, options: AvgPoolOptions) => Tensor = avgPoolOf(1);

/**
 * The mean of each window of images `[N, C, H, W]`.
 * @throws ShapeError for another rank, or when no window fits.
 * @example
 * functional.avgPool2d(tensor([[[[1, 2], [3, 6]]]]), { kernel: 2 }).toArray() // [[[[3]]]]
 */
export const avgPool2d: (x: Tensor, options: AvgPoolOptions) => Tensor = avgPoolOf(2);

/** The mean of each window of volumes `[N, C, D, H, W]`. */
export const avgPool3d: (x: Tensor, options: AvgPoolOptions) => Tensor = avgPoolOf(3);

type AdaptivePool = (x: Tensor, size: AdaptiveSize, options?: LayoutOptions) => Tensor;

const adaptiveOf =
  (name: string, axes: number, f: (x: Tensor, size: AdaptiveSize) => Tensor): AdaptivePool =>
  (x, size, options = {}) =>
    onImages(`${name}${axes}d`, axes, x, options, (images) => f(images, size));

/**
 * Averages `[N, C, L]` over windows chosen so that the output has the given size: window i covers
 * ⌊i·in/out⌋ … ⌈(i + 1)·in/out⌉.
 * @throws ShapeError for another rank.
 * @example
 * functional.adaptiveAvgPool1d(tensor([[[1, 5, 3, 4, 2]]]), 2).toArray() // [[[3, 3]]]
 */
export const adaptiveAvgPool1d: AdaptivePool = adaptiveOf('adaptiveAvgPool', 1, adaptiveAvgPool);

/**
 * Averages images `[N, C, H, W]` over windows chosen so that the output has the given size: window i covers
 * ⌊i·in/out⌋ … ⌈(i + 1)·in/out⌉.
 * @throws ShapeError for another rank.
 * @example
 * functional.adaptiveAvgPool2d(tensor([[[[1, 2], [3, 6]]]]), 1).toArray() // [[[[3]]]]
 */
export const adaptiveAvgPool2d: AdaptivePool = adaptiveOf('adaptiveAvgPool', 2, adaptiveAvgPool);

/**
 * Averages volumes `[N, C, D, H, W]` over the windows of `adaptiveAvgPool2d`.
 * @throws ShapeError for another rank.
 */
export const adaptiveAvgPool3d: AdaptivePool = adaptiveOf('adaptiveAvgPool', 3, adaptiveAvgPool);

/**
 * The largest of `[N, C, L]` over the windows of `adaptiveAvgPool1d`.
 * @throws ShapeError for another rank.
 * @example
 * functional.adaptiveMaxPool1d(tensor([[[1, 5, 2, 4, 3]]]), 2).toArray() // [[[5, 4]]]
 */
export const adaptiveMaxPool1d: AdaptivePool = adaptiveOf('adaptiveMaxPool', 1, adaptiveMaxPool);

/**
 * The largest of images `[N, C, H, W]` over the windows of `adaptiveAvgPool2d`.
 * @throws ShapeError for another rank.
 * @example
 * functional.adaptiveMaxPool2d(tensor([[[[1, 2], [3, 6]]]]), 1).toArray() // [[[[6]]]]
 */
export const adaptiveMaxPool2d: AdaptivePool = adaptiveOf('adaptiveMaxPool', 2, adaptiveMaxPool);

/**
 * The largest of volumes `[N, C, D, H, W]` over the windows of `adaptiveAvgPool2d`.
 * @throws ShapeError for another rank.
 */
export const adaptiveMaxPool3d: AdaptivePool = adaptiveOf('adaptiveMaxPool', 3, adaptiveMaxPool);

const globalAvgPoolNames = { layout: true } as const;

/**
 * The mean over all positions: `[N, C, …]` → `[N, C]`. Stands in `sequential` as it is.
 * @throws ShapeError without spatial axes.
 * @example
 * functional.globalAvgPool(tensor([[[1, 2, 3]]])).toArray() // [[2]]
 */
export const globalAvgPool = (x: Tensor, options: LayoutOptions = {}): Tensor =>
  inOperation('globalAvgPool', () => {
    const { layout = 'NCHW' } = checkedOptions('globalAvgPool', options, globalAvgPoolNames);
    checkLayout('globalAvgPool', layout);
    return globalAvgPoolFirst(layout === 'NCHW' ? x : channelsFirst(x));
  });

const globalMaxPoolNames = { layout: true } as const;

/**
 * The largest over all positions: `[N, C, …]` → `[N, C]`; a tie goes to the first. Stands in `sequential` as it is.
 * @throws ShapeError without spatial axes.
 * @example
 * functional.globalMaxPool(tensor([[[1, 3, 2]]])).toArray() // [[3]]
 */
export const globalMaxPool = (x: Tensor, options: LayoutOptions = {}): Tensor =>
  inOperation('globalMaxPool', () => {
    const { layout = 'NCHW' } = checkedOptions('globalMaxPool', options, globalMaxPoolNames);
    checkLayout('globalMaxPool', layout);
    const images = layout === 'NCHW' ? x : channelsFirst(x);
    return reshape(adaptiveMaxPool(images, 1), images.shape.slice(0, 2)) as Tensor;
  });
