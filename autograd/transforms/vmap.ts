/** Batching for people: which axes of the arguments and results are the batch. */

import { ArgumentError, AxisError, ShapeError, TreeError } from '../../core/base/errors.js';
import { withInterpreter } from '../../core/dispatch/interpreter.js';
import { synchronous } from '../../core/dispatch/synchronous.js';
import { permute } from '../../core/primitives/shape/permute.js';
import { checkedOptions, checkFunction } from '../../core/tensor/arguments.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { eachLeaf, formatPath, type Path, treeUnflatten } from '../../core/tensor/tree.js';
import { type Batch, createBatch } from '../interpreters/batch.js';
import type { AnyShapes } from './tree-types.js';

/** A batch axis, `null` for none, or a tree of them like the value, whose branches may end early. */
export type Axes = number | null | readonly Axes[] | { readonly [key: string]: Axes };

export interface VmapOptions {
  /** The batch axis of all arguments, or a list of one entry an argument; 0 by default. Where it is `null`, an argument may be anything. */
  readonly in?: Axes;
  /** The batch axis of the results; 0 by default. `null` for a result that is the same for all examples. */
  readonly out?: Axes;
}

/** A leaf of an argument or a result, and its batch axis as it was given. */
interface Place {
  readonly leaf: Tensor;
  readonly path: Path;
  readonly axis: number | null;
}

/** The batch axis of what stands at `path`; the first number or `null` on the way there. */
const axisAt = (option: 'in' | 'out', axes: Axes, path: Path): number | null => {
  let found: Axes | undefined = axes;
  for (const key of path) {
    if (found === null || typeof found !== 'object') break;
    found = (found as { readonly [key: string | number]: Axes })[key];
  }
  if (found === null || typeof found === 'number') return found;
  throw new TreeError({
    op: 'vmap',
    problem: `${option} says no axis for ${formatPath(path)}`,
    remedy: 'give one axis for everything, or a list or object that goes as deep as it needs to',
  });
};

const placesIn = (option: 'in' | 'out', tree: unknown, axes: Axes): Place[] => {
  const places: Place[] = [];
  eachLeaf('vmap', tree, (leaf, path) => places.push({ leaf, path, axis: axisAt(option, axes, path) }));
  return places;
};

/** The axis counted from the front, for a tensor of `rank` axes. */
const countedAxis = (option: 'in' | 'out', axis: number, rank: number, path: Path): number => {
  const counted = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(axis) && counted >= 0 && counted < rank) return counted;
  throw new AxisError({
    op: 'vmap',
    problem: `${option} names axis ${axis} of ${formatPath(path)}, whose rank is ${rank}`,
    remedy: rank === 0 ? 'a scalar has no axes; say null' : `use an integer from ${-rank} to ${rank - 1}, or null`,
  });
};

/** `x` with axis `from` moved to place `to`. */
const moveAxis = (x: Tensor, from: number, to: number): Tensor => {
  const axes = x.shape.map((_, i) => i).filter((i) => i !== from);
  return permute(x, axes.toSpliced(to, 0, from));
};

const isUnbatched = (axes: Axes, argument: number): boolean =>
  axes === null || (Array.isArray(axes) && axes[argument] === null);

/** Each argument leaf with its batch axis in front, `null` where there is none. */
const stacksOf = (places: readonly Place[]): (Tensor | null)[] =>
  places.map(({ leaf, path, axis }) =>
    axis === null ? null : moveAxis(leaf, countedAxis('in', axis, leaf.rank, path), 0),
  );

/** The one batch size of all stacks. */
const batchSize = (places: readonly Place[], stacks: readonly (Tensor | null)[]): number => {
  const sizes = stacks.flatMap((stack, i) => {
    const place = places[i];
    return stack === null || place === undefined ? [] : [{ size: stack.shape[0] ?? 0, ...place }];
  });
  const [first] = sizes;
  if (first === undefined)
    throw new ArgumentError({
      op: 'vmap',
      problem: 'no argument has a batch axis',
      remedy: 'give at least one argument an axis in `in`, or call the function itself',
    });
  const other = sizes.find(({ size }) => size !== first.size);
  if (other !== undefined)
    throw new ShapeError({
      op: 'vmap',
      problem: `batch sizes differ: ${first.size} at ${formatPath(first.path)} and ${other.size} at ${formatPath(other.path)}`,
      shapes: [first.leaf.shape, other.leaf.shape],
      remedy: 'batch axes have one size; name other axes in `in`, or null for what is not batched',
    });
  return first.size;
};

/** The result with its batch axis where `out` wants it. */
const unstack = (batch: Batch, { leaf, path, axis }: Place): Tensor => {
  if (axis !== null) return moveAxis(batch.lower(leaf), 0, countedAxis('out', axis, leaf.rank + 1, path));
  if (!batch.isBatched(leaf)) return leaf;
  throw new AxisError({
    op: 'vmap',
    problem: `out is null for ${formatPath(path)}, which differs between examples`,
    shapes: [leaf.shape],
    remedy: 'give it an axis, or reduce over the batch outside',
  });
};

const vmapNames = { in: true, out: true } as const;

/**
 * `f`, written for one example, over a batch of them, all at once: equal to stacking `f` of each example.
 * @throws AxisError for an axis that does not exist or `out: null` on a batched result; ShapeError when batch sizes
 * differ; ArgumentError when nothing is batched; GradientError when `f` reads a value that differs between examples.
 * @example
 * vmap((x: Tensor) => sum(x))(tensor([[1, 2], [3, 4]])).toArray() // [3, 7]
 */
export const vmap = <Args extends readonly unknown[], Y>(
  f: (...args: Args) => Y,
  options: VmapOptions = {},
): ((...args: AnyShapes<Args> & readonly unknown[]) => AnyShapes<Y>) => {
  checkFunction('vmap', f);
  const { in: inAxes = 0, out: outAxes = 0 } = checkedOptions('vmap', options, vmapNames);
  return (...args) => {
    // An argument without a batch goes to the function as it is.
    const trees = args.map((arg, i) => (isUnbatched(inAxes, i) ? null : arg));
    const places = placesIn('in', trees, inAxes);
    const stacks = stacksOf(places);
    const batch = createBatch('vmap', batchSize(places, stacks));
    const examples = places.map(({ leaf }, i) => {
      const stack = stacks[i] ?? null;
      return stack === null ? leaf : batch.lift(stack);
    });
    const given = treeUnflatten(trees, examples).map((tree, i) => (isUnbatched(inAxes, i) ? args[i] : tree));
    const y = synchronous(
      'vmap',
      withInterpreter(batch, () => f(...(given as readonly unknown[] as Args))),
    );
    return treeUnflatten(
      y,
      placesIn('out', y, outAxes).map((place) => unstack(batch, place)),
    ) as AnyShapes<Y>;
  };
};
