/** Tensors put together, taken apart and repeated: compositions of concat, slice and broadcastTo. */

import { ArgumentError, AxisError, describe, describeList, ShapeError } from '../base/errors.js';
import { checkLength } from '../base/methods.js';
import { inOperation } from '../base/scope.js';
import { checkShape, normalizeAxis, sameShape } from '../base/shape.js';
import { take } from '../primitives/index/take.js';
import { broadcastTo } from '../primitives/shape/broadcast-to.js';
import { concat } from '../primitives/shape/concat.js';
import { reshape } from '../primitives/shape/reshape.js';
import { slice } from '../primitives/shape/slice.js';
import { commonDtype } from '../rules/elementwise.js';
import { checkTensorList, rankOf, tensorOperand } from '../tensor/arguments.js';
import { type AxesArgument, type AxisArgument, axesGiven, axisArgument } from '../tensor/axis.js';
import type { Tensor } from '../tensor/tensor.js';
import { unsqueeze } from './shapes.js';

/** Throws unless `count` is a whole number ≥ 0. */
const checkCount = (op: string, what: string, count: number): void => {
  if (!Number.isInteger(count) || count < 0)
    throw new ArgumentError({
      op,
      problem: `${what} ${describe(count)} is not a whole number ≥ 0`,
      remedy: 'give a whole, non-negative number',
    });
};

/** The list itself, once it is known to be one. */
const listOf = (op: string, what: string, list: readonly number[]): readonly number[] => {
  if (!Array.isArray(list))
    throw new ArgumentError({
      op,
      problem: `the ${what} are ${describe(list)}, neither a number nor a list`,
      remedy: 'give a number or a list of numbers',
    });
  checkLength(op, what, list);
  return list;
};

/** Places [start, stop) along one axis. */
const sliceAlong = (x: Tensor, axis: number, start: number, stop: number): Tensor =>
  slice(x, [...new Array<null>(axis).fill(null), [start, stop]]);

/**
 * The tensors along a new axis, which becomes axis `axis` of the result.
 * @throws ArgumentError for an empty list; ShapeError when shapes differ; DtypeError when element types differ.
 * @example
 * stack([tensor([1, 2]), tensor([3, 4])], 1).toArray() // [[1, 3], [2, 4]]
 */
export const stack = (xs: readonly Tensor[], axis: AxisArgument = 0): Tensor =>
  inOperation('stack', () => {
    checkTensorList('stack', xs);
    const first = xs[0];
    if (first === undefined)
      throw new ArgumentError({ op: 'stack', problem: 'the list is empty', remedy: 'give one tensor at least' });
    if (xs.some((x) => !sameShape(x.shape, first.shape)))
      throw new ShapeError({
        op: 'stack',
        problem: 'shapes differ',
        shapes: xs.map((x) => x.shape),
        remedy: 'give tensors of one shape, or use concat along an existing axis',
      });
    commonDtype('stack', xs, 'any element');
    const at = axisArgument('stack', axis, rankOf('stack', first) + 1, 0);
    return concat(
      xs.map((x) => unsqueeze(x, at)),
      at,
    );
  });

/**
 * Consecutive parts along an axis: of the given sizes, or of one size with a smaller last part where it does not divide.
 * @throws ArgumentError unless sizes are whole and add up to the size of the axis.
 * @example
 * split(tensor([1, 2, 3, 4, 5]), [2, 3]).map((part) => part.toArray()) // [[1, 2], [3, 4, 5]]
 * split(tensor([1, 2, 3, 4, 5]), 2).map((part) => part.toArray()) // [[1, 2], [3, 4], [5]]
 */
export const split = (x: Tensor, sizes: number | readonly number[], axis: AxisArgument = 0): Tensor[] =>
  inOperation('split', () => {
    const at = axisArgument('split', axis, rankOf('split', x), 0);
    const total = x.shape[at] ?? 0;
    if (typeof sizes === 'number') {
      if (!Number.isInteger(sizes) || sizes < 1)
        throw new ArgumentError({ op: 'split', problem: `parts of size ${sizes}`, remedy: 'give a whole size ≥ 1' });
      const count = Math.max(1, Math.ceil(total / sizes));
      return Array.from({ length: count }, (_, i) => sliceAlong(x, at, i * sizes, (i + 1) * sizes));
    }
    for (const size of listOf('split', 'sizes', sizes)) checkCount('split', 'size', size);
    const sum = sizes.reduce((all, size) => all + size, 0);
    if (sum !== total)
      throw new ArgumentError({
        op: 'split',
        problem: `sizes [${sizes.join(',')}] add up to ${sum}, not ${total}`,
        shapes: [x.shape],
        remedy: `let the sizes add up to the size of axis ${at}`,
      });
    let start = 0;
    return sizes.map((size) => {
      start += size;
      return sliceAlong(x, at, start - size, start);
    });
  });

