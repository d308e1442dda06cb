/** Specs of the primitives with an index operand. Indices repeat and count from either end. */
import * as fc from 'fast-check';
import type { DynamicSliceParams } from '../../core/primitives/index/dynamic-slice.js';
import type { SortedParams } from '../../core/primitives/index/sorted.js';
import type { TakeTransposeParams } from '../../core/primitives/index/take-transpose.js';
import type { IndexedParams } from '../../core/rules/indexed.js';
import { shapes, shapeWithAxis } from '../arbitraries/shapes.js';
import { type Draw, draw, drawDistinct, drawIntegers } from '../arbitraries/values.js';
import type { Case, OpSpec } from './spec.js';
import { at, indexLists, tabulate } from './tabulate.js';

/** Places on an axis of `size`, counted from the front or from the back; an axis without places takes an empty index only. */
const drawPlaces = (shape: readonly number[], size: number): fc.Arbitrary<Draw> =>
  size === 0 ? drawIntegers(shape, 0, 0) : drawIntegers(shape, -size, size - 1);

/** A shape for an index beside `axis` of `shape`: no larger on the other axes. */
const besideAxis = (shape: readonly number[], axis: number): fc.Arbitrary<number[]> =>
  fc.tuple(
    ...shape.map((size, i) => (i === axis ? fc.nat(size === 0 ? 0 : 5) : fc.oneof(fc.constant(size), fc.nat(size)))),
  );

interface IndexedShapes {
  readonly shape: number[];
  readonly axis: number;
  readonly index: number[];
}

const indexedShapes: fc.Arbitrary<IndexedShapes> = shapeWithAxis().chain(({ shape, axis }) =>
  besideAxis(shape, axis).map((index) => ({ shape, axis, index })),
);

/** What an index of numbers that count from the front only may say of them; nothing where one counts from the back. */
const numbersOf = (index: Draw | undefined): Pick<IndexedParams, 'range'> =>
  index?.data.every((value) => value >= 0) === true ? { range: { name: 'number', remedy: 'give one in range' } } : {};

const gatherCases: fc.Arbitrary<Case<IndexedParams>> = indexedShapes.chain(({ shape, axis, index }) =>
  fc
    .tuple(draw(shape), drawPlaces(index, shape[axis] ?? 0))
    .map((inputs) => ({ inputs, params: { axis, ...numbersOf(inputs[1]) } })),
);

const scatterAddCases: fc.Arbitrary<Case<IndexedParams>> = indexedShapes.chain(({ shape, axis, index }) =>
  fc
    .tuple(draw(shape), drawPlaces(index, shape[axis] ?? 0), draw(index))
    .map((inputs) => ({ inputs, params: { axis, ...numbersOf(inputs[1]) } })),
);

/** The shape of an index for an axis of `size`; one of size 0 has no places, so that the index must be empty. */
const freeIndex = (size: number): fc.Arbitrary<number[]> =>
  size === 0 ? shapes({ maxRank: 1, maxSize: 3 }).map((index) => [0, ...index]) : shapes({ maxRank: 2, maxSize: 3 });

const takeCases: fc.Arbitrary<Case<IndexedParams>> = shapeWithAxis().chain(({ shape, axis }) =>
  freeIndex(shape[axis] ?? 0).chain((index) =>
    fc
      .tuple(draw(shape), drawPlaces(index, shape[axis] ?? 0))
      .map((inputs) => ({ inputs, params: { axis, ...numbersOf(inputs[1]) } })),
  ),
);

const takeTransposeCases: fc.Arbitrary<Case<TakeTransposeParams>> = shapeWithAxis().chain(({ shape, axis }) =>
  freeIndex(shape[axis] ?? 0).chain((index) =>
    fc
      .tuple(draw([...shape.slice(0, axis), ...index, ...shape.slice(axis + 1)]), drawPlaces(index, shape[axis] ?? 0))
      .map((inputs) => ({ inputs, params: { axis, size: shape[axis] ?? 0, ...numbersOf(inputs[1]) } })),
  ),
);

/** A shape, the sizes of a block in it, and where the block begins, which may be beyond either end. */
const blocks: fc.Arbitrary<{ readonly shape: number[]; readonly sizes: number[]; readonly starts: Draw }> =
  shapes().chain((shape) =>
    fc
      .tuple(fc.tuple(...shape.map((size) => fc.nat(size))), drawIntegers([shape.length], -2, 6))
      .map(([sizes, starts]) => ({ shape: [...shape], sizes, starts })),
  );

const dynamicSliceCases: fc.Arbitrary<Case<DynamicSliceParams>> = blocks.chain(({ shape, sizes, starts }) =>
  draw(shape).map((x) => ({ inputs: [x, starts], params: { sizes } })),
);

const dynamicUpdateSliceCases: fc.Arbitrary<Case<null>> = blocks.chain(({ shape, sizes, starts }) =>
  fc.tuple(draw(shape), draw(sizes)).map(([x, update]) => ({ inputs: [x, update, starts], params: null })),
);

/** Where the block begins along an axis, once it is moved inside. */
const moved = (starts: Draw | undefined, axis: number, length: number, size: number): number =>
  Math.min(Math.max(Number(starts?.data[axis]), 0), length - size);

