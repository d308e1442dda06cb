/** Trees that nobody can walk: cyclic ones, and ones deeper than any that is made on purpose. Every function that takes trees says so. */

import {
  checkpoint,
  compile,
  customJvp,
  customVjp,
  grad,
  gradcheck,
  jvp,
  linearize,
  sum,
  type Tensor,
  TreeError,
  tensor,
  trace,
  treeEntries,
  treeLeaves,
  treeMap,
  treeStructure,
  treeUnflatten,
  valueAndGrad,
  vjp,
  vmap,
  zeros,
} from '../../../autograd/index.js';
import { stateDict } from '../../../data/index.js';
import { countParameters } from '../../../nn/index.js';
import { adam, applyUpdates, globalNorm, sgd } from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { refuses } from '../../runner/fails.js';
import { test } from '../../runner/testing.js';
import { errorOf } from './support.js';

/** Lists within objects, `levels` of them, around a tensor. */
const nested = (levels: number): unknown => {
  let tree: unknown = tensor([1]);
  for (let i = 0; i < levels; i++) tree = i % 2 === 0 ? { inner: tree } : [tree];
  return tree;
};

/** An object that holds itself, two branches further down. */
const cyclic = (): unknown => {
  const tree: Record<string, unknown> = { w: tensor([1]) };
  tree.blocks = [{ back: tree }];
  return tree;
};

type Loose = (...args: readonly unknown[]) => unknown;
const first = (tree: unknown): Tensor => sum(treeLeaves(tree)[0] as Tensor);

/** Every kind of function that takes a tree. */
const walkers: Readonly<Record<string, (tree: unknown) => unknown>> = {
  treeLeaves: (tree) => treeLeaves(tree),
  treeEntries: (tree) => treeEntries(tree),
  treeStructure: (tree) => treeStructure(tree),
  treeMap: (tree) => treeMap((x) => x, tree),
  treeUnflatten: (tree) => treeUnflatten(tree, []),
  grad: (tree) => (grad as Loose as (f: Loose) => Loose)(first)(tree),
  valueAndGrad: (tree) => (valueAndGrad as Loose as (f: Loose) => Loose)(first)(tree),
  vjp: (tree) => vjp(first as Loose, tree),
  jvp: (tree) => jvp(first as Loose, [tree], [tree]),
  linearize: (tree) => linearize(first as Loose, tree),
  vmap: (tree) => vmap(first as Loose)(tree),
  trace: (tree) => trace(first as Loose)(tree),
  compile: (tree) => compile(first as Loose)(tree),
  checkpoint: (tree) => checkpoint(first as Loose)(tree),
  gradcheck: (tree) => gradcheck(first as Loose, [tree]),
  customVjp: (tree) =>
    customVjp<[unknown], Tensor, null>(
      first,
      (x) => [first(x), null],
      () => [null],
    )(tree),
  customJvp: (tree) => customJvp<[unknown], Tensor>(first, () => zeros([]))(tree),
  'the result of vjp': (tree) => vjp((_: Tensor) => tree, tensor([1])),
  'the result of trace': (tree) => trace((_: Tensor) => tree)(tensor([1])),
  'aux of grad': (tree) => grad((x: Tensor) => [sum(x), tree] as const, { hasAux: true })(tensor([1])),
  applyUpdates: (tree) => applyUpdates(tree, tree),
  globalNorm: (tree) => globalNorm(tree),
  'init of sgd': (tree) => sgd(0.1).update(tree, sgd(0.1).init(tree), tree),
  'init of adam': (tree) => adam(0.1).init(tree),
  countParameters: (tree) => countParameters(tree),
  stateDict: (tree) => stateDict({ params: tree, state: null }),
};

for (const [name, walk] of Object.entries(walkers)) {
  test(`${name}: a cyclic tree and one 20,000 levels deep end in a TreeError`, () => {
    refuses(() => walk(cyclic()), TreeError);
    refuses(() => walk(nested(20_000)), TreeError);
  });
}

test('a tree: 500 levels are taken, 501 are not', () => {
  assert.is(treeLeaves(nested(500)).length, 1);
  assert.is(treeLeaves(treeMap((x) => x, nested(500))).length, 1);
  assert.match(
    errorOf(() => treeLeaves(nested(501))),
    /^TreeError: treeLeaves: the tree is more than 500 levels deep, at inner\[0\]\.inner.* … .*; nest less/,
  );
});

test('a cyclic tree: the error says where it leads back to', () => {
  assert.is(
    errorOf(() => treeLeaves(cyclic())),
    'TreeError: treeLeaves: the tree is cyclic: blocks[0].back leads back to the root; a tree holds every branch inside at most one other; take the reference back out',
  );
  const list: unknown[] = [];
  list.push({ list });
  assert.match(
    errorOf(() => treeLeaves({ a: list })),
    'the tree is cyclic: a[0].list leads back to a;',
  );
});

test('a tree: lists without end and branches shared without end are refused in time', () => {
  refuses(() => treeLeaves(new Array(2 ** 32 - 1)), TreeError);
  let shared: unknown = tensor([1]);
  for (let i = 0; i < 40; i++) shared = [shared, shared];
  refuses(() => treeLeaves(shared), TreeError);
});
