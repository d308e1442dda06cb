/**
 * Forward mode: every tensor that depends on the input carries its tangent along.
 * For y = f(x), a tangent ẋ becomes ẏ = Jẋ = Σₖ Jₖẋₖ over the arguments.
 */
import { zerosLike } from '../core/creation.js';
import { isFloat } from '../core/dtype.js';
import { bind, currentInterpreter, type Interpreter, withInterpreter } from '../core/interpreter.js';
import type { Primitive } from '../core/primitive.js';
import { add } from '../core/primitives/add.js';
import { broadcastTo } from '../core/primitives/broadcast-to.js';
import { Tensor } from '../core/tensor.js';

/** A value and its tangent, both one level down; a `null` tangent is zero. */
export interface Dual {
  readonly primal: Tensor;
  readonly tangent: Tensor | null;
}

export interface ForwardMode extends Interpreter {
  lift(primal: Tensor, tangent: Tensor): Tensor;
  look(x: Tensor): Dual;
}

/** The tangent of one operation's output. Runs one level down. */
const pushForward = (
  primitive: Primitive,
  x: readonly Tensor[],
  tangents: readonly (Tensor | null)[],
  y: Tensor,
  params: unknown,
): Tensor | null => {
  if (primitive.jvpKind === 'linear')
    return bind(
      primitive,
      x.map((input, i) => tangents[i] ?? zerosLike(input)),
      params,
    );
  const avals = x.map(({ shape, dtype }) => ({ shape, dtype }));
  const parts = tangents.flatMap((t, argument) => {
    if (t === null) return [];
    if (primitive.jvpKind === 'multilinear') return [bind(primitive, x.with(argument, t), params)];
    const rule = primitive.jvp(argument);
    return rule === null ? [] : [broadcastTo(rule({ t, x, y, p: params, avals }), y.shape)];
  });
  return parts.length === 0 ? null : parts.reduce((total, part) => add(total, part));
};

/** A new forward mode above the current interpreter. */
export const createForwardMode = (name: string): ForwardMode => {
  const below = currentInterpreter();
  const look = (x: Tensor): Dual => (x.owner === mode ? (x.payload as Dual) : { primal: x, tangent: null });
  const lift = (primal: Tensor, tangent: Tensor): Tensor =>
    new Tensor(primal.shape, primal.dtype, mode, { primal, tangent } satisfies Dual);

  const mode: ForwardMode = {
    name,
    look,
    lift,
    reveal: (x) => look(x).primal,

    bind(primitive, inputs, params) {
      const duals = inputs.map(look);
      const x = duals.map(({ primal }) => primal);
      const tangents = duals.map(({ tangent }) => tangent);
      return withInterpreter(below, () => {
        const y = bind(primitive, x, params);
        if (!isFloat(y.dtype) || tangents.every((t) => t === null)) return y;
        const tangent = pushForward(primitive, x, tangents, y, params);
        return tangent === null ? y : lift(y, tangent);
      });
    },

    call(rule, inputs) {
      const duals = inputs.map(look);
      const x = duals.map(({ primal }) => primal);
      return withInterpreter(below, () => {
        if (duals.every(({ tangent }) => tangent === null)) return below.call(rule, x);
        const { outputs, tangents } = rule.jvp(
          x,
          duals.map(({ primal, tangent }) => tangent ?? zerosLike(primal)),
        );
        return outputs.map((y, i) => {
          const t = tangents[i];
          return t === undefined || !isFloat(y.dtype) ? y : lift(y, t);
        });
      });
    },
  };
  return mode;
};
