/** What the suites of `autograd/` share: float64 tensors, comparisons, the text of an error. */

import { type NestedNumbers, Tensor, tensor, treeEntries, treeMap } from '../../../core/index.js';
import * as assert from '../../runner/assert.js';

/** A float64 tensor. */
export const t = (values: NestedNumbers): Tensor => tensor(values, { dtype: 'float64' });

/** The numbers of a tree, in the places of its tensors. */
export const numbers = (tree: unknown): unknown =>
  tree instanceof Tensor ? tree.toArray() : treeMap((x) => x.toArray(), tree);

/** Every element type and every bit alike. */
export const sameBits = (actual: unknown, expected: unknown): void => {
  const describe = (tree: unknown): unknown =>
    treeEntries(tree).map(([path, x]) => [path, x.dtype, x.shape, [...new Uint8Array(x.dataSync().buffer)]]);
  assert.equal(describe(actual), describe(expected));
};

/** Trees of the same places, shapes and element types, whose numbers differ by no more than rounding. */
export const close = (actual: unknown, expected: unknown, tolerance = 1e-12): void => {
  const given = treeEntries(actual);
  const wanted = treeEntries(expected);
  assert.equal(
    given.map(([path, x]) => [path, x.dtype, x.shape]),
    wanted.map(([path, x]) => [path, x.dtype, x.shape]),
  );
  for (const [i, [path, x]] of given.entries()) {
    const target = wanted[i]?.[1].dataSync() ?? [];
    for (const [j, value] of x.dataSync().entries()) {
      const want = target[j] ?? Number.NaN;
      assert.ok(
        Object.is(value, want) || Math.abs(value - want) <= tolerance * Math.max(1, Math.abs(want)),
        `${path}: element ${j} is ${value}, expected ${want}`,
      );
    }
  }
};

/** `Name: message` of what `f` throws. */
export const errorOf = (f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    return String(error);
  }
  return 'no error';
};
