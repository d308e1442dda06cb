/** Pooling over one, two or three spatial axes, channels first: the largest element of each window, or the mean. */

import { ArgumentError, describe, ShapeError } from '../base/errors.js';
import { checkLength } from '../base/methods.js';
import { inOperation } from '../base/scope.js';
import { checkShape, type Shape, sizeOf } from '../base/shape.js';
import { div } from '../primitives/elementwise/div.js';
import { gather } from '../primitives/index/gather.js';
import { take } from '../primitives/index/take.js';
import { padWith } from '../primitives/shape/pad.js';
import { reshape } from '../primitives/shape/reshape.js';
import { windowArgmax } from '../primitives/window/window-argmax.js';
import { windowSum } from '../primitives/window/window-sum.js';
import { commonDtype } from '../rules/elementwise.js';
import type { PoolParams } from '../rules/pooling.js';
import { type Border, everyWindowReads, outputSizes, spanOf } from '../rules/window.js';
import { checkedOptions, rankOf } from '../tensor/arguments.js';
import { fromData } from '../tensor/creation.js';
import type { Tensor } from '../tensor/tensor.js';
import { mean } from './reductions.js';
import { type Padding, type PerAxis, perAxis, resolveWindow } from './windows.js';

export interface PoolOptions {
  /** The size of the windows. */
  readonly kernel: PerAxis;
  /** Places between neighbouring windows; the kernel by default, so that windows tile the input. */
  readonly stride?: PerAxis;
  /** Less than the kernel, or at most half of what a dilated one spans; 0 by default. */
  readonly padding?: Padding;
  /** Also pool a last window that hangs over the end, unless it starts in the padding there; false by default. */
  readonly ceilMode?: boolean;
}

export interface MaxPoolOptions extends PoolOptions {
  /** Places between neighbouring taps; 1 by default. */
  readonly dilation?: PerAxis;
}

export interface AvgPoolOptions extends PoolOptions {
  /** Divide by all places of the window inside the padded input, not only by those inside the input; true by default. */
  readonly countIncludePad?: boolean;
  /** Divide every window by this number instead. */
  readonly divisor?: number;
}

/** `maxPool2d` for `[N, C, H, W]`, after checking rank and element type. */
const poolName = (name: string, x: Tensor): string => {
  const axes = rankOf(name, x) - 2;
  if (axes < 1 || axes > 3)
    throw new ShapeError({
      op: name,
      problem: `the input has ${x.rank} axes`,
      shapes: [x.shape],
      remedy: 'give [N, C, …] with one to three spatial axes; unsqueeze a missing batch axis',
    });
  const op = `${name}${axes}d`;
  commonDtype(op, [x], 'float');
  return op;
};

interface Pooling {
  /** Padding that reaches to the end of the last window and no further, so that ceil mode needs no mention any more. */
  readonly params: PoolParams;
  /** Padding as it was asked for. */
  readonly padding: readonly Border[];
  readonly spatial: Shape;
  readonly outputs: Shape;
}

/** What the windows span along each axis; throws where the padding could fill one. */
export const checkPoolBorders = (
  op: string,
  taps: readonly number[],
  dilation: readonly number[],
  padding: readonly Border[],
): readonly number[] => {
  const spans = taps.map((count, axis) => spanOf(count, dilation[axis] ?? 1));
  for (const [axis, border] of padding.entries()) {
    const [span = 1, dilated] = [spans[axis], (dilation[axis] ?? 1) > 1];
    // Less than the kernel, so that no window holds padding alone; between dilated taps it could all the same.
    if (Math.max(...border) > (dilated ? Math.floor(span / 2) : span - 1))
      throw new ArgumentError({
        op,
        problem: dilated
          ? `padding [${border.join(',')}] is more than half of the ${span} places that the dilated kernel spans along spatial axis ${axis}`
          : `padding [${border.join(',')}] is not less than the kernel of ${span} places along spatial axis ${axis}`,
        remedy: 'pad less, or take a larger kernel',
      });
  }
  return spans;
};

