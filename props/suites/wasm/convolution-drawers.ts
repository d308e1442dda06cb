/**
 * Kernels first: for every way in which a convolution, or a gradient of one, can be computed, the geometries that it may meet. The table is
 * total by its type: a new way without a drawer does not compile.
 */
import * as fc from 'fast-check';
import type { ConvolutionWay } from '../../../core/backends/kernels/lowerings/lowering.js';
import { spanOf, type WindowAxis } from '../../../core/rules/window.js';

/** What is computed from the two others among an image, filters and outputs. */
export const roles = ['output', 'input', 'filter'] as const;
export type Role = (typeof roles)[number];

/** One spatial axis. */
interface Axis extends WindowAxis {
  readonly taps: number;
  readonly size: number;
}

/** A convolution; channels and filters are those of one group. */
export interface Convolution {
  readonly dtype: 'float32' | 'float64';
  readonly samples: number;
  readonly groups: number;
  readonly channels: number;
  readonly filters: number;
  readonly axes: readonly Axis[];
}

/** What an axis may be, where a kernel does not say. */
interface AxisLimits {
  readonly taps: fc.Arbitrary<number>;
  readonly stride?: fc.Arbitrary<number>;
  readonly dilation?: fc.Arbitrary<number>;
  /** Outputs as many as inputs, the padding unequal. */
  readonly same?: true;
  readonly padding?: fc.Arbitrary<number>;
  /** Places beyond those that one window takes. */
  readonly extra?: number;
}

const upTo = (most: number): fc.Arbitrary<number> => fc.integer({ min: 1, max: most });

const axis = ({
  taps,
  stride = upTo(3),
  dilation = upTo(3),
  padding = fc.constantFrom(-2, -1, 0, 0, 1, 2, 3),
  extra = 9,
  same,
}: AxisLimits): fc.Arbitrary<Axis> =>
  fc
    .record({ taps, stride, dilation, low: padding, high: padding, extra: fc.nat(extra) })
    .map(({ taps, stride, dilation, low, high, extra }) => {
      const span = spanOf(taps, dilation);
      if (same === true) {
        const before = Math.min(span - 1, Math.max(0, low));
        return { taps, stride, dilation, padding: [before, span - 1 - before], size: extra + 1 };
      }
      // Long enough for one window, and for what negative padding leaves out.
      const least = Math.max(1, -low, -high, -low - high + 1, span - low - high);
      return { taps, stride, dilation, padding: [low, high], size: least + extra };
    });

/** The axis with paddings that leave no element of it, so that every window sees zeros. */
const blind = (given: Axis): Axis => ({
  ...given,
  size: 2,
  padding: [-2, spanOf(given.taps, given.dilation) + given.stride],
});

const axesOf = (most: number, limits: AxisLimits): fc.Arbitrary<readonly Axis[]> =>
  fc.array(axis({ ...limits, extra: limits.extra ?? 9 }), { minLength: 1, maxLength: most }).map((all) =>
    // Three axes are short ones.
    all.length < 3
      ? all
      : all.map((one) => ({
          ...one,
          size: Math.max(
            one.size - Math.min(5, Math.floor(one.size / 2)),
            spanOf(one.taps, one.dilation) - one.padding[0] - one.padding[1],
            1 - one.padding[0],
            1 - one.padding[1],
            1,
          ),
        })),
  );

const one = fc.constant(1);
/** Counts around vectors of four and panels of eight, odd ones among them, and more than transforms need. */
const few = fc.constantFrom(1, 2, 3, 4, 5, 7);
const many = fc.constantFrom(1, 3, 4, 5, 8, 9, 12, 13, 17);

/** Enough for transforms, were it not for strides, dilation or other kernels. */
const plenty = fc.constantFrom(12, 13, 15, 16, 17, 20);

const convolution = (of: {
  readonly dtype?: fc.Arbitrary<'float32' | 'float64'>;
  readonly groups?: fc.Arbitrary<number>;
  readonly channels: fc.Arbitrary<number>;
  readonly filters: fc.Arbitrary<number>;
  readonly axes: fc.Arbitrary<readonly Axis[]>;
}): fc.Arbitrary<Convolution> =>
  fc.record({
    samples: upTo(3),
    groups: of.groups ?? upTo(3),
    dtype: of.dtype ?? fc.constant('float32' as const),
    channels: of.channels,
    filters: of.filters,
    axes: of.axes,
  });

const floats = fc.constantFrom('float32' as const, 'float64' as const);
const isOneTap = ({ axes }: Convolution): boolean => axes.every(({ taps }) => taps === 1);
const withTaps = (given: Convolution): Convolution => {
  const [first, ...others] = given.axes;
  if (!isOneTap(given) || first === undefined) return given;
  return { ...given, axes: [{ ...first, taps: 2, size: first.size + first.dilation }, ...others] };
};
/** Channels with one filter each are another kernel's. */
const notDepthwise = (given: Convolution): Convolution =>
  given.channels === 1 && given.filters === 1 ? { ...given, filters: 2 } : given;
/** Three by three taps next to each other are another kernel's where channels and filters are many. */
const notTransformed = (given: Convolution): Convolution =>
  given.axes.length === 2 &&
  given.axes.every(({ taps, stride, dilation }) => taps === 3 && stride === 1 && dilation === 1)
    ? { ...given, filters: Math.min(given.filters, 11) }
    : given;

