/** Nested lists, in and out, and tensors as text: what cannot be read, what would be endless, and the corners of large tensors. */

import {
  ArgumentError,
  add,
  arange,
  DtypeError,
  gather,
  grad,
  indexSelect,
  oneHot,
  ones,
  reshape,
  ShapeError,
  scatterAdd,
  sum,
  type Tensor,
  take,
  takeFlat,
  tensor,
  treeLeaves,
  zeros,
} from '../../../autograd/index.js';
import * as assert from '../../runner/assert.js';
import { fails, refuses } from '../../runner/fails.js';
import { test } from '../../runner/testing.js';

/** Anything, as JavaScript passes it. */
const any = (value: unknown): never => value as never;

test('tensor: lists that hold themselves and lists 100,000 levels deep are refused', () => {
  const list: unknown[] = [];
  list.push(list);
  refuses(() => tensor(any(list)), ArgumentError);
  const later: unknown[] = [[1, 2]];
  later.push(later);
  refuses(() => tensor(any(later)), ShapeError);
  let deep: unknown = 1;
  for (let i = 0; i < 100_000; i++) deep = [deep];
  refuses(() => tensor(any(deep)), ArgumentError);
  refuses(() => take(tensor([1]), any(deep)), ArgumentError);
  refuses(() => tensor(any(new Array(2 ** 32 - 1))), ArgumentError);
});

test('tensor: numbers and booleans do not mix, in any order and at any depth', () => {
  for (const mixed of [
    [true, 2],
    [2, true],
    [[1], [false]],
    [
      [true, false],
      [true, 0],
    ],
  ]) {
    refuses(() => tensor(any(mixed)), DtypeError);
    refuses(() => tensor(any(mixed), { dtype: 'float32' }), DtypeError);
  }
  assert.equal(tensor([true, false], { dtype: 'float32' }).toArray(), [1, 0]);
  assert.is(tensor([[true], [false]]).dtype, 'bool');
});

test('indices: booleans are a mask and no places, in every function that takes an index', () => {
  const x = tensor([1, 2]);
  const mask = any([true, false]);
  const calls: Readonly<Record<string, () => unknown>> = {
    take: () => take(x, mask),
    takeFlat: () => takeFlat(x, mask),
    indexSelect: () => indexSelect(x, mask),
    gather: () => gather(x, mask),
    scatterAdd: () => scatterAdd(x, mask, x),
    oneHot: () => oneHot(mask),
  };
  for (const [name, call] of Object.entries(calls))
    fails(call, DtypeError, `${name}: the index is bool, not int32 (shape [2]); convert it with cast(index, 'int32')`);
});

test('toArray and print: a tensor without elements ends in time, however long its axes', () => {
  const x = zeros([134_217_728, 0]);
  assert.is(String(x), 'Tensor(float32[134217728,0] [[],[],[],…,[],[],[]])');
  refuses(() => x.toArray(), ArgumentError);
  assert.is(JSON.stringify(x), '{"dtype":"float32","shape":[134217728,0],"data":[]}');
  assert.equal(zeros([0, 134_217_728]).toArray(), []);
  assert.equal(zeros([3, 0, 2]).toArray(), [[], [], []]);
  assert.is(String(zeros([3, 0])), 'Tensor(float32[3,0] [[],[],[]])');
});

test('print: more than 64 numbers show their corners, up to 64 all of them', () => {
  assert.is(String(arange(1000)), 'Tensor(float32[1000] [0,1,2,…,997,998,999])');
  assert.is(
    String(reshape(arange(70), [7, 10])),
    `Tensor(float32[7,10] [${[0, 10, 20].map((n) => `[${n},${n + 1},${n + 2},…,${n + 7},${n + 8},${n + 9}]`)},…,${[40, 50, 60].map((n) => `[${n},${n + 1},${n + 2},…,${n + 7},${n + 8},${n + 9}]`)}])`,
  );
  assert.is(String(reshape(arange(65), [65, 1])), 'Tensor(float32[65,1] [[0],[1],[2],…,[62],[63],[64]])');
  assert.is(String(arange(64)), `Tensor(float32[64] [${Array.from({ length: 64 }, (_, i) => i)}])`);
  assert.is(String(ones([2, 2], 'bool')), 'Tensor(bool[2,2] [[1,1],[1,1]])');
});

test('print: what has very many axes is short', () => {
  const x = reshape(tensor([1]), new Array<number>(5000).fill(1));
  assert.is(String(x), 'Tensor(float32[1,1,1,1,…,1,1](5000 axes) …)');
  let depth = 0;
  for (let inner: unknown = x.toArray(); Array.isArray(inner); inner = inner[0]) depth++;
  assert.is(depth, 5000);
  try {
    add(x, zeros([2, 3]).reshape([3, 2]).reshape([6]).reshape([2, 3]));
    reshape(x, [2]);
  } catch (error) {
    assert.ok((error as Error).message.length < 500);
  }
  assert.ok(String(zeros(new Array<number>(12).fill(2))).length < 2000);
});

test('a tensor of another copy of the library: the error names the cause', () => {
  /** What another install makes: the same fields, of a class of its own. */
  class Other {
    readonly shape = [2];
    readonly dtype = 'float32';
    readonly owner = null;
    readonly payload = null;
  }
  const cause =
    /a? ?tensor of shape \[2\] that another copy of tapegrad made \(npm ls tapegrad shows the copies; let everything import one\)/;
  const other = any(new Other());
  for (const call of [
    () => add(other, 1),
    () => sum(other),
    () => treeLeaves({ w: other }),
    () => grad((x: Tensor) => sum(x))(other),
    () => tensor(other),
  ])
    assert.throws(call, cause);
  assert.throws(() => add(any(new Proxy(tensor([1, 2]), {})), 1), /an imitation of a tensor of shape \[2\]/);
});
