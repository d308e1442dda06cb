/**
 * Pooling: windows slide over the planes of a tensor, each tap of the kernel by itself. A tap meets a block of outputs and a
 * strided block of the plane; sums add one to the other, maxima compare the two and keep the place of the larger.
 */
import { bytesPerElement, type ComputeDtype, computed, isComputeFloat } from '../../../base/dtype.js';
import { type Shape, sizeOf, stridesOf } from '../../../base/shape.js';
import type { PoolParams } from '../../../rules/pooling.js';
import { axisOf, type Window } from '../../../rules/window.js';
import { f32, f64, i32, type Local, local, memory, type Statement, set, when } from '../assembler/index.js';
import type { Sliding } from '../conv/pieces.js';
import { apart, argmaxOfPieces, slidingOf, smallPieces, spreadPieces, sumsOfPieces, turned } from '../conv/pooling.js';
import { fillBuffer, moveBlock } from '../loops/blocks.js';
import { nest } from '../loops/nest.js';
import type { KernelLowering, Lowerings, Site, WindowWay } from './lowering.js';

/** Kernels with more taps run the reference loop: each tap is code of its own here. */
export const mostTaps = 400;

/** What a tap reads of a plane, and where that lies among the outputs. */
export interface Reach {
  /** Outputs along each axis. */
  readonly counts: readonly number[];
  /** The first element read, and the first output, in elements. */
  readonly from: number;
  readonly to: number;
}

/** `null` where all that the tap reads is padding. */
export const reachOf = (spatial: Shape, outputs: Shape, window: Window, tap: readonly number[]): Reach | null => {
  const [inPlane, inOutputs] = [stridesOf(spatial), stridesOf(outputs)];
  let [from, to] = [0, 0];
  const counts = spatial.map((size, axis) => {
    const { stride, padding, dilation } = axisOf(window, axis);
    const offset = (tap[axis] ?? 0) * dilation - padding[0];
    const first = Math.max(0, Math.ceil(-offset / stride));
    const end = Math.min(outputs[axis] ?? 0, Math.floor((size - 1 - offset) / stride) + 1);
    from += (first * stride + offset) * (inPlane[axis] ?? 0);
    to += first * (inOutputs[axis] ?? 0);
    return end - first;
  });
  return counts.some((count) => count <= 0) ? null : { counts, from, to };
};

/** The taps of a kernel, row-major. */
export const tapsOf = (kernel: Shape): number[][] => {
  const strides = stridesOf(kernel);
  return Array.from({ length: sizeOf(kernel) }, (_, position) =>
    strides.map((stride, axis) => Math.floor(position / stride) % (kernel[axis] ?? 1)),
  );
};

/** Strides of a plane from one output's place to the next one's. */
export const steppedStrides = (spatial: Shape, window: Window): number[] =>
  stridesOf(spatial).map((stride, axis) => stride * axisOf(window, axis).stride);

/** What says which way it is. */
type Kernel = KernelLowering & { readonly way: WindowWay };

/** What has too many taps to be code of its own. */
type Windowed = Kernel | { readonly kind: 'reference' };

/** Sums of windows, or their transpose, by vectors of windows; `null` where that is too much code, or windows overlap. */
const sumsByVectors = (dtype: Exclude<ComputeDtype, 'bool'>, sliding: Sliding, back: boolean): Kernel | null => {
  const summed = back ? turned(sliding) : sliding;
  const spread = back && summed === null && apart(sliding);
  const pieces = summed !== null ? smallPieces(summed) : spread ? smallPieces(sliding) : null;
  if (pieces === null) return null;
  return {
    kind: 'kernel',
    way: summed === null ? 'spread' : back ? 'turned' : 'windows',
    workspace: 0,
    parallel: true,
    emit: ({ inputs: [source], output: target, ...threads }) => {
      if (source === undefined) return [];
      return summed !== null
        ? sumsOfPieces(dtype, summed, pieces, threads, source, target)
        : spreadPieces(dtype, sliding, pieces, threads, source, target);
    },
  };
};

