/** Reverse mode for people: the value of a function and its pullback. */

import { withInterpreter } from '../../core/dispatch/interpreter.js';
import { synchronous } from '../../core/dispatch/synchronous.js';
import { checkFunction } from '../../core/tensor/arguments.js';
import { zerosLike } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { treeLeaves, treeUnflatten } from '../../core/tensor/tree.js';
import { createTape, type Tape } from '../interpreters/tape.js';
import { matchingLeaves } from './matching.js';

/** From cotangents of some results to cotangents of the leaves a function ran on. */
type Pull = (results: readonly Tensor[], cotangents: readonly Tensor[]) => readonly Tensor[];

/** A function that has run once on a tape. */
interface Recording<Y> {
  /** What the function returned; read its tensors with `lower`. */
  readonly result: Y;
  /** The value of a tensor once the tape has ended. */
  readonly lower: (x: Tensor) => Tensor;
  readonly pull: Pull;
  /** `pull` for the last time, which gives memory back on the way. */
  readonly drain: Pull;
}

/** Runs `f` on tracked copies of `leaves`; `still` as for `createTape`. */
export const record = <Y>(
  op: string,
  f: (tracked: readonly Tensor[]) => Y,
  leaves: readonly Tensor[],
  still = false,
): Recording<Y> => {
  const tape = createTape(op, still);
  const tracked = leaves.map(tape.track);
  const ids = tracked.map((x) => tape.look(x).id);
  const result = synchronous(
    op,
    withInterpreter(tape, () => f(tracked)),
  );
  const by =
    (pull: Tape['pull']): Pull =>
    (results, cotangents) => {
      const from = results.flatMap((y, i) => {
        const { id } = tape.look(y);
        const cotangent = cotangents[i];
        return id < 0 || cotangent === undefined ? [] : [[id, cotangent] as const];
      });
      return pull(from, ids).map((g, i) => g ?? zerosLike(leaves[i] as Tensor));
    };
  return { result, lower: (x) => tape.look(x).value, pull: by(tape.pull), drain: by(tape.drain) };
};

/** `vjp`, in the name of the operation that the user called. */
export const pullbackOf = <Args extends readonly unknown[], Y>(
  op: string,
  f: (...args: Args) => Y,
  args: Args,
  still = false,
): readonly [value: Y, pullback: (cotangent: Y) => Args] => {
  const leaves = treeLeaves(args, op);
  const { result, lower, pull } = record(op, (tracked) => f(...treeUnflatten(args, tracked)), leaves, still);
  const outputs = treeLeaves(result, op);
  const value = treeUnflatten(result, outputs.map(lower));
  const pullback = (cotangent: Y): Args =>
    treeUnflatten(args, pull(outputs, matchingLeaves(op, 'cotangent', cotangent, value)));
  return [value, pullback];
};

/**
 * The value of `f(...args)` and its pullback `ȳ ↦ Jᵀȳ`: from a cotangent like the value to one cotangent an argument.
 * The pullback may be called any number of times. Integers and booleans are constants; their cotangent is zero.
 * @throws TreeError, ShapeError, DtypeError from the pullback when the cotangent is not like the value.
 * @example
 * vjp((x: Tensor) => mul(x, x), tensor([1, 2]))[1](tensor([1, 1]))[0].toArray() // [2, 4]
 */
export const vjp = <Args extends readonly unknown[], Y>(
  f: (...args: Args) => Y,
  ...args: Args
): readonly [value: Y, pullback: (cotangent: Y) => Args] => {
  checkFunction('vjp', f);
  return pullbackOf('vjp', f, args);
};