/** Options made complete and checked. */
const resolvePool = (
  op: string,
  x: Tensor,
  { kernel, stride = kernel, ceilMode, ...options }: MaxPoolOptions,
): Pooling => {
  const spatial = x.shape.slice(2);
  const taps = perAxis(op, 'kernel', kernel, spatial.length, 1);
  const window = resolveWindow(op, spatial, taps, { ...options, stride });
  const spans = checkPoolBorders(op, taps, window.dilation, window.padding);
  const outputs = outputSizes(op, [x.shape, taps], spatial, taps, window, ceilMode);
  const padding = spatial.map((size, axis): Border => {
    const low = window.padding[axis]?.[0] ?? 0;
    const end = ((outputs[axis] ?? 1) - 1) * (window.stride[axis] ?? 1) + (spans[axis] ?? 1);
    return [low, end - low - size];
  });
  return { params: { ...window, kernel: taps, padding }, padding: window.padding, spatial, outputs };
};

/** The largest element of each window that slides over the last axes of `x: [N, C, …]`. */
const largest = (x: Tensor, spatial: Shape, outputs: Shape, p: PoolParams): Tensor => {
  if (!everyWindowReads(spatial, p.kernel, outputs, p)) {
    // A window of padding alone has no place to point at, until the padding is there in fact.
    const [low, high] = [p.padding.map(([before]) => before), p.padding.map(([, behind]) => Math.max(behind, 0))];
    const padded = padWith(x, {
      low: [0, 0, ...low],
      high: [0, 0, ...high],
      interior: x.shape.map(() => 0),
      value: Number.NEGATIVE_INFINITY,
    });
    const padding = p.padding.map(([, behind]): Border => [0, Math.min(behind, 0)]);
    return largest(padded, padded.shape.slice(2), outputs, { ...p, padding });
  }
  const [samples = 0, channels = 0] = x.shape;
  const places = reshape(windowArgmax(x, p), [samples, channels, sizeOf(outputs)]);
  const plane = reshape(x, [samples, channels, sizeOf(spatial)]);
  return reshape(gather(plane, places, 2), [samples, channels, ...outputs]);
};

const maxPoolNames = { kernel: true, stride: true, padding: true, dilation: true, ceilMode: 'flag' } as const;

/**
 * The largest element of each window: `x: [N, C, …]` → `[N, C, …]` with one to three spatial axes, sizes as
 * `windowOutputSize` gives them. NaN wins; padding is −∞. The gradient goes to the first largest element in row-major
 * order, and adds up where windows overlap.
 * @throws ShapeError when the kernel is larger than the padded input or the rank is wrong; ArgumentError for bad options,
 * or padding that is not less than the kernel (more than half of what a dilated one spans); DtypeError unless x is a float.
 * @example
 * maxPool(tensor([[[1, 5, 2, 4]]]), { kernel: 2 }).toArray() // [[[5, 4]]]
 * maxPool(tensor([[[1, 5, 2, 4, 3]]]), { kernel: 2, ceilMode: true }).toArray() // [[[5, 4, 3]]]
 */
export const maxPool = (x: Tensor, options: MaxPoolOptions): Tensor =>
  inOperation('maxPool', () => {
    const { params, spatial, outputs } = resolvePool(
      poolName('maxPool', x),
      x,
      checkedOptions('maxPool', options, maxPoolNames),
    );
    return largest(x, spatial, outputs, params);
  });

/** By how many places each window along an axis counts. */
const windowCounts = (
  { params, padding, spatial, outputs }: Pooling,
  axis: number,
  countIncludePad: boolean,
): number[] => {
  const [size, kernel, stride] = [spatial[axis] ?? 1, params.kernel[axis] ?? 1, params.stride[axis] ?? 1];
  const [low, high] = padding[axis] ?? [0, 0];
  return Array.from({ length: outputs[axis] ?? 0 }, (_, i) => {
    const start = i * stride - low;
    const end = Math.min(start + kernel, size + high);
    return Math.max(countIncludePad ? end - start : Math.min(end, size) - Math.max(start, 0), 1);
  });
};