/**
 * The tensor repeated `reps` times along each axis, as NumPy's tile: missing leading entries of either list count as 1.
 * @throws ArgumentError unless the repeats are whole and not negative.
 * @example
 * tile(tensor([1, 2]), [2, 2]).toArray() // [[1, 2, 1, 2], [1, 2, 1, 2]]
 */
export const tile = (x: Tensor, reps: number | readonly number[]): Tensor =>
  inOperation('tile', () => {
    const given = typeof reps === 'number' ? [reps] : listOf('tile', 'repeats', reps);
    for (const count of given) checkCount('tile', 'repeat', count);
    const rank = Math.max(rankOf('tile', x), given.length);
    const sizes = [...new Array<number>(rank - x.rank).fill(1), ...x.shape];
    const counts = [...new Array<number>(rank - given.length).fill(1), ...given];
    // Each axis n becomes (1, n), is stretched to (r, n), and merged to r·n.
    const stretched = broadcastTo(
      reshape(
        x,
        sizes.flatMap((size) => [1, size]),
      ),
      sizes.flatMap((size, i) => [counts[i] ?? 1, size]),
    );
    return reshape(
      stretched,
      sizes.map((size, i) => size * (counts[i] ?? 1)),
    );
  });

/**
 * Each slice along an axis repeated in place: `repeats` times, or as often as its entry of a list says.
 * @throws ArgumentError unless repeats are whole and not negative; ShapeError for a list that does not fit the axis.
 * @example
 * repeatInterleave(tensor([1, 2]), 2).toArray() // [1, 1, 2, 2]
 * repeatInterleave(tensor([1, 2]), [0, 3]).toArray() // [2, 2, 2]
 */
export const repeatInterleave = (x: Tensor, repeats: number | readonly number[], axis: AxisArgument = 0): Tensor =>
  inOperation('repeatInterleave', () => {
    const at = axisArgument('repeatInterleave', axis, rankOf('repeatInterleave', x), 0);
    const size = x.shape[at] ?? 0;
    const counts = typeof repeats === 'number' ? [repeats] : listOf('repeatInterleave', 'repeats', repeats);
    for (const count of counts) checkCount('repeatInterleave', 'repeat', count);
    if (typeof repeats === 'number') {
      const wide = unsqueeze(x, at + 1);
      return reshape(broadcastTo(wide, wide.shape.with(at + 1, repeats)), x.shape.with(at, size * repeats));
    }
    if (repeats.length !== size)
      throw new ShapeError({
        op: 'repeatInterleave',
        problem: `${repeats.length} repeats for ${size} slices`,
        shapes: [x.shape],
        remedy: `give one number, or one for each slice along axis ${at}`,
      });
    // Before a list that long is made.
    checkShape(
      'repeatInterleave',
      x.shape.with(
        at,
        repeats.reduce((all, count) => all + count, 0),
      ),
    );
    return take(
      x,
      repeats.flatMap((count, i) => new Array<number>(count).fill(i)),
      at,
    );
  });

/** Moves the elements along one axis by `shift` places; those that fall off the end come back at the front. */
const rollAxis = (x: Tensor, shift: number, axis: number): Tensor => {
  const size = x.shape[axis] ?? 0;
  const turn = size === 0 ? 0 : ((shift % size) + size) % size;
  if (turn === 0) return x;
  return concat([sliceAlong(x, axis, size - turn, size), sliceAlong(x, axis, 0, size - turn)], axis);
};

/**
 * Moves elements along axes, those that fall off one end coming back at the other. Without axes the flattened tensor is
 * rolled by the (first) shift; one shift serves all axes named.
 * @throws ArgumentError for a shift that is not whole; AxisError when shifts and axes differ in number.
 * @example
 * roll(tensor([1, 2, 3, 4]), 1).toArray() // [4, 1, 2, 3]
 */
export const roll = (x: Tensor, shifts: number | readonly number[], axes?: AxesArgument): Tensor =>
  inOperation('roll', () => {
    const by = typeof shifts === 'number' ? [shifts] : listOf('roll', 'shifts', shifts);
    if (by.length === 0 || !by.every((shift) => Number.isInteger(shift)))
      throw new ArgumentError({
        op: 'roll',
        problem: `shifts ${describeList(by)} are not whole numbers`,
        remedy: 'give one whole number an axis',
      });
    const { size, shape } = tensorOperand('roll', x);
    const given = axesGiven('roll', axes);
    if (given === null || given === undefined) return reshape(rollAxis(reshape(x, [size]), by[0] ?? 0, 0), shape);
    const along = (typeof given === 'number' ? [given] : listOf('roll', 'axes', given)).map((axis) =>
      normalizeAxis('roll', axis, rankOf('roll', x)),
    );
    if (by.length !== 1 && by.length !== along.length)
      throw new AxisError({
        op: 'roll',
        problem: `${by.length} shifts for ${along.length} axes`,
        shapes: [x.shape],
        remedy: 'give one shift, or one for each axis',
      });
    return along.reduce((rolled, axis, i) => rollAxis(rolled, by[by.length === 1 ? 0 : i] ?? 0, axis), x);
  });
