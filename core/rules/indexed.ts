/**
 * What operations with an index operand share: reading indices from tensors and lists, and resolving them against the
 * axis they point into. Negative indices count from the end; any other index out of range is an error, never a wrap or a zero.
 */

import { isInteger } from '../base/dtype.js';
import { ArgumentError, DtypeError, ShapeError } from '../base/errors.js';
import { formatIndex, type Shape } from '../base/shape.js';
import { bind } from '../dispatch/interpreter.js';
import { clampedToInt32 } from '../primitives/elementwise/cast.js';
import { broadcastTo } from '../primitives/shape/broadcast-to.js';
import type { BatchContext, View } from '../program/primitive.js';
import type { Aval } from '../program/program.js';
import { fromData } from '../tensor/creation.js';
import { readNested } from '../tensor/nested.js';
import { type NestedNumbers, Tensor } from '../tensor/tensor.js';

/** An int32 tensor, or numbers that become one. */
export type Indices = Tensor | NestedNumbers;

/** What the numbers of an index are to whoever gave them: whole numbers from 0 up, of which −1 is never the last. */
export interface NumberRange {
  /** What one of them is, as in `class number`. */
  readonly name: string;
  /** What to do about one that is out of range. */
  readonly remedy: string;
}

/** What operations with an index along one axis have in common. */
export interface IndexedParams {
  readonly axis: number;
  /** Where they are numbers of something, what they are: then negative ones do not count from the end. */
  readonly range?: NumberRange;
}

/** The range alone, for the parameters of the operations in a rule. */
export const rangeOf = ({ range }: IndexedParams): Pick<IndexedParams, 'range'> =>
  range === undefined ? {} : { range };

/** Throws unless `index` is int32, the type of indices within operations. */
export const checkIndexDtype = (op: string, index: Aval | undefined): void => {
  if (index !== undefined && index.dtype !== 'int32')
    throw new DtypeError({
      op,
      problem: `the index is ${index.dtype}, not int32`,
      shapes: [index.shape],
      remedy: "convert it with cast(index, 'int32')",
    });
};

/**
 * Indices as an int32 tensor; those of other integers are converted.
 * @throws DtypeError for a tensor of another element type; ArgumentError for a number that is not a 32-bit integer.
 */
export const asIndices = (op: string, index: Indices): Tensor => {
  if (index instanceof Tensor) {
    if (!isInteger(index.dtype)) checkIndexDtype(op, index);
    // What int32 does not hold is out of range, and stays so.
    return index.dtype === 'int32' ? index : clampedToInt32(index);
  }
  const { shape, numbers, booleans } = readNested(op, index);
  // A mask is no list of places: true would be place 1.
  if (booleans) checkIndexDtype(op, { shape, dtype: 'bool' });
  const wrong = numbers.find((value) => value !== (value | 0));
  if (wrong !== undefined)
    throw new ArgumentError({
      op,
      problem: `the index ${wrong} is not a 32-bit integer`,
      remedy: 'give whole numbers',
    });
  return fromData(Int32Array.from(numbers), shape);
};

/** The error of a number as it was given; `shape` is that of the numbers. */
const wrongNumber = (op: string, value: number, position: number, shape: Shape, range: NumberRange): ArgumentError =>
  new ArgumentError({
    op,
    problem: `the ${range.name} ${value} at ${formatIndex(position, shape)} is out of range`,
    shapes: [shape],
    remedy: range.remedy,
  });

/**
 * The indices counted from the front of `axis`, which has `size` places. `beside`: they stand beside the axis, on an axis of their own.
 * @throws ArgumentError for an index out of range, naming its position, its value and the range.
 */
export const resolveIndices = (
  op: string,
  index: View,
  { axis, range }: IndexedParams,
  size: number,
  beside = false,
): Int32Array => {
  const places = new Int32Array(index.data.length);
  for (let position = 0; position < places.length; position++) {
    const value = index.data[position] ?? 0;
    const place = value < 0 && range === undefined ? value + size : value;
    if (place < 0 || place >= size) {
      // Numbers of one class for each place have got an axis of size 1 on the way.
      const shape = beside && index.shape[axis] === 1 ? index.shape.toSpliced(axis, 1) : index.shape;
      if (range !== undefined) throw wrongNumber(op, value, position, shape, range);
      throw new ArgumentError({
        op,
        problem: `index${formatIndex(position, index.shape)} = ${value} is out of range for axis ${axis} of size ${size}`,
        remedy: size === 0 ? 'an axis of size 0 has no places' : `use integers from ${-size} to ${size - 1}`,
      });
    }
    places[position] = place;
  }
  return places;
};

/** Throws unless `index` has the rank of `x` and fits beside the axis. */
export const checkIndexShape = (op: string, x: Shape, index: Shape, axis: number): void => {
  if (index.length !== x.length || index.some((size, i) => i !== axis && size > (x[i] ?? 0)))
    throw new ShapeError({
      op,
      problem: `the index does not fit beside axis ${axis}`,
      shapes: [x, index],
      remedy: 'give an index of the same rank, no larger than x on the other axes; take() picks whole slices',
    });
};

/** Repeats unbatched operands, so that the batch is one more axis that the index runs beside. */
export function batchIndexed({
  x,
  batched,
  size,
  p,
  primitive,
}: BatchContext<readonly Tensor[], IndexedParams>): Tensor {
  return bind(
    primitive,
    x.map((input, i) => (batched[i] === true ? input : broadcastTo(input, [size, ...input.shape]))),
    { ...p, axis: p.axis + 1 },
  );
}
