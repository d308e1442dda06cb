/**
 * Convolutions in which every channel has one filter of its own: nothing is summed over channels, so four channels are the lanes of a
 * vector, and each of their planes is read once.
 */

import { sizeOf } from '../../../base/shape.js';
import { axisOf, spanOf } from '../../../rules/window.js';
import {
  call,
  type Expression,
  f32x4,
  i32,
  type Local,
  local,
  locals,
  loopOver,
  memory,
  type Statement,
  set,
  v128,
  when,
} from '../assembler/index.js';
import type { FloatLanes } from '../loops/float-lanes.js';
import { shareOf } from '../loops/share.js';
import type { Places } from '../lowerings/lowering.js';
import type { DirectShape } from './direct/image.js';
import { planesToVectors, vectorsToPlanes } from './planes.js';

/** Taps that are code of their own; larger kernels are computed otherwise. */
const mostTaps = 49;

/** Outputs of a line computed together. */
const mostTogether = 8;

type Pair = readonly [number, number];

/** Everything along two axes, the first of size one where there is but one. */
interface Plane {
  readonly spatial: Pair;
  readonly outputs: Pair;
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
  /** The padded plane. */
  readonly wide: Pair;
}

const planeOf = ({ spatial, outputs, kernel, window }: DirectShape): Plane => {
  const both = (values: readonly number[], before: number): Pair =>
    values.length === 1 ? [before, values[0] ?? before] : [values[0] ?? before, values[1] ?? before];
  const axes = kernel.map((_, axis) => axisOf(window, axis));
  const [count, taps] = [both(outputs, 1), both(kernel, 1)];
  const stride = both(
    axes.map((axis) => axis.stride),
    1,
  );
  const dilation = both(
    axes.map((axis) => axis.dilation),
    1,
  );
  const span = (axis: 0 | 1): number => (count[axis] - 1) * stride[axis] + spanOf(taps[axis], dilation[axis]);
  return {
    spatial: both(spatial, 1),
    outputs: count,
    kernel: taps,
    stride,
    padding: both(
      axes.map(({ padding }) => padding[0]),
      0,
    ),
    dilation,
    wide: [span(0), span(1)],
  };
};

export const isDepthwise = ({ channels, filters, groups, kernel }: DirectShape): boolean =>
  channels === 1 && filters === 1 && groups > 1 && kernel.length <= 2 && sizeOf(kernel) <= mostTaps;

const rounded = (bytes: number): number => Math.ceil((bytes + 64) / 64) * 64;
const wideBytes = ({ wide }: Plane): number => rounded(wide[0] * wide[1] * 16);
const narrowBytes = ({ outputs }: Plane): number => rounded(outputs[0] * outputs[1] * 16);
const tapBytes = ({ kernel }: Plane): number => rounded(kernel[0] * kernel[1] * 16);

export const depthwiseMemory = (shape: DirectShape): number => {
  const plane = planeOf(shape);
  return wideBytes(plane) + narrowBytes(plane) + tapBytes(plane);
};

const tapsOf = ({ kernel, dilation, wide }: Plane): number[] =>
  Array.from(
    { length: kernel[0] * kernel[1] },
    (_, tap) => 16 * (Math.floor(tap / kernel[1]) * dilation[0] * wide[1] + (tap % kernel[1]) * dilation[1]),
  );

/** `code` for all quads of channels, the last with as many as there are left. */
const eachQuad = (quad: Local<'i32'>, groups: number, code: (count: number) => Statement[]): Statement[] =>
  groups % 4 === 0 ? code(4) : [when(i32.eq(quad, groups >> 2), code(groups % 4), code(4))];

const distances = (count: number, plane: number): [Expression<'i32'>, Expression<'i32'>, Expression<'i32'>] =>
  [1, 2, 3].map((i) => i32.const(i < count ? i * plane : 0)) as [
    Expression<'i32'>,
    Expression<'i32'>,
    Expression<'i32'>,
  ];

