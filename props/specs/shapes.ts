/** Specs of the primitives that move numbers without computing: shapes, slices, padding, conversion, creation. */
import * as fc from 'fast-check';
import type { Dtype } from '../../core/base/dtype.js';
import { sizeOf } from '../../core/base/shape.js';
import type { CastParams } from '../../core/primitives/elementwise/cast.js';
import type { BroadcastToParams } from '../../core/primitives/shape/broadcast-to.js';
import type { ConcatParams } from '../../core/primitives/shape/concat.js';
import type { FlipParams } from '../../core/primitives/shape/flip.js';
import type { FullParams } from '../../core/primitives/shape/full.js';
import type { IotaParams } from '../../core/primitives/shape/iota.js';
import type { PadParams } from '../../core/primitives/shape/pad.js';
import type { PermuteParams } from '../../core/primitives/shape/permute.js';
import type { ReshapeParams } from '../../core/primitives/shape/reshape.js';
import type { SliceParams } from '../../core/primitives/shape/slice.js';
import { shapes, shapeWithAxes, shapeWithAxis } from '../arbitraries/shapes.js';
import { type Draw, draw, drawBooleans, drawIntegers, value } from '../arbitraries/values.js';
import type { Case, OpSpec } from './spec.js';
import { at, tabulate } from './tabulate.js';

/** One draw for each axis of a shape. */
const eachAxis = <T>(shape: readonly number[], one: (size: number) => fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.tuple(...shape.map(one));

/** Another shape with as many elements: the sizes shuffled, some neighbours merged, some 1s put in. */
const reshaped = (shape: readonly number[]): fc.Arbitrary<number[]> =>
  fc
    .tuple(
      fc.shuffledSubarray([...shape], { minLength: shape.length, maxLength: shape.length }),
      fc.array(fc.constantFrom('merge', 'one', 'keep'), { minLength: shape.length, maxLength: shape.length }),
    )
    .map(([sizes, changes]) => {
      const out: number[] = [];
      for (const [i, size] of sizes.entries())
        if (changes[i] === 'merge' && out.length > 0) out.push((out.pop() ?? 1) * size);
        else if (changes[i] === 'one') out.push(1, size);
        else out.push(size);
      return out;
    });

const reshapeCases: fc.Arbitrary<Case<ReshapeParams>> = shapes().chain((shape) =>
  fc.tuple(draw(shape), reshaped(shape)).map(([x, to]) => ({ inputs: [x], params: { shape: to } })),
);

const permuteCases: fc.Arbitrary<Case<PermuteParams>> = shapes({ maxRank: 4, maxSize: 3 }).chain((shape) => {
  const axes = shape.map((_, axis) => axis);
  return fc
    .tuple(draw(shape), fc.shuffledSubarray(axes, { minLength: axes.length, maxLength: axes.length }))
    .map(([x, order]) => ({ inputs: [x], params: { axes: order } }));
});

const broadcastToCases: fc.Arbitrary<Case<BroadcastToParams>> = shapes().chain((target) =>
  fc
    .tuple(fc.nat(target.length), fc.array(fc.boolean(), { minLength: target.length, maxLength: target.length }))
    .chain(([drop, stretch]) => draw(target.map((size, i) => (stretch[i] === true ? 1 : size)).slice(drop)))
    .map((x) => ({ inputs: [x], params: { shape: target } })),
);

const flipCases: fc.Arbitrary<Case<FlipParams>> = shapeWithAxes().chain(({ shape, axes }) =>
  draw(shape).map((x) => ({ inputs: [x], params: { axes } })),
);

/** One to four tensors that differ along the axis only, sizes 0 among them. */
const concatCases: fc.Arbitrary<Case<ConcatParams>> = fc
  .tuple(shapeWithAxis(), fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }))
  .chain(([{ shape, axis }, sizes]) =>
    fc.tuple(...sizes.map((size) => draw(shape.with(axis, size)))).map((inputs) => ({ inputs, params: { axis } })),
  );

