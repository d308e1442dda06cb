/** Evenly spaced numbers and grids of them. Computed in double precision and rounded once. */

import { type Dtype, type FloatDtype, holdsWhole, isBool, isFloat } from '../base/dtype.js';
import { ArgumentError, DtypeError, describe, ShapeError } from '../base/errors.js';
import { inOperation } from '../base/scope.js';
import { checkShape } from '../base/shape.js';
import { broadcastTo } from '../primitives/shape/broadcast-to.js';
import { reshape } from '../primitives/shape/reshape.js';
import { checkDtype, checkedOptions, checkTensorList } from '../tensor/arguments.js';
import { fromData } from '../tensor/creation.js';
import type { Tensor } from '../tensor/tensor.js';

/** Throws unless all numbers are finite. */
const checkFinite = (op: string, numbers: Readonly<Record<string, number>>): void => {
  for (const [name, value] of Object.entries(numbers))
    if (!Number.isFinite(value))
      throw new ArgumentError({ op, problem: `${name} is ${describe(value)}`, remedy: 'give finite numbers' });
};

export interface ArangeOptions {
  readonly dtype?: Dtype;
}

const arangeNames = { dtype: true } as const;

/**
 * `start, start + step, …` up to but not including `stop`. `arange(n)` counts from 0. float32 by default.
 * @throws ArgumentError for a step of 0 or numbers that are not finite; DtypeError for fractions in int32.
 * @example
 * arange(3).toArray() // [0, 1, 2]
 * arange(5, 0, -2, { dtype: 'int32' }).toArray() // [5, 3, 1]
 */
export function arange(stop: number, options?: ArangeOptions): Tensor<readonly [number]>;
export function arange(start: number, stop: number, options?: ArangeOptions): Tensor<readonly [number]>;
export function arange(start: number, stop: number, step: number, options?: ArangeOptions): Tensor<readonly [number]>;
export function arange(...all: readonly (number | ArangeOptions | undefined)[]): Tensor<readonly [number]> {
  const given = all.slice(0, all.findLastIndex((value) => value !== undefined) + 1);
  const last = given.at(-1);
  const options = typeof last === 'object' ? last : {};
  const { dtype = 'float32' } = checkedOptions('arange', options, arangeNames);
  checkDtype('arange', dtype);
  const numbers = (options === last ? given.slice(0, -1) : given) as readonly number[];
  const [start = 0, stop = Number.NaN, step = 1] = numbers.length === 1 ? [0, ...numbers] : numbers;
  checkFinite('arange', { start, stop, step });
  if (numbers.length > 3)
    throw new ArgumentError({
      op: 'arange',
      problem: `${numbers.length} numbers`,
      remedy: 'give stop, start and stop, or start, stop and step',
    });
  if (step === 0)
    throw new ArgumentError({ op: 'arange', problem: 'the step is 0', remedy: 'give a positive or a negative step' });
  if (!isFloat(dtype) && (isBool(dtype) || !Number.isInteger(start) || !Number.isInteger(step)))
    throw new DtypeError({
      op: 'arange',
      problem: `${start}, ${start + step}, … do not fit ${dtype}`,
      remedy: "use 'float32' or 'float64'",
    });
  const count = Math.max(0, Math.ceil(quotientOf(start, stop, step)));
  const end = stepped(start, count - 1, step);
  if (!isFloat(dtype) && count > 0 && !(holdsWhole(dtype, start) && holdsWhole(dtype, end)))
    throw new DtypeError({
      op: 'arange',
      problem: `${start}, …, ${end} do not fit ${dtype}`,
      remedy: "use 'float32' or 'float64'",
    });
  checkShape('arange', [count]);
  return fromData(
    Float64Array.from({ length: count }, (_, i) => stepped(start, i, step)),
    [count],
    dtype,
  );
}

export interface LinspaceOptions {
  /** Whether `stop` is the last number (true by default) or the first one left out. */
  readonly endpoint?: boolean;
  readonly dtype?: FloatDtype;
}

/** `(to − from)/by`, also where the difference overflows. */
const quotientOf = (from: number, to: number, by: number): number => {
  const span = to - from;
  return Number.isFinite(span) ? span / by : to / by - from / by;
};

/** `from + i·step`, also where the product overflows on the way to a number that does not. */
const stepped = (from: number, i: number, step: number): number => {
  const way = i * step;
  return Number.isFinite(way) ? from + way : 2 * (from / 2 + i * (step / 2));
};

