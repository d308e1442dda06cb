/** Trees: order, structure, paths, rebuilding. */

import * as fc from 'fast-check';
import { mul, type Tensor, treeEntries, treeLeaves, treeMap, treeUnflatten } from '../../../core/index.js';
import { mapTensors, outline, tensorsIn, treeStructure, withTensors } from '../../../core/tensor/tree.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { errorOf, numbers, t } from './support.js';

test('treeLeaves: in the order of sorted keys, lists in their own', () => {
  assert.equal(
    treeLeaves({ b: [t(2), t(3)], a: t(1), c: null }).map((x) => x.item()),
    [1, 2, 3],
  );
});

test('treeEntries: paths are written as in code, and no two alike', () => {
  const tree = { 'a.b': t(1), a: { b: t(2) }, list: [t(3)], '0': t(4), '': t(5) };
  assert.equal(
    treeEntries(tree).map(([path, x]) => [path, x.item()]),
    [
      ['[""]', 5],
      ['["0"]', 4],
      ['a.b', 2],
      ['["a.b"]', 1],
      ['list[0]', 3],
    ],
  );
  assert.equal(
    treeEntries(t(1)).map(([path]) => path),
    ['the root'],
  );
});

test('treeUnflatten: puts leaves back where they came from, keys in the order they had', () => {
  const tree = { z: t(1), a: [t(2), null, { m: t(3) }] };
  const rebuilt = treeUnflatten(tree, treeLeaves(tree));
  assert.equal(Object.keys(rebuilt), ['z', 'a']);
  assert.equal(numbers(rebuilt), numbers(tree));
});

test('treeMap: over several trees at once, or an error that shows both structures', () => {
  assert.equal(numbers(treeMap((x, y = x) => mul(x, y), { a: t(2) }, { a: t(3) })), { a: 6 });
  assert.is(
    errorOf(() => treeMap((x) => x, { a: t(2) }, { b: t(3) })),
    'TreeError: treeMap: the trees differ in structure: {a} and {b}; give trees with the same keys and lengths',
  );
});

test('treeStructure: a dotted key is not a nested one', () => {
  assert.is.not(treeStructure({ 'a.b': t(1) }), treeStructure({ a: { b: t(1) } }));
});

test('a key named __proto__ is a key', () => {
  const tree: Record<string, Tensor> = JSON.parse('{"__proto__": null}');
  Object.defineProperty(tree, '__proto__', { value: t(1), enumerable: true, configurable: true, writable: true });
  assert.equal(
    treeLeaves(treeMap((x) => mul(x, 2), tree)).map((x) => x.item()),
    [2],
  );
});

test('mapTensors, tensorsIn, withTensors: leave what is no tensor alone', () => {
  const date = new Date(0);
  const value = { x: t(1), n: 3, s: 'text', d: date, list: [t(2), undefined, true] };
  assert.equal(
    tensorsIn(value).map((x) => x.item()),
    [1, 2],
  );
  const swapped = withTensors(value, [t(10), t(20)]);
  assert.equal([swapped.x.item(), swapped.n, swapped.s, (swapped.list[0] as Tensor).item()], [10, 3, 'text', 20]);
  assert.is(swapped.d, date);
  const paths: unknown[] = [];
  mapTensors(value, (x, path) => {
    paths.push(path);
    return x;
  });
  assert.equal(paths, [['x'], ['list', 0]]);
});

test('outline: shapes and element types without numbers', () => {
  const { x } = outline({ x: t([[1, 2]]) });
  assert.equal([x.shape, x.dtype, x.payload], [[1, 2], 'float64', null]);
});

/** Trees of any form: `n` counts the leaves drawn so far only to tell them apart. */
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.integer({ min: 0, max: 99 }).map((n) => t(n)),
    fc.constant(null),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.string({ maxLength: 3 }), tie('tree'), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

test('any tree: unflatten ∘ leaves is the identity, and entries name each leaf once', () => {
  check(
    fc.property(tree, (drawn) => {
      const rebuilt = treeUnflatten(drawn, treeLeaves(drawn));
      assert.equal(rebuilt, drawn);
      assert.equal(numbers(treeLeaves(rebuilt)), numbers(treeLeaves(drawn)));
      const paths = treeEntries(drawn).map(([path]) => path);
      assert.is(new Set(paths).size, paths.length);
    }),
    { numRuns: 200 },
  );
});
