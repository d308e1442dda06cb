/**
 * Trees: nested plain objects, arrays and tuples with tensors at the leaves. Parameters, states and gradients are trees.
 * `null` and `undefined` are empty branches. Leaves are visited in the order of sorted keys, so that nothing computed
 * over a tree depends on the order in which its keys were written; a rebuilt tree keeps the order it came with.
 * Every function that walks trees does it by `walkOf`, which ends where a tree is cyclic or too deep to be made on purpose.
 */

import { deepest } from '../base/depth.js';
import { describe, TreeError } from '../base/errors.js';
import { checkFunction, checkList } from './arguments.js';
import { Tensor } from './tensor.js';

/** What a leaf is reached by: object keys and list positions. */
export type Path = readonly (string | number)[];

/** A plain object. */
export type Branch = { readonly [key: string]: unknown };

export const isBranch = (node: unknown): node is Branch => {
  if (typeof node !== 'object' || node === null) return false;
  const prototype: unknown = Object.getPrototypeOf(node);
  return prototype === Object.prototype || prototype === null;
};

/** A path as it would be written in code: `encoder[0].weight`, `["layer-1"].bias`. No two paths are written alike. */
export const formatPath = (path: Path): string =>
  path
    .map((key) =>
      typeof key === 'number' ? `[${key}]` : /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`,
    )
    .join('')
    .replace(/^\./, '') || 'the root';

/** A path in a message: the middle of a long one left out. */
const shownPath = (path: Path): string =>
  path.length <= 12 ? formatPath(path) : `${formatPath(path.slice(0, 6))} … ${formatPath(path.slice(-4))}`;

const notATree = (op: string, node: unknown, path: Path): TreeError =>
  new TreeError({
    op,
    problem: `${shownPath(path)} is ${typeof node === 'object' ? describe(node).replace(/^an? /, '') : typeof node}, not a tensor`,
    remedy: 'a tree holds tensors in plain objects and arrays; close over other values or turn numbers into tensors',
  });

/** How many levels deep a tree may be: a branch on the last of them holds leaves only. */
export const deepestTree: number = deepest;
/** How many values a tree may hold, branches included; one that is met in several places counts as often. */
const mostValues = 2 ** 22;

/** The error of a tree that is too deep: it says so, or names the place at which the tree leads back to itself. */
const tooDeep = (op: string, root: unknown, path: Path): TreeError => {
  const met = new Map<unknown, number>();
  let node = root;
  for (let depth = 0; depth <= path.length; depth++) {
    const before = met.get(node);
    if (before !== undefined)
      return new TreeError({
        op,
        problem: `the tree is cyclic: ${shownPath(path.slice(0, depth))} leads back to ${shownPath(path.slice(0, before))}`,
        remedy: 'a tree holds every branch inside at most one other; take the reference back out',
      });
    met.set(node, depth);
    node = (node as Readonly<Record<string | number, unknown>>)[path[depth] ?? ''];
  }
  return new TreeError({
    op,
    problem: `the tree is more than ${deepestTree} levels deep, at ${shownPath(path)}`,
    remedy: 'nest less, or put the parts of a long chain into one list',
  });
};

/** A way through a tree: where it stands, and how much it has met. */
interface Walk {
  readonly path: (string | number)[];
  /** Goes into a branch of so many children, each of which `visit` gets with its key on the path. */
  readonly into: (keys: readonly string[] | number, visit: (key: string | number) => void) => void;
}

const walkOf = (op: string, root: unknown): Walk => {
  const path: (string | number)[] = [];
  let values = 0;
  return {
    path,
    into: (keys, visit) => {
      if (path.length >= deepestTree) throw tooDeep(op, root, path);
      const count = typeof keys === 'number' ? keys : keys.length;
      values += count;
      if (values > mostValues)
        throw new TreeError({
          op,
          problem: `the tree holds more than ${mostValues} values, at ${shownPath(path)}`,
          remedy: 'put numbers into tensors; a branch that many places share counts once for each of them',
        });
      for (let i = 0; i < count; i++) {
        const key = typeof keys === 'number' ? i : (keys[i] as string);
        path.push(key);
        visit(key);
        path.pop();
      }
    },
  };
};

/**
 * Calls `visit` for each leaf, in the order of sorted keys.
 * @throws TreeError for anything but tensors in plain objects and arrays, and for trees that are cyclic or more than 500 levels deep.
 */
export const eachLeaf = (op: string, tree: unknown, visit: (leaf: Tensor, path: Path) => void): void => {
  const { path, into } = walkOf(op, tree);
  const descend = (node: unknown): void => {
    if (node instanceof Tensor) visit(node, [...path]);
    else if (Array.isArray(node)) into(node.length, (i) => descend(node[i as number]));
    else if (isBranch(node)) into(Object.keys(node).sort(), (key) => descend(node[key]));
    else if (node !== null && node !== undefined) throw notATree(op, node, path);
  };
  descend(tree);
};

/** The leaves, in the order of sorted keys. */
export const treeLeaves = (tree: unknown, op = 'treeLeaves'): Tensor[] => {
  const leaves: Tensor[] = [];
  eachLeaf(op, tree, (leaf) => leaves.push(leaf));
  return leaves;
};

/** The leaves with their paths, written `encoder[0].weight`. */
export const treeEntries = (tree: unknown, op = 'treeEntries'): (readonly [path: string, leaf: Tensor])[] => {
  const entries: (readonly [string, Tensor])[] = [];
  eachLeaf(op, tree, (leaf, path) => entries.push([formatPath(path), leaf]));
  return entries;
};

/** A plain object of these values; `__proto__` is a key like any other. */
const branchOf = (keys: readonly string[], values: ReadonlyMap<string | number, unknown>): Branch =>
  Object.fromEntries(keys.map((key) => [key, values.get(key)]));

/** The tree with each leaf replaced by the next of `leaves`, which come in the order of `treeLeaves`. */
export const treeUnflatten = <T>(tree: T, leaves: readonly unknown[], op = 'treeUnflatten'): T => {
  checkList(op, 'the leaves', leaves);
  let next = 0;
  const { path, into } = walkOf(op, tree);
  const build = (node: unknown): unknown => {
    if (node instanceof Tensor) return leaves[next++];
    if (Array.isArray(node)) {
      const built: unknown[] = [];
      into(node.length, (i) => built.push(build(node[i as number])));
      return built;
    }
    if (isBranch(node)) {
      const keys = Object.keys(node);
      const built = new Map<string | number, unknown>();
      into(keys.toSorted(), (key) => built.set(key, build(node[key])));
      return branchOf(keys, built);
    }
    if (node === null || node === undefined) return node;
    throw notATree(op, node, path);
  };
  return build(tree) as T;
};

/** `value` with every tensor in its lists and plain objects replaced; anything else stays as it is. */
export const mapTensors = <T>(value: T, f: (tensor: Tensor, path: Path) => Tensor, op = 'mapTensors'): T => {
  const { path, into } = walkOf(op, value);
  const map = (node: unknown): unknown => {
    if (node instanceof Tensor) return f(node, [...path]);
    if (Array.isArray(node)) {
      const mapped: unknown[] = [];
      into(node.length, (i) => mapped.push(map(node[i as number])));
      return mapped;
    }
    if (!isBranch(node)) return node;
    const keys = Object.keys(node);
    const mapped = new Map<string | number, unknown>();
    into(keys, (key) => mapped.set(key, map(node[key])));
    return branchOf(keys, mapped);
  };
  return map(value) as T;
};

/** `value` with hollow tensors, which have a shape and an element type but no numbers: what is left to rebuild it by. */
export const outline = <T>(value: T, op?: string): T =>
  mapTensors(value, ({ shape, dtype }) => new Tensor(shape, dtype, null, null), op);

/** The tensors in `value`, in the order in which `mapTensors` meets them. */
export const tensorsIn = (value: unknown, op?: string): Tensor[] => {
  const found: Tensor[] = [];
  mapTensors(
    value,
    (tensor) => {
      found.push(tensor);
      return tensor;
    },
    op,
  );
  return found;
};

/** `value` with its tensors replaced by `tensors`, in the order of `tensorsIn`. */
export const withTensors = <T>(value: T, tensors: readonly Tensor[]): T => {
  let next = 0;
  return mapTensors(value, (tensor) => tensors[next++] ?? tensor);
};

/** The structure of a tree, equal for two trees exactly when they have the same leaves in the same places. */
export const treeStructure = (tree: unknown, op = 'treeStructure'): string => {
  const paths: string[] = [];
  eachLeaf(op, tree, (_, path) => paths.push(formatPath(path)));
  return paths.join(' ');
};

/** `treeMap`, in the name of the operation that the user called. */
export const mapTrees = <T>(
  op: string,
  f: (leaf: Tensor, ...others: Tensor[]) => unknown,
  tree: T,
  ...others: readonly unknown[]
): T => {
  const structure = treeStructure(tree, op);
  for (const other of others)
    if (treeStructure(other, op) !== structure)
      throw new TreeError({
        op,
        problem: `the trees differ in structure: {${structure}} and {${treeStructure(other, op)}}`,
        remedy: 'give trees with the same keys and lengths',
      });
  const columns = others.map((other) => treeLeaves(other, op));
  const mapped = treeLeaves(tree, op).map((leaf, i) => f(leaf, ...columns.flatMap((column) => column[i] ?? [])));
  return treeUnflatten(tree, mapped, op);
};

/**
 * The tree of `f(leaf)`, or of `f(leaf, ...)` over the matching leaves of several trees.
 * @throws TreeError when the trees differ in structure.
 * @example
 * treeMap((w) => mul(w, 2), { w: tensor([1, 2]) }) // { w: [2, 4] }
 */
export const treeMap = <T>(
  f: (leaf: Tensor, ...others: Tensor[]) => unknown,
  tree: T,
  ...others: readonly unknown[]
): T => {
  checkFunction('treeMap', f);
  return mapTrees('treeMap', f, tree, ...others);
};
