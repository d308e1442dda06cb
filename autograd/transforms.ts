/** The transforms people call: grad, valueAndGrad, vjp, jvp, vmap. */
import { ones, zerosLike } from '../core/creation.js';
import { isFloat } from '../core/dtype.js';
import { GradientError } from '../core/errors.js';
import { withInterpreter } from '../core/interpreter.js';
import type { Tensor } from '../core/tensor.js';
import { treeLeaves, treeUnflatten } from '../core/tree.js';
import { createBatch } from './batch.js';
import { createForwardMode } from './forward.js';
import { createTape } from './tape.js';

/** The value of `f` and its pullback, from a cotangent tree like the output to cotangents of the arguments. */
export const vjp = <Args extends readonly unknown[], Y>(
  f: (...args: Args) => Y,
  ...args: Args
): readonly [Y, (cotangent: Y) => Args] => {
  const tape = createTape('vjp');
  const leaves = treeLeaves(args, 'vjp');
  const tracked = leaves.map((leaf) => (isFloat(leaf.dtype) ? tape.track(leaf) : leaf));
  const y = withInterpreter(tape, () => f(...treeUnflatten(args, tracked)));
  const outputs = treeLeaves(y, 'vjp').map(tape.look);
  const pullback = (cotangent: Y): Args => {
    const given = treeLeaves(cotangent, 'vjp');
    const from = outputs.flatMap(({ id }, i) => (id < 0 || given[i] === undefined ? [] : [[id, given[i]] as const]));
    const pulled = tape.pull(
      from,
      tracked.map((x) => tape.look(x).id),
    );
    return treeUnflatten(
      args,
      pulled.map((g, i) => g ?? zerosLike(leaves[i] as Tensor)),
    );
  };
  return [
    treeUnflatten(
      y,
      outputs.map(({ value }) => value),
    ),
    pullback,
  ];
};

/** The value of a scalar function and its gradient with respect to the first argument. */
export const valueAndGrad =
  <P, Rest extends readonly unknown[]>(f: (p: P, ...rest: Rest) => Tensor) =>
  (p: P, ...rest: Rest): readonly [Tensor, P] => {
    const [y, pullback] = vjp((q: P) => f(q, ...rest), p);
    if (y.rank !== 0 || !isFloat(y.dtype))
      throw new GradientError({
        op: 'grad',
        problem: `the function returned ${y.dtype}${JSON.stringify(y.shape)}, not a scalar float`,
        shapes: [y.shape],
        remedy: 'reduce it with sum() or mean(), or use vjp or jacrev',
      });
    return [y, pullback(ones([], y.dtype))[0]];
  };

/** The gradient of a scalar function with respect to the first argument. */
export const grad =
  <P, Rest extends readonly unknown[]>(f: (p: P, ...rest: Rest) => Tensor) =>
  (p: P, ...rest: Rest): P =>
    valueAndGrad(f)(p, ...rest)[1];

/** The value of `f` at `primals` and its derivative in the direction `tangents`. */
export const jvp = <Args extends readonly unknown[], Y>(
  f: (...args: Args) => Y,
  primals: Args,
  tangents: Args,
): readonly [Y, Y] => {
  const mode = createForwardMode('jvp');
  const directions = treeLeaves(tangents, 'jvp');
  const lifted = treeLeaves(primals, 'jvp').map((x, i) => mode.lift(x, directions[i] ?? zerosLike(x)));
  const y = withInterpreter(mode, () => f(...treeUnflatten(primals, lifted)));
  const duals = treeLeaves(y, 'jvp').map(mode.look);
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

/** `f` over a stack of examples at axis 0 of every argument. */
export const vmap =
  <Args extends readonly unknown[], Y>(f: (...args: Args) => Y) =>
  (...args: Args): Y => {
    const leaves = treeLeaves(args, 'vmap');
    const batch = createBatch('vmap', leaves[0]?.shape[0] ?? 0);
    const y = withInterpreter(batch, () => f(...treeUnflatten(args, leaves.map(batch.lift))));
    return treeUnflatten(y, treeLeaves(y, 'vmap').map(batch.lower));
  };
