/**
 * Which kernel computes a convolution: 3×3 filters of many channels go through transforms (`conv/winograd`), channels with a filter
 * of their own through vectors of channels (`conv/depthwise.ts`), single taps are matrix products, most others read the image tap by
 * tap (`conv/direct`), and what remains, doubles above all, takes patches (`conv/patches.ts`).
 */
import { bytesPerElement, isFloat } from '../../dtype.js';
import type { ConvParams } from '../../families/convolution.js';
import { axisOf } from '../../families/window.js';
import { sizeOf } from '../../shape.js';
import { call, func, i32, leave, repeat, type Statement, when } from '../assembler/index.js';
import { depthwiseForward, depthwiseGradient, depthwiseMemory, isDepthwise } from '../conv/depthwise.js';
import { directForward, directMemory } from '../conv/direct/forward.js';
import { directGradient, directGradientMemory } from '../conv/direct/gradient.js';
import {
  type Geometry,
  isPointwise,
  type Operands,
  patchBytes,
  patchesFace,
  type Role,
  readsPadding,
  unlessFinite,
} from '../conv/patches.js';
import { gradientFace, gradientMemory, outputFace, outputMemory } from '../conv/winograd/faces.js';
import { type Blocks, blocksOf } from '../conv/winograd/layout.js';
import { features } from '../features.js';
import { floatLanes } from '../float-lanes.js';
import { gemmModule } from './gemm.js';
import type { Lowered, Lowering, Lowerings, Places } from './lowering.js';
import { mostTaps } from './windows.js';

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

interface WithoutPatches {
  /** Whether zeros stand in for padding. */
  readonly padded: boolean;
  readonly memory: { readonly workspace: number; readonly shared: number };
  readonly emit: (operands: Operands, places: Places) => Statement[];
}

/** The shape of the convolution of the cotangent that the input gradient is, where the stride is one. */
const turnedShape = (geometry: Geometry): Geometry | null => {
  const { channels, filters, spatial, outputs, kernel, window } = geometry;
  const axes = kernel.map((taps, axis) => ({ taps, ...axisOf(window, axis) }));
  if (axes.some(({ stride }) => stride !== 1)) return null;
  return {
    ...geometry,
    ...{ channels: filters, filters: channels, spatial: outputs, outputs: spatial },
    window: { ...window, padding: axes.map(({ taps, dilation, padding: [low] }) => [dilation * (taps - 1) - low, 0]) },
  };
};

const depthwise = (geometry: Geometry, role: Role): WithoutPatches | null => {
  const lanes = floatLanes('float32', features());
  const shape = role === 'input' ? turnedShape(geometry) : geometry;
  if (shape === null) return null;
  return {
    padded: readsPadding(shape),
    memory: { workspace: depthwiseMemory(shape), shared: 0 },
    emit: ([x, w, g], places) =>
      role === 'filter'
        ? depthwiseGradient(lanes, shape, { image: x, cotangent: g, output: w }, places)
        : role === 'output'
          ? depthwiseForward(lanes, shape, false, { image: x, weights: w, output: g }, places)
          : depthwiseForward(lanes, shape, true, { image: g, weights: w, output: x }, places),
  };
};

/** Lanes that so many channels take. */
const lanesFor = (channels: number): number => 4 * Math.ceil(channels / 4);

/** Terms of a sum up to which a panel of filters stays in the second-level cache. */
const mostTerms = 8192;

/**
 * The direct kernels: all that is not better transformed, or a plain matrix product. The input gradient is the convolution of the
 * cotangent with the filters turned round, unless that multiplies too many zeros.
 */
const withoutPatches = (geometry: Geometry, role: Role): WithoutPatches | null => {
  const { dtype, channels, filters, spatial, outputs, kernel } = geometry;
  if (dtype !== 'float32') return null;
  if (isDepthwise(geometry)) return depthwise(geometry, role);
  if (transformed(geometry, role) !== null || isPointwise(geometry)) return null;
  const lanes = floatLanes('float32', features());
  const { rows } = gemmModule('float32').tile;
  if (role === 'filter')
    return {
      padded: readsPadding(geometry),
      memory: { workspace: 0, shared: directGradientMemory(geometry) },
      emit: ([image, output, cotangent], places) =>
        directGradient(lanes, rows, geometry, { image, cotangent, output }, places),
    };
  const taps = sizeOf(kernel);
  const shape = role === 'output' ? geometry : turnedShape(geometry);
  if (shape === null || shape.channels * taps > mostTerms) return null;
  const [perFilter, perChannel] = [4 * channels * taps, 4 * taps];
  if (role === 'output')
    return {
      padded: readsPadding(shape),
      memory: directMemory(shape),
      emit: ([image, weights, output], places) =>
        directForward(
          ...([lanes, rows, shape, { image, weights, output }] as const),
          { outward: perFilter, inward: perChannel, tap: 4, first: 0 },
          places,
        ),
    };
  const zeros = (sizeOf(spatial) * lanesFor(channels)) / (sizeOf(outputs) * channels);
  if (zeros > mostZeros || filters < 4) return null;
  return {
    padded: readsPadding(shape),
    memory: directMemory(shape),
    emit: ([output, weights, image], places) =>
      directForward(
        ...([lanes, rows, shape, { image, weights, output }] as const),
        { outward: perChannel, inward: perFilter, tap: -4, first: perChannel - 4 },
        places,
      ),
  };
};

/** How many times the products it takes the direct input gradient may compute. */
const mostZeros = 1.3;

/** Channels of a group on either side from which transforms pay. */
const fewestChannels = 12;

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

/** Products a nanosecond, roughly. */
const multiplyAdds = 25;

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
    /** Does something else where padding would meet a number that is not finite. */
    const guard = (
      [, weights, cotangent]: Operands,
      otherwise: readonly Statement[],
      padded: boolean = role !== 'input' && readsPadding(geometry),
    ): Statement[] => {
      const [factor, shape] = role === 'filter' ? [cotangent, g.shape] : [weights, w.shape];
      return padded ? unlessFinite(geometry, factor, sizeOf(shape), otherwise) : [];
    };
    /** Products of patches. */
    const plain = (at: Places, otherwise: readonly Statement[]): Statement[] => {
      const operands = operandsOf(at);
      return [...guard(operands, otherwise), ...patchesFace(geometry, role, operands, at.workspace, at)];
    };
    const workspace = gemmModule(output.dtype).workspaceBytes(sizes[role]) + patchBytes(geometry);
    const nanoseconds = (geometry.samples * sizeOf(w.shape) * places) / multiplyAdds;
    const without = withoutPatches(geometry, role);
    if (without !== null && sizeOf(output.shape) > 0 && sizeOf(g.shape) > 0)
      return {
        kind: 'kernel',
        ...without.memory,
        parallel: true,
        nanoseconds,
        emit: (at) => [
          ...guard(operandsOf(at), [at.reference(), leave()], without.padded),
          ...without.emit(operandsOf(at), at),
        ],
      };
    const blocks = transformed(geometry, role);
    if (blocks === null || sizeOf(output.shape) === 0 || sizeOf(g.shape) === 0)
      return {
        kind: 'kernel',
        workspace,
        parallel: true,
        nanoseconds,
        emit: (at) => plain(at, [at.reference(), leave()]),
      };
    const wanted = role === 'filter' ? gradientMemory(blocks) : outputMemory(blocks);
    return {
      kind: 'kernel',
      workspace: Math.max(workspace, wanted.workspace),
      shared: wanted.shared,
      parallel: true,
      nanoseconds,
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
