/**
 * Which kernel computes a convolution: 3×3 filters of many channels go through transforms (`conv/winograd`), channels with a filter
 * of their own through vectors of channels (`conv/depthwise.ts`), single taps are matrix products, most others read the image tap by
 * tap (`conv/direct`), and what remains, doubles above all, takes patches (`conv/patches.ts`). Where a number that is not finite would
 * meet padding, which all of these take for zeros, `conv/taps.ts` computes everything.
 */
import { bytesPerElement, isFloat } from '../../dtype.js';
import type { ConvParams } from '../../families/convolution.js';
import { axisOf } from '../../families/window.js';
import { sizeOf } from '../../shape.js';
import { call, func, leave, repeat, type Statement } from '../assembler/index.js';
import { depthwiseForward, depthwiseGradient, depthwiseMemory, isDepthwise } from '../conv/depthwise.js';
import { directForward, directMemory, type FilterStrides } from '../conv/direct/forward.js';
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
import { tapBytes, tapsForward, tapsGradient } from '../conv/taps.js';
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
  /** The convolution that is computed: that of the cotangent, for an input gradient. */
  readonly shape: Geometry;
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

/** How filters lie for the convolution that computes an output, or an input gradient: the latter reads them turned round. */
const filterStrides = ({ bytes, channels, kernel }: Geometry, role: Role): FilterStrides => {
  const perChannel = bytes * sizeOf(kernel);
  const perFilter = channels * perChannel;
  return role === 'input'
    ? { outward: perChannel, inward: perFilter, tap: -bytes, first: perChannel - bytes }
    : { outward: perFilter, inward: perChannel, tap: bytes, first: 0 };
};

const depthwise = (geometry: Geometry, role: Role): WithoutPatches | null => {
  const lanes = floatLanes('float32', features());
  const shape = role === 'input' ? turnedShape(geometry) : geometry;
  if (shape === null) return null;
  return {
    shape,
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
      shape: geometry,
      memory: { workspace: 0, shared: directGradientMemory(geometry) },
      emit: ([image, output, cotangent], places) =>
        directGradient(lanes, rows, geometry, { image, cotangent, output }, places),
    };
  const shape = role === 'output' ? geometry : turnedShape(geometry);
  if (shape === null || shape.channels * sizeOf(kernel) > mostTerms) return null;
  if (role === 'output')
    return {
      shape,
      memory: directMemory(shape),
      emit: ([image, weights, output], places) =>
        directForward(
          ...([lanes, rows, shape, { image, weights, output }] as const),
          filterStrides(geometry, role),
          places,
        ),
    };
  const zeros = (sizeOf(spatial) * lanesFor(channels)) / (sizeOf(outputs) * channels);
  if (zeros > mostZeros || filters < 4) return null;
  return {
    shape,
    memory: directMemory(shape),
    emit: ([output, weights, image], places) =>
      directForward(
        ...([lanes, rows, shape, { image, weights, output }] as const),
        filterStrides(geometry, role),
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
    /** Tap by tap, as a function of its own, which the engine compiles only if it is ever needed. */
    const carefully = (shape: Geometry, at: Places): Statement => {
      const byTap = func('byTap', repeat('i32', 6), 'none', (image, weights, cotangent, own, thread, threads) => {
        const arrays = { x: image, w: weights, g: cotangent };
        if (role === 'filter') return tapsGradient(shape, arrays, own, { thread, threads });
        const turned = role === 'input' ? { ...arrays, x: cotangent, g: image } : arrays;
        return tapsForward(shape, turned, filterStrides(geometry, role), own, { thread, threads });
      });
      return call(byTap, ...operandsOf(at), at.workspace, at.thread, at.threads);
    };
    /** Computes tap by tap, and leaves, where padding would meet a number that is not finite. */
    const guard = (shape: Geometry, at: Places): Statement[] => {
      const [, weights, cotangent] = operandsOf(at);
      const [factor, size] = role === 'filter' ? [cotangent, sizeOf(g.shape)] : [weights, sizeOf(w.shape)];
      return readsPadding(shape) ? unlessFinite(geometry, factor, size, [carefully(shape, at), leave()]) : [];
    };
    /** Products of patches; an input gradient adds them back only where they are, so that padding meets nothing. */
    const plain = (at: Places): Statement[] => [
      ...(role === 'input' ? [] : guard(geometry, at)),
      ...patchesFace(geometry, role, operandsOf(at), at.workspace, at),
    ];
    const product = gemmModule(output.dtype);
    const ofOneTap = {
      output: { m: geometry.filters, n: places, k: geometry.channels },
      filter: { m: geometry.filters, n: geometry.channels, k: places },
      input: { m: geometry.channels, n: sizeOf(spatial), k: geometry.filters },
    };
    const careful = tapBytes(geometry) + product.workspaceBytes(ofOneTap[role]);
    const workspace = Math.max(product.workspaceBytes(sizes[role]) + patchBytes(geometry), careful);
    const nanoseconds = (geometry.samples * sizeOf(w.shape) * places) / multiplyAdds;
    const without = withoutPatches(geometry, role);
    if (without !== null && sizeOf(output.shape) > 0 && sizeOf(g.shape) > 0)
      return {
        kind: 'kernel',
        workspace: Math.max(without.memory.workspace, careful),
        shared: without.memory.shared,
        parallel: true,
        nanoseconds,
        emit: (at) => [...guard(without.shape, at), ...without.emit(operandsOf(at), at)],
      };
    const blocks = transformed(geometry, role);
    if (blocks === null || sizeOf(output.shape) === 0 || sizeOf(g.shape) === 0)
      return {
        kind: 'kernel',
        workspace,
        parallel: true,
        nanoseconds,
        emit: plain,
      };
    const wanted = role === 'filter' ? gradientMemory(blocks) : outputMemory(blocks);
    return {
      kind: 'kernel',
      workspace: Math.max(workspace, wanted.workspace),
      shared: wanted.shared,
      parallel: true,
      nanoseconds,
      emit: (at) => {
        /** The plain way, as a function of its own too. */
        const fallback = func('plain', repeat('i32', 7), 'none', (first, second, to, own, shared, thread, threads) =>
          plain({ ...at, inputs: [first, second], output: to, workspace: own, shared, thread, threads }),
        );
        const [first, second] = at.inputs;
        const { output: to, thread, threads } = at;
        return byTransforms(geometry, role, blocks, operandsOf(at), at, [
          call(fallback, first ?? to, second ?? to, to, at.workspace, at.shared, thread, threads),
        ]);
      },
    };
  };

export const convolutionLowerings: Pick<Lowerings, 'conv' | 'convFilterGradient' | 'convInputGradient'> = {
  conv: lowering('output'),
  convFilterGradient: lowering('filter'),
  convInputGradient: lowering('input'),
};
