/**
 * The three faces of convolution as matrix products of a sample's patches, for what has no better kernel: row (c, k) of the patches of
 * one group holds what tap k of channel c reads at each output, zero in the padding. With W: [O, C·K] the filters of the group and
 * G: [O, outputs],
 *
 *   conv                 Y = W·patches(x)
 *   convFilterGradient   W̄ = Σₙ G·patches(x)ᵀ
 *   convInputGradient    x̄ = patchesᵀ(Wᵀ·G), where the transpose of taking patches adds them back.
 */
import { computed, type FloatDtype } from '../../../base/dtype.js';
import { type Shape, sizeOf, stridesOf } from '../../../base/shape.js';
import { axisOf, type Window } from '../../../rules/window.js';
import {
  call,
  type Expression,
  f32x4,
  f64x2,
  i32,
  type Local,
  local,
  loopOver,
  memory,
  type Statement,
  set,
  v128,
  when,
} from '../assembler/index.js';
import { how } from '../gemm/tile.js';
import { advance } from '../loops/addresses.js';
import { moveBlock } from '../loops/blocks.js';
import { constantVector, firstLanes, type Vector } from '../loops/lanes.js';
import { nest, type Walker } from '../loops/nest.js';
import { shareOf, type Threads } from '../loops/share.js';
import { gemmImports } from '../lowerings/lowering.js';
import { reachOf, steppedStrides, tapsOf } from '../lowerings/windows.js';

export interface Geometry {
  readonly dtype: FloatDtype;
  readonly bytes: number;
  readonly samples: number;
  readonly groups: number;
  /** Channels and filters of one group. */
  readonly channels: number;
  readonly filters: number;
  readonly spatial: Shape;
  readonly outputs: Shape;
  readonly kernel: Shape;
  readonly window: Window;
}

/** Copies all patches of the group whose first plane stands at `plane`, or adds them back to it. */
const movePatches = (g: Geometry, plane: Expression<'i32'>, patches: Expression<'i32'>, back: boolean): Statement[] => {
  const { dtype, bytes, channels, spatial, outputs, kernel, window } = g;
  const [taps, places] = [sizeOf(kernel), sizeOf(outputs)];
  return tapsOf(kernel).flatMap((tap, k) => {
    const block = reachOf(spatial, outputs, window, tap);
    if (block === null) return [];
    const inPlane = [sizeOf(spatial), ...steppedStrides(spatial, window)];
    const inPatches = [taps * places, ...stridesOf(outputs)];
    const shape = [channels, ...block.counts];
    const x = i32.add(plane, block.from * bytes);
    const p = i32.add(patches, (k * places + block.to) * bytes);
    return back
      ? moveBlock({ dtype, shape, from: inPatches, to: inPlane, adds: true }, p, x)
      : moveBlock({ dtype, shape, from: inPlane, to: inPatches }, x, p);
  });
};

/** Whether the patches are the planes themselves. */
export const isPointwise = ({ kernel, spatial, outputs, window }: Geometry): boolean =>
  sizeOf(kernel) === 1 &&
  spatial.every(
    (size, axis) =>
      size === outputs[axis] && axisOf(window, axis).stride === 1 && axisOf(window, axis).padding[0] === 0,
  );

export interface Matrix {
  readonly at: Expression<'i32'>;
  /** Elements from one row, and from one column, to the next. */
  readonly row: number;
  readonly column: number;
}

/** C = A·B + β·C, of matrices that lie anywhere. */
export const product = (
  { dtype, bytes }: Geometry,
  [m, n, k]: readonly [number, number, number],
  [a, b, c]: readonly [Matrix, Matrix, Matrix],
  continues: boolean,
  workspace: Expression<'i32'>,
): Statement =>
  call(
    gemmImports[computed(dtype)],
    ...([1, m, n, k, 1, 0] as const),
    ...([a.at, a.row * bytes, a.column * bytes, 0] as const),
    ...([b.at, b.row * bytes, b.column * bytes, 0] as const),
    ...([c.at, c.row * bytes, 0, c.at, c.row * bytes, bytes, 0, workspace, continues ? how.continues : 0] as const),
  );

/** Patches of one group, and what the product needs behind them. */
export const patchBytes = ({ bytes, channels, kernel, outputs }: Geometry): number =>
  Math.ceil((channels * sizeOf(kernel) * sizeOf(outputs) * bytes + 64) / 64) * 64;

/** Whether some tap reads padding, which is nothing: zero times an infinite or undefined factor must not become NaN. */
export const readsPadding = ({ kernel, spatial, outputs, window }: Geometry): boolean =>
  tapsOf(kernel).some((tap) => {
    const reach = reachOf(spatial, outputs, window, tap);
    return reach === null || reach.counts.some((count, axis) => count !== outputs[axis]);
  });

