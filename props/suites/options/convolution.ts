/** Convolutions of one to three axes and their transposes, as functions and as layers. */
import { foldIn, key, type Tensor, uniform } from '../../../core/index.js';
import type * as nn from '../../../nn/index.js';
import {
  type Block,
  blockOf,
  channelsFirst,
  channelsLast,
  convolved,
  kernelFirst,
  sized,
  transposed,
} from './convolved.js';
import { doubles, type Numbers, numbers, type Row, range, wave, whole } from './law.js';

/** Sizes of the images, and of the kernel, for each number of axes. */
const sizes = [[], [7], [5, 4], [3, 3, 4]] as const;
const kernels = [[], [3], [3, 2], [2, 1, 2]] as const;
const input = (layout: string | undefined, axes: number, channels: number): Block => {
  const spatial = sizes[axes] ?? [];
  const shape = layout === 'NHWC' ? [1, ...spatial, channels] : [1, channels, ...spatial];
  return { shape, data: wave(sized(shape), 0.3) };
};
const weightOf = (layout: string | undefined, a: number, b: number, kernel: Numbers): Block => {
  const shape = layout === 'NHWC' ? [...kernel, b, a] : [a, b, ...kernel];
  return { shape, data: wave(sized(shape), 1.1) };
};
const tensorOf = ({ shape, data }: Block): Tensor => doubles(data, shape);
const listOf = ({ shape, data }: Block): Numbers => [...shape, ...data];
const inLayout = (layout: string | undefined, x: Block, w: Block, f: (x: Block, w: Block) => Block): Numbers =>
  listOf(layout === 'NHWC' ? channelsLast(f(channelsFirst(x), kernelFirst(w))) : f(x, w));

const bias = [0.5, -1, 2, 0.25];
const layout = ['NHWC' as const];

const unequal = (axes: number): readonly (readonly [number, number])[] => range(axes).map((axis) => [axis % 2, 1]);

/** The image and the weights that options ask for. */
const given = (
  axes: number,
  o: { readonly layout?: string; readonly groups?: number },
): readonly [x: Block, w: Block] => [
  input(o.layout, axes, 4),
  weightOf(o.layout, 4, 4 / (o.groups ?? 1), kernels[axes] ?? []),
];

export const convRow = (axes: number): Row<typeof nn.functional.conv2d> => ({
  values: {
    stride: [2, range(axes).map((axis) => (axis % 2) + 1)],
    padding: ['same', 1, unequal(axes)],
    dilation: [range(axes).map((axis) => 2 - (axis % 2))],
    groups: [2, 4],
    flipKernel: [true],
    layout,
    paddingMode: ['reflect', 'replicate', 'circular'],
  },
  run: (f, o) => {
    const [x, w] = given(axes, o);
    return whole(f(tensorOf(x), tensorOf(w), doubles(bias), o));
  },
  want: (o) => inLayout(o.layout, ...given(axes, o), (x, w) => convolved(x, w, bias, o)),
});

export const convTransposeRow = (axes: number): Row<typeof nn.functional.convTranspose2d> => ({
  values: {
    stride: [2, range(axes).map((axis) => 3 - (axis % 2))],
    padding: [1, unequal(axes)],
    dilation: [2, range(axes).map((axis) => (axis % 2) + 2)],
    outputPadding: [1, range(axes).map((axis) => (axis + 1) % 2)],
    groups: [2, 4],
    layout,
  },
  run: (f, o) => {
    const [x, w] = given(axes, o);
    return whole(f(tensorOf(x), tensorOf(w), doubles(bias), o));
  },
  want: (o) => inLayout(o.layout, ...given(axes, o), (x, w) => transposed(x, w, bias, o)),
  // Room for as many extra places as the stride or the dilation leaves.
  base: { stride: 3 },
  refused: (o) =>
    range(axes).some((axis) => {
      const one = (given: unknown, otherwise: number): number =>
        given === undefined ? otherwise : Array.isArray(given) ? (given[axis] as number) : (given as number);
      return one(o.outputPadding, 0) >= Math.max(one(o.stride, 1), one(o.dilation, 1));
    }),
});

