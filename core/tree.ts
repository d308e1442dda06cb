/**
 * Trees: nested plain objects, arrays and tuples with tensors at the leaves. Parameters, states and gradients are trees.
 * `null` and `undefined` are empty branches. Leaves are visited in the order of sorted keys, so that nothing computed
 * over a tree depends on the order in which its keys were written; a rebuilt tree keeps the order it came with.
 */
import { TreeError } from './errors.js';
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

const notATree = (op: string, node: unknown, path: Path): TreeError =>
  new TreeError({
    op,
    problem: `${formatPath(path)} is ${node === null ? 'null' : typeof node === 'object' ? (node.constructor?.name ?? 'an object') : typeof node}, not a tensor`,
    remedy: 'a tree holds tensors in plain objects and arrays; close over other values or turn numbers into tensors',
  });

/** Calls `visit` for each leaf, in the order of sorted keys. */
export const eachLeaf = (
  op: string,
  tree: unknown,
  visit: (leaf: Tensor, path: Path) => void,
  path: Path = [],
): void => {
  if (tree instanceof Tensor) visit(tree, path);
  else if (Array.isArray(tree)) for (const [i, child] of tree.entries()) eachLeaf(op, child, visit, [...path, i]);
  else if (isBranch(tree)) for (const key of Object.keys(tree).sort()) eachLeaf(op, tree[key], visit, [...path, key]);
  else if (tree !== null && tree !== undefined) throw notATree(op, tree, path);
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

/** The tree with each leaf replaced by the next of `leaves`, which come in the order of `treeLeaves`. */
export const treeUnflatten = <T>(tree: T, leaves: readonly unknown[], op = 'treeUnflatten'): T => {
  let next = 0;
  const build = (node: unknown, path: Path): unknown => {
    if (node instanceof Tensor) return leaves[next++];
    if (Array.isArray(node)) return node.map((child, i) => build(child, [...path, i]));
    if (isBranch(node)) {
      const built = new Map(
        Object.keys(node)
          .sort()
          .map((key) => [key, build(node[key], [...path, key])] as const),
      );
      return Object.fromEntries(Object.keys(node).map((key) => [key, built.get(key)]));
    }
    if (node === null || node === undefined) return node;
    throw notATree(op, node, path);
  };
  return build(tree, []) as T;
};

/** `value` with every tensor in its lists and plain objects replaced; anything else stays as it is. */
export const mapTensors = <T>(value: T, f: (tensor: Tensor, path: Path) => Tensor): T => {
  const map = (node: unknown, path: Path): unknown =>
    node instanceof Tensor
      ? f(node, path)
      : Array.isArray(node)
        ? node.map((child, i) => map(child, [...path, i]))
        : isBranch(node)
          ? Object.fromEntries(Object.entries(node).map(([key, child]) => [key, map(child, [...path, key])]))
          : node;
  return map(value, []) as T;
};

/** `value` with hollow tensors, which have a shape and an element type but no numbers: what is left to rebuild it by. */
export const outline = <T>(value: T): T =>
  mapTensors(value, ({ shape, dtype }) => new Tensor(shape, dtype, null, null));

/** The tensors in `value`, in the order in which `mapTensors` meets them. */
export const tensorsIn = (value: unknown): Tensor[] => {
  const found: Tensor[] = [];
  mapTensors(value, (tensor) => {
    found.push(tensor);
    return tensor;
  });
  return found;
};

/** `value` with its tensors replaced by `tensors`, in the order of `tensorsIn`. */
export const withTensors = <T>(value: T, tensors: readonly Tensor[]): T => {
  let next = 0;
  return mapTensors(value, (tensor) => tensors[next++] ?? tensor);
};

/** The structure of a tree, equal for two trees exactly when they have the same leaves in the same places. */
export const treeStructure = (tree: unknown): string => {
  const paths: string[] = [];
  eachLeaf('treeStructure', tree, (_, path) => paths.push(formatPath(path)));
  return paths.join(' ');
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
  const structure = treeStructure(tree);
  for (const other of others)
    if (treeStructure(other) !== structure)
      throw new TreeError({
        op: 'treeMap',
        problem: `the trees differ in structure: {${structure}} and {${treeStructure(other)}}`,
        remedy: 'give trees with the same keys and lengths',
      });
  const columns = others.map((other) => treeLeaves(other));
  return treeUnflatten(
    tree,
    treeLeaves(tree).map((leaf, i) => f(leaf, ...columns.flatMap((column) => column[i] ?? []))),
  );
};
