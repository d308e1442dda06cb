/** Boundary points of shapes: how operands of different shapes meet, and how their cotangents come back. */
import * as fc from 'fast-check';
import { grad, jvp, trace } from '../../../autograd/index.js';
import {
  add,
  broadcastTo,
  fromData,
  mul,
  ones,
  type Shape,
  ShapeError,
  sum,
  type Tensor,
  tensor,
  where,
  zeros,
} from '../../../core/index.js';
import { broadcastable } from '../../arbitraries/shapes.js';
import { type Draw, draw } from '../../arbitraries/values.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { fails } from '../../runner/fails.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { at, indexLists } from '../../specs/tabulate.js';

const toTensor = ({ shape, data }: Draw): Tensor => fromData(data, shape, 'float64');

/** The place of an operand that meets a place of the result. */
const meeting = (shape: Shape, list: readonly number[]): number[] =>
  list.slice(list.length - shape.length).map((i, axis) => (shape[axis] === 1 ? 0 : i));

test("broadcasting: NumPy's, right-aligned, both operands at once", () => {
  assert.equal(add(tensor([[1], [2]]), tensor([10, 20])).toArray(), [
    [11, 21],
    [12, 22],
  ]);
  assert.equal(add(zeros([3, 1]), zeros([0])).shape, [3, 0]);
  assert.equal(add(zeros([1, 0]), zeros([2, 1, 1])).shape, [2, 1, 0]);
  assert.equal(mul(tensor(2), tensor([[1, 2]])).toArray(), [[2, 4]]);
  fails(
    () => add(zeros([2, 3] as Shape), zeros([2] as Shape)),
    ShapeError,
    'add: shapes do not broadcast (shapes [2,3] · [2]); sizes must be equal or 1, aligned at the last axis; reshape or unsqueeze an operand',
  );
  fails(
    () => add(zeros([2] as Shape), zeros([0] as Shape)),
    ShapeError,
    'add: shapes do not broadcast (shapes [2] · [0]); sizes must be equal or 1, aligned at the last axis; reshape or unsqueeze an operand',
  );
});

test('broadcasting: each operand receives the sum over the places it was stretched to', () => {
  check(
    fc.property(
      broadcastable(2, { maxRank: 4, maxSize: 3 }).chain(([a = [], b = []]) => fc.tuple(draw(a), draw(b))),
      ([a, b]) => {
        const product = mul(toTensor(a), toTensor(b));
        const weights = { shape: product.shape, data: indexLists(product.shape).map((_, i) => Math.sin(1 + i)) };
        const gradient = grad((x: Tensor, y: Tensor) => sum(mul(mul(x, y), toTensor(weights))))(
          toTensor(a),
          toTensor(b),
        );
        const want = indexLists(a.shape).map((place) =>
          indexLists(product.shape)
            .filter((list) => meeting(a.shape, list).every((i, axis) => i === place[axis]))
            .reduce((total, list) => total + at(weights, list) * at(b, meeting(b.shape, list)), 0),
        );
        assertClose(gradient, { shape: a.shape, data: want });
      },
    ),
    { numRuns: 100 },
  );
});

test('broadcasting: gradients have the shape of their operand, scalars and zero-length axes among them', () => {
  const gradients = (a: Shape, b: Shape): unknown => grad((x: Tensor) => sum(mul(x, ones(b))))(ones(a)).toArray();
  assert.equal(gradients([], [2, 3]), 6);
  assert.equal(gradients([1, 1], [2, 3]), [[6]]);
  assert.equal(gradients([3, 1], [0]), [[0], [0], [0]]);
  assert.equal(gradients([0], [2, 1]), []);
  assert.equal(gradients([2, 1], [3]), [[3], [3]]);
});

test('broadcasting: one tensor in two places of one operation gets both contributions', () => {
  const x = tensor([[1, 2]]);
  const square = (v: Tensor): Tensor => sum(mul(v, broadcastTo(v, [3, 2])));
  assert.equal(grad(square)(x).toArray(), [[6, 12]]);
  assert.equal(jvp(square, [x], [tensor([[1, 1]])])[1].item(), 18);
});

test('broadcasting: the condition and both branches of a selection stretch, and come back', () => {
  const condition = tensor([[true], [false]]);
  const g = grad(({ a, b }: { a: Tensor; b: Tensor }) => sum(where(condition, a, b)))({
    a: tensor([1, 2, 3]),
    b: tensor(0),
  });
  assert.equal(g.a.toArray(), [1, 1, 1]);
  assert.is(g.b.item(), 3);
});

test('broadcasting: un-broadcast once, in the tape: one sum for a stretched operand, none for the other', () => {
  const sums = (a: Shape, b: Shape): number =>
    String(trace(grad((x: Tensor, y: Tensor) => sum(mul(x, y))))(zeros(a), zeros(b))).split('= sum(').length - 1;
  // One of them is the function's own.
  assert.is(sums([4, 3], [3]), 1);
  assert.is(sums([3], [4, 3]), 2);
  assert.is(sums([1, 3], [2, 4, 3]), 2);
});
