/** The gradient of a scalar function: reverse mode with the cotangent 1. */

import { isDifferentiable } from '../../core/base/dtype.js';
import { ArgumentError, describeList, GradientError } from '../../core/base/errors.js';
import { formatAval } from '../../core/program/program.js';
import { checkedOptions, checkFunction } from '../../core/tensor/arguments.js';
import { ones } from '../../core/tensor/creation.js';
import { Tensor } from '../../core/tensor/tensor.js';
import { mapTensors, treeLeaves, treeUnflatten } from '../../core/tensor/tree.js';
import { requireFloats } from './matching.js';
import type { Argnums, CheckTree, Chosen } from './tree-types.js';
import { record } from './vjp.js';

export interface GradOptions<N extends Argnums> {
  /** Which arguments to differentiate: a position (0 by default) gives one gradient, a list gives a list. */
  readonly argnums?: N;
  /** The function returns `[scalar, aux]`; `aux` is handed through. */
  readonly hasAux?: false;
}

export interface AuxOptions<N extends Argnums> {
  readonly argnums?: N;
  readonly hasAux: true;
}

/** The arguments named by `argnums`, as one tree, and the way to put it back among the others. */
export const chooseArguments = (
  op: string,
  args: readonly unknown[],
  argnums: Argnums,
): { readonly chosen: unknown; readonly replace: (chosen: unknown) => readonly unknown[] } => {
  const positions = typeof argnums === 'number' ? [argnums] : argnums;
  if (!Array.isArray(positions) || !positions.every((n) => typeof n === 'number'))
    throw new ArgumentError({
      op,
      problem: `argnums is ${describeList(argnums)}`,
      remedy: 'give the number of an argument, or a list of numbers',
    });
  const wrong = positions.find((n, i) => !(n in args) || positions.indexOf(n) !== i);
  if (wrong !== undefined)
    throw new ArgumentError({
      op,
      problem: wrong in args ? `argnums names argument ${wrong} twice` : `there is no argument ${wrong}`,
      remedy: `the function was called with ${args.length} arguments, counted from 0; name each once`,
    });
  const list = positions.map((n) => args[n]);
  return {
    chosen: typeof argnums === 'number' ? list[0] : list,
    replace: (chosen) => {
      const values = typeof argnums === 'number' ? [chosen] : (chosen as readonly unknown[]);
      return args.map((arg, n) => (positions.includes(n) ? values[positions.indexOf(n)] : arg));
    },
  };
};

/** The target of a gradient, or the error that says why it is none. */
const scalarTarget = (op: string, target: unknown): Tensor => {
  if (target instanceof Tensor && target.rank === 0 && isDifferentiable(target.dtype)) return target;
  throw new GradientError({
    op,
    problem: `the function returned ${target instanceof Tensor ? formatAval(target) : describe(target)}, not a scalar float`,
    remedy:
      typeof target === 'object' && target !== null && 'sum' in target && 'count' in target
        ? 'a loss that is counted is two tensors: divide them, div(sum, count)'
        : 'reduce it with sum() or mean(); vjp and jacrev take any output, hasAux hands extra results through',
  });
};

const describe = (value: unknown): string => {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
};

const differentiate = (
  op: string,
  f: (...args: never) => unknown,
  argnums: Argnums,
  hasAux: boolean,
  args: readonly unknown[],
): { readonly value: Tensor; readonly aux: unknown; readonly gradient: unknown } => {
  const { chosen, replace } = chooseArguments(op, args, argnums);
  requireFloats(op, chosen);
  const { result, lower, drain } = record(
    op,
    (tracked) => (f as (...args: readonly unknown[]) => unknown)(...replace(treeUnflatten(chosen, tracked))),
    treeLeaves(chosen, op),
  );
  if (hasAux && !(Array.isArray(result) && result.length === 2))
    throw new GradientError({
      op,
      problem: 'with hasAux, the function must return [scalar, aux]',
      remedy: 'return a pair, or leave hasAux out',
    });
  const [target, aux] = hasAux ? (result as readonly [unknown, unknown]) : [result, undefined];
  const y = scalarTarget(op, target);
  const gradient = treeUnflatten(chosen, drain([y], [ones([], y.dtype)]));
  return { value: lower(y), aux: mapTensors(aux, lower, op), gradient };
};

