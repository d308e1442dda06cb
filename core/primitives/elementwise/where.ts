/**
 * Selection: `y = c ? a : b`. The condition takes no gradient; each branch receives the cotangent where it was taken
 * and 0 where it was not. Selected, not multiplied by a mask: `0·∞` would be NaN.
 */
import { isBool } from '../../base/dtype.js';
import { DtypeError } from '../../base/errors.js';
import { broadcastShapes, type Shape } from '../../base/shape.js';
import type { Broadcast, Check } from '../../base/typed-shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import { batchElementwise, commonDtype, stretch } from '../../rules/elementwise.js';
import { type Operand, operands } from '../../tensor/operand.js';
import type { Tensor } from '../../tensor/tensor.js';
import { logicalNot } from './logical-not.js';

export const wherePrimitive: Primitive<'where', null> = define<readonly [Tensor, Tensor, Tensor]>()({
  name: 'where',
  family: 'other',
  docs: 'y = c ? a : b',
  saves: 'inputs',
  broadcasts: true,
  infer: ([condition, ...branches]) => {
    const shapes = [condition, ...branches].map((input) => input?.shape ?? []);
    if (condition === undefined || !isBool(condition.dtype))
      throw new DtypeError({
        op: 'where',
        problem: `the condition is ${condition?.dtype ?? 'missing'}, not bool`,
        shapes,
        remedy: "compare first, for example greater(x, 0), or convert with cast(x, 'bool')",
      });
    return { shape: broadcastShapes('where', shapes), dtype: commonDtype('where', branches, 'any') };
  },
  forward: (out, [condition, a, b]) => {
    if (condition === undefined || a === undefined || b === undefined) return;
    const chosen = stretch(condition, out.shape);
    const yes = stretch(a, out.shape);
    const no = stretch(b, out.shape);
    for (let i = 0; i < out.data.length; i++) out.data[i] = (chosen[i] === 0 ? no[i] : yes[i]) ?? 0;
  },
  vjp: [null, ({ g, x: [condition] }) => where(condition, g, 0), ({ g, x: [condition] }) => where(condition, 0, g)],
  jvp: [
    null,
    ({ t, x: [condition] }) => where(logicalNot(condition), 0, t),
    ({ t, x: [condition] }) => where(logicalNot(condition), t, 0),
  ],
  batch: batchElementwise,
});

/**
 * `a` where the condition holds, `b` elsewhere, with broadcasting among all three. No gradient goes to the condition.
 *
 * A branch that is not taken is still computed, and its own derivative may be NaN: in `where(greater(x, 0), log(x), 0)`
 * at `x = 0` the chain rule gives `0·∞`. Make the input harmless first, `log(where(greater(x, 0), x, 1))`, then select
 * again ("double where"); `safeLog`, `safeSqrt` and `safeDiv` do just that.
 * @throws DtypeError when the condition is not bool or the branches differ; ShapeError when shapes do not broadcast.
 * @example
 * where(tensor([true, false]), tensor([1, 2]), 0).toArray() // [1, 0]
 */
export const where = <C extends Shape, A extends Shape = readonly [], B extends Shape = readonly []>(
  condition: Tensor<C>,
  a: Operand<A>,
  b: Operand<B> & Check<Broadcast<C, Broadcast<A, B>>, 'where: shapes do not broadcast', [C, A, B]>,
): Tensor<Broadcast<C, Broadcast<A, B>>> =>
  bind(wherePrimitive, [condition, ...operands('where', a, b)], null) as Tensor<Broadcast<C, Broadcast<A, B>>>;
