/**
 * Forward mode: every tensor that depends on the input carries its tangent along.
 * For y = f(x), a tangent ẋ becomes ẏ = Jẋ = Σₖ Jₖẋₖ over the arguments.
 */

import { isDifferentiable } from '../../core/base/dtype.js';
import {
  bind,
  bindAll,
  call,
  type Interpreter,
  noteDerivative,
  recompute,
  withInterpreter,
} from '../../core/dispatch/interpreter.js';
import { add } from '../../core/primitives/elementwise/add.js';
import { broadcastTo } from '../../core/primitives/shape/broadcast-to.js';
import type { Primitive } from '../../core/program/primitive.js';
import { avalOf } from '../../core/program/program.js';
import { zerosLike } from '../../core/tensor/creation.js';
import { Tensor } from '../../core/tensor/tensor.js';
import { programTransforms } from './programs.js';
import { isPointwise, stillProduct } from './still.js';
import { guarded } from './substitution.js';

/** A value and its tangent, both one level down; a `null` tangent is zero. */
export interface Dual {
  readonly primal: Tensor;
  readonly tangent: Tensor | null;
}

export interface ForwardMode extends Interpreter {
  /** A tensor with a tangent; integers and booleans carry none. */
  lift(primal: Tensor, tangent: Tensor | null): Tensor;
  look(x: Tensor): Dual;
}

/** The tangent of one operation's output. */
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
  const avals = x.map(avalOf);
  const parts = tangents.flatMap((t, argument) => {
    if (t === null) return [];
    const rule = primitive.jvp(argument);
    if (rule === null && primitive.jvpKind !== 'multilinear') return [];
    const along = (direction: Tensor, read: readonly Tensor[]): Tensor =>
      rule === null
        ? bind(primitive, read.slice(0, -1).with(argument, direction), params)
        : broadcastTo(
            rule({ t: direction, x: read.slice(0, -1), y: read.at(-1) as Tensor, p: params, avals }),
            y.shape,
          );
    const read = [...x, y];
    return [isPointwise(primitive) ? stillProduct(primitive.name, along, t, read) : along(t, read)];
  });
  return parts.length === 0 ? null : parts.reduce((total, part) => add(total, part));
};

/** A new forward mode; tangents flow while it is on the stack of interpreters. */
export const createForwardMode = (name: string): ForwardMode => {
  noteDerivative();
  const look = (x: Tensor): Dual => (x.owner === mode ? (x.payload as Dual) : { primal: x, tangent: null });
  const lift = (primal: Tensor, tangent: Tensor | null): Tensor =>
    tangent === null || !isDifferentiable(primal.dtype)
      ? primal
      : new Tensor(primal.shape, primal.dtype, mode, { primal, tangent } satisfies Dual);

  const mode: ForwardMode = {
    name,
    differentiation: { higher: false },
    look,
    lift,
    reveal: (x) => look(x).primal,

    bind(primitive, inputs, params) {
      const duals = inputs.map(look);
      const x = duals.map(({ primal }) => primal);
      const tangents = duals.map(({ tangent }) => tangent);
      if (tangents.every((t) => t === null)) return bindAll(primitive, x, params);
      if (primitive.joint !== null) {
        const pushed = primitive.joint.push(
          x,
          tangents,
          params,
          programTransforms(() => mode.differentiation?.higher === true),
        );
        return pushed.outputs.map((y, i) => lift(y, pushed.tangents[i] ?? null));
      }
      const y = bind(primitive, x, params);
      return [isDifferentiable(y.dtype) ? lift(y, pushForward(primitive, x, tangents, y, params)) : y];
    },

    call(rule, inputs) {
      const duals = inputs.map(look);
      const x = duals.map(({ primal }) => primal);
      const safe = guarded(rule, mode);
      if (duals.every(({ tangent }) => tangent === null)) return call(safe, x);
      const { outputs, tangents } = safe.jvp(
        x,
        duals.map(({ primal, tangent }) => tangent ?? zerosLike(primal)),
      );
      return outputs.map((y, i) => lift(y, tangents[i] ?? null));
    },

    recompute(run, inputs) {
      const duals = inputs.map(look);
      const moving = duals.flatMap(({ tangent }, i) => (tangent === null ? [] : [i]));
      let moved: readonly boolean[] = [];
      // A function of values and tangents to values and tangents, so that a tape beneath still keeps neither.
      const flat = recompute(
        (given) => {
          const tangents = new Map(moving.map((i, k) => [i, given[inputs.length + k] ?? null]));
          const lifted = given.slice(0, inputs.length).map((x, i) => lift(x, tangents.get(i) ?? null));
          const outputs = withInterpreter(mode, () => run(lifted)).map(look);
          moved = outputs.map(({ tangent }) => tangent !== null);
          return [...outputs.map(({ primal }) => primal), ...outputs.flatMap(({ tangent }) => tangent ?? [])];
        },
        [...duals.map(({ primal }) => primal), ...duals.flatMap(({ tangent }) => tangent ?? [])],
      );
      let next = moved.length;
      return moved.map((moves, i) => lift(flat[i] as Tensor, moves ? (flat[next++] ?? null) : null));
    },
  };
  return mode;
};
