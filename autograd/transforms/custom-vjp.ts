/**
 * Functions with a backward rule of their own. The rule holds in every nesting: forward mode transposes it, because it
 * is linear in the cotangent (`J = (Jᵀ)ᵀ`); higher derivatives differentiate the rule's own operations; vmap batches it.
 */

import { isDifferentiable } from '../../core/base/dtype.js';
import { describe, GradientError, TreeError } from '../../core/base/errors.js';
import { sameShape } from '../../core/base/shape.js';
import { type CustomRule, call } from '../../core/dispatch/interpreter.js';
import { synchronous } from '../../core/dispatch/synchronous.js';
import { traceTree } from '../../core/dispatch/trace.js';
import { formatAval } from '../../core/program/program.js';
import { checkFunction } from '../../core/tensor/arguments.js';
import { zerosLike } from '../../core/tensor/creation.js';
import { Tensor } from '../../core/tensor/tensor.js';
import {
  formatPath,
  isBranch,
  outline,
  type Path,
  tensorsIn,
  treeEntries,
  treeLeaves,
  treeUnflatten,
  withTensors,
} from '../../core/tensor/tree.js';
import { record } from './vjp.js';

/** What a backward rule returns: for each argument its cotangent, or `null` where there is none, also within a tree. */
export type Cotangents<Args extends readonly unknown[]> = { readonly [K in keyof Args]: Cotangent<Args[K]> };
type Cotangent<T> = T extends Tensor
  ? T | null
  : T extends object
    ? null | { readonly [K in keyof T]: Cotangent<T[K]> }
    : unknown;

const op = 'customVjp';

const malformed = (found: string, path: Path, wanted: string): TreeError =>
  new TreeError({
    op,
    problem: `the backward rule gave ${found} for ${path.length === 0 ? 'the arguments' : `argument ${formatPath(path)}`}, not ${wanted}`,
    remedy: 'return a list of one cotangent an argument, each like its argument; null, and only null, is zero',
  });

/** Throws unless the cotangent of one tensor has its shape and element type. */
const checkCotangent = (cotangent: Tensor, like: Tensor): void => {
  if (sameShape(cotangent.shape, like.shape) && cotangent.dtype === like.dtype) return;
  throw new GradientError({
    op,
    problem: `the backward rule gave ${formatAval(cotangent)} for an input ${formatAval(like)}`,
    remedy: 'a cotangent has the shape and element type of its value; correct the rule',
  });
};

/** The cotangent of each tensor in `args`, in the order of `tensorsIn`; `null` is zero, for a whole branch too. */
const cotangentsOf = (args: readonly unknown[], returned: unknown): (Tensor | null)[] => {
  const cotangents: (Tensor | null)[] = [];
  const none = (like: unknown): void => {
    for (const _ of tensorsIn(like, op)) cotangents.push(null);
  };
  const collect = (like: unknown, given: unknown, path: Path): void => {
    if (like instanceof Tensor) {
      if (given !== null && !(given instanceof Tensor)) throw malformed(describe(given), path, 'a tensor or null');
      // Integers and booleans take no cotangent, whatever stands in their place.
      if (given !== null && isDifferentiable(like.dtype)) checkCotangent(given, like);
      cotangents.push(isDifferentiable(like.dtype) ? given : null);
    } else if (Array.isArray(like)) {
      if (given === null && path.length > 0) {
        none(like);
        return;
      }
      if (!Array.isArray(given)) throw malformed(describe(given), path, `a list of ${like.length}`);
      if (given.length !== like.length) throw malformed(`a list of ${given.length}`, path, `a list of ${like.length}`);
      for (const [i, part] of like.entries()) collect(part, given[i], [...path, i]);
    } else if (isBranch(like) && tensorsIn(like, op).length > 0) {
      if (given === null) {
        none(like);
        return;
      }
      if (!isBranch(given)) throw malformed(describe(given), path, 'an object of cotangents');
      const other = Object.keys(given).find((key) => !Object.hasOwn(like, key) && (given[key] ?? null) !== null);
      if (other !== undefined)
        throw malformed(describe(given[other]), [...path, other], 'nothing: there is no such argument');
      for (const [key, part] of Object.entries(like)) collect(part, given[key], [...path, key]);
    }
  };
  collect(args, returned, []);
  return cotangents;
};

/** A tree as it is compared and printed: `f32[2]` alone, or `[0]: f32[2], [1]: f32[]`. */
const outlined = (tree: unknown): string =>
  treeEntries(tree, op)
    .map(([path, leaf]) => `${tree instanceof Tensor ? '' : `${path}: `}${formatAval(leaf)}`)
    .join(', ');

