/**
 * Products with a tangent or a cotangent where a derivative is infinite or NaN: along no direction at all, nothing changes. `√(relu x)`
 * is constant below 0, so its derivative there is 0 and not `∞·0`; and an element at the end of a domain spoils no other.
 */
import { type CustomRule, call } from '../dispatch/interpreter.js';
import { add } from '../primitives/elementwise/add.js';
import { equal } from '../primitives/elementwise/equal.js';
import { mul } from '../primitives/elementwise/mul.js';
import { where } from '../primitives/elementwise/where.js';
import type { Tensor } from '../tensor/tensor.js';

/** `product`, which is linear in `direction` element by element, and 0 where that is 0 and the product NaN. No other bit changes. */
export function stillWhereZero(direction: Tensor, product: Tensor): Tensor {
  const rescued = where(equal(product, product), product, 0) as Tensor;
  return where(equal(direction, 0), rescued, product) as Tensor;
}

const rule: CustomRule = {
  name: 'along',
  run: ([t, slope]) => [stillWhereZero(t as Tensor, mul(t as Tensor, slope as Tensor) as Tensor)],
  forward: (inputs) => ({ outputs: call(rule, inputs), residuals: inputs }),
  backward: ([t, slope], [g]) => [along(g as Tensor, slope as Tensor), along(t as Tensor, g as Tensor)],
  jvp: ([t, slope], [dt, dslope]) => ({
    outputs: call(rule, [t as Tensor, slope as Tensor]),
    tangents: [add(along(dt as Tensor, slope as Tensor), along(t as Tensor, dslope as Tensor)) as Tensor],
  }),
};

/** `slope·tangent` of one shape, and 0 where the tangent is 0, whatever the slope: in its derivatives of any mode and order, too. */
export function along(tangent: Tensor, slope: Tensor): Tensor {
  return call(rule, [tangent, slope])[0] as Tensor;
}