const dynamicSliceOracle = ([x, starts]: readonly Draw[], { sizes }: DynamicSliceParams): number[] =>
  tabulate(sizes, (list) =>
    at(
      x,
      list.map((i, axis) => i + moved(starts, axis, x?.shape[axis] ?? 0, sizes[axis] ?? 0)),
    ),
  );

const dynamicUpdateSliceOracle = ([x, update, starts]: readonly Draw[]): number[] =>
  tabulate(x?.shape ?? [], (list) => {
    const within = list.map((i, axis) => i - moved(starts, axis, x?.shape[axis] ?? 0, update?.shape[axis] ?? 0));
    return within.every((i, axis) => i >= 0 && i < (update?.shape[axis] ?? 0)) ? at(update, within) : at(x, list);
  });

/** Counted from the front. */
const fromFront = (place: number, size: number): number => (place + size) % size;

const gatherOracle = ([x, index]: readonly Draw[], { axis }: IndexedParams): number[] =>
  tabulate(index?.shape ?? [], (list) => at(x, list.with(axis, fromFront(at(index, list), x?.shape[axis] ?? 0))));

/** Asks of every place of the result which entries of src are sent there. */
const scatterAddOracle = ([x, index, src]: readonly Draw[], { axis }: IndexedParams): number[] =>
  tabulate(x?.shape ?? [], (list) =>
    indexLists(index?.shape ?? [])
      .filter((from) => {
        const to = from.with(axis, fromFront(at(index, from), x?.shape[axis] ?? 0));
        return to.every((i, k) => i === list[k]);
      })
      .reduce((total, from) => total + at(src, from), at(x, list)),
  );

const takeOracle = ([x, index]: readonly Draw[], { axis }: IndexedParams): number[] => {
  const shape = x?.shape ?? [];
  const rank = index?.shape.length ?? 0;
  return tabulate([...shape.slice(0, axis), ...(index?.shape ?? []), ...shape.slice(axis + 1)], (list) =>
    at(x, [
      ...list.slice(0, axis),
      fromFront(at(index, list.slice(axis, axis + rank)), shape[axis] ?? 0),
      ...list.slice(axis + rank),
    ]),
  );
};

const takeTransposeOracle = ([x, index]: readonly Draw[], { axis, size }: TakeTransposeParams): number[] => {
  const shape = x?.shape ?? [];
  const rank = index?.shape.length ?? 0;
  const places = indexLists(index?.shape ?? []);
  return tabulate([...shape.slice(0, axis), size, ...shape.slice(axis + rank)], (list) =>
    places
      .filter((place) => fromFront(at(index, place), size) === list[axis])
      .reduce((total, place) => total + at(x, [...list.slice(0, axis), ...place, ...list.slice(axis + 1)]), 0),
  );
};

const sortedCases: fc.Arbitrary<Case<SortedParams>> = shapeWithAxis().chain(({ shape, axis }) =>
  fc
    .tuple(drawDistinct(shape), fc.nat(shape[axis] ?? 0), fc.boolean())
    .map(([x, count, descending]) => ({ inputs: [x], params: { axis, count, descending } })),
);

/** Element k of a line in order is the one that k others stand before; then the places of all of them. */
const sortedOracle = ([x]: readonly Draw[], { axis, count, descending }: SortedParams): number[] => {
  const length = x?.shape[axis] ?? 0;
  const line = (index: readonly number[]): number[] =>
    Array.from({ length }, (_, k) => at(x, index.with(axis, k)) * (descending ? -1 : 1));
  const taken = (x?.shape ?? []).with(axis, count);
  const places = tabulate(taken, (index) =>
    line(index).findIndex((value, _, all) => all.filter((other) => other < value).length === index[axis]),
  );
  let next = 0;
  return [...tabulate(taken, (index) => at(x, index.with(axis, places[next++] ?? -1))), ...places];
};

const indexed = <P>(
  cases: fc.Arbitrary<Case<P>>,
  oracle: (inputs: readonly Draw[], p: P) => readonly number[],
  ulp: number,
): OpSpec => ({
  cases,
  derivative: 'smooth',
  oracle: ({ inputs, params }) => oracle(inputs, params as P),
  ulp,
});

export const indexingSpecs: Record<
  'dynamicSlice' | 'dynamicUpdateSlice' | 'gather' | 'scatterAdd' | 'sorted' | 'take' | 'takeTranspose',
  OpSpec
> = {
  dynamicSlice: indexed(dynamicSliceCases, dynamicSliceOracle, 0),
  dynamicUpdateSlice: indexed(dynamicUpdateSliceCases, dynamicUpdateSliceOracle, 0),
  sorted: { ...indexed(sortedCases, sortedOracle, 0), placesNaN: true },
  gather: indexed(gatherCases, gatherOracle, 0),
  scatterAdd: { ...indexed(scatterAddCases, scatterAddOracle, 8), sums: true },
  take: indexed(takeCases, takeOracle, 0),
  takeTranspose: { ...indexed(takeTransposeCases, takeTransposeOracle, 8), sums: true },
};
