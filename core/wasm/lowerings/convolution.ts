/**
 * The three faces of convolution, as matrix products of a sample's patches: row (c, k) of the patches of one group holds what
 * tap k of channel c reads at each output, zero in the padding. With W: [O, C·K] the filters of the group and G: [O, outputs],
 *
 *   conv                 Y = W·patches(x)
 *   convFilterGradient   W̄ = Σₙ G·patches(x)ᵀ
 *   convInputGradient    x̄ = patchesᵀ(Wᵀ·G), where the transpose of taking patches adds them back.
 */
import { bytesPerElement, type FloatDtype, isFloat } from '../../dtype.js';
import type { ConvParams } from '../../families/convolution.js';
import { axisOf, type Window } from '../../families/window.js';
import { type Shape, sizeOf, stridesOf } from '../../shape.js';
import {
  call,
  type Expression,
  f32x4,
  f64x2,
  func,
  i32,
  type Local,
  leave,
  local,
  loopOver,
  memory,
  repeat,
  type Statement,
  set,
  v128,
  when,
} from '../assembler/index.js';
import { gradientFace, gradientMemory, outputFace, outputMemory } from '../conv/winograd/faces.js';
import { type Blocks, blocksOf } from '../conv/winograd/layout.js';
import { features } from '../features.js';
import { floatLanes } from '../float-lanes.js';
import { moveBlock } from '../loops/blocks.js';
import { constantVector, firstLanes, type Vector } from '../loops/lanes.js';
import { nest } from '../loops/nest.js';
import { shareOf, type Threads } from '../loops/share.js';
import { gemmModule } from './gemm.js';
import { gemmImports, type Lowered, type Lowering, type Lowerings, type Places } from './lowering.js';
import { mostTaps, reachOf, steppedStrides, tapsOf } from './windows.js';

