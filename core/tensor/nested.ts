/** Nested lists of numbers: read into a row of numbers with a shape, and made of one. */
import { ArgumentError, DtypeError, describe, ShapeError } from '../base/errors.js';
import { checkShape, type Shape, sizeOf } from '../base/shape.js';
import type { NestedNumbers } from './tensor.js';

/** Nested lists of booleans. */
export type NestedBooleans = boolean | readonly NestedBooleans[];

export type Nested = NestedNumbers | NestedBooleans;

/** What nested lists hold. */
export interface Read {
  readonly shape: Shape;
  /** Row-major; booleans are 0 and 1. */
  readonly numbers: Float64Array;
  readonly booleans: boolean;
}

/** How deep lists may be nested. */
const deepest = 500;

/** The shape of nested lists, read off the first entry at each depth, and what stands at its end. */
const outlineOf = (op: string, values: unknown): { readonly shape: Shape; readonly first: unknown } => {
  const shape: number[] = [];
  const met = new Set<unknown>();
  let inner = values;
  for (; Array.isArray(inner); inner = inner[0]) {
    if (met.has(inner) || shape.length >= deepest)
      throw new ArgumentError({
        op,
        problem: met.has(inner) ? 'a list holds itself' : `the lists are nested more than ${deepest} levels deep`,
        remedy: 'give numbers in lists, one level an axis',
      });
    met.add(inner);
    shape.push(inner.length);
  }
  return { shape, first: inner };
};

/**
 * The numbers or booleans in nested lists, for the operation `op`.
 * @throws ShapeError when lists differ in length or depth; DtypeError when numbers and booleans are mixed; ArgumentError for anything
 * else, and for lists that hold themselves.
 */
export const readNested = (op: string, values: unknown): Read => {
  const { shape, first } = outlineOf(op, values);
  checkShape(op, shape);
  const booleans = typeof first === 'boolean';
  const ragged = (): ShapeError =>
    new ShapeError({
      op,
      problem: 'the nested lists have different lengths or depths',
      shapes: [shape],
      remedy: 'give every row the same length',
    });
  const out: number[] = [];
  const collect = (value: unknown, depth: number): void => {
    if (Array.isArray(value)) {
      if (value.length !== shape[depth]) throw ragged();
      for (let i = 0; i < value.length; i++) collect(value[i], depth + 1);
      return;
    }
    if (typeof value !== 'number' && typeof value !== 'boolean')
      throw new ArgumentError({
        op,
        problem: `cannot read ${describe(value)} as a number`,
        remedy: 'give numbers, nested lists of numbers, or fromData(typedArray, shape)',
      });
    if (depth !== shape.length) throw ragged();
    if ((typeof value === 'boolean') !== booleans)
      throw new DtypeError({
        op,
        problem: 'numbers and booleans are mixed',
        shapes: [shape],
        remedy: 'give the one or the other; Number(b) makes a number of a boolean',
      });
    out.push(Number(value));
  };
  collect(values, 0);
  return { shape, numbers: Float64Array.from(out), booleans };
};

/** More lists than anyone wants, where next to nothing stands in them. */
const mostLists = (size: number): number => (size === 0 ? 2 ** 22 : Math.max(2 ** 24, 2 * size));

/** The numbers as nested lists, a level an axis; the number itself for a scalar. */
export const writeNested = (op: string, data: ArrayLike<number>, shape: Shape): NestedNumbers => {
  /** How many lists there are along each axis. */
  const counts: number[] = [];
  let lists = 0;
  let inside = 1;
  for (const size of shape) {
    counts.push(inside);
    lists += inside;
    inside *= size;
  }
  if (lists > mostLists(sizeOf(shape)))
    throw new ArgumentError({
      op,
      problem: `the numbers would stand in ${lists} lists`,
      shapes: [shape],
      remedy: 'read the shape and dataSync(), or reshape to fewer axes first',
    });
  let parts: NestedNumbers[] = Array.from(data);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] as number;
    const inner = parts;
    parts = Array.from({ length: counts[axis] as number }, (_, i) => inner.slice(i * size, (i + 1) * size));
  }
  return parts[0] ?? Number.NaN;
};
