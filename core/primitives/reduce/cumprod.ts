/**
 * Running products: `yₖ = x₀·…·xₖ`, that is `yₖ = xₖ·yₖ₋₁` with y₋₁ = 1. Never divides, so its derivatives of every
 * order are exact where elements are 0.
 */

import { totalType } from '../../base/dtype.js';
import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineLanewise } from '../../rules/lanewise.js';
import { rankOf } from '../../tensor/arguments.js';
import type { Tensor } from '../../tensor/tensor.js';
import { cast } from '../elementwise/cast.js';
import { mul } from '../elementwise/mul.js';
import { type ScanAxis, type ScanOptions, type ScanParams, scanLane, scanParams } from './cumsum.js';
import { adjoint, predecessor, recurrencePrimitive } from './recurrence.js';

export const cumprodPrimitive: Primitive<'cumprod', ScanParams> = defineLanewise<ScanParams>()({
  name: 'cumprod',
  docs: 'yₖ = x₀·…·xₖ along the axis',
  widening: 'modular',
  accepts: 'number',
  f: (lane, out, { reverse }) => scanLane(lane, out, reverse, 1, (before, element) => before * element),
  onIntegers: (lane, out, { reverse }) => scanLane(lane, out, reverse, 1, Math.imul),
  saves: 'both',
  // yₖ₊₁ depends on yₖ through xₖ₊₁: rₖ = gₖ + xₖ₊₁·rₖ₊₁ reaches yₖ, and x̄ₖ = rₖ·yₖ₋₁
  vjp: [({ g, x: [x], y, p }) => mul(adjoint(x, g, p), predecessor(y, p, 1))],
  // ẏₖ = xₖ·ẏₖ₋₁ + ẋₖ·yₖ₋₁
  jvp: [({ t, x: [x], y, p }) => bind(recurrencePrimitive, [x, mul(t, predecessor(y, p, 1))], p)],
});

/**
 * The product of all elements up to and including each one, along `axis`. Booleans are counted as int32.
 * @throws AxisError for an axis out of range.
 * @example
 * cumprod(tensor([1, 2, 3, 4]), 0).toArray() // [1, 2, 6, 24]
 */
export const cumprod = <S extends Shape>(x: Tensor<S>, axis: ScanAxis, options?: ScanOptions): Tensor<S> => {
  const params = scanParams('cumprod', rankOf('cumprod', x), axis, options);
  return bind(cumprodPrimitive, [cast(x, totalType(x.dtype))], params) as Tensor as Tensor<S>;
};
