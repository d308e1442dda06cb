/**
 * Shapes: drawn before any data, so that shrinking lowers the rank and the sizes first. Rank 0, zero-length axes and
 * size-1 axes are always among them.
 */

import * as fc from 'fast-check';
import { checkedOptions } from '../../core/tensor/arguments.js';

export interface ShapeConstraints {
  readonly minRank?: number;
  readonly maxRank?: number;
  /** 0 by default: a zero-length axis is a shape like any other. */
  readonly minSize?: number;
  readonly maxSize?: number;
}

export const shapeNames = { minRank: true, maxRank: true, minSize: true, maxSize: true } as const;

/** A shape; by default rank 0 to 3 with sizes 0 to 4, sizes 1 to 4 being likelier than 0. */
export const shapes = (options: ShapeConstraints = {}): fc.Arbitrary<number[]> => {
  const { minRank = 0, maxRank = 3, minSize = 0, maxSize = 4 } = checkedOptions('shapes', options, shapeNames);
  const positive = fc.integer({ min: Math.max(1, minSize), max: maxSize });
  const size =
    minSize > 0 ? positive : fc.oneof({ weight: 9, arbitrary: positive }, { weight: 1, arbitrary: fc.constant(0) });
  return fc.array(size, { minLength: minRank, maxLength: maxRank });
};

/** A shape and one of its axes. */
export const shapeWithAxis = (constraints: ShapeConstraints = {}): fc.Arbitrary<{ shape: number[]; axis: number }> =>
  shapes({ minRank: 1, ...checkedOptions('shapeWithAxis', constraints, shapeNames) }).chain((shape) =>
    fc.record({ shape: fc.constant(shape), axis: fc.nat(shape.length - 1) }),
  );

/** A shape and a sorted subset of its axes. */
export const shapeWithAxes = (constraints: ShapeConstraints = {}): fc.Arbitrary<{ shape: number[]; axes: number[] }> =>
  shapes(checkedOptions('shapeWithAxes', constraints, shapeNames)).chain((shape) =>
    fc.record({ shape: fc.constant(shape), axes: fc.subarray(shape.map((_, i) => i)) }),
  );

/** Shapes that broadcast together: each drops leading axes of a common shape and shrinks others to 1. */
export const broadcastable = (count: number, constraints: ShapeConstraints = {}): fc.Arbitrary<number[][]> =>
  shapes(checkedOptions('broadcastable', constraints, shapeNames)).chain((common) =>
    fc.array(
      fc
        .record({
          drop: fc.nat(common.length),
          stretch: fc.array(fc.boolean(), { minLength: common.length, maxLength: common.length }),
        })
        .map(({ drop, stretch }) => common.map((size, i) => (stretch[i] === true ? 1 : size)).slice(drop)),
      { minLength: count, maxLength: count },
    ),
  );
