/**
 * Element by element, a direction that is 0 moves nothing, even if the derivative is infinite or NaN: `0·∞` is 0 for a tangent, and
 * for a cotangent of a derivative of higher order or of a Jacobian, whose rows are mostly zeros. So one element at the end of a
 * domain spoils no derivative of the others, in any nesting. A plain gradient does without, because it would cost every training step a selection.
 */

import { type CustomRule, call, differentiators, withInterpreter } from '../../core/dispatch/interpreter.js';
import { add } from '../../core/primitives/elementwise/add.js';
import { sumTo } from '../../core/primitives/reduce/sum.js';
import { broadcastTo } from '../../core/primitives/shape/broadcast-to.js';
import type { Primitive } from '../../core/program/primitive.js';
import { stillWhereZero } from '../../core/rules/along.js';
import { zerosLike } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { createForwardMode } from './forward.js';
import { createTape } from './tape.js';

/** A rule as a function of the direction `t`, in which it is linear element by element, and of the numbers that it reads. */
type Product = (t: Tensor, x: readonly Tensor[]) => Tensor;

/** Whether the derivatives of a primitive are products that may meet a zero: one number each, by a rule that reads numbers. */
export const isPointwise = ({ family, jvpKind }: Primitive): boolean =>
  (family === 'unary' || family === 'binary') && jvpKind !== 'linear';

/** The derivative of a product by the numbers that it reads, along their own directions, which stand behind them: linear in `t` again. */
const derivativeOf =
  (name: string, product: Product): Product =>
  (t, given) => {
    const count = given.length / 2;
    const mode = createForwardMode(name);
    const lifted = given.slice(0, count).map((x, i) => mode.lift(x, given[count + i] ?? null));
    const { primal, tangent } = mode.look(withInterpreter(mode, () => product(t, lifted)));
    return tangent ?? zerosLike(primal);
  };

/** The rule of the product: by `t` it is the product itself, and what it is by the others is 0 where `t` is. */
const ruleOf = (name: string, product: Product): CustomRule => {
  const rule: CustomRule = {
    name,
    run: ([t, ...x]) => [stillWhereZero(t as Tensor, product(t as Tensor, x))],
    forward: (inputs) => ({ outputs: call(rule, inputs), residuals: inputs }),
    backward(inputs, [g]) {
      const cotangent = g as Tensor;
      const { shape } = cotangent;
      // Stretched first, so that what an input receives is looked at before it is summed.
      const stretched = inputs.map((input) => broadcastTo(input, shape) as Tensor);
      const tape = createTape(name, true);
      const [t, ...x] = stretched.map(tape.track) as [Tensor, ...Tensor[]];
      const y = tape.look(withInterpreter(tape, () => product(t, x)));
      const [toDirection = null, ...toOthers] = tape.drain(
        y.id < 0 ? [] : [[y.id, cotangent]],
        [t, ...x].map((input) => tape.look(input).id),
      );
      const still = toOthers.map((sent) => (sent === null ? null : stillWhereZero(stretched[0] as Tensor, sent)));
      return [toDirection, ...still].map((sent, i) =>
        sent === null ? null : sumTo(sent, (inputs[i] as Tensor).shape),
      );
    },
    jvp(inputs, [dt, ...dx]) {
      const [t, ...x] = inputs as [Tensor, ...Tensor[]];
      const outputs = call(rule, inputs);
      const along = stillProduct(name, product, dt as Tensor, x);
      return { outputs, tangents: [add(along, stillProduct(name, derivativeOf(name, product), t, [...x, ...dx]))] };
    },
  };
  return rule;
};

/** `product(t, x)`, and 0 where `t` is 0, in its derivatives of any mode and order, too. */
export const stillProduct = (name: string, product: Product, t: Tensor, x: readonly Tensor[]): Tensor => {
  // Nothing differentiates it: the plain operations will do.
  if (differentiators().length === 0) return stillWhereZero(t, product(t, x));
  return call(ruleOf(name, product), [t, ...x])[0] as Tensor;
};
