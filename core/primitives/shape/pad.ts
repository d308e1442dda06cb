/**
 * Padding with a constant: `low` places before, `high` after and `interior` between neighbours along every axis; a
 * negative `low` or `high` crops. `y[low + i·(interior + 1)] = x[i]`, the constant elsewhere.
 * Affine in x: tangents and cotangents see the constant as 0. The transpose takes the same places back out.
 */

import { ShapeError } from '../../base/errors.js';
import { checkShape, type Shape, stridesOf, walk } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import { checkLiteral } from '../../tensor/arguments.js';
import type { Tensor } from '../../tensor/tensor.js';
import { slice } from './slice.js';

/** One entry an axis. */
export interface PadParams {
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Not negative. */
  readonly interior: readonly number[];
  readonly value: number;
}

/** The size of an axis whose neighbours stand `interior` apart. */
const spreadSize = (size: number, interior: number): number => (size === 0 ? 0 : size + (size - 1) * interior);

const paddedShape = (shape: Shape, { low, high, interior }: PadParams): Shape =>
  shape.map((size, axis) => spreadSize(size, interior[axis] ?? 0) + (low[axis] ?? 0) + (high[axis] ?? 0));

/** The first and last place of x along an axis that stays inside an output of `size` places, as a range. */
const keptRange = (count: number, low: number, step: number, size: number): readonly [from: number, to: number] => {
  const from = Math.max(0, Math.ceil(-low / step));
  const to = Math.min(count, Math.floor((size - 1 - low) / step) + 1);
  return [from, Math.max(from, to)];
};

export const padPrimitive: Primitive<'pad', PadParams> = define<readonly [Tensor], PadParams>()({
  name: 'pad',
  family: 'other',
  docs: 'y[low + i·(interior + 1)] = x[i], the value elsewhere',
  saves: 'none',
  infer: ([x], p) => {
    const from = x?.shape ?? [];
    const dtype = x?.dtype ?? 'float32';
    const shape = paddedShape(from, p);
    if (shape.some((size) => size < 0))
      throw new ShapeError({
        op: 'pad',
        problem: 'negative pads crop more than there is',
        shapes: [from],
        remedy: 'let before + after be at least -size along every axis',
      });
    checkShape('pad', shape);
    checkLiteral('pad', 'the value', p.value, { dtype, shape: from });
    return { shape, dtype };
  },
  forward: (out, [x], { low, interior, value }) => {
    if (x === undefined) return;
    out.data.fill(value);
    const kept = x.shape.map((count, axis) =>
      keptRange(count, low[axis] ?? 0, (interior[axis] ?? 0) + 1, out.shape[axis] ?? 0),
    );
    const strides = stridesOf(out.shape);
    const sources = stridesOf(x.shape);
    let target = 0;
    let source = 0;
    for (const [axis, [from]] of kept.entries()) {
      target += (from * ((interior[axis] ?? 0) + 1) + (low[axis] ?? 0)) * (strides[axis] ?? 0);
      source += from * (sources[axis] ?? 0);
    }
    const block = kept.map(([from, to]) => to - from);
    const places = new Int32Array(block.reduce((product, size) => product * size, 1));
    walk(
      block,
      strides.map((stride, axis) => stride * ((interior[axis] ?? 0) + 1)),
      (offset, i) => {
        places[i] = target + offset;
      },
    );
    walk(block, sources, (offset, i) => {
      out.data[places[i] ?? 0] = x.data[source + offset] ?? 0;
    });
  },
  // Undo the borders (a crop of the output becomes zeros, a pad a crop), then take every (interior + 1)-th place.
  vjp: [
    ({ g, p: { low, high, interior } }) =>
      slice(
        padWith(g, {
          low: low.map((count) => -count),
          high: high.map((count) => -count),
          interior: low.map(() => 0),
          value: 0,
        }),
        interior.map((count) => [null, null, count + 1]),
      ),
  ],
  jvp: [({ t, p }) => padWith(t, { ...p, value: 0 })],
  batch: ({ x: [x], p }) =>
    padWith(x, { low: [0, ...p.low], high: [0, ...p.high], interior: [0, ...p.interior], value: p.value }),
});

/** Padding with explicit `low`, `high` and `interior` counts for every axis; `x` itself where all are 0. */
export const padWith = (x: Tensor, params: PadParams): Tensor =>
  [params.low, params.high, params.interior].every((counts) => counts.every((count) => count === 0))
    ? x
    : bind(padPrimitive, [x], params);