/** Throws unless the value that `forward` returned has the structure, shapes and element types of the function's own, where these can be traced. */
const checkValue = (value: unknown, f: (leaves: readonly Tensor[]) => unknown, inputs: readonly Tensor[]): void => {
  let want: string | null = null;
  try {
    traceTree((...leaves: readonly Tensor[]) => {
      const y = f(leaves);
      want = outlined(y);
      return y;
    }, inputs);
  } catch {
    // What reads values cannot be traced, and what fails will say so where it is run.
    return;
  }
  const got = outlined(value);
  if (want === null || got === want) return;
  throw new TreeError({
    op,
    problem: `the forward function gave the value ${got}, the function itself ${want}`,
    remedy: 'return the same value from both: a derivative does not change what a function gives',
  });
};

/**
 * `f` with a backward rule. `forward(...args)` returns `[f(...args), residuals]`; `backward(residuals, cotangent)` returns
 * a list of one cotangent an argument, `null` for zero. The rule must be linear in the cotangent.
 * What is differentiated must be an argument; residuals, not variables, bring it to the backward rule.
 * @throws GradientError when one of the functions closes over a tensor that is being differentiated, or a cotangent
 * does not fit its argument; TreeError when the list of cotangents is not like the arguments, or the value of `forward` not like that of `f`.
 * @example
 * const clipped = customVjp((x: Tensor) => x, (x: Tensor) => [x, null], (_, g) => [mul(g, 0.5)]);
 * grad((x: Tensor) => sum(clipped(x)))(tensor([1, 2])).toArray() // [0.5, 0.5]
 */
export const customVjp = <Args extends readonly unknown[], Y, Residuals>(
  f: (...args: Args) => Y,
  forward: (...args: Args) => readonly [value: Y, residuals: Residuals],
  backward: (residuals: Residuals, cotangent: Y) => Cotangents<Args>,
): ((...args: Args) => Y) => {
  checkFunction(op, f);
  for (const rule of [forward, backward]) checkFunction(op, rule);
  /** Arguments for which the values of both functions are known to be alike. */
  const alike = new Set<string>();
  return (...args) => {
    const given = outline(args, op);
    const returned: Y[] = [];
    const saved: Residuals[] = [];
    const leavesOf = (y: Y): readonly Tensor[] => {
      returned[0] = outline(synchronous(op, y), op);
      return treeLeaves(y, op);
    };
    const rule: CustomRule = {
      name: 'customVjp',
      kept: true,
      run: (inputs) => leavesOf(f(...withTensors(given, inputs))),
      forward(inputs) {
        const pair: unknown = synchronous(op, forward(...withTensors(given, inputs)));
        if (!Array.isArray(pair) || pair.length !== 2)
          throw new TreeError({
            op,
            problem: `the forward function returned ${describe(pair)}, not [value, residuals]`,
            remedy: 'return the value and what the backward rule needs, null if nothing: [y, null]',
          });
        const [value, residuals] = pair as unknown as readonly [Y, Residuals];
        const kinds = inputs.map(formatAval).join();
        if (!alike.has(kinds)) {
          checkValue(value, (leaves) => f(...withTensors(given, leaves)), inputs);
          alike.add(kinds);
        }
        saved[0] = outline(residuals, op);
        // A transform further down must see the rule in the value too, not the operations of `forward`.
        const watched = inputs.some(({ owner }) => owner !== null);
        return { outputs: watched ? call(rule, inputs) : leavesOf(value), residuals: tensorsIn(residuals, op) };
      },
      backward: (residuals, cotangents) =>
        cotangentsOf(
          given,
          synchronous<unknown>(
            op,
            backward(withTensors(saved[0] as Residuals, residuals), treeUnflatten(returned[0] as Y, cotangents)),
          ),
        ),
      jvp(inputs, tangents) {
        const { outputs, residuals } = rule.forward(inputs);
        const { result, drain } = record(
          'customVjp',
          (g) => rule.backward(residuals, g),
          outputs.map((x) => zerosLike(x)),
        );
        const pairs = result.flatMap((cotangent, i) =>
          cotangent === null || tangents[i] === undefined ? [] : [[cotangent, tangents[i]] as const],
        );
        return {
          outputs,
          tangents: drain(
            pairs.map(([cotangent]) => cotangent),
            pairs.map(([, tangent]) => tangent),
          ),
        };
      },
    };
    const outputs = call(rule, tensorsIn(args, op));
    return treeUnflatten(returned[0] as Y, outputs);
  };
};
