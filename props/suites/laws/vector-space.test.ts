/** Trees as vectors. */
import * as fc from 'fast-check';
import { type Tensor, tensor } from '../../../core/index.js';
import { numbersFrom, tensors, vectorSpace } from '../../index.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

interface Tree {
  readonly b: Tensor;
  readonly a: readonly Tensor[];
}

const trees = fc.record({ b: tensors([2]), a: fc.tuple(tensors([]), tensors([2, 2])) }) as fc.Arbitrary<Tree>;

test('vectorSpace: coordinates and vectors are inverse, leaf after leaf in the order of sorted keys', () => {
  check(
    fc.property(trees, (tree) => {
      const space = vectorSpace(tree);
      assert.is(space.dimension, 7);
      assert.equal([...space.coordinates(space.vector(space.coordinates(tree)))], [...space.coordinates(tree)]);
      assert.equal([...space.coordinates(tree)].slice(5), tree.b.toArray());
    }),
  );
});

test('vectorSpace: the inner product is bilinear and symmetric, and the norm is its root', () => {
  check(
    fc.property(trees, trees, fc.integer({ min: -3, max: 3 }), (x, y, factor) => {
      const space = vectorSpace(x);
      const near = (a: number, b: number): void => assert.ok(Math.abs(a - b) <= 1e-12 * (1 + Math.abs(b)), `${a} ${b}`);
      near(space.inner(x, y), space.inner(y, x));
      near(space.inner(space.axpy(factor, x, y), y), factor * space.inner(x, y) + space.inner(y, y));
      near(space.norm(x) ** 2, space.inner(x, x));
    }),
  );
});

test('vectorSpace: directions have length 1 and come back from their seed', () => {
  const space = vectorSpace({ w: tensor([0, 0, 0], { dtype: 'float64' }) });
  const [one, again, other] = [1, 1, 2].map((seed) => space.direction(numbersFrom(seed)));
  assert.ok(one !== undefined && again !== undefined && other !== undefined);
  assert.ok(Math.abs(space.norm(one) - 1) < 1e-15);
  assert.equal([...space.coordinates(one)], [...space.coordinates(again)]);
  assert.not.equal([...space.coordinates(one)], [...space.coordinates(other)]);
});

test('vectorSpace: integers are no coordinates and stay; places are named', () => {
  const labels = tensor([7], { dtype: 'int32' });
  const space = vectorSpace({ labels, w: tensor([[1, 2]], { dtype: 'float64' }) });
  assert.is(space.dimension, 2);
  assert.equal(space.zero().labels.toArray(), [7]);
  assert.equal(space.basis(1).w.toArray(), [[0, 1]]);
  assert.is(space.place(1), 'w[0,1]');
});

test('numbersFrom: uniform on [−1, 1): mean 0, variance 1/3', () => {
  const next = numbersFrom(3);
  const drawn = Array.from({ length: 4096 }, next);
  const mean = drawn.reduce((total, value) => total + value, 0) / drawn.length;
  const square = drawn.reduce((total, value) => total + value * value, 0) / drawn.length;
  assert.ok(drawn.every((value) => value >= -1 && value < 1));
  assert.ok(Math.abs(mean) < 0.04, `mean ${mean}`);
  assert.ok(Math.abs(square - 1 / 3) < 0.02, `variance ${square}`);
});
