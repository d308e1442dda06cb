/**
 * Steps that come out as NaN or infinity. The step itself finds out, and takes back what it did by selection: what it gives is then what
 * it was given, to the bit.
 */
import { isFloat } from '../../core/base/dtype.js';
import {
  add,
  cast,
  equal,
  full,
  greater,
  isFinite as isFiniteAt,
  logicalOr,
  mul,
  sum,
  Tensor,
  treeLeaves,
  where,
} from '../../core/index.js';
import { isBranch } from '../../core/tensor/tree.js';
import { isPrepared } from '../learning-rate.js';

/** The number of the first step that was not finite, counted from 1 (0 when there was none), and its loss: an int32 and a float64 scalar. */
export interface NonFiniteRecord {
  readonly first: Tensor;
  readonly loss: Tensor;
}

/** Before the first step. */
export const noneYet = (): NonFiniteRecord => ({ first: full([], 0, 'int32'), loss: full([], 0, 'float64') });

/** The record after a step with this number, counted from 0, and this loss. */
export const recorded = (before: NonFiniteRecord, finite: Tensor, step: Tensor, loss: Tensor): NonFiniteRecord => {
  const stays = logicalOr(finite, greater(before.first, 0));
  return {
    first: where(stays, before.first, add(step, 1)),
    loss: where(stays, before.loss, cast(loss, 'float64')),
  };
};

const floats = (tree: unknown): readonly Tensor[] => treeLeaves(tree).filter(({ dtype }) => isFloat(dtype));

/** What is to be looked at, with what it was before. */
type Looked = readonly [now: Tensor, before: Tensor | undefined];

const sameKind = (a: Tensor, b: Tensor): boolean => a.dtype === b.dtype && a.shape.join() === b.shape.join();

/**
 * 0 where an element is finite, else NaN; 0 also for one that was not finite before: what began as infinite, such as a mask in the state of
 * a layer, says nothing.
 */
const zeros = ([x, before]: Looked): Tensor =>
  before === undefined || !sameKind(x, before) ? mul(x, 0) : where(isFiniteAt(before), mul(x, 0), 0);

/** Whether every number of `made` is finite, and of `changed` every one that was so before; a bool scalar. */
export const allFinite = (
  made: readonly Tensor[],
  changed: readonly (readonly [now: unknown, before: unknown])[],
): Tensor => {
  const looked: Looked[] = made.map((x) => [x, undefined]);
  for (const [now, before] of changed) {
    const from = floats(before);
    for (const [i, x] of floats(now).entries()) if (x !== from[i]) looked.push([x, from[i]]);
  }
  // A sum of zeros is 0 in any order, and NaN with one NaN in it.
  const sums = looked.map((pair) => cast(sum(zeros(pair)), 'float32'));
  return equal(
    sums.reduce((total, part) => add(total, part), full([], 0)),
    0,
  );
};

/**
 * `next` where `keep` holds, else `before`, leaf by leaf. What has no counterpart of its kind before is taken as it is. The counts of steps
 * that schedules are asked with go on where `counts` holds, or always.
 */
export const selected = <T>(keep: Tensor, next: T, before: unknown, counts: Tensor | null = null): T => {
  const choose = (condition: Tensor, after: Tensor, old: unknown): Tensor =>
    old instanceof Tensor && sameKind(after, old) ? where(condition, after, old) : after;
  const walk = (after: unknown, old: unknown): unknown => {
    if (after === old) return after;
    if (after instanceof Tensor) return choose(keep, after, old);
    if (Array.isArray(after)) return Array.isArray(old) ? after.map((child, i) => walk(child, old[i])) : after;
    if (!isBranch(after)) return after;
    if (isPrepared(old))
      return counts === null || !(after.count instanceof Tensor)
        ? after
        : { ...after, count: choose(counts, after.count, old.count) };
    return isBranch(old)
      ? Object.fromEntries(Object.entries(after).map(([key, child]) => [key, walk(child, old[key])]))
      : after;
  };
  return walk(next, before) as T;
};
