/** Convolution layers: a weight for every output channel, and a bias. */

import { describeList } from '../../core/base/errors.js';
import { ArgumentError, type ConvOptions, type ConvTransposeOptions, type Tensor } from '../../core/index.js';
import { type CompleteNames, checkedOptions, checkSizes, type OptionNames } from '../../core/tensor/arguments.js';
import {
  type ConvFunctionOptions,
  conv1d as conv1dFunction,
  conv2d as conv2dFunction,
  conv3d as conv3dFunction,
  convTranspose1d as convTranspose1dFunction,
  convTranspose2d as convTranspose2dFunction,
  convTranspose3d as convTranspose3dFunction,
  type LayoutOptions,
} from '../functional/convolution.js';
import { fans } from '../initialisers.js';
import { type Layer, statelessLayer } from '../layer.js';
import {
  checkInitialisers,
  type InitialiserOptions,
  initWeightAndBias,
  type ParametersFor,
  type WeightAndBias,
} from './linear.js';
import { checkWindowOptions } from './window-checks.js';

interface Channels extends InitialiserOptions, LayoutOptions {
  /** Channels of the input. */
  readonly in: number;
  /** Channels of the output. */
  readonly out: number;
  /** One size for every axis, or one each. */
  readonly kernel: number | readonly number[];
  /** true by default. */
  readonly bias?: boolean;
}

export interface ConvLayerOptions extends Channels, ConvOptions, Pick<ConvFunctionOptions, 'paddingMode'> {}
export interface ConvTransposeLayerOptions extends Channels, ConvTransposeOptions {}

type ConvLayer = <const O extends ConvLayerOptions>(options: O) => Layer<ParametersFor<O>, null>;
type ConvTransposeLayer = <const O extends ConvTransposeLayerOptions>(options: O) => Layer<ParametersFor<O>, null>;

/** The kernel's size along each axis. */
const kernelSizes = (op: string, kernel: number | readonly number[], axes: number): readonly number[] => {
  const sizes = Array.isArray(kernel) ? (kernel as readonly number[]) : new Array<number>(axes).fill(kernel as number);
  if (sizes.length !== axes || sizes.some((size) => !Number.isInteger(size) || size < 1))
    throw new ArgumentError({
      op,
      problem: `the kernel ${describeList(kernel)} is not a size for ${axes} axes`,
      remedy: 'give one whole number, or one an axis',
    });
  return sizes;
};

const checkGroups = (op: string, groups: number, channels: number, side: string): void => {
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0)
    throw new ArgumentError({
      op,
      problem: `${describeList(groups)} groups do not divide ${channels} ${side} channels`,
      remedy: 'choose a number of groups that divides both channel counts',
    });
};

/** `[a, b, …kernel]`, or `[…kernel, b, a]` for channels-last images. */
const weightShape = (a: number, b: number, kernel: readonly number[], { layout = 'NCHW' }: LayoutOptions): number[] =>
  layout === 'NCHW' ? [a, b, ...kernel] : [...kernel, b, a];

const describe = (op: string, o: Channels): string => `${op}(${o.in}, ${o.out}, ${JSON.stringify(o.kernel)})`;

/** Which side of the weight comes first: `[out, in/groups, …kernel]`, or `[in, out/groups, …kernel]` for a transposed one. */
type Direction = 'forward' | 'transposed';

const commonNames = {
  in: true,
  out: true,
  kernel: true,
  bias: 'flag',
  weightInit: true,
  biasInit: true,
  layout: true,
  stride: true,
  padding: true,
  dilation: true,
  groups: true,
} as const;
const convNames = { ...commonNames, flipKernel: 'flag', paddingMode: true } as const;
const convTransposeNames = { ...commonNames, outputPadding: true } as const;

/**
 * The layer around a convolution function. The fan-in is that of the stored weight read as `[out, in, …kernel]`, as PyTorch
 * takes it, in either direction.
 */