/** A start, a step and a number of places that fit an axis; sometimes none. */
const progression = (size: number): fc.Arbitrary<{ start: number; stop: number; step: number }> =>
  fc.tuple(fc.nat(size), fc.integer({ min: 1, max: 3 }), fc.nat(3)).map(([start, step, wanted]) => {
    const count = Math.min(wanted, Math.ceil((size - start) / step));
    return { start, step, stop: count === 0 ? start : start + (count - 1) * step + 1 };
  });

const sliceCases: fc.Arbitrary<Case<SliceParams>> = shapes({ maxSize: 6 }).chain((shape) =>
  fc.tuple(draw(shape), eachAxis(shape, progression)).map(([x, taken]) => ({
    inputs: [x],
    params: {
      starts: taken.map(({ start }) => start),
      stops: taken.map(({ stop }) => stop),
      steps: taken.map(({ step }) => step),
    },
  })),
);

/** Pads and crops on both sides, with 0 to 2 places between neighbours. */
const axisPads = (size: number): fc.Arbitrary<{ low: number; high: number; interior: number }> =>
  fc
    .record({ low: fc.integer({ min: -3, max: 2 }), high: fc.integer({ min: -3, max: 2 }), interior: fc.nat(2) })
    .map((p) => {
      const spread = size === 0 ? 0 : size + (size - 1) * p.interior;
      return { ...p, high: Math.max(p.high, -spread - p.low) };
    });

const padCases: fc.Arbitrary<Case<PadParams>> = shapes().chain((shape) =>
  fc.tuple(draw(shape), eachAxis(shape, axisPads), value()).map(([x, pads, fill]) => ({
    inputs: [x],
    params: {
      low: pads.map(({ low }) => low),
      high: pads.map(({ high }) => high),
      interior: pads.map(({ interior }) => interior),
      value: fill,
    },
  })),
);

const dtypes = fc.constantFrom<Dtype>('float32', 'float64', 'int32', 'bool');

const fullCases: fc.Arbitrary<Case<FullParams>> = fc.record({
  inputs: fc.constant([]),
  params: fc.record({ shape: shapes(), value: fc.integer({ min: -3, max: 3 }), dtype: dtypes }),
});

const iotaCases: fc.Arbitrary<Case<IotaParams>> = fc
  .tuple(shapeWithAxis(), fc.constantFrom<Dtype>('float32', 'float64', 'int32'))
  .map(([{ shape, axis }, dtype]) => ({ inputs: [], params: { shape, axis, dtype } }));

/** From any element type to any; derivatives are judged in float64, so that float tensors stay float64. */
const castCases: fc.Arbitrary<Case<CastParams>> = shapes().chain((shape) =>
  fc
    .oneof(
      fc.tuple(draw(shape), fc.constant<Dtype>('float64')),
      fc.tuple(
        fc.oneof(drawIntegers(shape, -3, 3), drawBooleans(shape)),
        fc.constantFrom<Dtype>('float64', 'int32', 'bool'),
      ),
      fc.tuple(draw(shape), fc.constantFrom<Dtype>('int32', 'bool')),
    )
    .map(([x, dtype]) => ({ inputs: [x], params: { dtype } })),
);

const paddedSize = (size: number, low: number, high: number, interior: number): number =>
  low + high + (size === 0 ? 0 : size + (size - 1) * interior);

/** Walks the output and asks which element of x, if any, each place holds. */
const padOracle = (x: Draw | undefined, { low, high, interior, value: fill }: PadParams): number[] => {
  const shape = x?.shape ?? [];
  const out = shape.map((size, axis) => paddedSize(size, low[axis] ?? 0, high[axis] ?? 0, interior[axis] ?? 0));
  return tabulate(out, (index) => {
    const places = index.map((i, axis) => (i - (low[axis] ?? 0)) / ((interior[axis] ?? 0) + 1));
    const held = places.every(Number.isInteger) ? at(x, places) : Number.NaN;
    return Number.isNaN(held) ? fill : held;
  });
};

