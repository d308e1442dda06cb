/** Images made larger or smaller: by neighbours, by interpolation along each axis, or by moving channels into space and back. */

import { floatLike } from '../../core/base/dtype.js';
import { describe } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import { checkShape } from '../../core/base/shape.js';
import {
  ArgumentError,
  add,
  cast,
  equal,
  fromData,
  maximum,
  minimum,
  mul,
  permute,
  reshape,
  ShapeError,
  stopGradient,
  sub,
  type Tensor,
  take,
  where,
} from '../../core/index.js';
import { checkedOptions, checkNumber, rankOf, tensorOperand } from '../../core/tensor/arguments.js';
import { checkFactor } from '../factor.js';
import { channelsFirst, channelsLast } from './convolution.js';
import { checkLayout, type Layout } from './normalise.js';
import { upsampleNames } from './option-names.js';

export interface UpsampleOptions {
  /** How many times larger each spatial axis becomes: one number, or one an axis. Give this or `size`. */
  readonly scale?: number | readonly number[];
  /** The sizes of the spatial axes: one number, or one an axis. */
  readonly size?: number | readonly number[];
  /** `nearest` (default), or `linear`: linear, bilinear or trilinear by the number of axes. */
  readonly mode?: 'nearest' | 'linear';
  /** For `linear`: let the first and last places of input and output coincide; false by default. */
  readonly alignCorners?: boolean;
  readonly layout?: Layout;
}

/** One axis: its new size, and how many steps of the output make how many of the input. Products of whole numbers stay whole. */
interface Axis {
  readonly size: number;
  readonly steps: number;
  readonly per: number;
}

const perAxis = (value: number | readonly number[], axes: number): readonly number[] =>
  typeof value === 'number' ? new Array<number>(axes).fill(value) : value;

const axesOf = (op: string, spatial: readonly number[], { scale, size }: UpsampleOptions): readonly Axis[] => {
  const wanted = scale ?? size;
  for (const value of [wanted].flat()) if (value !== undefined) checkNumber(op, 'a scale or size', value);
  const values =
    wanted === undefined || (scale !== undefined && size !== undefined) ? [] : perAxis(wanted, spatial.length);
  const sizes = spatial.map((from, i) =>
    scale === undefined ? (values[i] ?? 1) : Math.floor(from * (values[i] ?? 1)),
  );
  const fits =
    values.length === spatial.length &&
    values.every((value) => Number.isFinite(value) && value > 0) &&
    sizes.every((each, i) => Number.isSafeInteger(each) && (each > 0 || spatial[i] === 0));
  if (!fits)
    throw new ArgumentError({
      op,
      problem: `scale ${describe(scale)} and size ${describe(size)} for ${spatial.length} axes`,
      remedy: 'give one of them: a positive number that leaves a place, or one a spatial axis',
    });
  checkShape(op, sizes);
  return spatial.map((from, i) => {
    const [value, wanted] = [values[i] ?? 1, sizes[i] ?? 1];
    if (scale === undefined || wanted === from) return { size: wanted, steps: from, per: wanted };
    return { size: wanted, steps: 1, per: value };
  });
};

const places = (size: number, f: (i: number) => number): number[] => Array.from({ length: size }, (_, i) => f(i));

/** `⌊a/b⌋`, exact for whole numbers; a quotient that rounding keeps from a whole number is that number. */
const floorOf = (a: number, b: number): number => {
  const [quotient, whole] = [a / b, Math.round(a / b)];
  const exact = Number.isInteger(a) && Number.isInteger(b);
  return !exact && Math.abs(quotient - whole) <= 4 * Number.EPSILON * whole ? whole : Math.floor(quotient);
};

/**
 * `(1 − w)·a + w·b`, kept within [a, b]: rounding may carry the sum of the weighed ends beyond them, even where they are equal. The
 * derivatives are the weights, whatever was rounded.
 */
const between = (a: Tensor, b: Tensor, w: Tensor): Tensor => {
  // A neighbour of weight 0 is not read: 0·∞ is NaN.
  const weighed: Tensor = where(equal(w, 0), a, add(mul(a, sub(1, w)), mul(b, w)));
  const [first, second, sum] = [stopGradient(a), stopGradient(b), stopGradient(weighed)];
  const kept = minimum(maximum(sum, minimum(first, second)), maximum(first, second));
  // What is taken off is the difference of neighbours, and exact; ∞ − ∞ is not asked for.
  return where(equal(kept, sum), weighed, add(weighed, sub(kept, sum)));
};