/** The gradient of a function of one tree, in the name of the operation that the user called. */
export const gradientOf =
  (op: string, f: (x: unknown) => Tensor): ((x: unknown) => unknown) =>
  (x) =>
    differentiate(op, f, 0, false, [x]).gradient;

/** What both transforms read. */
interface TransformOptions {
  readonly argnums?: Argnums;
  readonly hasAux?: boolean;
}

const valueAndGradNames = { argnums: true, hasAux: 'flag' } as const;

/**
 * The value of a scalar function together with its gradient; with `hasAux`, `[[value, aux], gradient]`.
 * Options, errors and the gradient's structure as for `grad`.
 * @example
 * valueAndGrad((x: Tensor) => sum(mul(x, x)))(tensor([1, 2]))[0].item() // 5
 */
export function valueAndGrad<Args extends readonly unknown[], const N extends Argnums = 0>(
  f: ((...args: Args) => Tensor) & CheckTree<Chosen<Args, N>>,
  options?: GradOptions<N>,
): (...args: Args) => readonly [value: Tensor, gradient: Chosen<Args, N>];
export function valueAndGrad<Args extends readonly unknown[], Aux, const N extends Argnums = 0>(
  f: ((...args: Args) => readonly [Tensor, Aux]) & CheckTree<Chosen<Args, N>>,
  options: AuxOptions<N>,
): (...args: Args) => readonly [value: readonly [Tensor, Aux], gradient: Chosen<Args, N>];
export function valueAndGrad(
  f: (...args: never) => unknown,
  options: TransformOptions = {},
): (...args: readonly unknown[]) => unknown {
  checkFunction('valueAndGrad', f);
  const { argnums = 0, hasAux = false } = checkedOptions('valueAndGrad', options, valueAndGradNames);
  return (...args) => {
    const { value, aux, gradient } = differentiate('valueAndGrad', f, argnums, hasAux, args);
    return [hasAux ? [value, aux] : value, gradient];
  };
}

const gradNames = { argnums: true, hasAux: 'flag' } as const;

/**
 * The gradient of a scalar function with respect to its first argument, a tree of tensors; the gradient is a tree of
 * the same structure, shapes and element types. `argnums` chooses other arguments. With `hasAux` the function returns
 * `[scalar, aux]` and the gradient comes as `[gradient, aux]`.
 * @throws GradientError when the function does not return a scalar float, or an integer is to be differentiated;
 * TreeError when the argument holds anything but tensors.
 * @example
 * grad((x: Tensor) => sum(mul(x, x)))(tensor([1, 2])).toArray() // [2, 4]
 */
export function grad<Args extends readonly unknown[], const N extends Argnums = 0>(
  f: ((...args: Args) => Tensor) & CheckTree<Chosen<Args, N>>,
  options?: GradOptions<N>,
): (...args: Args) => Chosen<Args, N>;
export function grad<Args extends readonly unknown[], Aux, const N extends Argnums = 0>(
  f: ((...args: Args) => readonly [Tensor, Aux]) & CheckTree<Chosen<Args, N>>,
  options: AuxOptions<N>,
): (...args: Args) => readonly [gradient: Chosen<Args, N>, aux: Aux];
export function grad(
  f: (...args: never) => unknown,
  options: TransformOptions = {},
): (...args: readonly unknown[]) => unknown {
  checkFunction('grad', f);
  const { argnums = 0, hasAux = false } = checkedOptions('grad', options, gradNames);
  return (...args) => {
    const { aux, gradient } = differentiate('grad', f, argnums, hasAux, args);
    return hasAux ? [gradient, aux] : gradient;
  };
}
