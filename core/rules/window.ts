/**
 * Sliding windows: where the taps of a kernel read while it slides over a plane. Along each axis output i and tap k meet
 * at position `i·stride + k·dilation − low`; positions outside the plane are padding, which nobody stores.
 * Convolution and pooling share this geometry, for any number of axes.
 */
import { ShapeError } from '../base/errors.js';
import type { Shape } from '../base/shape.js';

/** Places added before and after an axis; a negative count leaves places out. */
export type Border = readonly [low: number, high: number];

/** How a kernel slides; one entry an axis. */
export interface Window {
  readonly stride: readonly number[];
  readonly padding: readonly Border[];
  readonly dilation: readonly number[];
}

/** How a kernel slides along one axis. */
export interface WindowAxis {
  readonly stride: number;
  readonly padding: Border;
  readonly dilation: number;
}

export const axisOf = ({ stride, padding, dilation }: Window, axis: number): WindowAxis => ({
  stride: stride[axis] ?? 1,
  padding: padding[axis] ?? [0, 0],
  dilation: dilation[axis] ?? 1,
});

/** The places that a kernel spans, from its first tap to its last. */
export const spanOf = (kernel: number, dilation: number): number => dilation * (kernel - 1) + 1;

/**
 * The number of windows along an axis, `⌊(size + low + high − span)/stride⌋ + 1`; not positive where not one fits. In ceil
 * mode a last window may hang over the end, but not start in the padding there.
 */
export const countWindows = (
  size: number,
  kernel: number,
  { stride, padding: [low, high], dilation }: WindowAxis,
  ceilMode = false,
): number => {
  const room = size + low + high - spanOf(kernel, dilation);
  if (!ceilMode) return Math.floor(room / stride) + 1;
  const count = Math.ceil(room / stride) + 1;
  return (count - 1) * stride >= size + low ? count - 1 : count;
};

/** The spatial shape of the result, or a `ShapeError` that shows `shapes`. */
export const outputSizes = (
  op: string,
  shapes: readonly Shape[],
  spatial: Shape,
  kernel: Shape,
  window: Window,
  ceilMode = false,
): number[] =>
  spatial.map((size, axis) => {
    const along = axisOf(window, axis);
    const taps = kernel[axis] ?? 1;
    const count = countWindows(size, taps, along, ceilMode);
    if (count < 1)
      throw new ShapeError({
        op,
        problem: `the kernel spans ${spanOf(taps, along.dilation)} places along spatial axis ${axis}, the padded input has ${size + along.padding[0] + along.padding[1]}`,
        shapes,
        remedy: 'pad more, or take a smaller kernel or dilation',
      });
    return count;
  });

/** The outputs `from ≤ i < to` whose tap k reads inside an axis of `size`: `0 ≤ i·stride + k·dilation − low < size`. */
const reached = (
  tap: number,
  size: number,
  outputs: number,
  { stride, padding: [low], dilation }: WindowAxis,
): readonly [from: number, to: number] => {
  const offset = tap * dilation - low;
  return [Math.max(0, Math.ceil(-offset / stride)), Math.min(outputs, Math.floor((size - 1 - offset) / stride) + 1)];
};

/** Whether every window holds a place of the plane, and not padding alone. */
export const everyWindowReads = (spatial: Shape, kernel: Shape, outputs: Shape, window: Window): boolean =>
  spatial.every((size, axis) => {
    const along = axisOf(window, axis);
    const reads = new Set<number>();
    for (let tap = 0; tap < (kernel[axis] ?? 1); tap++) {
      const [from, to] = reached(tap, size, outputs[axis] ?? 0, along);
      for (let i = from; i < to; i++) reads.add(i);
    }
    return reads.size === outputs[axis];
  });

/**
 * All meetings of outputs, taps and positions in one plane, as runs: tap `taps[r]` is read by the outputs
 * `targets[r] + j` at the positions `sources[r] + j·step`, for `0 ≤ j < lengths[r]`. All are offsets into flattened planes.
 * An output meets its taps in row-major order.
 */
export interface Runs {
  readonly step: number;
  readonly taps: Int32Array;
  readonly sources: Int32Array;
  readonly targets: Int32Array;
  readonly lengths: Int32Array;
}

export const windowRuns = (spatial: Shape, kernel: Shape, outputs: Shape, window: Window): Runs => {
  const taps: number[] = [];
  const sources: number[] = [];
  const targets: number[] = [];
  const lengths: number[] = [];
  const last = spatial.length - 1;
  const step = window.stride[last] ?? 1;

  const append = (tap: number, source: number, target: number, length: number): void => {
    const before = lengths.length - 1;
    const [sourceEnd, targetEnd] = [sources, targets].map((starts) => (starts[before] ?? 0) + (lengths[before] ?? 0));
    // What goes on where the run before stopped is the same run: a kernel of one tap has one run a plane.
    if (step === 1 && tap === taps[before] && source === sourceEnd && target === targetEnd) {
      lengths[before] = (lengths[before] ?? 0) + length;
      return;
    }
    taps.push(tap);
    sources.push(source);
    targets.push(target);
    lengths.push(length);
  };

  /** Goes through taps and outputs of `axis` and those behind it; the offsets are Horner sums over the axes before. */
  const descend = (axis: number, tap: number, source: number, target: number): void => {
    const [size, length, count] = [spatial[axis] ?? 1, kernel[axis] ?? 1, outputs[axis] ?? 1];
    const along = axisOf(window, axis);
    for (let k = 0; k < length; k++) {
      const [from, to] = reached(k, size, count, along);
      const first = source * size + k * along.dilation - along.padding[0];
      if (axis < last)
        for (let i = from; i < to; i++)
          descend(axis + 1, tap * length + k, first + i * along.stride, target * count + i);
      else if (from < to) append(tap * length + k, first + from * along.stride, target * count + from, to - from);
    }
  };
  descend(0, 0, 0, 0);
  return {
    step,
    taps: Int32Array.from(taps),
    sources: Int32Array.from(sources),
    targets: Int32Array.from(targets),
    lengths: Int32Array.from(lengths),
  };
};
