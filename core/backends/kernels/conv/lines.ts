/**
 * Convolution line by line, for filters of more taps than can be code of their own. The image is copied with its padding; the taps along
 * the last axis and the outputs along it then meet in a matrix, x[o·stride + t·dilation] in row t and column o, which the product reads
 * where it is: a line of the image is all that it takes.
 */

import { sizeOf, stridesOf } from '../../../base/shape.js';
import { axisOf, spanOf } from '../../../rules/window.js';
import { i32, type Local, local, locals, loopOver, memory, type Statement, set } from '../assembler/index.js';
import { moveBlock } from '../loops/blocks.js';
import type { Address } from '../loops/lanes.js';
import { nest } from '../loops/nest.js';
import { shareOf, type Threads } from '../loops/share.js';
import type { FilterStrides } from './direct/forward.js';
import { type Arrays, type Geometry, overGroups, type Pointers, product } from './patches.js';

/** A convolution whose image may be spread: its elements stand `spread` places apart, zeros in between. */
export interface SpreadGeometry extends Geometry {
  readonly spread: readonly number[];
}

/** The sizes of a plane with as much padding as is read. */
const paddedSizes = ({ outputs, kernel, window }: Geometry): number[] =>
  outputs.map((count, axis) => {
    const { stride, dilation } = axisOf(window, axis);
    return (count - 1) * stride + spanOf(kernel[axis] ?? 1, dilation);
  });

/** Bytes of `planes` padded planes. */
export const paddedBytes = (geometry: Geometry, planes: number): number =>
  Math.ceil((planes * sizeOf(paddedSizes(geometry)) * geometry.bytes) / 64 + 1) * 64;

/** Copies planes that stand behind one another, with their padding. */
const pad = (geometry: SpreadGeometry, planes: number, from: Address, to: Address): Statement[] => {
  const { dtype, bytes, spatial, window, spread } = geometry;
  const padded = paddedSizes(geometry);
  const [inPlane, inPadded] = [stridesOf(spatial), stridesOf(padded)];
  let [read, write] = [0, 0];
  const counts = spatial.map((size, axis) => {
    const [low] = axisOf(window, axis).padding;
    const step = spread[axis] ?? 1;
    const first = Math.max(0, Math.ceil(-low / step));
    const end = Math.min(size, Math.floor(((padded[axis] ?? 0) - 1 - low) / step) + 1);
    read += first * (inPlane[axis] ?? 0);
    write += (first * step + low) * (inPadded[axis] ?? 0);
    return Math.max(0, end - first);
  });
  return [
    memory.fill(to, 0, planes * sizeOf(padded) * bytes),
    ...moveBlock(
      {
        dtype,
        shape: [planes, ...counts],
        from: [sizeOf(spatial), ...inPlane],
        to: [sizeOf(padded), ...inPadded.map((stride, axis) => stride * (spread[axis] ?? 1))],
      },
      i32.add(from, read * bytes),
      i32.add(to, write * bytes),
    ),
  ];
};

/** How a line of taps, and of outputs, is gone along; and the strides, in elements, of the axes before the last. */
const linesOf = (geometry: Geometry) => {
  const { outputs, kernel, window } = geometry;
  const inPadded = stridesOf(paddedSizes(geometry));
  const last = kernel.length - 1;
  const axes = kernel.map((_, axis) => axisOf(window, axis));
  const outer = <T>(values: readonly T[]): T[] => values.slice(0, last);
  return {
    taps: kernel[last] ?? 1,
    length: outputs[last] ?? 1,
    step: axes[last]?.stride ?? 1,
    gap: axes[last]?.dilation ?? 1,
    shape: [...outer(kernel), ...outer(outputs)],
    inImage: [
      ...outer(axes.map(({ dilation }, axis) => dilation * (inPadded[axis] ?? 0))),
      ...outer(axes.map(({ stride }, axis) => stride * (inPadded[axis] ?? 0))),
    ],
    inFilter: [...outer(stridesOf(kernel)), ...outer(outputs).map(() => 0)],
    inOutput: [...outer(kernel).map(() => 0), ...outer(stridesOf(outputs))],
  };
};