/** Copies planes into the padded plane of vectors at `to`. */
const widen = (
  lanes: FloatLanes,
  { spatial, padding, wide }: Plane,
): ((from: Expression<'i32'>, to: Expression<'i32'>, count: number) => Statement[]) => {
  const first = padding.map((low) => Math.max(0, low)) as [number, number];
  const counts = spatial.map((size, axis) => {
    const low = padding[axis] ?? 0;
    return Math.min(wide[axis] ?? 1, size + low) - Math.max(0, low);
  }) as [number, number];
  if (Math.min(...counts) <= 0) return () => [];
  const copy = planesToVectors(lanes, counts[1], { planes: spatial[1] * 4, vectors: wide[1] * 16 });
  const skipped = (first[0] - padding[0]) * spatial[1] + first[1] - padding[1];
  return (from, to, count) => [
    call(
      copy,
      i32.add(from, 4 * skipped),
      i32.add(to, 16 * (first[0] * wide[1] + first[1])),
      i32.const(counts[0]),
      ...distances(count, spatial[0] * spatial[1] * 4),
    ),
  ];
};

/** The convolution, or with `turned` filters that of the cotangent: threads divide samples and channels. */
export const depthwiseForward = (
  lanes: FloatLanes,
  shape: DirectShape,
  turned: boolean,
  {
    image,
    weights,
    output,
  }: { readonly image: Expression<'i32'>; readonly weights: Expression<'i32'>; readonly output: Expression<'i32'> },
  { workspace, thread, threads }: Places,
): Statement[] => {
  const { samples, groups } = shape;
  const plane = planeOf(shape);
  const { spatial, outputs, kernel, stride, wide } = plane;
  const [inBytes, outBytes] = [spatial[0] * spatial[1] * 4, outputs[0] * outputs[1] * 4];
  const taps = tapsOf(plane);
  const quads = Math.ceil(groups / 4);
  const [y, w] = [i32.add(workspace, wideBytes(plane)), i32.add(workspace, wideBytes(plane) + narrowBytes(plane))];
  const { from: item, to: end, code } = shareOf({ thread, threads }, samples * quads);
  const [quad, read, write, factors, line, first] = locals('i32', 6);
  const [value, factor] = [local('v128'), local('v128')];
  const sums: Local<'v128'>[] = locals('v128', mostTogether);

  const parts = Math.ceil(outputs[1] / mostTogether);
  const width = Math.ceil(outputs[1] / parts);
  const tall = parts - (parts * width - outputs[1]);
  const some = (count: number, times: number): Statement[] =>
    times === 0
      ? []
      : [
          loopOver(first, { end: times }, [
            ...sums.slice(0, count).map((sum) => set(sum, f32x4.const(0))),
            ...taps.flatMap((tap, t) => [
              set(factor, v128.load(factors, 16 * t)),
              ...sums
                .slice(0, count)
                .map((sum, i) => set(sum, lanes.multiplyAdd(v128.load(read, tap + 16 * stride[1] * i), factor, sum))),
            ]),
            ...sums.slice(0, count).map((sum, i) => v128.store(write, sum, 16 * i)),
            set(read, i32.add(read, 16 * stride[1] * count)),
            set(write, i32.add(write, 16 * count)),
          ]),
        ];
  const size = kernel[0] * kernel[1];
  const fill = widen(lanes, plane);
  const ofQuad = (count: number): Statement[] => [
    set(read, i32.add(image, i32.mul(i32.add(i32.mul(i32.div_u(item, quads), groups), i32.mul(quad, 4)), inBytes))),
    ...fill(read, workspace, count),
    set(read, i32.add(weights, i32.mul(quad, 16 * size))),
    ...taps.flatMap((_, t) => {
      const place = 4 * (turned ? size - 1 - t : t);
      return [
        set(value, v128.load32_zero(read, place)),
        ...Array.from({ length: count - 1 }, (_, i) =>
          set(value, v128.load32_lane(i + 1, read, value, place + 4 * size * (i + 1))),
        ),
        v128.store(w, value, 16 * t),
      ];
    }),
    set(factors, w),
    set(read, workspace),
    set(write, y),
    loopOver(line, { end: outputs[0] }, [
      ...some(width, tall),
      ...some(width - 1, parts - tall),
      set(read, i32.add(read, 16 * (stride[0] * wide[1] - stride[1] * outputs[1]))),
    ]),
    set(write, i32.add(output, i32.mul(i32.add(i32.mul(i32.div_u(item, quads), groups), i32.mul(quad, 4)), outBytes))),
    set(
      value,
      call(
        vectorsToPlanes(lanes, outputs[0] * outputs[1], count, { planes: 0, vectors: 0 }),
        y,
        write,
        i32.const(1),
        i32.const(outBytes),
        0,
      ),
    ),
  ];
  return [
    memory.fill(workspace, 0, wideBytes(plane)),
    ...code,
    loopOver(item, { start: item, end }, [set(quad, i32.rem_u(item, quads)), ...eachQuad(quad, groups, ofQuad)]),
  ];
};

