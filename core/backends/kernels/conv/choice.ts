/**
 * Which kernel suits a convolution, and what the input gradient is as one: 3×3 filters of many channels go through transforms, channels
 * with a filter of their own through vectors of channels, and most others read the image tap by tap.
 */

import { sizeOf } from '../../../base/shape.js';
import { axisOf } from '../../../rules/window.js';
import type { Statement } from '../assembler/index.js';
import { features } from '../features.js';
import { floatLanes } from '../loops/float-lanes.js';
import { gemmModule } from '../lowerings/gemm.js';
import type { ConvolutionWay, Places } from '../lowerings/lowering.js';
import { depthwiseForward, depthwiseGradient, depthwiseMemory, isDepthwise } from './depthwise.js';
import { directForward, directMemory, type FilterStrides } from './direct/forward.js';
import { directGradient, directGradientMemory } from './direct/gradient.js';
import type { Finish } from './finish.js';
import type { SpreadGeometry } from './lines.js';
import { type Geometry, isPointwise, type Operands, type Role } from './patches.js';
import { type Blocks, blocksOf } from './winograd/layout.js';

/** The geometry for the transforms, if they are quicker: both sides have channels enough to pay for them. */
export const transformed = (geometry: Geometry, role: Role): Blocks | null => {
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

export interface WithoutPatches {
  readonly way: Extract<ConvolutionWay, 'depthwise' | 'direct'>;
  /** The convolution that is computed: that of the cotangent, for an input gradient. */
  readonly shape: Geometry;
  readonly memory: { readonly workspace: number; readonly shared: number };
  /** Whether it can finish the outputs. */
  readonly finishes?: true;
  readonly emit: (operands: Operands, places: Places, finish: Finish) => Statement[];
}

/** The convolution of the cotangent that the input gradient is: with strides, zeros stand between the cotangent's elements. */
export const turned = (geometry: Geometry): SpreadGeometry => {
  const { channels, filters, spatial, outputs, kernel, window } = geometry;
  const axes = kernel.map((taps, axis) => ({ taps, ...axisOf(window, axis) }));
  return {
    ...geometry,
    ...{ channels: filters, filters: channels, spatial: outputs, outputs: spatial },
    window: {
      stride: axes.map(() => 1),
      dilation: window.dilation,
      padding: axes.map(({ taps, dilation, padding: [low] }) => [dilation * (taps - 1) - low, 0]),
    },
    spread: axes.map(({ stride }) => stride),
  };
};

/** The same where no zeros are needed. */
const turnedShape = (geometry: Geometry): Geometry | null => {
  const { spread, ...shape } = turned(geometry);
  return spread.every((step) => step === 1) ? shape : null;
};

/** How filters lie for the convolution that computes an output, or an input gradient: the latter reads them turned round. */
export const filterStrides = ({ bytes, channels, kernel }: Geometry, role: Role): FilterStrides => {
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
    way: 'depthwise',
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
export const withoutPatches = (geometry: Geometry, role: Role): WithoutPatches | null => {
  const { dtype, channels, filters, spatial, outputs, kernel } = geometry;
  if (dtype !== 'float32') return null;
  if (isDepthwise(geometry)) return depthwise(geometry, role);
  if (transformed(geometry, role) !== null || isPointwise(geometry)) return null;
  const lanes = floatLanes('float32', features());
  const { rows } = gemmModule('float32').tile;
  if (role === 'filter')
    return {
      way: 'direct',
      shape: geometry,
      memory: { workspace: 0, shared: directGradientMemory(geometry) },
      emit: ([image, output, cotangent], places) =>
        directGradient(lanes, rows, geometry, { image, cotangent, output }, places),
    };
  const shape = role === 'output' ? geometry : turnedShape(geometry);
  if (shape === null || shape.channels * sizeOf(kernel) > mostTerms) return null;
  if (role === 'output')
    return {
      way: 'direct',
      shape,
      memory: directMemory(shape),
      finishes: true,
      emit: ([image, weights, output], places, finish) =>
        directForward(
          ...([lanes, rows, shape, { image, weights, output }] as const),
          ...([filterStrides(geometry, role), places, finish] as const),
        ),
    };
  const zeros = (sizeOf(spatial) * lanesFor(channels)) / (sizeOf(outputs) * channels);
  if (zeros > mostZeros || filters < 4) return null;
  return {
    way: 'direct',
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