/** Sums of windows, or with `back` the transpose, which adds each output to all that its window reads. */
const sums =
  (back: boolean) =>
  ({ inputs: [x], output, params }: Site<PoolParams>): Windowed => {
    const { kernel } = params;
    if (x === undefined || sizeOf(kernel) > mostTaps) return { kind: 'reference' };
    const [large, small] = back ? [output.shape, x.shape] : [x.shape, output.shape];
    const spatial = large.slice(large.length - kernel.length);
    const outputs = small.slice(small.length - kernel.length);
    const planes = sizeOf(large.slice(0, large.length - kernel.length));
    const dtype = computed(output.dtype);
    const bytes = bytesPerElement(dtype);
    const vectors = dtype === 'bool' ? null : sumsByVectors(dtype, slidingOf(large, small, params), back);
    if (vectors !== null) return vectors;
    const inPlane = [sizeOf(spatial), ...steppedStrides(spatial, params)];
    const inOutputs = [sizeOf(outputs), ...stridesOf(outputs)];
    return {
      kind: 'kernel',
      way: 'taps',
      workspace: 0,
      emit: ({ inputs: [source], output: target }) => [
        ...fillBuffer(dtype, output.shape, 0, target),
        ...tapsOf(kernel).flatMap((tap) => {
          const reach = reachOf(spatial, outputs, params, tap);
          if (reach === null || source === undefined) return [];
          const shape = [planes, ...reach.counts];
          const [wide, narrow] = [reach.from * bytes, reach.to * bytes];
          return back
            ? moveBlock(
                { dtype, shape, from: inOutputs, to: inPlane, adds: true },
                i32.add(source, narrow),
                i32.add(target, wide),
              )
            : moveBlock(
                { dtype, shape, from: inPlane, to: inOutputs, adds: true },
                i32.add(source, wide),
                i32.add(target, narrow),
              );
        }),
      ],
    };
  };

/** The place of the first largest element of each window within its plane: taps take the lead in row-major order. */
const windowArgmax = ({ inputs: [x], output, params }: Site<PoolParams>): Windowed => {
  const { kernel } = params;
  if (x === undefined || !isComputeFloat(x.dtype) || sizeOf(kernel) > mostTaps) return { kind: 'reference' };
  const { dtype } = x;
  const sliding = slidingOf(x.shape, output.shape, params);
  const pieces = smallPieces(sliding);
  if (pieces !== null)
    return {
      kind: 'kernel',
      way: 'windows',
      workspace: 0,
      parallel: true,
      emit: ({ inputs: [source], output: target, ...threads }) =>
        source === undefined ? [] : argmaxOfPieces(dtype, sliding, pieces, threads, source, target),
    };
  const float = x.dtype === 'float64' ? f64 : f32;
  const bytes = bytesPerElement(x.dtype);
  const leading = x.shape.length - kernel.length;
  const [spatial, outputs] = [x.shape.slice(leading), output.shape.slice(leading)];
  const planes = sizeOf(x.shape.slice(0, leading));
  const [planeBytes, outputBytes] = [sizeOf(spatial) * bytes, sizeOf(outputs) * 4];
  return {
    kind: 'kernel',
    way: 'taps',
    workspace: 0,
    emit: ({ inputs: [source], output: target }) => {
      if (source === undefined) return [];
      const [plane, windows, read, write, place] = [
        local('i32'),
        local('i32'),
        local('i32'),
        local('i32'),
        local('i32'),
      ];
      const candidate = local(x.dtype === 'float64' ? 'f64' : 'f32') as Local<'f32'> & Local<'f64'>;
      const best = local(x.dtype === 'float64' ? 'f64' : 'f32') as Local<'f32'> & Local<'f64'>;
      /** `!(candidate ≤ best)` is true of a NaN, and of nothing against a NaN that leads. */
      const takesLead = i32.and(float.eq(best, best), i32.eqz(float.le(candidate, best)));
      const taps = tapsOf(kernel).flatMap((tap): Statement[] => {
        const reach = reachOf(spatial, outputs, params, tap);
        if (reach === null) return [];
        const lead = [set(place, i32.shr_u(i32.sub(read, plane), Math.log2(bytes))), i32.store(write, place)];
        return [
          set(read, i32.add(plane, reach.from * bytes)),
          set(write, i32.add(windows, reach.to * 4)),
          ...nest(
            reach.counts,
            [
              { pointer: read, strides: steppedStrides(spatial, params).map((stride) => stride * bytes) },
              { pointer: write, strides: stridesOf(outputs).map((stride) => stride * 4) },
            ],
            1,
            [
              set(place, i32.load(write)),
              when(i32.lt_s(place, 0), lead, [
                set(candidate, float.load(read)),
                set(best, float.load(i32.add(plane, i32.mul(place, bytes)))),
                when(takesLead, lead),
              ]),
            ],
          ),
        ];
      });
      return [
        // All bits set: nobody leads yet.
        memory.fill(target, 0xff, planes * outputBytes),
        set(plane, source),
        set(windows, target),
        ...nest(
          [planes],
          [
            { pointer: plane, strides: [planeBytes] },
            { pointer: windows, strides: [outputBytes] },
          ],
          1,
          taps,
        ),
      ];
    },
  };
};

export const windowLowerings: Pick<Lowerings, 'windowArgmax' | 'windowSum' | 'windowSumTranspose'> = {
  windowArgmax,
  windowSum: sums(false),
  windowSumTranspose: sums(true),
};
