/** The hyperbolic sine. `d sinh x/dx = cosh x = (eˣ + e⁻ˣ)/2`. */
import { defineUnary } from '../families/unary.js';
import { bind } from '../interpreter.js';
import type { Primitive } from '../primitive.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { add } from './add.js';
import { cosh } from './cosh.js';
import { exp } from './exp.js';
import { mul } from './mul.js';
import { neg } from './neg.js';

export const sinhPrimitive: Primitive<'sinh', null> = defineUnary({
  name: 'sinh',
  docs: 'y = (eˣ − e⁻ˣ)/2',
  f: Math.sinh,
  saves: 'inputs',
  vjp: [({ g, x: [x] }) => mul(g, cosh(x))],
  jvp: [({ t, x: [x] }) => mul(t, mul(add(exp(x), exp(neg(x))), 0.5))],
});

/**
 * `sinh x`, element by element.
 * @example
 * sinh(tensor([0, 1])).toArray() // ≈ [0, 1.1752012]
 */
export const sinh = <S extends Shape>(x: Tensor<S>): Tensor<S> => bind(sinhPrimitive, [x], null) as Tensor<S>;
