/** Tensors for checks of gradients: float64, bounded, off the kinks of the functions they are for. */

import type * as fc from 'fast-check';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { fromData } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { type ShapeConstraints, shapeNames, shapes } from './shapes.js';
import { type Draw, draw, drawDistinct, type ValueConstraints, valueNames } from './values.js';

/** The tensor that a draw describes. */
export const tensorOf = ({ shape, data, dtype = 'float64' }: Draw): Tensor => fromData(data, shape, dtype);

/**
 * Float64 tensors of one shape, or of any; values in [−2, 2] by default, at a distance of 0.05 from those to `avoid`.
 * @example
 * checkGradients(relu, tensors([2, 3], { avoid: [0] }).map((x) => [x]), { numRuns: 5 }) // undefined
 */
export const tensors = (
  shape: readonly number[] | ShapeConstraints = {},
  values: ValueConstraints = {},
): fc.Arbitrary<Tensor> => {
  checkedOptions('tensors', values, valueNames);
  const drawn = Array.isArray(shape)
    ? draw(shape, values)
    : shapes(checkedOptions('tensors', shape as ShapeConstraints, shapeNames)).chain((any) => draw(any, values));
  return drawn.map(tensorOf);
};

/**
 * Float64 tensors of one shape whose elements differ by 0.2 at least: for maxima, sorting and pooling.
 * @example
 * checkGradients((x: Tensor) => max(x), distinctTensors([4]).map((x) => [x]), { numRuns: 5 }) // undefined
 */
export const distinctTensors = (shape: readonly number[]): fc.Arbitrary<Tensor> => drawDistinct(shape).map(tensorOf);