const layerOf = <O extends Channels & { readonly groups?: number }, Names extends OptionNames<O>>(
  op: string,
  axes: number,
  direction: Direction,
  f: (
    x: Tensor,
    w: Tensor,
    b: Tensor | null,
    options: Omit<O, 'in' | 'out' | 'kernel' | 'bias' | keyof InitialiserOptions>,
  ) => Tensor,
  names: CompleteNames<O, Names>,
): (<const P extends O>(options: P) => Layer<ParametersFor<P>, null>) => {
  const layer = (options: O): Layer<WeightAndBias, null> => {
    const {
      in: inputs,
      out: outputs,
      kernel,
      bias = true,
      weightInit: _,
      biasInit: __,
      ...rest
    } = checkedOptions<O, Names>(op, options, names);
    checkInitialisers(op, options);
    const groups = options.groups ?? 1;
    checkSizes(op, { in: inputs, out: outputs });
    checkGroups(op, groups, inputs, 'input');
    checkGroups(op, groups, outputs, 'output');
    checkWindowOptions(op, axes, options);
    const sizes = kernelSizes(op, kernel, axes);
    const [first, second] = direction === 'forward' ? [outputs, inputs / groups] : [inputs, outputs / groups];
    return statelessLayer({
      name: describe(op, options),
      init: (key, dtype) =>
        initWeightAndBias(
          key,
          dtype,
          weightShape(first, second, sizes, options),
          bias ? [outputs] : null,
          fans([first, second, ...sizes]),
          options,
        ),
      forward: ({ weight, bias: shift }, x: Tensor) => f(x, weight, shift ?? null, rest),
    });
  };
  return layer as <const P extends O>(options: P) => Layer<ParametersFor<P>, null>;
};

/**
 * Convolution along one axis: `[N, in, L]` → `[N, out, L′]`, `params: { weight: [out, in/groups, K], bias: [out] }`.
 * @throws ArgumentError when the groups do not divide the channels; ShapeError for inputs that do not fit.
 * @example
 * conv1d({ in: 2, out: 4, kernel: 3 }).init(key(0)).params.weight.shape // [4, 2, 3]
 */
export const conv1d: ConvLayer = layerOf<ConvLayerOptions, typeof convNames>(
  'conv1d',
  1,
  'forward',
  conv1dFunction,
  convNames,
);

/**
 * Convolution of images: `[N, in, H, W]` → `[N, out, H′, W′]`, `params: { weight: [out, in/groups, KH, KW], bias: [out] }`;
 * with `layout: 'NHWC'` `[N, H, W, in]` and `[KH, KW, in/groups, out]`.
 * @throws ArgumentError when the groups do not divide the channels; ShapeError for inputs that do not fit.
 * @example
 * conv2d({ in: 3, out: 8, kernel: 5, padding: 2 }).init(key(0)).params.weight.shape // [8, 3, 5, 5]
 */
export const conv2d: ConvLayer = layerOf<ConvLayerOptions, typeof convNames>(
  'conv2d',
  2,
  'forward',
  conv2dFunction,
  convNames,
);

/**
 * Convolution of volumes: `[N, in, D, H, W]` → `[N, out, D′, H′, W′]`.
 * @throws ArgumentError when the groups do not divide the channels; ShapeError for inputs that do not fit.
 * @example
 * conv3d({ in: 1, out: 2, kernel: [1, 2, 3] }).init(key(0)).params.weight.shape // [2, 1, 1, 2, 3]
 */
export const conv3d: ConvLayer = layerOf<ConvLayerOptions, typeof convNames>(
  'conv3d',
  3,
  'forward',
  conv3dFunction,
  convNames,
);

/**
 * The transpose of a convolution along one axis, `params: { weight: [in, out/groups, K], bias: [out] }`.
 * @throws ArgumentError when the groups do not divide the channels; ShapeError for inputs that do not fit.
 * @example
 * convTranspose1d({ in: 2, out: 4, kernel: 3 }).init(key(0)).params.weight.shape // [2, 4, 3]
 */
export const convTranspose1d: ConvTransposeLayer = layerOf<ConvTransposeLayerOptions, typeof convTransposeNames>(
  'convTranspose1d',
  1,
  'transposed',
  convTranspose1dFunction,
  convTransposeNames,
);

/**
 * The transpose of a convolution of images, `params: { weight: [in, out/groups, KH, KW], bias: [out] }`.
 * @throws ArgumentError when the groups do not divide the channels; ShapeError for inputs that do not fit.
 * @example
 * convTranspose2d({ in: 2, out: 4, kernel: 3, stride: 2 }).init(key(0)).params.weight.shape // [2, 4, 3, 3]
 */
export const convTranspose2d: ConvTransposeLayer = layerOf<ConvTransposeLayerOptions, typeof convTransposeNames>(
  'convTranspose2d',
  2,
  'transposed',
  convTranspose2dFunction,
  convTransposeNames,
);

/** The transpose of a convolution of volumes, `params: { weight: [in, out/groups, KD, KH, KW], bias: [out] }`. */
export const convTranspose3d: ConvTransposeLayer = layerOf<ConvTransposeLayerOptions, typeof convTransposeNames>(
  'convTranspose3d',
  3,
  'transposed',
  convTranspose3dFunction,
  convTransposeNames,
);
