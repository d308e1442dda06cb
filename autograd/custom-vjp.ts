/**
 * Functions with a backward rule of their own. The rule holds in every nesting: forward mode transposes it, because it
 * is linear in the cotangent (`J = (Jᵀ)ᵀ`); higher derivatives differentiate the rule's own operations; vmap batches it.
 */
import { zerosLike } from '../core/creation.js';
import { isFloat } from '../core/dtype.js';
import { TreeError } from '../core/errors.js';
import { type CustomRule, call } from '../core/interpreter.js';
import { Tensor } from '../core/tensor.js';
import {
  formatPath,
  mapTensors,
  outline,
  type Path,
  tensorsIn,
  treeLeaves,
  treeUnflatten,
  withTensors,
} from '../core/tree.js';
import { synchronous } from './matching.js';
import { record } from './vjp.js';

/** What a backward rule returns: for each argument its cotangent, or `null` where there is none, also within a tree. */
export type Cotangents<Args extends readonly unknown[]> = { readonly [K in keyof Args]: Cotangent<Args[K]> };
type Cotangent<T> = T extends Tensor
  ? T | null
  : T extends object
    ? null | { readonly [K in keyof T]: Cotangent<T[K]> }
    : unknown;

/** What stands at `path`; `null` once a branch on the way there is missing. */
const valueAt = (tree: unknown, path: Path): unknown => {
  let node = tree;
  for (const key of path) {
    if (typeof node !== 'object' || node === null) return null;
    node = (node as { readonly [key: string | number]: unknown })[key];
  }
  return node ?? null;
};

/** The cotangent of each tensor in `args`, in their order. */
const cotangentsOf = (args: readonly unknown[], returned: unknown): (Tensor | null)[] => {
  const cotangents: (Tensor | null)[] = [];
  mapTensors(args, (tensor, path) => {
    const cotangent = valueAt(returned, path);
    if (cotangent !== null && !(cotangent instanceof Tensor))
      throw new TreeError({
        op: 'customVjp',
        problem: `the backward rule gave ${typeof cotangent} for argument ${formatPath(path)}`,
        remedy: 'return a list of one cotangent an argument, each a tensor, a tree of them, or null',
      });
    cotangents.push(isFloat(tensor.dtype) ? cotangent : null);
    return tensor;
  });
  return cotangents;
};

/**
 * `f` with a backward rule. `forward(...args)` returns `[f(...args), residuals]`; `backward(residuals, cotangent)` returns
 * a list of one cotangent an argument, `null` for zero. The rule must be linear in the cotangent.
 * What is differentiated must be an argument; residuals, not variables, bring it to the backward rule.
 * @throws GradientError when one of the functions closes over a tensor that is being differentiated, or a cotangent
 * does not fit its argument.
 * @example
 * const clipped = customVjp((x: Tensor) => x, (x: Tensor) => [x, null], (_, g) => [mul(g, 0.5)]);
 * grad((x: Tensor) => sum(clipped(x)))(tensor([1, 2])).toArray() // [0.5, 0.5]
 */
export const customVjp =
  <Args extends readonly unknown[], Y, Residuals>(
    f: (...args: Args) => Y,
    forward: (...args: Args) => readonly [value: Y, residuals: Residuals],
    backward: (residuals: Residuals, cotangent: Y) => Cotangents<Args>,
  ): ((...args: Args) => Y) =>
  (...args) => {
    const given = outline(args);
    const returned: Y[] = [];
    const saved: Residuals[] = [];
    const leavesOf = (y: Y): readonly Tensor[] => {
      returned[0] = outline(synchronous('customVjp', y));
      return treeLeaves(y, 'customVjp');
    };
    const rule: CustomRule = {
      name: 'customVjp',
      run: (inputs) => leavesOf(f(...withTensors(given, inputs))),
      forward(inputs) {
        const [value, residuals] = forward(...withTensors(given, inputs));
        saved[0] = outline(residuals);
        // A transform further down must see the rule in the value too, not the operations of `forward`.
        const watched = inputs.some(({ owner }) => owner !== null);
        return { outputs: watched ? call(rule, inputs) : leavesOf(value), residuals: tensorsIn(residuals) };
      },
      backward: (residuals, cotangents) =>
        cotangentsOf(
          given,
          backward(withTensors(saved[0] as Residuals, residuals), treeUnflatten(returned[0] as Y, cotangents)),
        ),
      jvp(inputs, tangents) {
        const { outputs, residuals } = rule.forward(inputs);
        const { result, drain } = record('customVjp', (g) => rule.backward(residuals, g), outputs.map(zerosLike));
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
    const outputs = call(rule, tensorsIn(args));
    return treeUnflatten(returned[0] as Y, outputs);
  };
