/** Questions about a tree of parameters that do not depend on the layers it belongs to. */
import { treeLeaves } from '../core/index.js';

/**
 * How many numbers a tree of parameters or of state holds. Count a part of a model by giving that part of the tree.
 * @example
 * countParameters({ weight: zeros([4, 3]), bias: zeros([4]) }) // 16
 */
export const countParameters = (tree: unknown): number =>
  treeLeaves(tree, 'countParameters').reduce((total, leaf) => total + leaf.size, 0);