/** Divides each window's sum by the product of its counts along the axes. */
const divideByCounts = (sums: Tensor, counts: readonly (readonly number[])[]): Tensor => {
  const products = counts.reduce<readonly number[]>((all, along) => all.flatMap((n) => along.map((m) => n * m)), [1]);
  const [first = 1] = products;
  if (products.every((count) => count === first)) return div(sums, first);
  return div(
    sums,
    fromData(
      products,
      counts.map((along) => along.length),
      sums.dtype,
    ),
  );
};

const avgPoolNames = {
  kernel: true,
  stride: true,
  padding: true,
  ceilMode: 'flag',
  countIncludePad: 'flag',
  divisor: true,
} as const;

/**
 * The mean of each window: `x: [N, C, …]` → `[N, C, …]` with one to three spatial axes, sizes as `windowOutputSize` gives
 * them. Padding counts as zeros; what hangs over in ceil mode never counts.
 * @throws ShapeError when the kernel is larger than the padded input or the rank is wrong; ArgumentError for bad options,
 * or padding that is not less than the kernel (more than half of what a dilated one spans); DtypeError unless x is a float.
 * @example
 * avgPool(tensor([[[1, 5, 2, 4]]]), { kernel: 2 }).toArray() // [[[3, 3]]]
 * avgPool(tensor([[[2, 4, 6]]]), { kernel: 2, padding: 1, countIncludePad: false }).toArray() // [[[2, 5]]]
 */
export const avgPool = (x: Tensor, given: AvgPoolOptions): Tensor =>
  inOperation('avgPool', () => {
    const { countIncludePad = true, divisor, ...options } = checkedOptions('avgPool', given, avgPoolNames);
    const op = poolName('avgPool', x);
    if (divisor !== undefined && (!Number.isFinite(divisor) || divisor === 0))
      throw new ArgumentError({ op, problem: `divisor ${describe(divisor)}`, remedy: 'give a number other than 0' });
    const pooling = resolvePool(op, x, options);
    const sums = windowSum(x, pooling.params);
    if (divisor !== undefined) return div(sums, divisor);
    return divideByCounts(
      sums,
      pooling.spatial.map((_, axis) => windowCounts(pooling, axis, countIncludePad)),
    );
  });

/** The output size of adaptive pooling: one number for all spatial axes, or one an axis; `null` keeps the axis as it is. */
export type AdaptiveSize = number | readonly (number | null)[];

interface Adaptive {
  readonly outputs: readonly number[];
  /** Places of each window, axis by axis: from ⌊i·in/out⌋ to ⌈(i + 1)·in/out⌉. */
  readonly windows: readonly (readonly { readonly start: number; readonly length: number }[])[];
  /** The longest window along each axis. */
  readonly kernel: readonly number[];
}

const resolveAdaptive = (op: string, x: Tensor, outputSize: AdaptiveSize): Adaptive => {
  const spatial = x.shape.slice(2);
  if (Array.isArray(outputSize)) checkLength(op, 'outputSize', outputSize);
  const asked = Array.isArray(outputSize)
    ? (outputSize as readonly (number | null)[]).map((size, axis) => size ?? spatial[axis] ?? 1)
    : (outputSize as number);
  const outputs = perAxis(op, 'outputSize', asked, spatial.length, 1);
  checkShape(op, [...x.shape.slice(0, 2), ...outputs]);
  if (spatial.includes(0))
    throw new ShapeError({
      op,
      problem: 'a spatial axis has no places',
      shapes: [x.shape],
      remedy: 'give spatial axes of size 1 at least',
    });
  const windows = outputs.map((count, axis) => {
    const size = spatial[axis] ?? 1;
    return Array.from({ length: count }, (_, i) => {
      const start = Math.floor((i * size) / count);
      return { start, length: Math.ceil(((i + 1) * size) / count) - start };
    });
  });
  return { outputs, windows, kernel: windows.map((along) => Math.max(...along.map(({ length }) => length))) };
};

