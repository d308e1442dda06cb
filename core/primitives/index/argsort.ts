/** The order of the elements along an axis, as int32. Piecewise constant: no derivative; values are gathered by it. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { type AxisParams, defineLanewise } from '../../rules/lanewise.js';
import { checkedOptions, rankOf } from '../../tensor/arguments.js';
import { chosenAxis, type OneAxis } from '../../tensor/axis.js';
import type { Tensor } from '../../tensor/tensor.js';

export interface ArgsortParams extends AxisParams {
  readonly descending: boolean;
}

/** Ascending order with NaN above everything, so that it agrees with `max`; 0 for equals. */
const compare = (a: number, b: number): number => {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : Number(a > b);
};

/** The places of a line's elements in their order, of equals the first before the others. */
export const orderOf = (lane: Float64Array, descending: boolean): Float64Array => {
  const sign = descending ? -1 : 1;
  return lane.map((_, i) => i).sort((i, j) => sign * compare(lane[i] ?? 0, lane[j] ?? 0) || i - j);
};

export const argsortPrimitive: Primitive<'argsort', ArgsortParams> = defineLanewise<ArgsortParams>()({
  name: 'argsort',
  docs: 'y = the stable order of x along the axis',
  accepts: 'any',
  result: 'int32',
  f: (lane, out, { descending }) => out.set(orderOf(lane, descending)),
  saves: 'none',
  vjp: [null],
  jvp: [null],
});

export interface SortOptions {
  /** The last by default. */
  readonly axis?: OneAxis;
  /** Another name of `axis`. */
  readonly axes?: OneAxis;
  /** Largest first; false by default. */
  readonly descending?: boolean;
}

const argsortNames = { axis: true, axes: true, descending: 'flag' } as const;

/**
 * The indices that sort `x` along `axis` (the last by default). Stable both ways: equals keep their order. NaN counts as
 * the largest number, as in PyTorch: last in ascending order, first in descending.
 * @throws AxisError for an axis out of range.
 * @example
 * argsort(tensor([3, 1, 2])).toArray() // [1, 2, 0]
 */
export const argsort = <S extends Shape>(x: Tensor<S>, options: SortOptions = {}): Tensor<S> => {
  const { axis, axes, descending = false } = checkedOptions('argsort', options, argsortNames);
  return bind(argsortPrimitive, [x], {
    axis: chosenAxis('argsort', axis, axes, -1, rankOf('argsort', x)),
    descending,
  } satisfies ArgsortParams) as Tensor as Tensor<S>;
};