/** The nearest place before, or the two neighbours weighted by their distance. */
const resizeAxis = (
  x: Tensor,
  axis: number,
  { size, steps, per }: Axis,
  mode: 'nearest' | 'linear',
  align: boolean,
): Tensor => {
  const from = x.shape[axis] ?? 1;
  if (size === from) return x;
  if (mode === 'nearest')
    return take(
      x,
      places(size, (i) => Math.min(floorOf(i * steps, per), from - 1)),
      axis,
    );
  // Places in the input are fractions, so that no rounding moves them: i·(from − 1)/(size − 1), or ((2i + 1)·steps − per)/(2·per).
  const below = align ? Math.max(size - 1, 1) : 2 * per;
  const above = (i: number): number => (align ? i * (from - 1) : Math.max(0, (2 * i + 1) * steps - per));
  const lower = places(size, (i) => Math.min(floorOf(above(i), below), from - 1));
  const far = lower.map((place, i) => Math.max(0, (above(i) - place * below) / below));
  // A neighbour of weight 0 is not read.
  const upper = lower.map((place, i) => (far[i] === 0 ? place : Math.min(place + 1, from - 1)));
  const shape = x.shape.map((_, i) => (i === axis ? size : 1));
  const weight = cast(fromData(Float64Array.from(far), shape), floatLike(x.dtype));
  return between(take(x, lower, axis), take(x, upper, axis), weight);
};

/**
 * Resizes the spatial axes of `[N, C, …]`, as PyTorch's `interpolate` does. An axis that keeps its size stays as it is, whatever the scale.
 * @throws ArgumentError unless one of scale and size is given, or for `alignCorners` without `linear`; ShapeError without spatial axes.
 * @example
 * functional.upsample(tensor([[[1, 3]]]), { scale: 2 }).toArray() // [[[1, 1, 3, 3]]]
 * functional.upsample(tensor([[[1, 3]]]), { scale: 2, mode: 'linear' }).toArray() // [[[1, 1.5, 2.5, 3]]]
 */
export const upsample = (x: Tensor, options: UpsampleOptions): Tensor =>
  inOperation('upsample', () => {
    const op = 'upsample';
    const { mode = 'nearest', alignCorners = false, layout = 'NCHW' } = checkedOptions(op, options, upsampleNames);
    checkLayout(op, layout);
    if (mode !== 'nearest' && mode !== 'linear')
      throw new ArgumentError({
        op,
        problem: `there is no mode ${describe(mode)}`,
        remedy: "use 'nearest' or 'linear'",
      });
    if (alignCorners && mode === 'nearest')
      throw new ArgumentError({
        op,
        problem: 'alignCorners goes with linear',
        remedy: "give mode: 'linear', or leave it out",
      });
    if (rankOf(op, x) < 3)
      throw new ShapeError({ op, problem: 'there are no spatial axes', shapes: [x.shape], remedy: 'give [N, C, …]' });
    const images = layout === 'NCHW' ? x : channelsFirst(x);
    const y = axesOf(op, images.shape.slice(2), options).reduce<Tensor>(
      (z, axis, i) => resizeAxis(z, i + 2, axis, mode, alignCorners),
      images,
    );
    return layout === 'NCHW' ? y : channelsLast(y);
  });

const checkShuffle = (op: string, x: Tensor, factor: number, divides: boolean): void => {
  if (rankOf(op, x) !== 4 || !Number.isInteger(factor) || factor < 1 || !divides)
    throw new ShapeError({
      op,
      problem: `a factor of ${describe(factor)} does not fit`,
      shapes: [x.shape],
      remedy: 'give images [N, C, H, W] whose channels (or, to undo it, height and width) the factor divides',
    });
};

/**
 * Moves channels into space (Shi et al. 2016): `[N, C·r², H, W]` → `[N, C, H·r, W·r]`.
 * @throws ShapeError unless r² divides the channels.
 * @example
 * functional.pixelShuffle(tensor([[[[1]], [[2]], [[3]], [[4]]]]), 2).toArray() // [[[[1, 2], [3, 4]]]]
 */
export const pixelShuffle = (x: Tensor, factor: number): Tensor =>
  inOperation('pixelShuffle', () => {
    checkFactor('pixelShuffle', factor);
    const [samples = 0, channels = 0, height = 0, width = 0] = tensorOperand('pixelShuffle', x).shape;
    checkShuffle('pixelShuffle', x, factor, channels % factor ** 2 === 0);
    const apart = reshape(x, [samples, channels / factor ** 2, factor, factor, height, width]) as Tensor;
    const woven = permute(apart, [0, 1, 4, 2, 5, 3]) as Tensor;
    return reshape(woven, [samples, channels / factor ** 2, height * factor, width * factor]) as Tensor;
  });

/**
 * Undoes `pixelShuffle`: `[N, C, H·r, W·r]` → `[N, C·r², H, W]`.
 * @throws ShapeError unless r divides height and width.
 * @example
 * functional.pixelUnshuffle(tensor([[[[1, 2], [3, 4]]]]), 2).shape // [1, 4, 1, 1]
 */
export const pixelUnshuffle = (x: Tensor, factor: number): Tensor =>
  inOperation('pixelUnshuffle', () => {
    checkFactor('pixelUnshuffle', factor);
    const [samples = 0, channels = 0, height = 0, width = 0] = tensorOperand('pixelUnshuffle', x).shape;
    checkShuffle('pixelUnshuffle', x, factor, height % factor === 0 && width % factor === 0);
    const woven = reshape(x, [samples, channels, height / factor, factor, width / factor, factor]) as Tensor;
    const apart = permute(woven, [0, 1, 3, 5, 2, 4]) as Tensor;
    return reshape(apart, [samples, channels * factor ** 2, height / factor, width / factor]) as Tensor;
  });
