/**
 * Convolution tap by tap, each tap a matrix product over the outputs whose windows reach it: no product with padding is made, not even
 * with zero, so that infinite and undefined numbers get no further than they should. Slower than the other ways, and for this alone.
 */
import { sizeOf, stridesOf } from '../../shape.js';
import {
  type Expression,
  i32,
  type Local,
  local,
  loopOver,
  memory,
  type Statement,
  set,
  when,
} from '../assembler/index.js';
import { moveBlock } from '../loops/blocks.js';
import { collapse, nest } from '../loops/nest.js';
import { shareOf, type Threads } from '../loops/share.js';
import { reachOf, steppedStrides, tapsOf } from '../lowerings/windows.js';
import type { FilterStrides } from './direct/forward.js';
import { type Geometry, product } from './patches.js';

type Address = Expression<'i32'>;

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

interface Arrays {
  readonly x: Address;
  readonly w: Address;
  readonly g: Address;
}

/** The outputs, from filters that lie as `strides` says. Threads divide the samples. */
export const tapsForward = (
  geometry: Geometry,
  { x, w, g }: Arrays,
  { outward, inward, tap: perTap, first }: FilterStrides,
  workspace: Address,
  threads: Threads,
): Statement[] => {
  const { bytes, samples, groups, channels, filters, spatial, outputs, kernel } = geometry;
  const [plane, places] = [sizeOf(spatial), sizeOf(outputs)];
  const [inputBytes, outputBytes] = [channels * plane * bytes, filters * places * bytes];
  const [image, weights, output] = [local('i32'), local('i32'), local('i32')];
  const { from, to, code } = shareOf(threads, samples);
  const walkers = [
    { pointer: image, strides: [inputBytes] },
    { pointer: weights, strides: [filters * channels * sizeOf(kernel) * bytes] },
    { pointer: output, strides: [outputBytes] },
  ];
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
  const [inputs, results] = [groups * inputBytes, groups * outputBytes];
  return [
    ...code,
    set(image, i32.add(x, i32.mul(from, inputs))),
    set(weights, w),
    set(output, i32.add(g, i32.mul(from, results))),
    memory.fill(output, 0, i32.mul(i32.sub(to, from), results)),
    loopOver(from, { start: from, end: to }, [
      ...nest([groups], walkers, 1, taps),
      set(image, i32.add(image, inputs)),
      set(output, i32.add(output, results)),
    ]),
  ];
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
  const [image, weights, output] = [local('i32'), local('i32'), local('i32')];
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
  const walkers = [
    { pointer: image, strides: [channels * plane * bytes] },
    { pointer: weights, strides: [filters * channels * taps * bytes] },
    { pointer: output, strides: [filters * places * bytes] },
  ];
  return [when(i32.eqz(thread), [set(image, x), set(weights, w), set(output, g), ...nest([groups], walkers, 1, each)])];
};
