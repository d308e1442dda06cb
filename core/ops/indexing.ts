/** Indexing as people write it: Python's brackets, index lists, masks. Compositions of slice, take, reshape and where. */

import type { Dtype } from '../base/dtype.js';
import { ArgumentError, describe, ShapeError } from '../base/errors.js';
import { type Range, resolveRange } from '../base/ranges.js';
import { inOperation } from '../base/scope.js';
import { broadcastShapes } from '../base/shape.js';
import { concrete, reveal } from '../dispatch/interpreter.js';
import { cast } from '../primitives/elementwise/cast.js';
import { equal } from '../primitives/elementwise/equal.js';
import { where } from '../primitives/elementwise/where.js';
import { take } from '../primitives/index/take.js';
import { iota } from '../primitives/shape/iota.js';
import { reshape } from '../primitives/shape/reshape.js';
import { slice } from '../primitives/shape/slice.js';
import { commonDtype } from '../rules/elementwise.js';
import { asIndices, type Indices } from '../rules/indexed.js';
import { checkTensors, rankOf, tensorOperand } from '../tensor/arguments.js';
import { type AxisArgument, axisArgument } from '../tensor/axis.js';
import { type DtypeOptions, dtypeArgument } from '../tensor/dtype-argument.js';
import { type Operand, operands } from '../tensor/operand.js';
import type { Tensor } from '../tensor/tensor.js';
import { unsqueeze } from './shapes.js';

/**
 * One entry of `index`: a number (that axis is dropped), `[start, stop, step]` (with `null` or nothing for the default),
 * `':'` (the whole axis), `'...'` (whole axes, as many as are missing) or `null` (a new axis of size 1).
 */
export type IndexItem = number | Exclude<Range, null> | ':' | '...' | null;

const isIndexItem = (item: unknown): boolean =>
  item === null || item === ':' || item === '...' || typeof item === 'number' || Array.isArray(item);

/** The items with `'...'` written out, and `':'` for every axis that no item names. */
const expandEllipsis = (x: Tensor, items: readonly IndexItem[]): IndexItem[] => {
  const wrong = items.find((item) => !isIndexItem(item));
  if (wrong !== undefined || items.includes(undefined as never))
    throw new ArgumentError({
      op: 'index',
      problem: `${describe(wrong)} is no index`,
      shapes: [x.shape],
      remedy: "give numbers, [start, stop, step], ':', '...' or null",
    });
  const named = items.filter((item) => item !== null && item !== '...').length;
  const at = items.indexOf('...');
  if (at !== items.lastIndexOf('...'))
    throw new ArgumentError({
      op: 'index',
      problem: "'...' stands twice",
      shapes: [x.shape],
      remedy: "write '...' once, and ':' for single axes",
    });
  if (named > x.rank)
    throw new ShapeError({
      op: 'index',
      problem: `${named} indices for ${x.rank} axes`,
      shapes: [x.shape],
      remedy: 'give one index an axis at most',
    });
  const missing = new Array<':'>(x.rank - named).fill(':');
  return at < 0 ? [...items, ...missing] : items.toSpliced(at, 1, ...missing);
};

/** The single place that a number names on an axis, as a range. */
const placeRange = (x: Tensor, place: number, axis: number): Range => {
  const size = x.shape[axis] ?? 0;
  if (!Number.isInteger(place) || place < -size || place >= size)
    throw new ArgumentError({
      op: 'index',
      problem: `index ${place} is out of range for axis ${axis} of size ${size}`,
      shapes: [x.shape],
      remedy: size === 0 ? 'an axis of size 0 has no places' : `use an integer from ${-size} to ${size - 1}`,
    });
  const start = place < 0 ? place + size : place;
  return [start, start + 1];
};

/**
 * Python's `x[…]`: `index(x, 0, '...', [1, null], null)` is `x[0, ..., 1:, None]`.
 * @throws ArgumentError for a number out of range, a step of 0 or a second `'...'`; ShapeError for more indices than axes.
 * @example
 * index(tensor([[1, 2, 3], [4, 5, 6]]), -1, [null, null, -1]).toArray() // [6, 5, 4]
 * index(tensor([[1, 2, 3], [4, 5, 6]]), '...', 0).toArray() // [1, 4]
 * index(tensor([1, 2, 3]), null, [1]).shape // [1, 2]
 */
export const index = (x: Tensor, ...items: readonly IndexItem[]): Tensor =>
  inOperation('index', () => {
    const written = expandEllipsis(tensorOperand('index', x), items);
    const ranges: Range[] = [];
    for (const item of written)
      if (typeof item === 'number') ranges.push(placeRange(x, item, ranges.length));
      else if (typeof item === 'string') ranges.push(null);
      else if (item !== null) {
        resolveRange('index', item, x.shape[ranges.length] ?? 0);
        ranges.push(item);
      }
    const sliced = slice(x, ranges);
    let axis = 0;
    const shape = written.flatMap((item) => {
      if (item === null) return [1];
      const size = sliced.shape[axis++] ?? 1;
      return typeof item === 'number' ? [] : [size];
    });
    return reshape(sliced, shape);
  });

