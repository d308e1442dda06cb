/** Scans that need not go one after another, and maps that need not go all at once. */
import { ArgumentError, describe, ShapeError } from '../../core/base/errors.js';
import { scan } from '../../core/ops/control.js';
import { stack } from '../../core/ops/joining.js';
import { concat } from '../../core/primitives/shape/concat.js';
import { flip } from '../../core/primitives/shape/flip.js';
import { reshape } from '../../core/primitives/shape/reshape.js';
import { slice } from '../../core/primitives/shape/slice.js';
import { checkedOptions, checkFunction } from '../../core/tensor/arguments.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { treeEntries, treeLeaves, treeUnflatten } from '../../core/tensor/tree.js';
import { matchingLeaves } from './matching.js';
import type { AnyShapes } from './tree-types.js';
import { vmap } from './vmap.js';

type Leaves = readonly Tensor[];

/** The length of the leading axis, which all leaves share. */
const leadingLength = (op: string, xs: unknown): number => {
  const leaves = treeEntries(xs, op);
  const [first] = leaves;
  if (first === undefined)
    throw new ArgumentError({ op, problem: 'there are no tensors', remedy: 'give a tree of stacks' });
  const length = first[1].shape[0];
  const wrong = leaves.find(([, leaf]) => leaf.rank === 0 || leaf.shape[0] !== length);
  if (length === undefined || wrong !== undefined)
    throw new ShapeError({
      op,
      problem: `${wrong?.[0] ?? first[0]} has no leading axis of the length of the others`,
      shapes: leaves.map(([, leaf]) => leaf.shape),
      remedy: 'give stacks of one length',
    });
  return length;
};

const every = (leaves: Leaves, from: number, step: number, to: number): Leaves =>
  leaves.map((leaf) => slice(leaf, [[from, Math.max(from, to), step]]) as Tensor);

const joined = (parts: readonly Leaves[]): Leaves =>
  (parts[0] ?? []).map(
    (_, i) =>
      concat(
        parts.map((part) => part[i] as Tensor),
        0,
      ) as Tensor,
  );

/** Elements of both in turn, beginning with the first; it may have one more. */
const interleaved = (even: Leaves, odd: Leaves): Leaves =>
  even.map((leaf, i) => {
    const other = odd[i] as Tensor;
    const pairs = other.shape[0] as number;
    const both = reshape(stack([slice(leaf, [[0, pairs]]) as Tensor, other], { axis: 1 }), [
      2 * pairs,
      ...leaf.shape.slice(1),
    ]);
    return leaf.shape[0] === pairs
      ? (both as Tensor)
      : (concat([both, slice(leaf, [[pairs, pairs + 1]])], 0) as Tensor);
  });

export interface AssociativeScanOptions {
  /** From the last element to the first: `f` gets the later element first; false by default. */
  readonly reverse?: boolean;
}

const scanNames = { reverse: 'flag' } as const;

/**
 * All partial results `x₀, f(x₀, x₁), f(f(x₀, x₁), x₂), …` of an associative function along the leading axis, in a number of steps that grows with the logarithm
 * of the length: linear recurrences, state-space models, filters. Where `f` is associative but for rounding, results differ from those in order by
 * that rounding.
 * @param f - from two elements, trees of tensors, to one like them, with `f(f(a, b), c) = f(a, f(b, c))`.
 * @param xs - a tree of stacks of elements.
 * @param options - in which direction.
 * @throws ShapeError where stacks differ in length; TreeError, ShapeError or DtypeError unless `f` gives an element like its arguments.
 * @example
 * associativeScan((a: Tensor, b: Tensor) => mul(a, b), tensor([1, 2, 3, 4])).toArray() // [1, 2, 6, 24]
 */
export const associativeScan = <X>(f: (a: X, b: X) => X, xs: X, options: AssociativeScanOptions = {}): X => {
  const op = 'associativeScan';
  checkFunction(op, f);
  const { reverse = false } = checkedOptions(op, options, scanNames);
  const length = leadingLength(op, xs);
  const apply = (a: Leaves, b: Leaves): Leaves => {
    const made = vmap((left: Leaves, right: Leaves) => {
      const like = treeUnflatten(xs, left);
      return matchingLeaves(op, 'value', f(like, treeUnflatten(xs, right)), like);
    })(a, b);
    return made as Leaves;
  };
  const partial = (elements: Leaves, count: number): Leaves => {
    if (count < 2) return elements;
    const even = count % 2 === 0;
    const pairs = apply(every(elements, 0, 2, count - 1), every(elements, 1, 2, count));
    const half = Math.floor(count / 2);
    const odd = partial(pairs, half);
    if (count === 2) return joined([every(elements, 0, 1, 1), odd]);
    const before = even ? every(odd, 0, 1, half - 1) : odd;
    const between = joined([every(elements, 0, 1, 1), apply(before, every(elements, 2, 2, count))]);
    return interleaved(between, odd);
  };
  const turned = (leaves: Leaves): Leaves =>
    reverse ? leaves.map((leaf) => flip(leaf, { axes: 0 }) as Tensor) : leaves;
  return treeUnflatten(xs, turned(partial(turned(treeLeaves(xs, op)), length)));
};

export interface MapOptions {
  /** How many elements are handled at once; 1 by default. */
  readonly batchSize?: number;
}

const mapNames = { batchSize: true } as const;

/**
 * `f` of each element along the leading axis, stacked, one after another or `batchSize` at a time: what `vmap` does at once, with the memory of
 * a batch.
 * @param f - from an element, a tree of tensors, to a tree of tensors.
 * @param xs - a tree of stacks of elements.
 * @param options - how many elements at once.
 * @throws ShapeError where stacks differ in length; ArgumentError unless the batch size is a whole number from 1 up.
 * @example
 * map((x: Tensor) => sum(mul(x, x)), tensor([[1, 2], [3, 4]])).toArray() // [5, 25]
 */
export const map = <X, Y>(f: (x: X) => Y, xs: X, options: MapOptions = {}): AnyShapes<Y> => {
  const op = 'map';
  checkFunction(op, f);
  const { batchSize = 1 } = checkedOptions(op, options, mapNames);
  if (!(Number.isInteger(batchSize) && batchSize >= 1))
    throw new ArgumentError({
      op,
      problem: `batchSize is ${describe(batchSize)}`,
      remedy: 'give a whole number from 1 up',
    });
  const length = leadingLength(op, xs);
  const one = (x: X): Y => f(x);
  if (batchSize === 1) return scan((_: null, x: X) => [null, one(x)] as const, null, xs)[1] as AnyShapes<Y>;
  const whole = length - (length % batchSize);
  const leaves = treeLeaves(xs, op);
  const blocks = leaves.map((leaf) => {
    const part = slice(leaf, [[0, whole]]);
    return reshape(part, [whole / batchSize, batchSize, ...leaf.shape.slice(1)]) as Tensor;
  });
  const batched = vmap(one as (x: unknown) => unknown);
  const [, ys] = scan((_: null, x: X) => [null, batched(x)] as const, null, treeUnflatten(xs, blocks));
  const flat = treeLeaves(ys, op).map((y) => reshape(y, [whole, ...y.shape.slice(2)]) as Tensor);
  if (whole === length) return treeUnflatten(ys, flat) as AnyShapes<Y>;
  const rest = batched(treeUnflatten(xs, every(leaves, whole, 1, length)));
  return treeUnflatten(ys, joined([flat, treeLeaves(rest, op)])) as AnyShapes<Y>;
};
