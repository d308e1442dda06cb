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
  i32,
  type Local,
  leave,
  local,
  memory,
  type Statement,
  set,
  v128,
  when,
} from '../assembler/index.js';
import { moveBlock } from '../loops/blocks.js';
import { constantVector, firstLanes, type Vector } from '../loops/lanes.js';
import { nest } from '../loops/nest.js';
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

/** Runs the reference loop instead if one of `length` numbers is not finite: the sum of their products with zero tells. */
const unlessFinite = ({ dtype, bytes }: Geometry, from: Local<'i32'>, length: number, places: Places): Statement[] => {
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
    when(v128.any_true(float.ne(doubt, doubt)), [places.reference(), leave()]),
  ];
};

type Role = 'output' | 'input' | 'filter';

/** The code of one face: `x`, `w` and `g` are the addresses of the input, the filters and the outputs, one of which is computed. */
const faces = (
  geometry: Geometry,
  role: Role,
  x: Local<'i32'>,
  w: Local<'i32'>,
  g: Local<'i32'>,
  workspace: Local<'i32'>,
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
  const walkers = [
    { pointer: input, strides: [groups * channels * plane * bytes, channels * plane * bytes] },
    { pointer: filter, strides: [0, filters * depth * bytes] },
    { pointer: output, strides: [groups * filters * places * bytes, filters * places * bytes] },
  ];
  const zeroed =
    role === 'filter'
      ? [memory.fill(w, 0, groups * filters * depth * bytes)]
      : role === 'input' && !pointwise
        ? [memory.fill(x, 0, samples * groups * channels * plane * bytes)]
        : [];
  return [
    ...zeroed,
    set(input, x),
    set(filter, w),
    set(output, g),
    ...nest([samples, groups], walkers, 1, code[role]()),
  ];
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
    const emit = (places: Places): Statement[] => {
      const {
        inputs: [first, second],
        output: to,
        workspace,
      } = places;
      const [p, q] = [first ?? to, second ?? to];
      const factor = role === 'output' ? w.shape : g.shape;
      const guard = role !== 'input' && readsPadding(geometry) ? unlessFinite(geometry, q, sizeOf(factor), places) : [];
      const order: Record<Role, readonly [Local<'i32'>, Local<'i32'>, Local<'i32'>]> = {
        output: [p, q, to],
        input: [to, q, p],
        filter: [p, to, q],
      };
      return [...guard, ...faces(geometry, role, ...order[role], workspace)];
    };
    const workspace = gemmModule(output.dtype).workspaceBytes(sizes[role]) + patchBytes(geometry);
    return { kind: 'kernel', workspace, emit };
  };

export const convolutionLowerings: Pick<Lowerings, 'conv' | 'convFilterGradient' | 'convInputGradient'> = {
  conv: lowering('output'),
  convFilterGradient: lowering('filter'),
  convInputGradient: lowering('input'),
};
