/**
 * Convolution layers' functions: the core's cross-correlation with a bias, in channels-first or channels-last layout.
 * Channels-first weights are `[out, in/groups, …kernel]`, channels-last ones `[…kernel, in/groups, out]`.
 */

import { describe } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import {
  ArgumentError,
  add,
  type ConvOptions as CoreConvOptions,
  type ConvTransposeOptions as CoreConvTransposeOptions,
  conv,
  convTranspose,
  pad,
  permute,
  ShapeError,
  type Tensor,
} from '../../core/index.js';
import { resolveWindow } from '../../core/ops/windows.js';
import { checkedOptions, checkTensors, rankOf } from '../../core/tensor/arguments.js';
import { alongAxis, checkLayout, checkSize, type Layout } from './normalise.js';

export interface LayoutOptions {
  /** Images `[N, C, …]` (default) or `[N, …, C]`. */
  readonly layout?: Layout;
}

export interface ConvFunctionOptions extends CoreConvOptions, LayoutOptions {
  /** What stands around images: `zeros` (default), or what `pad` makes of their borders in the mode of this name. */
  readonly paddingMode?: 'zeros' | 'reflect' | 'replicate' | 'circular';
}

export interface ConvTransposeFunctionOptions extends CoreConvTransposeOptions, LayoutOptions {}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** The rank of what has samples and channels. */
const rankWithChannels = (op: string, x: Tensor): number => {
  const rank = rankOf(op, x);
  if (rank < 2)
    throw new ShapeError({
      op,
      problem: 'there are no channels',
      shapes: [x.shape],
      remedy: 'give samples and channels, two axes at least',
    });
  return rank;
};

/**
 * From channels last to channels first: `[N, …, C]` → `[N, C, …]`.
 * @example
 * functional.channelsFirst(ones([2, 4, 5, 3])).shape // [2, 3, 4, 5]
 */
export const channelsFirst = (x: Tensor): Tensor => {
  const rank = rankWithChannels('channelsFirst', x);
  return permute(x, [0, rank - 1, ...range(1, rank - 1)]);
};

/**
 * From channels first to channels last: `[N, C, …]` → `[N, …, C]`; for images axis order (0, 2, 3, 1).
 * @example
 * functional.channelsLast(ones([2, 3, 4, 5])).shape // [2, 4, 5, 3]
 */
export const channelsLast = (x: Tensor): Tensor => {
  const rank = rankWithChannels('channelsLast', x);
  return permute(x, [0, ...range(2, rank), 1]);
};

/** `[…kernel, in, out]` → `[out, in, …kernel]`, and for a transposed convolution `[…kernel, out, in]` → `[in, out, …kernel]`. */
const kernelFirst = (weight: Tensor): Tensor =>
  permute(weight, [weight.rank - 1, weight.rank - 2, ...range(0, weight.rank - 2)]);

/** Throws unless images and kernels have `axes` spatial axes. */
const checkRanks = (op: string, x: Tensor, weight: Tensor, axes: number): void => {
  checkTensors(op, [x, weight]);
  if (x.rank === axes + 2 && weight.rank === axes + 2) return;
  const spatial = ['L', 'H, W', 'D, H, W'][axes - 1] ?? '';
  throw new ShapeError({
    op,
    problem: `the input has ${x.rank} axes and the weight ${weight.rank}`,
    shapes: [x.shape, weight.shape],
    remedy: `both need ${axes + 2}: give images [N, C, ${spatial}]`,
  });
};

/** Runs a channels-first function on images of either layout. */
const inLayout = (
  op: string,
  layout: Layout,
  x: Tensor,
  weight: Tensor,
  f: (x: Tensor, weight: Tensor) => Tensor,
): Tensor => {
  checkLayout(op, layout);
  return layout === 'NCHW' ? f(x, weight) : channelsLast(f(channelsFirst(x), kernelFirst(weight)));
};

/** Adds one number a channel of axis 1. */
const withBias = (op: string, y: Tensor, bias: Tensor | null): Tensor => {
  checkSize(op, 'bias', bias, y.shape[1] ?? 1, y.shape);
  return bias === null ? y : add(y, alongAxis(bias, y.rank, 1));
};

/** Images with their border around them, for a convolution that then pads nothing. */
const withBorder = (
  op: string,
  x: Tensor,
  weight: Tensor,
  { paddingMode, ...options }: ConvFunctionOptions,
): Tensor => {
  if (paddingMode !== 'reflect' && paddingMode !== 'replicate' && paddingMode !== 'circular')
    throw new ArgumentError({
      op,
      problem: `there is no paddingMode ${describe(paddingMode)}`,
      remedy: "use 'zeros', 'reflect', 'replicate' or 'circular'",
    });
  const { padding } = resolveWindow(op, x.shape.slice(2), weight.shape.slice(2), options);
  return pad(x, [[0, 0], [0, 0], ...padding], { mode: paddingMode });
};