/** `count` numbers from start to stop, counted from the nearer end, so that both ends are exact. */
const evenly = (op: string, start: number, stop: number, count: number, endpoint: boolean): Float64Array => {
  checkFinite(op, { start, stop });
  if (!Number.isInteger(count) || count < 0)
    throw new ArgumentError({ op, problem: `${describe(count)} numbers`, remedy: 'give a whole, non-negative count' });
  checkShape(op, [count]);
  const intervals = endpoint ? count - 1 : count;
  const step = intervals > 0 ? quotientOf(start, stop, intervals) : 0;
  return Float64Array.from({ length: count }, (_, i) =>
    2 * i <= intervals ? stepped(start, i, step) : stepped(stop, intervals - i, -step),
  );
};

const linspaceNames = { endpoint: 'flag', dtype: true } as const;

/**
 * `count` evenly spaced numbers from `start` to `stop`, both included unless `endpoint` is false.
 * @throws ArgumentError for a count that is not whole or ends that are not finite.
 * @example
 * linspace(0, 1, 5).toArray() // [0, 0.25, 0.5, 0.75, 1]
 */
export const linspace = (
  start: number,
  stop: number,
  count: number,
  options: LinspaceOptions = {},
): Tensor<readonly [number]> =>
  inOperation('linspace', () => {
    const { endpoint = true, dtype = 'float32' } = checkedOptions('linspace', options, linspaceNames);
    checkDtype('linspace', dtype);
    return fromData(evenly('linspace', start, stop, count, endpoint), [count], dtype);
  });

export interface LogspaceOptions extends LinspaceOptions {
  /** 10 by default. */
  readonly base?: number;
}

const logspaceNames = { base: true, endpoint: 'flag', dtype: true } as const;

/**
 * `count` numbers from `base^start` to `base^stop`, evenly spaced on a logarithmic scale.
 * @throws ArgumentError for a count that is not whole or ends that are not finite.
 * @example
 * logspace(0, 2, 3).toArray() // [1, 10, 100]
 */
export const logspace = (
  start: number,
  stop: number,
  count: number,
  options: LogspaceOptions = {},
): Tensor<readonly [number]> =>
  inOperation('logspace', () => {
    const { base = 10, endpoint = true, dtype = 'float32' } = checkedOptions('logspace', options, logspaceNames);
    checkDtype('logspace', dtype);
    checkFinite('logspace', { base });
    return fromData(
      evenly('logspace', start, stop, count, endpoint).map((exponent) => base ** exponent),
      [count],
      dtype,
    );
  });

export interface MeshgridOptions {
  /** `ij` (the default): the first list runs along axis 0. `xy`: along axis 1, as in a picture. */
  readonly indexing?: 'ij' | 'xy';
}

const meshgridNames = { indexing: true } as const;

/**
 * The coordinates of the grid that lists span: one tensor a list, all of the grid's shape.
 * @throws ShapeError unless every operand is a vector.
 * @example
 * meshgrid([tensor([1, 2]), tensor([3, 4])])[0].toArray() // [[1, 1], [2, 2]]
 */
export const meshgrid = (axes: readonly Tensor[], options: MeshgridOptions = {}): Tensor[] =>
  inOperation('meshgrid', () => {
    checkTensorList('meshgrid', axes);
    const { indexing = 'ij' } = checkedOptions('meshgrid', options, meshgridNames);
    if (indexing !== 'ij' && indexing !== 'xy')
      throw new ArgumentError({
        op: 'meshgrid',
        problem: `there is no indexing ${describe(indexing)}`,
        remedy: "use 'ij' or 'xy'",
      });
    if (axes.some((x) => x.rank !== 1))
      throw new ShapeError({
        op: 'meshgrid',
        problem: 'a coordinate is not a list',
        shapes: axes.map((x) => x.shape),
        remedy: 'give tensors of rank 1',
      });
    /** Where list `i` runs. */
    const placeOf = (i: number): number => (indexing === 'xy' && i < 2 && axes.length > 1 ? 1 - i : i);
    const sizes = axes.map((_, axis) => axes[placeOf(axis)]?.size ?? 0);
    return axes.map((x, i) =>
      broadcastTo(
        reshape(
          x,
          sizes.map((_, axis) => (axis === placeOf(i) ? x.size : 1)),
        ),
        sizes,
      ),
    );
  });
