/** Checks at the door of every transform: trees that must match, leaves that must be floats. */
import { isDifferentiable } from '../../core/base/dtype.js';
import { DtypeError, GradientError, ShapeError, TreeError } from '../../core/base/errors.js';
import { sameShape } from '../../core/base/shape.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { formatPath, isBranch, type Path, treeEntries } from '../../core/tensor/tree.js';

/** Throws unless lists that stand in the same place are of one length: what is `null` at the end of one counts, too. */
const checkLengths = (op: string, what: string, tree: unknown, like: unknown, path: Path = []): void => {
  if (Array.isArray(tree) && Array.isArray(like)) {
    if (tree.length !== like.length)
      throw new TreeError({
        op,
        problem: `the ${what} has a list of ${tree.length} at ${formatPath(path)}, its value one of ${like.length}`,
        remedy: `give the ${what} the same keys and lengths as the value it belongs to`,
      });
    for (const [i, part] of like.entries()) checkLengths(op, what, tree[i], part, [...path, i]);
  } else if (isBranch(tree) && isBranch(like))
    for (const [key, part] of Object.entries(like)) checkLengths(op, what, tree[key], part, [...path, key]);
};

/**
 * The leaves of `tree`, which must have the places, shapes and element types of `like`.
 * @throws TreeError, ShapeError or DtypeError naming the first leaf that differs.
 */
export const matchingLeaves = (op: string, what: string, tree: unknown, like: unknown): Tensor[] => {
  const wanted = treeEntries(like, op);
  const given = treeEntries(tree, op);
  const missing = wanted.find(([path], i) => given[i]?.[0] !== path);
  const extra = given.find(([path], i) => wanted[i]?.[0] !== path);
  if (missing !== undefined || extra !== undefined)
    throw new TreeError({
      op,
      problem:
        missing !== undefined
          ? `the ${what} has no tensor at ${missing[0]}`
          : `the ${what} has a tensor at ${extra?.[0]} that does not belong there`,
      remedy: `give the ${what} the same keys and lengths as the value it belongs to`,
    });
  checkLengths(op, what, tree, like);
  return wanted.map(([path, expected], i) => {
    const leaf = given[i]?.[1] as Tensor;
    if (!sameShape(leaf.shape, expected.shape))
      throw new ShapeError({
        op,
        problem: `the ${what} at ${path} has another shape than its value`,
        shapes: [leaf.shape, expected.shape],
        remedy: 'give them the same shape; broadcastTo() stretches',
      });
    if (leaf.dtype !== expected.dtype && isDifferentiable(expected.dtype))
      throw new DtypeError({
        op,
        problem: `the ${what} at ${path} is ${leaf.dtype}, its value ${expected.dtype}`,
        shapes: [leaf.shape],
        remedy: `convert it with cast(x, '${expected.dtype}')`,
      });
    return leaf;
  });
};

/** Throws for a leaf that takes no gradient. */
export const requireFloats = (op: string, tree: unknown): void => {
  const wrong = treeEntries(tree, op).find(([, leaf]) => !isDifferentiable(leaf.dtype));
  if (wrong !== undefined)
    throw new GradientError({
      op,
      problem: `${wrong[0]} is ${wrong[1].dtype}, which takes no gradient`,
      shapes: [wrong[1].shape],
      remedy: "close over it, leave it out of argnums, or convert it with cast(x, 'float32')",
    });
};