interface Geometry {
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
const isPointwise = ({ kernel, spatial, outputs, window }: Geometry): boolean =>
  sizeOf(kernel) === 1 &&
  spatial.every(
    (size, axis) =>
      size === outputs[axis] && axisOf(window, axis).stride === 1 && axisOf(window, axis).padding[0] === 0,
  );

interface Matrix {
  readonly at: Expression<'i32'>;
  /** Elements from one row, and from one column, to the next. */
  readonly row: number;
  readonly column: number;
}

const product = (
  { dtype, bytes }: Geometry,
  [m, n, k]: readonly [number, number, number],
  [a, b, c]: readonly [Matrix, Matrix, Matrix],
  beta: Expression<'f64'> | number,
  workspace: Expression<'i32'>,
): Statement =>
  call(
    gemmImports[dtype],
    ...([1, m, n, k, 1, beta] as const),
    ...([a.at, a.row * bytes, a.column * bytes, 0] as const),
    ...([b.at, b.row * bytes, b.column * bytes, 0] as const),
    ...([c.at, c.row * bytes, 0, c.at, c.row * bytes, bytes, 0, workspace] as const),
  );

/** Patches of one group, and what the product needs behind them. */
const patchBytes = ({ bytes, channels, kernel, outputs }: Geometry): number =>
  Math.ceil((channels * sizeOf(kernel) * sizeOf(outputs) * bytes + 64) / 64) * 64;

/** Whether some tap reads padding, which is nothing: zero times an infinite or undefined factor must not become NaN. */
const readsPadding = ({ kernel, spatial, outputs, window }: Geometry): boolean =>
  tapsOf(kernel).some((tap) => {
    const reach = reachOf(spatial, outputs, window, tap);
    return reach === null || reach.counts.some((count, axis) => count !== outputs[axis]);
  });

/** Does something else if one of `length` numbers is not finite: the sum of their products with zero tells. */
const unlessFinite = (
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

type Role = 'output' | 'input' | 'filter';

/** Addresses of the input, the filters and the outputs, one of which is computed. */
type Operands = readonly [x: Local<'i32'>, w: Local<'i32'>, g: Local<'i32'>];

/** The code of one face. Threads divide the samples; the filter gradient, which sums over them, is one thread's work. */
const faces = (
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
    output: () => [...take, product(geometry, [filters, places, depth], [weights, rows, cotangent], 0, rest)],
    filter: () => [
      ...take,
      // The first sample's product replaces what is there, later ones are added: all begin from zeros.
      product(geometry, [filters, depth, places], [cotangent, transposed(rows), weights], 1, rest),
    ],
    input: () => [
      set(patches, pointwise ? input : workspace),
      product(geometry, [depth, places, filters], [transposed(weights), cotangent, rows], 0, rest),
      ...(pointwise ? [] : movePatches(geometry, input, patches, true)),
    ],
  };
  const [inputBytes, outputBytes] = [groups * channels * plane * bytes, groups * filters * places * bytes];
  const walkers = [
    { pointer: input, strides: [channels * plane * bytes] },
    { pointer: filter, strides: [filters * depth * bytes] },
    { pointer: output, strides: [filters * places * bytes] },
  ];
  if (role === 'filter')
    return [
      when(i32.eqz(threads.thread), [
        memory.fill(w, 0, groups * filters * depth * bytes),
        set(input, x),
        set(filter, w),
        set(output, g),
        ...nest(
          [samples, groups],
          walkers.map(({ pointer, strides }, i) => ({
            pointer,
            strides: [[inputBytes, 0, outputBytes][i] ?? 0, ...strides],
          })),
          1,
          code.filter(),
        ),
      ]),
    ];
  const { from, to, code: share } = shareOf(threads, samples);
  return [
    ...share,
    set(input, i32.add(x, i32.mul(from, inputBytes))),
    set(filter, w),
    set(output, i32.add(g, i32.mul(from, outputBytes))),
    ...(role === 'input' && !pointwise ? [memory.fill(input, 0, i32.mul(i32.sub(to, from), inputBytes))] : []),
    loopOver(from, { start: from, end: to }, [
      ...nest([groups], walkers, 1, code[role]()),
      set(input, i32.add(input, inputBytes)),
      set(output, i32.add(output, outputBytes)),
    ]),
  ];
};

/** The geometry for the transforms, if they are quicker: both sides have channels enough to pay for them. */
const transformed = (geometry: Geometry, role: Role): Blocks | null => {
  const { dtype, samples, groups, channels, filters, spatial, outputs, kernel, window } = geometry;
  const axes = kernel.map((taps, axis) => ({ taps, ...axisOf(window, axis) }));
  const suits =
    dtype === 'float32' &&
    axes.length === 2 &&
    axes.every(({ taps, stride, dilation }) => taps === 3 && stride === 1 && dilation === 1) &&
    Math.min(channels, filters) >= fewestChannels;
  if (!suits) return null;
  const pair = (sizes: readonly number[]): readonly [number, number] => [sizes[0] ?? 1, sizes[1] ?? 1];
  const low = pair(axes.map(({ padding }) => padding[0]));
  return blocksOf(
    role === 'input'
      ? {
          ...{ samples, groups, channels: filters, filters: channels },
          ...{ spatial: pair(outputs), outputs: pair(spatial), padding: [2 - low[0], 2 - low[1]] },
        }
      : { samples, groups, channels, filters, spatial: pair(spatial), outputs: pair(outputs), padding: low },
  );
};

/** Channels of a group on either side from which transforms pay. */
const fewestChannels = 16;

const byTransforms = (
  { channels, filters }: Geometry,
  role: Role,
  blocks: Blocks,
  [x, w, g]: Operands,
  places: Places,
  doubtful: readonly Statement[],
): Statement[] => {
  const lanes = floatLanes('float32', features());
  const { rows } = gemmModule('float32').tile;
  const [perFilter, perChannel] = [channels * 36, 36];
  const group = filters * perFilter;
  if (role === 'filter')
    return gradientFace(lanes, rows, blocks, { image: x, cotangent: g, output: w }, places, doubtful);
  return role === 'output'
    ? outputFace(
        ...([lanes, rows, blocks, { outward: perFilter, inward: perChannel, turned: false, group }] as const),
        ...([{ image: x, weights: w, output: g }, places, doubtful] as const),
      )
    : outputFace(
        ...([lanes, rows, blocks, { outward: perChannel, inward: perFilter, turned: true, group }] as const),
        ...([{ image: g, weights: w, output: x }, places, doubtful] as const),
      );
};

const lowering =
  (role: Role): Lowering<ConvParams> =>
  ({ inputs: [a, b], output, params }): Lowered => {
    if (a === undefined || b === undefined || !isFloat(output.dtype)) return { kind: 'reference' };
    const x = role === 'input' ? output : a;
    const w = role === 'filter' ? output : b;
    const g = role === 'output' ? output : role === 'input' ? a : b;
    const [samples = 0, channels = 0, ...spatial] = x.shape;
    const [filters = 0, perGroup = 0, ...kernel] = w.shape;
    const geometry: Geometry = {
      dtype: output.dtype,
      bytes: bytesPerElement(output.dtype),
      samples,
      groups: params.groups,
      channels: perGroup,
      filters: filters / params.groups,
      spatial,
      outputs: g.shape.slice(2),
      kernel,
      window: params,
    };
    if (sizeOf(kernel) > mostTaps || channels === 0) return { kind: 'reference' };
    const depth = perGroup * sizeOf(kernel);
    const places = sizeOf(geometry.outputs);
    const sizes = {
      output: { m: geometry.filters, n: places, k: depth },
      filter: { m: geometry.filters, n: depth, k: places },
      input: { m: depth, n: places, k: geometry.filters },
    };
    const operandsOf = ({ inputs: [first, second], output: to }: Places): Operands => {
      const [p, q] = [first ?? to, second ?? to];
      return { output: [p, q, to] as const, input: [to, q, p] as const, filter: [p, to, q] as const }[role];
    };
    /** Products of patches; `otherwise` where padding would meet a number that is not finite. */
    const plain = (at: Places, otherwise: readonly Statement[]): Statement[] => {
      const operands = operandsOf(at);
      const [factor, length] = role === 'output' ? [operands[1], sizeOf(w.shape)] : [operands[2], sizeOf(g.shape)];
      const guard = role !== 'input' && readsPadding(geometry) ? unlessFinite(geometry, factor, length, otherwise) : [];
      return [...guard, ...faces(geometry, role, operands, at.workspace, at)];
    };
    const workspace = gemmModule(output.dtype).workspaceBytes(sizes[role]) + patchBytes(geometry);
    const blocks = transformed(geometry, role);
    if (blocks === null || sizeOf(output.shape) === 0 || sizeOf(g.shape) === 0)
      return {
        kind: 'kernel',
        workspace,
        parallel: true,
        emit: (at) => plain(at, [at.reference(), leave()]),
      };
    const wanted = role === 'filter' ? gradientMemory(blocks) : outputMemory(blocks);
    return {
      kind: 'kernel',
      workspace: Math.max(workspace, wanted.workspace),
      shared: wanted.shared,
      parallel: true,
      emit: (at) => {
        /** The plain way as a function of its own, which is compiled only if it is ever needed; says whether to run the reference loop. */
        const fallback = func('plain', repeat('i32', 7), 'i32', (first, second, to, own, shared, thread, threads) => {
          const inner = { ...at, inputs: [first, second], output: to, workspace: own, shared, thread, threads };
          return [...plain(inner, [leave(i32.const(1))]), i32.const(0)];
        });
        const [first, second] = at.inputs;
        const { output: to, thread, threads } = at;
        return byTransforms(geometry, role, blocks, operandsOf(at), at, [
          when(call(fallback, first ?? to, second ?? to, to, at.workspace, at.shared, thread, threads), [
            at.reference(),
            leave(),
          ]),
        ]);
      },
    };
  };

export const convolutionLowerings: Pick<Lowerings, 'conv' | 'convFilterGradient' | 'convInputGradient'> = {
  conv: lowering('output'),
  convFilterGradient: lowering('filter'),
  convInputGradient: lowering('input'),
};