/** Does something else if one of `length` numbers is not finite: the sum of their products with zero tells. */
export const unlessFinite = (
  { dtype, bytes }: Geometry,
  from: Local<'i32'>,
  length: number,
  otherwise: readonly Statement[],
): Statement[] => {
  const float = dtype === 'float64' ? f64x2 : f32x4;
  const [at, doubt] = [local('i32'), local('v128')];
  const width = 16 / bytes;
  const take = (value: Vector): Statement => set(doubt, float.add(doubt, float.mul(value, constantVector(dtype, 0))));
  const whole = length - (length % width);
  const masked = v128.and(v128.load(at), firstLanes(dtype, dtype === 'float64' ? 2 : 4, length - whole));
  return [
    set(at, from),
    set(doubt, constantVector(dtype, 0)),
    ...nest([whole], [{ pointer: at, strides: [bytes] }], width, [take(v128.load(at))]),
    ...(whole === length ? [] : [set(at, i32.add(from, whole * bytes)), take(masked)]),
    when(v128.any_true(float.ne(doubt, doubt)), otherwise),
  ];
};

export type Role = 'output' | 'input' | 'filter';

/** Addresses of the input, the filters and the outputs, one of which is computed. */
export type Operands = readonly [x: Local<'i32'>, w: Local<'i32'>, g: Local<'i32'>];

/** Where an image, its filters and its outputs begin. */
export interface Arrays {
  readonly x: Expression<'i32'>;
  readonly w: Expression<'i32'>;
  readonly g: Expression<'i32'>;
}

/** Pointers to a group's channels of an image, to its filters and to its outputs. */
export type Pointers = readonly [image: Local<'i32'>, filters: Local<'i32'>, outputs: Local<'i32'>];

/** How the pointers go from group to group. */
export const groupWalkers = (
  { bytes, channels, filters, spatial, outputs, kernel }: Geometry,
  [image, weights, output]: Pointers,
): readonly [Walker, Walker, Walker] => [
  { pointer: image, strides: [channels * sizeOf(spatial) * bytes] },
  { pointer: weights, strides: [filters * channels * sizeOf(kernel) * bytes] },
  { pointer: output, strides: [filters * sizeOf(outputs) * bytes] },
];

/** `body` for every group of the samples that are this thread's, the pointers at the group. */
export const overGroups = (
  geometry: Geometry,
  { x, w, g }: Arrays,
  pointers: Pointers,
  threads: Threads,
  body: readonly Statement[],
): Statement[] => {
  const { samples, groups } = geometry;
  const walkers = groupWalkers(geometry, pointers);
  const [image, weights, output] = pointers;
  const [inputs, , outputs] = walkers.map(({ strides: [ofGroup = 0] }) => groups * ofGroup);
  const { from, to, code } = shareOf(threads, samples);
  return [
    ...code,
    set(image, i32.add(x, i32.mul(from, inputs ?? 0))),
    set(weights, w),
    set(output, i32.add(g, i32.mul(from, outputs ?? 0))),
    loopOver(from, { start: from, end: to }, [
      ...nest([groups], walkers, 1, body),
      advance(image, inputs ?? 0),
      advance(output, outputs ?? 0),
    ]),
  ];
};

/** The code of one face by products of patches. Threads divide the samples; the filter gradient, which sums over them, is one thread's work. */
export const patchesFace = (
  geometry: Geometry,
  role: Role,
  [x, w, g]: Operands,
  workspace: Local<'i32'>,
  threads: Threads,
): Statement[] => {
  const { bytes, samples, groups, channels, filters, spatial, outputs, kernel } = geometry;
  const [plane, places, depth] = [sizeOf(spatial), sizeOf(outputs), channels * sizeOf(kernel)];
  const pointwise = isPointwise(geometry);
  const [input, filter, output, patches] = [local('i32'), local('i32'), local('i32'), local('i32')];
  const rest = i32.add(workspace, pointwise ? 0 : patchBytes(geometry));
  const weights: Matrix = { at: filter, row: depth, column: 1 };
  const cotangent: Matrix = { at: output, row: places, column: 1 };
  const rows: Matrix = { at: patches, row: places, column: 1 };
  const transposed = ({ at, row, column }: Matrix): Matrix => ({ at, row: column, column: row });
  const take = pointwise
    ? [set(patches, input)]
    : [
        set(patches, workspace),
        memory.fill(patches, 0, depth * places * bytes),
        ...movePatches(geometry, input, patches, false),
      ];
  const code: Record<Role, () => Statement[]> = {
    output: () => [...take, product(geometry, [filters, places, depth], [weights, rows, cotangent], false, rest)],
    filter: () => [
      ...take,
      // The first sample's product replaces what is there, later ones are added: all begin from zeros.
      product(geometry, [filters, depth, places], [cotangent, transposed(rows), weights], true, rest),
    ],
    input: () => [
      ...(pointwise ? [] : [memory.fill(input, 0, channels * plane * bytes)]),
      set(patches, pointwise ? input : workspace),
      product(geometry, [depth, places, filters], [transposed(weights), cotangent, rows], false, rest),
      ...(pointwise ? [] : movePatches(geometry, input, patches, true)),
    ],
  };
  const pointers: Pointers = [input, filter, output];
  if (role === 'filter')
    return [
      when(i32.eqz(threads.thread), [
        memory.fill(w, 0, groups * filters * depth * bytes),
        set(input, x),
        set(filter, w),
        set(output, g),
        ...nest(
          [samples, groups],
          groupWalkers(geometry, pointers).map(({ pointer, strides: [ofGroup = 0] }) => ({
            pointer,
            strides: [pointer === filter ? 0 : groups * ofGroup, ofGroup],
          })),
          1,
          code.filter(),
        ),
      ]),
    ];
  return overGroups(geometry, { x, w, g }, pointers, threads, code[role]());
};
