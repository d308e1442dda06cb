/**
 * A power with a constant exponent, what `pow(x, 2)` becomes. `d xⁿ/dx = n·xⁿ⁻¹`, and 0 for n = 0: since n is known when
 * the rule is applied, powers of 0 need no case distinction on numbers, and `x²` at 0 is right at every order.
 */

import type { Shape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import { batchElementwise, commonDtype } from '../../rules/elementwise.js';
import { power } from '../../rules/scalar/power.js';
import { onesLike, zerosLike } from '../../tensor/creation.js';
import type { Tensor } from '../../tensor/tensor.js';
import { mul } from './mul.js';

export interface ConstantPowParams {
  readonly exponent: number;
}

export const constantPowPrimitive: Primitive<'constantPow', ConstantPowParams> = define<
  readonly [Tensor],
  ConstantPowParams
>()({
  name: 'constantPow',
  family: 'unary',
  docs: 'y = xⁿ',
  saves: 'inputs',
  infer: (inputs) => ({ shape: inputs[0]?.shape ?? [], dtype: commonDtype('pow', inputs, 'float') }),
  forward: (out, [x], { exponent }) => {
    if (x === undefined) return;
    for (let i = 0; i < out.data.length; i++) out.data[i] = power(x.data[i] ?? 0, exponent);
  },
  vjp: [({ g, x: [x], p: { exponent: n } }) => (n === 0 ? zerosLike(g) : mul(g, mul(constantPow(x, n - 1), n)))],
  jvp: [
    ({ t, x: [x], p: { exponent: n } }) => {
      if (n === 0) return zerosLike(t);
      return mul(t, mul(constantPow(x, n - 1), n));
    },
  ],
  batch: batchElementwise,
});

/** `xⁿ` for a number n; `x⁰ = 1` also for 0 and NaN. */
export const constantPow = <S extends Shape>(x: Tensor<S>, exponent: number): Tensor<S> => {
  if (exponent === 0) return onesLike(x);
  return bind(constantPowPrimitive, [x], { exponent } satisfies ConstantPowParams) as Tensor<S>;
};
