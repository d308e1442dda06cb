/**
 * The product over axes. `∂y/∂xᵢ = Π_{j≠i} xⱼ`, made of the products before and behind i, never of y/xᵢ: exact with zeros,
 * to every order.
 */

import { totalType } from '../../base/dtype.js';
import { type Shape, sizeOf } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineReduction, type ReductionParams } from '../../rules/reduction.js';
import type { Tensor } from '../../tensor/tensor.js';
import { cast } from '../elementwise/cast.js';
import { mul } from '../elementwise/mul.js';
import { padWith } from '../shape/pad.js';
import { permute } from '../shape/permute.js';
import { reshape } from '../shape/reshape.js';
import { cumprod } from './cumprod.js';
import type { ScanParams } from './cumsum.js';
import { predecessor, recurrence } from './recurrence.js';
import { type ReduceOptions, reductionParams } from './sum.js';

/** The axes in the order kept, then reduced. */
const lanesLast = (shape: Shape, axes: readonly number[]): number[] => [
  ...shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis)),
  ...axes,
];

/** The lanes of a reduction side by side: `[number of lanes, length of one]`. */
const toLanes = (x: Tensor, axes: readonly number[]): Tensor => {
  const length = sizeOf(axes.map((axis) => x.shape[axis] ?? 1));
  const count = sizeOf(x.shape.filter((_, axis) => !axes.includes(axis)));
  return reshape(permute(x, lanesLast(x.shape, axes)), [count, length]);
};

/** Puts lanes back into `shape`. */
const fromLanes = (lanes: Tensor, shape: Shape, axes: readonly number[]): Tensor => {
  const order = lanesLast(shape, axes);
  const apart = reshape(
    lanes,
    order.map((axis) => shape[axis] ?? 1),
  );
  return permute(
    apart,
    order.map((_, axis) => order.indexOf(axis)),
  );
};

const forwards: ScanParams = { axis: 1, reverse: false };
const backwards: ScanParams = { axis: 1, reverse: true };

/** In each lane, the product of the elements that come before each element in the given direction. */
const productBefore = (lanes: Tensor, p: ScanParams): Tensor =>
  cumprod(predecessor(lanes, p, 1), p.axis, { reverse: p.reverse });

export const prodPrimitive: Primitive<'prod', ReductionParams> = defineReduction({
  name: 'prod',
  docs: 'y = Π x over the axes',
  widening: 'modular',
  accepts: 'number',
  f: (lane) => {
    let product = 1;
    for (let i = 0; i < lane.length; i++) product *= lane[i] ?? 1;
    return product;
  },
  onIntegers: (lane) => {
    let product = 1;
    for (let i = 0; i < lane.length; i++) product = Math.imul(product, lane[i] ?? 1);
    return product;
  },
  saves: 'inputs',
  // x̄ᵢ = g·(x₀·…·xᵢ₋₁)·(xᵢ₊₁·…·xₙ₋₁)
  vjp: [
    ({ g, x: [x], p: { axes } }) => {
      const lanes = toLanes(x, axes);
      const others = mul(productBefore(lanes, forwards), productBefore(lanes, backwards));
      return fromLanes(mul(reshape(g, [g.size, 1]), others), x.shape, axes);
    },
  ],
  // Along the lane, pₖ = xₖ·pₖ₋₁ and so ṗₖ = xₖ·ṗₖ₋₁ + ẋₖ·pₖ₋₁; ẏ is the last ṗ (0 of an empty lane)
  jvp: [
    ({ t, x: [x], y, p: { axes } }) => {
      const lanes = toLanes(x, axes);
      const length = lanes.shape[1] ?? 1;
      const partial = recurrence(lanes, mul(toLanes(t, axes), productBefore(lanes, forwards)), 1);
      return reshape(padWith(partial, { low: [0, 1 - length], high: [0, 0], interior: [0, 0], value: 0 }), y.shape);
    },
  ],
});

/**
 * The product over `axes` (all by default); 1 of an empty set. Booleans are counted as int32.
 * @throws AxisError for an axis out of range or named twice.
 * @example
 * prod(tensor([[1, 2], [3, 4]]), { axis: 0 }).toArray() // [3, 8]
 */
export const prod = (x: Tensor, options: ReduceOptions = {}): Tensor => {
  const params = reductionParams('prod', x, options);
  return bind(prodPrimitive, [cast(x, totalType(x.dtype))], params);
};