const fill =
  (phase: number) =>
  (_: unknown, shape: readonly number[]): Tensor =>
    doubles(wave(sized(shape), phase), shape);

/** What a layer draws by itself: U(±1/√fanIn), the weight from the first key and the bias from the second. */
export const drawn = (place: number, shape: Numbers, fanIn: number): Numbers =>
  numbers(uniform(foldIn(key(0), place), shape, { dtype: 'float64' })).map((u) => (2 * u - 1) / Math.sqrt(fanIn));

const kernelOf = (given: number | readonly number[], axes: number): Numbers =>
  typeof given === 'number' ? range(axes).map(() => given) : given;

interface LayerOptions {
  readonly in: number;
  readonly out: number;
  readonly kernel: number | readonly number[];
  readonly bias?: boolean;
  readonly layout?: string;
  readonly groups?: number;
  readonly weightInit?: unknown;
  readonly biasInit?: unknown;
}

/** The weight and the bias of a layer, from its options alone. */
const startOf = (
  o: LayerOptions,
  axes: number,
  isTransposed: boolean,
): { readonly w: Block; readonly b: Numbers | null } => {
  const kernel = kernelOf(o.kernel, axes);
  const groups = o.groups ?? 1;
  const [a, b] = isTransposed ? [o.in, o.out / groups] : [o.out, o.in / groups];
  const shape = o.layout === 'NHWC' ? [...kernel, b, a] : [a, b, ...kernel];
  const fanIn = b * sized(kernel);
  return {
    w: { shape, data: o.weightInit === undefined ? drawn(0, shape, fanIn) : wave(sized(shape), 0.9) },
    b: o.bias === false ? null : o.biasInit === undefined ? drawn(1, [o.out], fanIn) : wave(o.out, 0.2),
  };
};

const layerValues = (axes: number) =>
  ({
    in: [2],
    out: [2],
    kernel: [1, range(axes).map((axis) => (axis % 2) + 1)],
    bias: [false],
    weightInit: [fill(0.9)],
    biasInit: [fill(0.2)],
    layout,
    stride: [2],
    dilation: [2],
    groups: [2],
  }) as const;

interface Applied {
  init(k: unknown, options: object): { readonly params: unknown; readonly state: unknown };
  apply(variables: never, x: Tensor): readonly [Tensor, unknown];
}

/** A layer's parameters as they start, and what it makes of images. */
const applied = (layer: unknown, x: Block): Numbers => {
  const { init, apply } = layer as Applied;
  const variables = init(key(0), { dtype: 'float64' });
  const { weight, bias: shift } = variables.params as { readonly weight: Tensor; readonly bias?: Tensor };
  const [y] = apply(variables as never, tensorOf(x));
  return [...whole(weight), ...(shift === undefined ? [] : whole(shift)), ...whole(y)];
};

const started = ({ w, b }: { readonly w: Block; readonly b: Numbers | null }): Numbers => [
  ...listOf(w),
  ...(b === null ? [] : [b.length, ...b]),
];

export const convLayerRow = (axes: number): Row<typeof nn.conv2d> => ({
  values: { ...layerValues(axes), padding: [1, 'same'], flipKernel: [true], paddingMode: ['circular'] },
  base: { in: 4, out: 4, kernel: 2, padding: 1 },
  run: (f, o) => applied(f(o), input(o.layout, axes, o.in)),
  want: (o) => {
    const start = startOf(o, axes, false);
    return [
      ...started(start),
      ...inLayout(o.layout, input(o.layout, axes, o.in), start.w, (x, w) => convolved(x, w, start.b, o)),
    ];
  },
});

export const convTransposeLayerRow = (axes: number): Row<typeof nn.convTranspose2d> => ({
  values: { ...layerValues(axes), padding: [1], outputPadding: [1] },
  base: { in: 4, out: 4, kernel: 2, stride: 3 },
  run: (f, o) => applied(f(o), input(o.layout, axes, o.in)),
  want: (o) => {
    const start = startOf(o, axes, true);
    return [
      ...started(start),
      ...inLayout(o.layout, input(o.layout, axes, o.in), start.w, (x, w) => transposed(x, w, start.b, o)),
    ];
  },
});

export { applied, blockOf, fill, input, listOf, tensorOf };
