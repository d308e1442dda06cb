/**
 * Whole Jacobians, by running a derivative on every vector of a basis at once.
 * The result is a tree like the output, of trees like the input; at each pair of leaves stands a tensor of shape
 * `[...output, ...input]`: `J[i…, j…] = ∂y[i…]/∂x[j…]`.
 */

import { broadcastTo } from '../../core/primitives/shape/broadcast-to.js';
import { reshape } from '../../core/primitives/shape/reshape.js';
import { checkedOptions, checkFunction } from '../../core/tensor/arguments.js';
import { fromData, zerosLike } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { treeLeaves, treeUnflatten } from '../../core/tensor/tree.js';
import { chooseArguments } from './grad.js';
import { pushedBy } from './jvp.js';
import { requireFloats } from './matching.js';
import type { Argnums, CheckTree, Chosen, Jacobian } from './tree-types.js';
import { pullbackOf } from './vjp.js';
import { vmap } from './vmap.js';

export interface JacobianOptions<N extends Argnums> {
  /** Which arguments to differentiate: a position (0 by default) or a list of them. */
  readonly argnums?: N;
}

const jacobianNames = { argnums: true } as const;

const argnumsOf = <N extends Argnums>(op: string, options: JacobianOptions<N>): N =>
  (checkedOptions(op, options as JacobianOptions<Argnums>, jacobianNames).argnums ?? 0) as N;

/** The unit vectors of the space of tensors like `x`, stacked: `[x.size, ...x.shape]`. */
const basis = (x: Tensor): Tensor => {
  const data = new Float64Array(x.size * x.size);
  for (let i = 0; i < x.size; i++) data[i * x.size + i] = 1;
  return fromData(data, [x.size, ...x.shape], x.dtype);
};

/** For each leaf, the unit vectors of its space beside zeros in all other places: one tree of stacks a leaf. */
const bases = (leaves: readonly Tensor[]): readonly (readonly Tensor[])[] =>
  leaves.map((leaf, k) =>
    leaves.map((other, l) => (k === l ? basis(leaf) : broadcastTo(zerosLike(other), [leaf.size, ...other.shape]))),
  );

/** A function of one tree, once its other arguments are fixed. */
type Mapping = (x: unknown) => unknown;

/** One pullback an output element. */
const reverse =
  (op: string, f: Mapping): Mapping =>
  (x) => {
    // The rows of the basis are zeros but for one.
    const [y, pull] = pullbackOf(op, f, [x], true);
    const pullback = (cotangent: unknown): unknown => pull(cotangent);
    const outputs = treeLeaves(y, op);
    const rows = bases(outputs).map((stacks, k) => {
      const pulled = treeLeaves(vmap(pullback)(treeUnflatten(y, stacks)));
      const shape = outputs[k]?.shape ?? [];
      return treeUnflatten(
        x,
        pulled.map((row) => reshape(row, [...shape, ...row.shape.slice(1)])),
      );
    });
    return treeUnflatten(y, rows);
  };

/** One tangent an input element. */
const forward =
  (op: string, f: Mapping): Mapping =>
  (x) => {
    const inputs = treeLeaves(x, op);
    let y: unknown = null;
    const push = (tangent: unknown): unknown => {
      const [value, direction] = pushedBy(op, f, [x], [tangent]);
      y = value; // Only its structure is read.
      return direction;
    };
    const columns = bases(inputs).map((stacks, k) => {
      const pushed = treeLeaves(vmap(push, { out: -1 })(treeUnflatten(x, stacks)));
      const shape = inputs[k]?.shape ?? [];
      return pushed.map((column) => reshape(column, [...column.shape.slice(0, -1), ...shape]));
    });
    const rows = treeLeaves(y, op).map((_, i) =>
      treeUnflatten(
        x,
        columns.map((column) => column[i]),
      ),
    );
    return treeUnflatten(y, rows);
  };

/** Applies a derivative of functions of one tree to the chosen arguments of `f`. */
const atChosen = (
  op: string,
  derivative: (op: string, f: Mapping) => Mapping,
  f: (...args: never) => unknown,
  argnums: Argnums,
  args: readonly unknown[],
): unknown => {
  const { chosen, replace } = chooseArguments(op, args, argnums);
  requireFloats(op, chosen);
  return derivative(op, (x) => (f as (...args: readonly unknown[]) => unknown)(...replace(x)))(chosen);
};

/**
 * The Jacobian by reverse mode: one pullback an output element. The choice for few outputs and many inputs.
 * @throws GradientError when an integer is to be differentiated.
 * @example
 * jacrev((x: Tensor) => mul(x, x))(tensor([1, 2])).toArray() // [[2, 0], [0, 4]]
 */
export const jacrev = <Args extends readonly unknown[], Y, const N extends Argnums = 0>(
  f: ((...args: Args) => Y) & CheckTree<Chosen<Args, N>>,
  options: JacobianOptions<N> = {},
): ((...args: Args) => Jacobian<Y, Chosen<Args, N>>) => {
  checkFunction('jacrev', f);
  const argnums = argnumsOf('jacrev', options);
  return (...args) => atChosen('jacrev', reverse, f, argnums, args) as Jacobian<Y, Chosen<Args, N>>;
};

/**
 * The Jacobian by forward mode: one tangent an input element. The choice for few inputs and many outputs.
 * @throws GradientError when an integer is to be differentiated.
 * @example
 * jacfwd((x: Tensor) => mul(x, x))(tensor([1, 2])).toArray() // [[2, 0], [0, 4]]
 */
export const jacfwd = <Args extends readonly unknown[], Y, const N extends Argnums = 0>(
  f: ((...args: Args) => Y) & CheckTree<Chosen<Args, N>>,
  options: JacobianOptions<N> = {},
): ((...args: Args) => Jacobian<Y, Chosen<Args, N>>) => {
  checkFunction('jacfwd', f);
  const argnums = argnumsOf('jacfwd', options);
  return (...args) => atChosen('jacfwd', forward, f, argnums, args) as Jacobian<Y, Chosen<Args, N>>;
};

/**
 * The Hessian, forward over reverse: for a scalar function, a tree like the input of trees like the input, with leaves
 * `H[i…, j…] = ∂²f/∂x[i…]∂x[j…]`.
 * @throws GradientError when an integer is to be differentiated.
 * @example
 * hessian((x: Tensor) => sum(mul(x, mul(x, x))))(tensor([1, 2])).toArray() // [[6, 0], [0, 12]]
 */
export const hessian = <Args extends readonly unknown[], Y, const N extends Argnums = 0>(
  f: ((...args: Args) => Y) & CheckTree<Chosen<Args, N>>,
  options: JacobianOptions<N> = {},
): ((...args: Args) => Jacobian<Jacobian<Y, Chosen<Args, N>>, Chosen<Args, N>>) => {
  checkFunction('hessian', f);
  const argnums = argnumsOf('hessian', options);
  return (...args) =>
    atChosen('hessian', (op, g) => forward(op, reverse(op, g)), f, argnums, args) as Jacobian<
      Jacobian<Y, Chosen<Args, N>>,
      Chosen<Args, N>
    >;
};
