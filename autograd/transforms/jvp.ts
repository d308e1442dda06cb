/** Forward mode for people: directional derivatives, and what is made of them. */

import { ArgumentError, describe } from '../../core/base/errors.js';
import { withInterpreter } from '../../core/dispatch/interpreter.js';
import { synchronous } from '../../core/dispatch/synchronous.js';
import { checkFunction } from '../../core/tensor/arguments.js';
import { zerosLike } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { treeLeaves, treeUnflatten } from '../../core/tensor/tree.js';
import { createForwardMode } from '../interpreters/forward.js';
import { gradientOf } from './grad.js';
import { matchingLeaves, requireFloats } from './matching.js';
import { pullbackOf } from './vjp.js';

/** Throws unless the arguments of the function and their tangents are lists. */
const checkLists = (op: string, primals: unknown, tangents: unknown): void => {
  for (const [name, list] of Object.entries({ primals, tangents }))
    if (!Array.isArray(list))
      throw new ArgumentError({
        op,
        problem: `the ${name} are ${describe(list)}, not a list`,
        remedy: `put them into one list, an entry an argument: ${op}(f, [x], [v])`,
      });
};

/** `jvp`, in the name of the operation that the user called. */
export const pushedBy = <Args extends readonly unknown[], Y>(
  op: string,
  f: (...args: Args) => Y,
  primals: Args,
  tangents: NoInfer<Args>,
): readonly [value: Y, tangent: Y] => {
  checkLists(op, primals, tangents);
  const mode = createForwardMode(op);
  const directions = matchingLeaves(op, 'tangent', tangents, primals);
  const lifted = treeLeaves(primals, op).map((x, i) => mode.lift(x, directions[i] ?? null));
  const y = synchronous(
    op,
    withInterpreter(mode, () => f(...treeUnflatten(primals, lifted))),
  );
  const duals = treeLeaves(y, op).map(mode.look);
  return [
    treeUnflatten(
      y,
      duals.map(({ primal }) => primal),
    ),
    treeUnflatten(
      y,
      duals.map(({ primal, tangent }) => tangent ?? zerosLike(primal)),
    ),
  ];
};

/**
 * The value of `f` at `primals` and its derivative `Jv` in the direction `tangents`.
 * Integers and booleans carry no tangent: what is given for them is not read.
 * @throws TreeError, ShapeError, DtypeError when the tangents are not like the primals.
 * @example
 * jvp((x: Tensor) => mul(x, x), [tensor([1, 2])], [tensor([1, 0])])[1].toArray() // [2, 0]
 */
export const jvp = <Args extends readonly unknown[], Y>(
  f: (...args: Args) => Y,
  primals: Args,
  tangents: NoInfer<Args>,
): readonly [value: Y, tangent: Y] => {
  checkFunction('jvp', f);
  return pushedBy('jvp', f, primals, tangents);
};

/**
 * The Hessian of a scalar function times `tangents`, over all arguments together: forward over reverse,
 * `Hv = ∂/∂ε ∇f(x + εv)` at ε = 0. Costs a small multiple of `f`, and never forms the Hessian.
 * @example
 * hvp((x: Tensor) => sum(mul(x, mul(x, x))), [tensor([1, 2])], [tensor([1, 1])])[0].toArray() // [6, 12]
 */
export const hvp = <Args extends readonly unknown[]>(
  f: (...args: Args) => Tensor,
  primals: Args,
  tangents: NoInfer<Args>,
): Args => {
  checkFunction('hvp', f);
  checkLists('hvp', primals, tangents);
  const gradient = gradientOf('hvp', (args: unknown) => f(...(args as Args)));
  return pushedBy('hvp', (...args: Args) => gradient(args) as Args, primals, tangents)[1];
};

/**
 * The value of `f` and its derivative at that point as a function of the direction, for many directions: `f` runs once.
 * The pullback `ȳ ↦ Jᵀȳ` is linear, and its own pullback is `v ↦ Jv`.
 * @throws GradientError when an argument holds integers.
 * @example
 * linearize((x: Tensor) => mul(x, x), tensor([1, 2]))[1](tensor([1, 0])).toArray() // [2, 0]
 */
export const linearize = <Args extends readonly unknown[], Y>(
  f: (...args: Args) => Y,
  ...args: Args
): readonly [value: Y, push: (...tangents: Args) => Y] => {
  checkFunction('linearize', f);
  requireFloats('linearize', args);
  const [value, pullback] = pullbackOf<Args, Y>('linearize', f, args);
  const zeros = treeUnflatten(
    value,
    treeLeaves(value, 'linearize').map((x) => zerosLike(x)),
  );
  const [, push] = pullbackOf('linearize', (cotangent: Y) => pullback(cotangent), [zeros]);
  return [value, (...tangents) => push(tangents)[0]];
};
