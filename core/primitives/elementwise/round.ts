/** The nearest integer; of two equally near the even one. Piecewise constant: its derivative is 0, also at the jumps. */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import type { Primitive } from '../../program/primitive.js';
import { defineUnary } from '../../rules/unary.js';
import type { Tensor } from '../../tensor/tensor.js';

/** `2·round(x/2)` is the even one of two integers equally near. */
const halfToEven = (x: number): number => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));

export const roundPrimitive: Primitive<'round', null> = defineUnary({
  name: 'round',
  docs: 'y = nearest integer, half to even',
  accepts: 'number',
  f: halfToEven,
  saves: 'none',
  vjp: [null],
  jvp: [null],
});

/**
 * The nearest integer, element by element; halves go to the even neighbour. No gradient passes.
 * @example
 * round(tensor([0.5, 1.5, 2.4])).toArray() // [0, 2, 2]
 */
export const round = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(roundPrimitive, [x], null) as Tensor<S>;
