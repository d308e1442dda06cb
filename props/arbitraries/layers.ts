/**
 * Configurations of layers, drawn so that they fit: an output of at least one place, channels that divide into groups.
 * Small, because laws are checked on every number.
 */

import * as fc from 'fast-check';
import { checkedOptions } from '../../core/tensor/arguments.js';

export interface LinearConfiguration {
  /** Axes in front of the features. */
  readonly batch: readonly number[];
  readonly in: number;
  readonly out: number;
  readonly bias: boolean;
}

/** A dense layer and the shape of its batch. */
export const linearConfigurations = (): fc.Arbitrary<LinearConfiguration> =>
  fc.record({
    batch: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 2 }),
    in: fc.integer({ min: 1, max: 4 }),
    out: fc.integer({ min: 1, max: 4 }),
    bias: fc.boolean(),
  });

/** What slides over an axis. */
export interface WindowConfiguration {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
}

/** The places of a window along an axis: ⌊(size + 2·padding − dilation·(kernel − 1) − 1)/stride⌋ + 1. */
export const outputSize = ({ size, kernel, stride, padding, dilation }: WindowConfiguration): number =>
  Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;

export interface WindowConstraints {
  /** Padding at most so many times the kernel: pooling allows half of it, convolution any; 1 by default. */
  readonly maxPadding?: (kernel: number) => number;
  readonly dilated?: boolean;
}

const windowConfigurationsNames = { maxPadding: true, dilated: 'flag' } as const;

/** A window and an axis long enough for one place of it at least; often one that does not divide evenly. */
export const windowConfigurations = (options: WindowConstraints = {}): fc.Arbitrary<WindowConfiguration> => {
  const { maxPadding = (kernel: number) => kernel, dilated = true } = checkedOptions(
    'windowConfigurations',
    options,
    windowConfigurationsNames,
  );
  return fc.integer({ min: 1, max: 3 }).chain((kernel) =>
    fc
      .record({
        stride: fc.integer({ min: 1, max: 3 }),
        padding: fc.integer({ min: 0, max: maxPadding(kernel) }),
        dilation: fc.integer({ min: 1, max: dilated ? 2 : 1 }),
        extra: fc.nat(3),
      })
      .map(({ stride, padding, dilation, extra }) => ({
        size: Math.max(1, dilation * (kernel - 1) + 1 - 2 * padding) + extra,
        kernel,
        stride,
        padding,
        dilation,
      })),
  );
};

export interface ConvolutionConfiguration {
  readonly batch: number;
  readonly groups: number;
  readonly in: number;
  readonly out: number;
  readonly bias: boolean;
  /** One entry a spatial axis. */
  readonly axes: readonly WindowConfiguration[];
}

/** A convolution over `rank` spatial axes (1 to 3, 2 by default). */
export const convolutionConfigurations = (rank = 2): fc.Arbitrary<ConvolutionConfiguration> =>
  fc
    .record({
      batch: fc.integer({ min: 1, max: 2 }),
      groups: fc.integer({ min: 1, max: 2 }),
      inEach: fc.integer({ min: 1, max: 2 }),
      outEach: fc.integer({ min: 1, max: 2 }),
      bias: fc.boolean(),
      axes: fc.array(windowConfigurations(), { minLength: rank, maxLength: rank }),
    })
    .map(({ batch, groups, inEach, outEach, bias, axes }) => ({
      batch,
      groups,
      in: groups * inEach,
      out: groups * outEach,
      bias,
      axes,
    }));

export interface PoolingConfiguration {
  readonly batch: number;
  readonly channels: number;
  readonly axes: readonly WindowConfiguration[];
}

/** A pooling over `rank` spatial axes; padding is at most half of the kernel, so that no window is empty. */
export const poolingConfigurations = (rank = 2): fc.Arbitrary<PoolingConfiguration> =>
  fc.record({
    batch: fc.integer({ min: 1, max: 2 }),
    channels: fc.integer({ min: 1, max: 2 }),
    axes: fc.array(windowConfigurations({ maxPadding: (kernel) => Math.floor(kernel / 2), dilated: false }), {
      minLength: rank,
      maxLength: rank,
    }),
  });

export interface NormConfiguration {
  readonly batch: number;
  readonly channels: number;
  readonly groups: number;
  readonly spatial: readonly number[];
  readonly affine: boolean;
}

/** A normalisation; two values at least in every group, because one value has no deviation. */
export const normConfigurations = (): fc.Arbitrary<NormConfiguration> =>
  fc
    .record({
      batch: fc.integer({ min: 2, max: 4 }),
      groups: fc.integer({ min: 1, max: 2 }),
      each: fc.integer({ min: 1, max: 2 }),
      spatial: fc.array(fc.integer({ min: 2, max: 3 }), { minLength: 1, maxLength: 2 }),
      affine: fc.boolean(),
    })
    .map(({ batch, groups, each, spatial, affine }) => ({ batch, channels: groups * each, groups, spatial, affine }));
