/**
 * Shapes at run time: sizes, strides, axes, NumPy broadcasting, and the odometer that walks them.
 * The compile-time twin stands in `typed-shape.ts`.
 */
import { ArgumentError, AxisError, describe, formatShape, ShapeError } from './errors.js';

export type Shape = readonly number[];

/** The number of elements; 1 for a scalar. */
export const sizeOf = (shape: Shape): number => {
  // Loops here: `reduce` and `every` are slow on frozen lists.
  let product = 1;
  for (let i = 0; i < shape.length; i++) product *= shape[i] as number;
  return product;
};

export const sameShape = (a: Shape, b: Shape): boolean => {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};

/** Row-major strides, in elements. */
export const stridesOf = (shape: Shape): number[] => {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = (strides[i + 1] ?? 1) * (shape[i + 1] ?? 1);
  return strides;
};

/** The index of a row-major position, for messages: `[1,0]`; `[]` in a scalar. */
export const formatIndex = (position: number, shape: Shape): string =>
  formatShape(stridesOf(shape).map((stride, axis) => Math.floor(position / stride) % (shape[axis] ?? 1)));

/** Strides for reading an array of `shape` as if it had been broadcast to `target`: 0 along every stretched axis. */
export const broadcastStrides = (shape: Shape, target: Shape): number[] => {
  const strides = stridesOf(shape);
  const offset = target.length - shape.length;
  return target.map((_, i) => (i < offset || shape[i - offset] === 1 ? 0 : (strides[i - offset] ?? 0)));
};

/** NumPy's rule, right-aligned; `null` where two sizes differ and neither is 1. */
export const tryBroadcast = (a: Shape, b: Shape): Shape | null => {
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 0; i < rank; i++) {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return null;
    out[i] = x === 1 ? y : x;
  }
  return out;
};

/** The common shape of all `shapes`, or a `ShapeError` in the name of `op`. */
export const broadcastShapes = (op: string, shapes: readonly Shape[]): Shape => {
  let out: Shape = [];
  for (const shape of shapes) {
    const next = tryBroadcast(out, shape);
    if (next === null)
      throw new ShapeError({
        op,
        problem: 'shapes do not broadcast',
        shapes,
        remedy: 'sizes must be equal or 1, aligned at the last axis; reshape or unsqueeze an operand',
      });
    out = next;
  }
  return out;
};

/** `axis` counted from the front, or an `AxisError`. */
export const normalizeAxis = (op: string, axis: number, rank: number): number => {
  const whole = Number.isInteger(axis);
  const out = whole && axis < 0 ? axis + rank : axis;
  if (!whole || out < 0 || out >= rank)
    throw new AxisError({
      op,
      problem: `axis ${typeof axis === 'number' ? axis : describe(axis)} is out of range for rank ${rank}`,
      remedy: rank === 0 ? 'a scalar has no axes' : `use an integer from ${-rank} to ${rank - 1}`,
    });
  return out;
};

/** Throws for a list of more axes than there are. */
export const checkAxisCount = (op: string, axes: unknown, rank: number): void => {
  if (Array.isArray(axes) && axes.length > Math.max(rank, 64))
    throw new AxisError({
      op,
      problem: `${axes.length} axes are named, at rank ${rank}`,
      remedy: 'name each axis once',
    });
};

/** Axes as people give them (one, several, or none for all), sorted, counted from the front, each once. */
export const normalizeAxes = (
  op: string,
  axes: number | readonly number[] | null | undefined,
  rank: number,
): number[] => {
  if (axes === null || axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  checkAxisCount(op, axes, rank);
  const out = (Array.isArray(axes) ? (axes as readonly number[]) : [axes as number])
    .map((axis) => normalizeAxis(op, axis, rank))
    .sort((a, b) => a - b);
  const twice = out.find((axis, i) => axis === out[i - 1]);
  if (twice !== undefined)
    throw new AxisError({ op, problem: `axis ${twice} is named twice`, remedy: 'name each axis once' });
  return out;
};

/** The shape after reducing over `axes` (already normalised). */
export const reducedShape = (shape: Shape, axes: readonly number[], keepDims: boolean): number[] =>
  keepDims ? shape.map((size, i) => (axes.includes(i) ? 1 : size)) : shape.filter((_, i) => !axes.includes(i));

/** The most elements that a tensor may have: positions are counted in 32 bits. */
const mostElements = 2 ** 31 - 1;

/** Throws unless every size is a non-negative integer and the whole can be addressed. */
export const checkShape = (op: string, shape: Shape): void => {
  if (!Array.isArray(shape))
    throw new ArgumentError({
      op,
      problem: `the shape is ${describe(shape)}, not a list of sizes`,
      remedy: 'write it as [2, 3]; [] is a scalar',
    });
  let total = 1;
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis] as number;
    if (Number.isInteger(size) && size >= 0) {
      total *= size;
      continue;
    }
    throw new ArgumentError({
      op,
      problem: `size ${describe(size)} is not a whole number ≥ 0`,
      shapes: [shape],
      remedy: 'give whole, non-negative sizes',
    });
  }
  // Not a product of Infinity and 0: one size of 0 leaves nothing.
  if (total > mostElements && !shape.includes(0))
    throw new ArgumentError({
      op,
      problem: `${total} elements are more than a tensor can hold`,
      shapes: [shape],
      remedy: 'check the sizes; work on parts of the data',
    });
};

/** The shape as a list that nobody can change: itself where that is so already, else a copy, so that the caller's list stays as it is. */
export const frozenShape = <S extends Shape>(shape: S): S =>
  Object.isFrozen(shape) ? shape : (Object.freeze([...shape]) as Shape as S);

/** A checked copy of a shape that somebody else may change. */
export const ownShape = <S extends Shape>(op: string, shape: S): S => {
  checkShape(op, shape);
  const own = frozenShape(shape);
  // What was read twice may have changed in between.
  if (own !== shape) checkShape(op, own);
  return own;
};

/**
 * Calls `visit(offset, position)` for every index of `shape` in row-major order, where `offset = Σ index·stride`.
 * The single odometer behind every strided read on the reference backend.
 */
export const walk = (
  shape: Shape,
  strides: readonly number[],
  visit: (offset: number, position: number) => void,
): void => {
  const total = sizeOf(shape);
  const last = shape.length - 1;
  const width = shape[last] ?? 1;
  const step = strides[last] ?? 0;
  const index = new Array<number>(shape.length).fill(0);
  let start = 0;
  for (let position = 0; position < total; ) {
    let offset = start;
    for (let i = 0; i < width; i++, offset += step) visit(offset, position++);
    // Carry into the other axes.
    for (let axis = last - 1; axis >= 0; axis--) {
      const size = shape[axis] ?? 1;
      const stride = strides[axis] ?? 0;
      const next = (index[axis] ?? 0) + 1;
      start += stride;
      if (next < size) {
        index[axis] = next;
        break;
      }
      start -= stride * size;
      index[axis] = 0;
    }
  }
};