type ConvFunction = (x: Tensor, weight: Tensor, bias?: Tensor | null, options?: ConvFunctionOptions) => Tensor;

const convOfNames = {
  stride: true,
  padding: true,
  dilation: true,
  groups: true,
  flipKernel: 'flag',
  layout: true,
  paddingMode: true,
} as const;

const convOf =
  (axes: number): ConvFunction =>
  (x, weight, bias = null, given = {}) => {
    const op = `conv${axes}d`;
    const { layout = 'NCHW', paddingMode = 'zeros', ...options } = checkedOptions(op, given, convOfNames);
    checkRanks(op, x, weight, axes);
    return inOperation(op, () =>
      inLayout(op, layout, x, weight, (images, kernel) => {
        if (paddingMode === 'zeros') return withBias(op, conv(images, kernel, options), bias);
        const framed = withBorder(op, images, kernel, { ...options, paddingMode });
        return withBias(op, conv(framed, kernel, { ...options, padding: 0 }), bias);
      }),
    );
  };

/**
 * Convolution along one axis. `x: [N, C, L]`, `weight: [F, C/groups, K]`, `bias: [F]` → `[N, F, L′]` with
 * `L′ = ⌊(L + 2·padding − dilation·(K − 1) − 1)/stride⌋ + 1`.
 * @throws ShapeError when ranks or channels do not fit.
 * @example
 * functional.conv1d(tensor([[[1, 2, 4]]]), tensor([[[1, 1]]])).toArray() // [[[3, 6]]]
 */
export const conv1d: ConvFunction = convOf(1);

/**
 * Convolution of images. `x: [N, C, H, W]`, `weight: [F, C/groups, KH, KW]`, `bias: [F]` → `[N, F, H′, W′]`.
 * @throws ShapeError when ranks or channels do not fit.
 * @example
 * functional.conv2d(ones([1, 1, 3, 3]), ones([1, 1, 2, 2]), tensor([1])).toArray() // [[[[5, 5], [5, 5]]]]
 */
export const conv2d: ConvFunction = convOf(2);

/**
 * Convolution of volumes. `x: [N, C, D, H, W]`, `weight: [F, C/groups, KD, KH, KW]`, `bias: [F]` → `[N, F, D′, H′, W′]`.
 * @throws ShapeError when ranks or channels do not fit.
 * @example
 * functional.conv3d(ones([1, 1, 2, 2, 2]), ones([1, 1, 2, 2, 2])).toArray() // [[[[[8]]]]]
 */
export const conv3d: ConvFunction = convOf(3);

type ConvTransposeFunction = (
  x: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
  options?: ConvTransposeFunctionOptions,
) => Tensor;

const convTransposeOfNames = {
  stride: true,
  padding: true,
  outputPadding: true,
  dilation: true,
  groups: true,
  layout: true,
} as const;

const convTransposeOf =
  (axes: number): ConvTransposeFunction =>
  (x, weight, bias = null, given = {}) => {
    const op = `convTranspose${axes}d`;
    const { layout = 'NCHW', ...options } = checkedOptions(op, given, convTransposeOfNames);
    checkRanks(op, x, weight, axes);
    return inOperation(op, () =>
      inLayout(op, layout, x, weight, (images, kernel) => withBias(op, convTranspose(images, kernel, options), bias)),
    );
  };

/**
 * The transpose of a convolution along one axis. `x: [N, C, L]`, `weight: [C, F/groups, K]` → `[N, F, L′]` with
 * `L′ = (L − 1)·stride − 2·padding + dilation·(K − 1) + outputPadding + 1`.
 * @throws ShapeError when ranks or channels do not fit.
 * @example
 * functional.convTranspose1d(tensor([[[1, 2]]]), tensor([[[1, 1]]])).toArray() // [[[1, 3, 2]]]
 */
export const convTranspose1d: ConvTransposeFunction = convTransposeOf(1);

/**
 * The transpose of a convolution of images. `x: [N, C, H, W]`, `weight: [C, F/groups, KH, KW]` → `[N, F, H′, W′]`.
 * @throws ShapeError when ranks or channels do not fit.
 * @example
 * functional.convTranspose2d(ones([1, 1, 1, 1]), ones([1, 1, 2, 2])).toArray() // [[[[1, 1], [1, 1]]]]
 */
export const convTranspose2d: ConvTransposeFunction = convTransposeOf(2);

/**
 * The transpose of a convolution of volumes. `x: [N, C, D, H, W]`, `weight: [C, F/groups, KD, KH, KW]`.
 * @throws ShapeError when ranks or channels do not fit.
 * @example
 * functional.convTranspose3d(ones([1, 1, 1, 1, 1]), ones([1, 1, 1, 1, 2])).toArray() // [[[[[1, 1]]]]]
 */
export const convTranspose3d: ConvTransposeFunction = convTransposeOf(3);
