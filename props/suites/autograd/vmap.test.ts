/** vmap: batch axes in and out. Its law, `vmap(f) = stack ∘ map f`, is checked for every primitive among the laws. */

import { grad, vmap } from '../../../autograd/index.js';
import { add, full, matmul, mul, permute, sum, type Tensor, tensor, zeros } from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { errorOf, numbers, sameBits, t } from './support.js';

test('vmap: axis 0 of every leaf by default', () => {
  const f = ({ x, y }: { x: Tensor; y: [Tensor] }): Tensor => sum(mul(x, y[0]));
  assert.equal(
    vmap(f)({
      x: t([
        [1, 2],
        [3, 4],
      ]),
      y: [t([10, 100])],
    }).toArray(),
    [30, 700],
  );
});

test('vmap: in chooses an axis an argument, also counted from the end, and null for no batch', () => {
  const product = (a: Tensor, b: Tensor): Tensor => matmul(a, b);
  const matrix = t([
    [1, 2],
    [3, 4],
  ]);
  const columns = t([
    [1, 0, 2],
    [0, 1, 2],
  ]);
  assert.equal(vmap(product, { in: [null, 1] })(matrix, columns).toArray(), [
    [1, 3],
    [2, 4],
    [6, 14],
  ]);
  assert.equal(vmap(product, { in: [null, -1] })(matrix, columns).toArray(), [
    [1, 3],
    [2, 4],
    [6, 14],
  ]);
});

test('vmap: in goes as deep into a tree as it needs to', () => {
  const f = (p: { w: Tensor; b: Tensor }, x: Tensor): Tensor => add(mul(p.w, x), p.b);
  const p = { w: t([1, 2]), b: t(10) };
  assert.equal(vmap(f, { in: [{ w: 0, b: null }, null] })(p, t(3)).toArray(), [13, 16]);
});

test('vmap: an argument without a batch may be anything', () => {
  const f = (x: Tensor, options: { factor: number }): Tensor => mul(x, options.factor);
  assert.equal(vmap(f, { in: [0, null] })(t([1, 2]), { factor: 3 }).toArray(), [3, 6]);
});

test('vmap: out puts the batch where it is wanted', () => {
  const f = (x: Tensor) => ({ row: mul(x, 2), total: sum(x) });
  const x = t([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const y = vmap(f, { out: { row: -1, total: 0 } })(x);
  assert.equal(numbers(y), {
    row: [
      [2, 8],
      [4, 10],
      [6, 12],
    ],
    total: [6, 15],
  });
});

test('vmap: a result that is the same for all examples is repeated, or given once where out is null', () => {
  const f = (_: Tensor): Tensor => full([2], 7, 'float64');
  assert.equal(vmap(f)(t([1, 2, 3])).toArray(), [
    [7, 7],
    [7, 7],
    [7, 7],
  ]);
  assert.equal(vmap(f, { out: null })(t([1, 2, 3])).toArray(), [7, 7]);
});

test('vmap: a batch of no examples, a batch of one, integers', () => {
  assert.equal(vmap((x: Tensor) => sum(x))(zeros([0, 3])).shape, [0]);
  assert.equal(vmap((x: Tensor) => sum(x))(t([[1, 2]])).toArray(), [3]);
  const counts = vmap((x: Tensor) => add(x, 1))(tensor([1, 2], { dtype: 'int32' }));
  assert.equal([counts.dtype, counts.toArray()], ['int32', [2, 3]]);
});

test('vmap: the shape inside is that of one example', () => {
  const seen: (readonly number[])[] = [];
  vmap((x: Tensor) => {
    seen.push(x.shape);
    return x;
  })(zeros([5, 2, 3]));
  assert.equal(seen, [[2, 3]]);
});

test('vmap of grad: gradients of each example apart', () => {
  const loss = (w: Tensor, x: Tensor): Tensor => sum(mul(w, mul(x, x)));
  const each = vmap(grad(loss), { in: [null, 0] })(
    t([1, 2]),
    t([
      [1, 2],
      [3, 4],
    ]),
  );
  assert.equal(each.toArray(), [
    [1, 4],
    [9, 16],
  ]);
});

test('vmap: a value that does not depend on the batch may be read', () => {
  const y = vmap((x: Tensor, n: Tensor) => mul(x, n.item()), { in: [0, null] })(t([1, 2]), t(3));
  assert.equal(y.toArray(), [3, 6]);
});

test('vmap: errors name the place and the remedy', () => {
  const f = (x: Tensor, y: Tensor): Tensor => add(x, y);
  assert.is(
    errorOf(() => vmap(f)(t([1, 2]), t([1, 2, 3]))),
    'ShapeError: vmap: batch sizes differ: 2 at [0] and 3 at [1] (shapes [2] · [3]); batch axes have one size; name other axes in `in`, or null for what is not batched',
  );
  assert.is(
    errorOf(() => vmap(f)(t(1), t([1, 2]))),
    'AxisError: vmap: in names axis 0 of [0], whose rank is 0; a scalar has no axes; say null',
  );
  assert.is(
    errorOf(() => vmap(f, { in: [0, 2] })(t([1]), t([1]))),
    'AxisError: vmap: in names axis 2 of [1], whose rank is 1; use an integer from -1 to 0, or null',
  );
  assert.is(
    errorOf(() => vmap(f, { in: null })(t(1), t(1))),
    'ArgumentError: vmap: no argument has a batch axis; give at least one argument an axis in `in`, or call the function itself',
  );
  assert.is(
    errorOf(() => vmap(f, { in: [0] })(t([1]), t([1]))),
    'TreeError: vmap: in says no axis for [1]; give one axis for everything, or a list or object that goes as deep as it needs to',
  );
  assert.is(
    errorOf(() => vmap((x: Tensor) => ({ y: x }), { out: null })(t([1, 2]))),
    'AxisError: vmap: out is null for y, which differs between examples (shape []); give it an axis, or reduce over the batch outside',
  );
  assert.match(
    errorOf(() => vmap((x: Tensor) => x, { out: 1 })(t([1, 2]))),
    'vmap: out names axis 1 of the root, whose rank is 1',
  );
});

test('vmap: with another batch axis the same bits', () => {
  const f = (v: Tensor): Tensor => mul(v, sum(mul(v, v)));
  const x = t([
    [0.1, 0.2],
    [0.3, 0.4],
    [0.5, 0.6],
  ]);
  sameBits(vmap(f, { in: 1, out: 1 })(x), permute(vmap(f)(permute(x, [1, 0])), [1, 0]));
});