/** The filter gradient: threads divide channels, and each goes over the samples in their order. */
export const depthwiseGradient = (
  lanes: FloatLanes,
  shape: DirectShape,
  {
    image,
    cotangent,
    output,
  }: { readonly image: Expression<'i32'>; readonly cotangent: Expression<'i32'>; readonly output: Expression<'i32'> },
  { workspace, thread, threads }: Places,
): Statement[] => {
  const { samples, groups } = shape;
  const plane = planeOf(shape);
  const { spatial, outputs, kernel, stride, wide } = plane;
  const [inBytes, outBytes] = [spatial[0] * spatial[1] * 4, outputs[0] * outputs[1] * 4];
  const taps = tapsOf(plane);
  const size = kernel[0] * kernel[1];
  const [g, w] = [i32.add(workspace, wideBytes(plane)), i32.add(workspace, wideBytes(plane) + narrowBytes(plane))];
  const { from: quad, to: end, code } = shareOf({ thread, threads }, Math.ceil(groups / 4));
  const [sample, read, meet, line, column] = locals('i32', 5);
  const [value, sums] = [local('v128'), local('i32')];
  const fill = widen(lanes, plane);
  /** Taps in lots that fit into registers. */
  const lots = Array.from({ length: Math.ceil(size / 12) }, (_, lot) => taps.slice(12 * lot, 12 * lot + 12));
  const ofLot = (lot: readonly number[], index: number): Statement[] => {
    const totals: Local<'v128'>[] = locals('v128', lot.length);
    return [
      ...totals.map((total) => set(total, f32x4.const(0))),
      set(read, workspace),
      set(meet, g),
      loopOver(line, { end: outputs[0] }, [
        loopOver(column, { end: outputs[1] }, [
          set(value, v128.load(meet)),
          ...totals.map((total, i) => set(total, lanes.multiplyAdd(v128.load(read, lot[i] ?? 0), value, total))),
          set(read, i32.add(read, 16 * stride[1])),
          set(meet, i32.add(meet, 16)),
        ]),
        set(read, i32.add(read, 16 * (stride[0] * wide[1] - stride[1] * outputs[1]))),
      ]),
      ...totals.map((total, i) =>
        v128.store(sums, f32x4.add(v128.load(sums, 16 * (12 * index + i)), total), 16 * (12 * index + i)),
      ),
    ];
  };
  const ofQuad = (count: number): Statement[] => [
    set(sums, w),
    memory.fill(w, 0, 16 * size),
    loopOver(sample, { end: samples }, [
      set(read, i32.add(i32.mul(sample, groups), i32.mul(quad, 4))),
      set(meet, i32.add(cotangent, i32.mul(read, outBytes))),
      set(read, i32.add(image, i32.mul(read, inBytes))),
      ...fill(read, workspace, count),
      call(
        planesToVectors(lanes, outputs[0] * outputs[1], { planes: 0, vectors: 0 }),
        meet,
        g,
        i32.const(1),
        ...distances(count, outBytes),
      ),
      ...lots.flatMap(ofLot),
    ]),
    set(meet, i32.add(output, i32.mul(quad, 16 * size))),
    ...taps.flatMap((_, t) => [
      set(value, v128.load(sums, 16 * t)),
      ...Array.from({ length: count }, (_, lane) => v128.store32_lane(lane, meet, value, 4 * (size * lane + t))),
    ]),
  ];
  return [
    memory.fill(workspace, 0, wideBytes(plane)),
    ...code,
    loopOver(quad, { start: quad, end }, eachQuad(quad, groups, ofQuad)),
  ];
};