/**
 * The slices named by a list of indices along an axis; repeated indices repeat the slice, and their gradients add up.
 * @throws ShapeError unless the index has one axis; ArgumentError for an index out of range; DtypeError unless it is int32.
 * @example
 * indexSelect(tensor([[1, 2], [3, 4]]), [1, 1], 1).toArray() // [[2, 2], [4, 4]]
 */
export const indexSelect = (x: Tensor, places: Indices, axis: AxisArgument = 0): Tensor =>
  inOperation('indexSelect', () => {
    const at = asIndices('indexSelect', places);
    if (at.rank !== 1)
      throw new ShapeError({
        op: 'indexSelect',
        problem: `the index has ${at.rank} axes`,
        shapes: [x.shape, at.shape],
        remedy: 'give a list; take() accepts an index of any rank',
      });
    return take(x, at, axisArgument('indexSelect', axis, rankOf('indexSelect', x), 0));
  });

/**
 * Elements by their position in row-major order; the result has the shape of the index.
 * @throws ArgumentError for an index out of range; DtypeError unless it is int32.
 * @example
 * takeFlat(tensor([[1, 2], [3, 4]]), [3, 0]).toArray() // [4, 1]
 */
export const takeFlat = (x: Tensor, places: Indices): Tensor =>
  inOperation('takeFlat', () =>
    take(reshape(x, [tensorOperand('takeFlat', x).size]), asIndices('takeFlat', places), 0),
  );

/**
 * `value` where the mask holds (is true, or not 0), `x` elsewhere, with broadcasting.
 * @throws ShapeError when the shapes do not broadcast; DtypeError when the value does not fit the element type.
 * @example
 * maskedFill(tensor([1, 2, 3]), tensor([true, false, true]), 0).toArray() // [0, 2, 0]
 */
export const maskedFill = (x: Tensor, mask: Tensor, value: Operand): Tensor =>
  inOperation('maskedFill', () => {
    checkTensors('maskedFill', [x, mask]);
    const [fill] = operands('maskedFill', value, x);
    commonDtype('maskedFill', [x, fill], 'any');
    broadcastShapes('maskedFill', [x.shape, mask.shape, fill.shape]);
    return where(cast(mask, 'bool'), fill, x);
  });

/** One more than the largest index, which must be known. */
const countClasses = (index: Tensor): number => {
  let count = 0;
  for (const value of concrete('oneHot', index).dataSync()) count = Math.max(count, value + 1);
  return count;
};

/** Throws for an index that is known and names no class. */
const checkClasses = (index: Tensor, count: number): void => {
  const wrong = reveal(index)
    ?.dataSync()
    .find((value) => value < 0 || value >= count);
  if (wrong !== undefined)
    throw new ArgumentError({
      op: 'oneHot',
      problem: `the index ${wrong} names none of ${count} classes`,
      shapes: [index.shape],
      remedy: count === 0 ? 'give classes' : `use whole numbers from 0 to ${count - 1}`,
    });
};

/**
 * 1 at each index and 0 elsewhere, along a new last axis: `[…]` → `[…, classes]`. Without `classes` there are as many as
 * the largest index asks for; float32 by default. In a compiled program an index that names no class gives a row of zeros.
 * @throws DtypeError unless the index is int32; ArgumentError for a number of classes that is not whole, and for an index that is known and
 * names no class.
 * @example
 * oneHot([2, 0], 3).toArray() // [[0, 0, 1], [1, 0, 0]]
 */
export function oneHot(places: Indices, classes?: number | null, options?: DtypeOptions): Tensor;
/** @deprecated Give the element type as an option: `{ dtype: 'int32' }`. */
export function oneHot(places: Indices, classes?: number | null, dtype?: Dtype | DtypeOptions): Tensor;
export function oneHot(places: Indices, classes?: number | null, given?: Dtype | DtypeOptions): Tensor {
  return inOperation('oneHot', () => {
    const at = asIndices('oneHot', places);
    const dtype = dtypeArgument<Dtype>('oneHot', given, 'float32');
    const count = classes ?? countClasses(at);
    if (!Number.isInteger(count) || count < 0)
      throw new ArgumentError({
        op: 'oneHot',
        problem: `${describe(count)} classes`,
        shapes: [at.shape],
        remedy: 'give a whole number of classes',
      });
    checkClasses(at, count);
    return cast(equal(unsqueeze(at, -1), iota([count])), dtype);
  });
}
