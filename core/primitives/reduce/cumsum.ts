/** Running sums: `yₖ = x₀ + … + xₖ`. Linear; its transpose runs the other way. */

import { totalType } from '../../base/dtype.js';
import { normalizeAxis, type Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { type AxisParams, defineLanewise } from '../../rules/lanewise.js';
import { checkedOptions, rankOf } from '../../tensor/arguments.js';
import { type AxisOptions, namedAxes, type OneAxis, requiredAxis, singleAxis } from '../../tensor/axis.js';
import type { Tensor } from '../../tensor/tensor.js';
import { cast } from '../elementwise/cast.js';

export interface ScanParams extends AxisParams {
  /** From the last element to the first. */
  readonly reverse: boolean;
}

export interface ScanOptions extends AxisOptions {
  /** Scan from the last element to the first; false by default. */
  readonly reverse?: boolean;
}

const scanParamsNames = { axis: true, axes: true, reverse: 'flag' } as const;

/** Which axis to scan, alone or with the other options. */
export type ScanAxis = OneAxis | ScanOptions;

/** Axis and options as people give them, made complete. */
export const scanParams = (op: string, rank: number, along: ScanAxis, options: ScanOptions = {}): ScanParams => {
  const alone = typeof along !== 'object' || along === null || Array.isArray(along);
  const first: ScanOptions = alone
    ? { axis: along as OneAxis }
    : checkedOptions(op, along as ScanOptions, scanParamsNames);
  const second = checkedOptions(op, options, scanParamsNames);
  const reverse = second.reverse ?? first.reverse ?? false;
  const own = namedAxes(op, first.axis, first.axes);
  const axis = namedAxes(op, own, namedAxes(op, second.axis, second.axes));
  return { axis: normalizeAxis(op, singleAxis(op, requiredAxis(op, axis)), rank), reverse };
};

/** Scans a lane with `step(before, element)`, in the direction asked for. */
export const scanLane = (
  lane: Float64Array,
  out: Float64Array,
  reverse: boolean,
  start: number,
  step: (before: number, element: number) => number,
): void => {
  let value = start;
  for (let i = 0; i < lane.length; i++) {
    const k = reverse ? lane.length - 1 - i : i;
    value = step(value, lane[k] ?? 0);
    out[k] = value;
  }
};

export const cumsumPrimitive: Primitive<'cumsum', ScanParams> = defineLanewise<ScanParams>()({
  name: 'cumsum',
  family: 'linear',
  docs: 'yₖ = x₀ + … + xₖ along the axis',
  widening: 'modular',
  accepts: 'number',
  f: (lane, out, { reverse }) => scanLane(lane, out, reverse, 0, (before, element) => before + element),
  onIntegers: (lane, out, { reverse }) => scanLane(lane, out, reverse, 0, (before, element) => (before + element) | 0),
  saves: 'none',
  // xₖ is in yₖ, yₖ₊₁, …, so x̄ₖ = gₖ + gₖ₊₁ + …
  vjp: [({ g, p }) => cumsum(g, p.axis, { reverse: !p.reverse })],
  jvp: 'linear',
});

/**
 * The sum of all elements up to and including each one, along `axis`. Booleans are counted as int32.
 * @throws AxisError for an axis out of range.
 * @example
 * cumsum(tensor([1, 2, 3]), 0).toArray() // [1, 3, 6]
 * cumsum(tensor([1, 2, 3]), { axis: 0, reverse: true }).toArray() // [6, 5, 3]
 */
export const cumsum = <S extends Shape>(x: Tensor<S>, axis: ScanAxis, options?: ScanOptions): Tensor<S> => {
  const params = scanParams('cumsum', rankOf('cumsum', x), axis, options);
  return bind(cumsumPrimitive, [cast(x, totalType(x.dtype))], params) as Tensor as Tensor<S>;
};