/** Channels and filters enough for transforms, and two axes that suit them but for one thing: dilation, taps or a stride. */
const nearlyTransformed = (role: Role): fc.Arbitrary<Convolution> => {
  const [three, wide] = [fc.constant(3), fc.constantFrom(2, 3)];
  const same: Pick<AxisLimits, 'same'> = role === 'input' ? { same: true } : {};
  const suits = { taps: three, stride: one, dilation: one, ...same };
  const strided = role === 'input' ? [] : [{ ...suits, stride: wide }];
  const other = fc.oneof(
    ...[{ ...suits, dilation: wide }, { ...suits, taps: fc.constantFrom(2, 4) }, ...strided].map((limits) =>
      axis(limits),
    ),
  );
  return convolution({
    groups: upTo(2),
    channels: plenty,
    filters: plenty,
    axes: fc.tuple(other, axis(suits), fc.boolean()).map(([a, b, first]) => (first ? [a, b] : [b, a])),
  });
};

/** More taps than are written out one by one: two lines of them, several, or lines that are not evenly apart. */
const longLines: fc.Arbitrary<readonly Axis[]> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.tuple(axis({ taps: fc.constant(2), extra: 3 }), axis({ taps: fc.constantFrom(17, 18), extra: 5 })),
  },
  fc.tuple(axis({ taps: fc.constant(3), extra: 3 }), axis({ taps: fc.constantFrom(11, 12), extra: 5 })),
  fc.tuple(
    axis({ taps: fc.constant(2), extra: 2 }),
    axis({ taps: fc.constant(3), extra: 2 }),
    axis({ taps: fc.constant(6), extra: 3 }),
  ),
);

/** For each kernel and what it computes, geometries that it takes. */
export const convolutionDrawers: Readonly<Record<ConvolutionWay, (role: Role) => fc.Arbitrary<Convolution>>> = {
  lines: () =>
    convolution({
      dtype: floats,
      groups: upTo(2),
      channels: upTo(3),
      filters: fc.constantFrom(1, 2, 5),
      axes: fc.oneof(
        fc.tuple(axis({ taps: fc.integer({ min: 401, max: 420 }), dilation: upTo(2), extra: 19 })),
        fc.tuple(
          axis({ taps: fc.constantFrom(3, 5), extra: 3 }),
          axis({ taps: fc.integer({ min: 134, max: 140 }), extra: 9 }),
        ),
        fc.tuple(axis({ taps: fc.constant(20), dilation: one, extra: 2 }), axis({ taps: fc.constant(21), extra: 7 })),
        fc.tuple(axis({ taps: fc.constant(20), extra: 2 }).map(blind), axis({ taps: fc.constant(21), extra: 7 })),
      ),
    }),
  depthwise: (role) =>
    convolution({
      groups: fc.integer({ min: 2, max: 11 }),
      channels: one,
      filters: one,
      axes: axesOf(2, { taps: upTo(5), ...(role === 'input' ? { stride: one } : {}), extra: 19 }),
    }),
  direct: (role) => {
    const some =
      role === 'input'
        ? // The cotangent is as large as the image, and the channels nearly fill their vectors.
          convolution({
            channels: fc.constantFrom(4, 7, 8, 12, 13, 16),
            filters: fc.constantFrom(4, 5, 9, 12, 13),
            axes: fc.array(axis({ taps: fc.integer({ min: 2, max: 4 }), stride: one, same: true, extra: 11 }), {
              minLength: 1,
              maxLength: 2,
            }),
          })
        : convolution({ channels: many, filters: many, axes: axesOf(3, { taps: upTo(5) }) })
            .map(withTaps)
            .map(notDepthwise);
    const long =
      role === 'input'
        ? []
        : [convolution({ channels: fc.constantFrom(2, 3, 5), filters: many, axes: longLines }).map(notDepthwise)];
    return fc.oneof(some.map(notTransformed), nearlyTransformed(role), ...long);
  },
  transforms: () =>
    convolution({
      groups: upTo(2),
      channels: plenty,
      filters: plenty,
      axes: fc.tuple(
        axis({ taps: fc.constant(3), stride: one, dilation: one, extra: 10 }),
        axis({ taps: fc.constant(3), stride: one, dilation: one, extra: 10 }),
      ),
    }),
  pointwise: () =>
    convolution({
      dtype: floats,
      channels: many,
      filters: many,
      axes: axesOf(3, { taps: one, stride: one, padding: fc.constant(0) }),
    }).map(notDepthwise),
  patches: (role) => {
    const doubles = convolution({
      dtype: fc.constant('float64' as const),
      channels: few,
      filters: few,
      axes: axesOf(3, { taps: upTo(4), extra: 6 }),
    }).map(withTaps);
    if (role === 'filter') return doubles;
    // Sums of more terms than a panel of filters may have.
    const long = convolution({
      groups: one,
      channels: fc.constantFrom(2750, 2801),
      filters: fc.constantFrom(4, 5),
      axes: fc.tuple(axis({ taps: fc.constant(3), extra: 3 })),
    });
    // Strides put zeros between the elements of the cotangent.
    const strided = convolution({
      channels: many,
      filters: many,
      axes: axesOf(2, { taps: upTo(4), stride: fc.constantFrom(2, 3) }),
    });
    return role === 'output'
      ? fc.oneof({ weight: 4, arbitrary: doubles }, { weight: 1, arbitrary: long })
      : fc.oneof({ weight: 1, arbitrary: doubles }, { weight: 1, arbitrary: strided });
  },
};
