/**
 * Convolution tap by tap, each tap a matrix product over the outputs whose windows reach it: no product with padding is made, not even
 * with zero, so that infinite and undefined numbers get no further than they should. Slower than the other ways, and for this alone.
 */
import { sizeOf, stridesOf } from '../../../base/shape.js';
import { i32, type Local, local, memory, type Statement, set, when } from '../assembler/index.js';
import { moveBlock } from '../loops/blocks.js';
import type { Address } from '../loops/lanes.js';
import { collapse, nest } from '../loops/nest.js';
import type { Threads } from '../loops/share.js';
import { reachOf, steppedStrides, tapsOf } from '../lowerings/windows.js';
import type { FilterStrides } from './direct/forward.js';
import { type Arrays, type Geometry, groupWalkers, overGroups, type Pointers, product } from './patches.js';

/** Bytes of the filters of one tap. */
export const tapBytes = ({ bytes, channels, filters }: Geometry): number =>
  Math.ceil((channels * filters * bytes) / 64 + 1) * 64;

/**
 * `line` for each line of outputs that a tap reaches: `length` of them, the first at `to`; what the tap reads for them begins at `from`,
 * `step` elements apart.
 */
const lines = (
  { bytes, spatial, outputs, window }: Geometry,
  tap: readonly number[],
  [x, g]: readonly [Address, Address],
  line: (from: Local<'i32'>, to: Local<'i32'>, length: number, step: number) => Statement,
): Statement[] => {
  const reach = reachOf(spatial, outputs, window, tap);
  if (reach === null) return [];
  const [from, to] = [local('i32'), local('i32')];
  const found = collapse({ shape: reach.counts, strides: [steppedStrides(spatial, window), stridesOf(outputs)] });
  // Products are stored along rows: where outputs do not follow one another each is a line of its own.
  const space =
    found.strides[1]?.at(-1) === 1
      ? found
      : { shape: [...found.shape, 1], strides: found.strides.map((steps) => [...steps, 1]) };
  const [length = 1] = space.shape.slice(-1);
  const [step = 1] = space.strides[0]?.slice(-1) ?? [];
  const walkers = [from, to].map((pointer, k) => ({
    pointer,
    strides: (space.strides[k] ?? []).slice(0, -1).map((stride) => stride * bytes),
  }));
  return [
    set(from, i32.add(x, reach.from * bytes)),
    set(to, i32.add(g, reach.to * bytes)),
    ...nest(space.shape.slice(0, -1), walkers, 1, [line(from, to, length, step)]),
  ];
};

/** The outputs, from filters that lie as `strides` says. Threads divide the samples. */
export const tapsForward = (
  geometry: Geometry,
  arrays: Arrays,
  { outward, inward, tap: perTap, first }: FilterStrides,
  workspace: Address,
  threads: Threads,
): Statement[] => {
  const { bytes, channels, filters, spatial, outputs, kernel } = geometry;
  const [plane, places] = [sizeOf(spatial), sizeOf(outputs)];
  const pointers: Pointers = [local('i32'), local('i32'), local('i32')];
  const [image, weights, output] = pointers;
  const taps = tapsOf(kernel).flatMap((tap, k) =>
    lines(geometry, tap, [image, output], (read, write, length, step) =>
      product(
        geometry,
        [filters, length, channels],
        [
          { at: i32.add(weights, first + k * perTap), row: outward / bytes, column: inward / bytes },
          { at: read, row: plane, column: step },
          { at: write, row: places, column: 1 },
        ],
        true,
        workspace,
      ),
    ),
  );
  return overGroups(geometry, arrays, pointers, threads, [memory.fill(output, 0, filters * places * bytes), ...taps]);
};

/** The filters' gradient: one thread's work. The workspace begins with the filters of one tap. */
export const tapsGradient = (
  geometry: Geometry,
  { x, w, g }: Arrays,
  workspace: Address,
  { thread }: Threads,
): Statement[] => {
  const { dtype, bytes, samples, groups, channels, filters, spatial, outputs, kernel } = geometry;
  const [plane, places, taps] = [sizeOf(spatial), sizeOf(outputs), sizeOf(kernel)];
  const pointers: Pointers = [local('i32'), local('i32'), local('i32')];
  const [image, weights, output] = pointers;
  const each = tapsOf(kernel).flatMap((tap, k) => [
    memory.fill(workspace, 0, filters * channels * bytes),
    ...nest(
      [samples],
      [
        { pointer: image, strides: [groups * channels * plane * bytes] },
        { pointer: output, strides: [groups * filters * places * bytes] },
      ],
      1,
      lines(geometry, tap, [image, output], (read, write, length, step) =>
        product(
          geometry,
          [filters, channels, length],
          [
            { at: write, row: places, column: 1 },
            { at: read, row: step, column: plane },
            { at: workspace, row: channels, column: 1 },
          ],
          true,
          i32.add(workspace, tapBytes(geometry)),
        ),
      ),
    ),
    ...moveBlock(
      { dtype, shape: [filters, channels], from: [channels, 1], to: [channels * taps, taps] },
      workspace,
      i32.add(weights, k * bytes),
    ),
  ]);
  return [
    when(i32.eqz(thread), [
      set(image, x),
      set(weights, w),
      set(output, g),
      ...nest([groups], groupWalkers(geometry, pointers), 1, each),
    ]),
  ];
};
