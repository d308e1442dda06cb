/**
 * Numbers for tensors: bounded, because the default bias of float generators to 1e38 and subnormals breaks differences,
 * and off kinks where a function has some.
 */

import * as fc from 'fast-check';
import { sizeOf } from '../../core/base/shape.js';
import { checkedOptions } from '../../core/tensor/arguments.js';

/** A tensor before it is made: what counterexamples print. */
export interface Draw {
  readonly shape: readonly number[];
  readonly data: readonly number[];
  /** float64 unless said otherwise. */
  readonly dtype?: 'float64' | 'int32' | 'bool';
}

export interface ValueConstraints {
  readonly min?: number;
  readonly max?: number;
  /** Points to keep a distance of 0.05 from. */
  readonly avoid?: readonly number[];
}

export const valueNames = { min: true, max: true, avoid: true } as const;

/** A number from a grid of about 2000 points in [min, max], [−2, 2] by default, off the points to avoid. */
export const value = (options: ValueConstraints = {}): fc.Arbitrary<number> => {
  const { min = -2, max = 2, avoid = [] } = checkedOptions('value', options, valueNames);
  // The irrational offset keeps drawn points off round numbers, where rules tend to be right by accident.
  const step = (max - min) / 2001;
  return fc
    .integer({ min: 0, max: 2000 })
    .map((i) => min + step * (i + 0.38196601125))
    .map((x) =>
      avoid.reduce((y, kink) => (Math.abs(y - kink) < 0.05 ? kink + (y >= kink ? 0.05 : -0.05) + (y - kink) : y), x),
    );
};

/** A float64 tensor of `shape`. */
export const draw = (shape: readonly number[], constraints: ValueConstraints = {}): fc.Arbitrary<Draw> => {
  const size = sizeOf(shape);
  return fc.array(value(constraints), { minLength: size, maxLength: size }).map((data) => ({ shape, data }));
};

/** A float64 tensor whose elements all differ by 0.2 at least: a permutation times a gap, plus jitter. For maxima and sorting. */
export const drawDistinct = (shape: readonly number[]): fc.Arbitrary<Draw> => {
  const size = sizeOf(shape);
  const ranks = Array.from({ length: size }, (_, i) => i);
  return fc
    .tuple(
      fc.shuffledSubarray(ranks, { minLength: size, maxLength: size }),
      fc.array(fc.integer({ min: -100, max: 100 }), { minLength: size, maxLength: size }),
    )
    .map(([order, jitter]) => ({
      shape,
      data: order.map((rank, i) => (rank - size / 2) * 0.25 + (jitter[i] ?? 0) * 2e-4),
    }));
};

/** An int32 tensor with entries from min to max inclusive. */
export const drawIntegers = (shape: readonly number[], min: number, max: number): fc.Arbitrary<Draw> => {
  const size = sizeOf(shape);
  return fc
    .array(fc.integer({ min, max }), { minLength: size, maxLength: size })
    .map((data) => ({ shape, data, dtype: 'int32' as const }));
};

/** A bool tensor. */
export const drawBooleans = (shape: readonly number[]): fc.Arbitrary<Draw> => {
  const size = sizeOf(shape);
  return fc
    .array(fc.boolean(), { minLength: size, maxLength: size })
    .map((data) => ({ shape, data: data.map(Number), dtype: 'bool' as const }));
};