/**
 * Lays the windows of each axis side by side, all as long as the longest, so that a kernel as large as its stride pools
 * them; `filler(end)` says which place fills up a window that ends before `end`.
 */
const spread = (x: Tensor, { windows, kernel }: Adaptive, filler: (end: number, axis: number) => number): Tensor =>
  windows.reduce((spreading, along, axis) => {
    const places = along.flatMap(({ start, length }) =>
      Array.from({ length: kernel[axis] ?? 1 }, (_, k) => (k < length ? start + k : filler(start + length, axis))),
    );
    const identity = places.length === spreading.shape[axis + 2] && places.every((place, i) => place === i);
    return identity ? spreading : take(spreading, places, axis + 2);
  }, x);

const tiling = (kernel: readonly number[]): PoolParams => ({
  kernel,
  stride: kernel,
  padding: kernel.map((): Border => [0, 0]),
  dilation: kernel.map(() => 1),
});

/**
 * The largest element of each of `outputSize` windows an axis, window i reaching from ⌊i·in/out⌋ to ⌈(i + 1)·in/out⌉.
 * `x: [N, C, …]` → `[N, C, …outputSize]` with one to three spatial axes. NaN wins, ties go to the first in row-major order.
 * @throws ShapeError for a wrong rank or an axis without places; ArgumentError for a bad size; DtypeError unless x is a float.
 * @example
 * adaptiveMaxPool(tensor([[[1, 5, 2, 4, 3]]]), 2).toArray() // [[[5, 4]]]
 */
export const adaptiveMaxPool = (x: Tensor, outputSize: AdaptiveSize): Tensor =>
  inOperation('adaptiveMaxPool', () => {
    const adaptive = resolveAdaptive(poolName('adaptiveMaxPool', x), x, outputSize);
    // Filling up with a place of the window itself changes neither the largest nor which comes first.
    const spreading = spread(x, adaptive, (end) => end - 1);
    return largest(spreading, spreading.shape.slice(2), adaptive.outputs, tiling(adaptive.kernel));
  });

/**
 * The mean of each of `outputSize` windows an axis, window i reaching from ⌊i·in/out⌋ to ⌈(i + 1)·in/out⌉.
 * `x: [N, C, …]` → `[N, C, …outputSize]` with one to three spatial axes.
 * @throws ShapeError for a wrong rank or an axis without places; ArgumentError for a bad size; DtypeError unless x is a float.
 * @example
 * adaptiveAvgPool(tensor([[[1, 5, 3, 4, 2]]]), 2).toArray() // [[[3, 3]]]
 */
export const adaptiveAvgPool = (x: Tensor, outputSize: AdaptiveSize): Tensor =>
  inOperation('adaptiveAvgPool', () => {
    const adaptive = resolveAdaptive(poolName('adaptiveAvgPool', x), x, outputSize);
    const uneven = adaptive.windows.map((along, axis) =>
      along.some(({ length }) => length < (adaptive.kernel[axis] ?? 1)),
    );
    const padded = padWith(x, {
      low: x.shape.map(() => 0),
      high: [0, 0, ...uneven.map(Number)],
      interior: x.shape.map(() => 0),
      value: 0,
    });
    // Windows that are too short are filled up with the zero behind the axis.
    const spreading = spread(padded, adaptive, (_, axis) => x.shape[axis + 2] ?? 0);
    return divideByCounts(
      windowSum(spreading, tiling(adaptive.kernel)),
      adaptive.windows.map((along) => along.map(({ length }) => length)),
    );
  });

/**
 * The mean of each channel over all its places: `x: [N, C, …]` → `[N, C]` with one to three spatial axes.
 * @throws ShapeError for a wrong rank; DtypeError unless x is a float.
 * @example
 * globalAvgPool(tensor([[[1, 2, 6], [0, 2, 4]]])).toArray() // [[3, 2]]
 */
export const globalAvgPool = (x: Tensor): Tensor =>
  inOperation('globalAvgPool', () => {
    poolName('globalAvgPool', x);
    return mean(x, { axes: x.shape.map((_, axis) => axis).slice(2) });
  });