/** Takes the first operand that reaches the place, with the places counted from its start. */
const concatOracle = (xs: readonly Draw[], axis: number): number[] => {
  const total = xs.reduce((sum, x) => sum + (x.shape[axis] ?? 0), 0);
  return tabulate((xs[0]?.shape ?? []).with(axis, total), (index) => {
    let place = index[axis] ?? 0;
    for (const x of xs) {
      const size = x.shape[axis] ?? 0;
      if (place < size) return at(x, index.with(axis, place));
      place -= size;
    }
    return Number.NaN;
  });
};

const convertOne = (x: number, dtype: Dtype): number =>
  dtype === 'bool' ? Number(x !== 0) : dtype === 'int32' ? Math.trunc(x) + 0 : x;

/** A spec whose oracle reads the case with the primitive's own parameters. */
const moves = <P>(
  cases: fc.Arbitrary<Case<P>>,
  oracle: (inputs: readonly Draw[], p: P) => readonly number[],
): OpSpec => ({
  cases,
  derivative: 'smooth',
  oracle: ({ inputs, params }) => oracle(inputs, params as P),
  ulp: 0,
});

export const shapeSpecs: Record<
  'reshape' | 'permute' | 'broadcastTo' | 'flip' | 'concat' | 'slice' | 'pad' | 'cast' | 'full' | 'iota',
  OpSpec
> = {
  reshape: moves(reshapeCases, ([x]) => x?.data ?? []),
  permute: moves(permuteCases, ([x], { axes }) =>
    tabulate(
      axes.map((axis) => x?.shape[axis] ?? 0),
      (index) =>
        at(
          x,
          index.map((_, axis) => index[axes.indexOf(axis)] ?? 0),
        ),
    ),
  ),
  broadcastTo: moves(broadcastToCases, ([x], { shape }) =>
    tabulate(shape, (index) =>
      at(
        x,
        index.slice(shape.length - (x?.shape.length ?? 0)).map((i, axis) => (x?.shape[axis] === 1 ? 0 : i)),
      ),
    ),
  ),
  flip: moves(flipCases, ([x], { axes }) =>
    tabulate(x?.shape ?? [], (index) =>
      at(
        x,
        index.map((i, axis) => (axes.includes(axis) ? (x?.shape[axis] ?? 0) - 1 - i : i)),
      ),
    ),
  ),
  concat: moves(concatCases, (xs, { axis }) => concatOracle(xs, axis)),
  slice: moves(sliceCases, ([x], { starts, stops, steps }) => {
    const taken = (x?.shape ?? []).map((size, axis) =>
      Array.from({ length: size }, (_, i) => i).filter(
        (i) =>
          i >= (starts[axis] ?? 0) && i < (stops[axis] ?? 0) && (i - (starts[axis] ?? 0)) % (steps[axis] ?? 1) === 0,
      ),
    );
    return tabulate(
      taken.map((places) => places.length),
      (index) =>
        at(
          x,
          index.map((i, axis) => taken[axis]?.[i] ?? -1),
        ),
    );
  }),
  pad: moves(padCases, ([x], p) => padOracle(x, p)),
  cast: moves(castCases, ([x], { dtype }) => (x?.data ?? []).map((number) => convertOne(number, dtype))),
  full: {
    ...moves(fullCases, (_, { shape, value: fill, dtype }) =>
      new Array<number>(sizeOf(shape)).fill(convertOne(fill, dtype)),
    ),
    derivative: 'none',
  },
  iota: {
    ...moves(iotaCases, (_, { shape, axis }) => tabulate(shape, (index) => index[axis] ?? 0)),
    derivative: 'none',
  },
};