const walker = (pointer: Local<'i32'>, strides: readonly number[], bytes: number) => ({
  pointer,
  strides: strides.map((stride) => stride * bytes),
});

/** The outputs, from filters that lie as `strides` says. Threads divide the samples; the workspace begins with a group's padded image. */
export const linesForward = (
  geometry: SpreadGeometry,
  arrays: Arrays,
  { outward, inward, tap, first }: FilterStrides,
  workspace: Address,
  threads: Threads,
): Statement[] => {
  const { bytes, channels, filters, outputs } = geometry;
  const [places, padded] = [sizeOf(outputs), sizeOf(paddedSizes(geometry))];
  const pointers: Pointers = [local('i32'), local('i32'), local('i32')];
  const [image, weights, output] = pointers;
  const [source, filter] = locals('i32', 2);
  const { taps, length, step, gap, shape, inImage, inFilter, inOutput } = linesOf(geometry);
  const group = [
    ...pad(geometry, channels, image, workspace),
    memory.fill(output, 0, filters * places * bytes),
    set(source, workspace),
    set(filter, i32.add(weights, first)),
    ...nest(
      [channels, ...shape],
      [
        walker(source, [padded, ...inImage], bytes),
        walker(filter, [inward / tap, ...inFilter], tap),
        walker(output, [0, ...inOutput], bytes),
      ],
      1,
      [
        product(
          geometry,
          [filters, length, taps],
          [
            { at: filter, row: outward / bytes, column: tap / bytes },
            { at: source, row: gap, column: step },
            { at: output, row: places, column: 1 },
          ],
          true,
          i32.add(workspace, paddedBytes(geometry, channels)),
        ),
      ],
    ),
  ];
  return overGroups(geometry, arrays, pointers, threads, group);
};

/** The filters' gradient. Threads divide the channels of a group; the workspace begins with one padded plane. */
export const linesGradient = (
  geometry: SpreadGeometry,
  { x, w, g }: Arrays,
  workspace: Address,
  threads: Threads,
): Statement[] => {
  const { bytes, samples, groups, channels, filters, spatial, outputs, kernel } = geometry;
  const [plane, places, perChannel] = [sizeOf(spatial), sizeOf(outputs), sizeOf(kernel)];
  const [image, weights, output, source, cleared] = locals('i32', 5);
  const { taps, length, step, gap, shape, inImage, inFilter, inOutput } = linesOf(geometry);
  const { from, to, code } = shareOf(threads, channels);
  const depth = channels * perChannel;
  const sample = [
    ...pad(geometry, 1, image, workspace),
    set(source, workspace),
    ...nest(
      shape,
      [walker(source, inImage, bytes), walker(weights, inFilter, bytes), walker(output, inOutput, bytes)],
      1,
      [
        product(
          geometry,
          [filters, taps, length],
          [
            { at: output, row: places, column: 1 },
            { at: source, row: step, column: gap },
            { at: weights, row: depth, column: 1 },
          ],
          true,
          i32.add(workspace, paddedBytes(geometry, 1)),
        ),
      ],
    ),
  ];
  const [all, kept] = [groups * channels * plane, groups * filters * places];
  return [
    ...code,
    set(image, i32.add(x, i32.mul(from, plane * bytes))),
    set(weights, i32.add(w, i32.mul(from, perChannel * bytes))),
    set(output, g),
    loopOver(from, { start: from, end: to }, [
      set(cleared, weights),
      ...nest([groups * filters], [walker(cleared, [depth], bytes)], 1, [memory.fill(cleared, 0, perChannel * bytes)]),
      ...nest(
        [groups, samples],
        [
          walker(image, [channels * plane, all], bytes),
          walker(weights, [filters * depth, 0], bytes),
          walker(output, [filters * places, kept], bytes),
        ],
        1,
        sample,
      ),
      set(image, i32.add(image, plane * bytes)),
      set(weights, i32.add(weights, perChannel * bytes)),
    ]),
  ];
};
