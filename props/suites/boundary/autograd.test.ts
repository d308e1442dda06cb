/** Boundary points of the transforms themselves; the table stands in `docs/semantics.md`. */

import {
  checkpoint,
  customJvp,
  customVjp,
  debugNans,
  grad,
  jvp,
  valueAndGrad,
  vjp,
  vmap,
} from '../../../autograd/index.js';
import {
  add,
  argmax,
  broadcastTo,
  cast,
  exp,
  matmul,
  mul,
  sin,
  sum,
  type Tensor,
  tensor,
} from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { errorOf, numbers, sameBits, t } from '../autograd/support.js';

test('unused input of grad: zeros of its shape and element type', () => {
  const gradient = grad(({ used }: { used: Tensor; unused: Tensor }) => sum(used))({
    used: t([1, 2]),
    unused: tensor([[1, 2, 3]]),
  });
  assert.equal(numbers(gradient), { used: [1, 1], unused: [[0, 0, 0]] });
  assert.equal([gradient.unused.shape, gradient.unused.dtype], [[1, 3], 'float32']);
});

test('target of grad: a vector is an error that says how to reduce it', () => {
  assert.is(
    errorOf(() => grad((x: Tensor) => mul(x, x))(t([1, 2]))),
    'GradientError: grad: the function returned f64[2], not a scalar float; reduce it with sum() or mean(); vjp and jacrev take any output, hasAux hands extra results through',
  );
});

test('target of grad: one element in a shape of rank 1 is still no scalar', () => {
  assert.match(
    errorOf(() => grad((x: Tensor) => x)(t([1]))),
    'the function returned f64[1], not a scalar float',
  );
});

test('target of grad: an integer, a boolean, a number, a tree, nothing are errors', () => {
  const of = (y: unknown): string => errorOf(() => grad((_: Tensor) => y as Tensor)(t(1)));
  assert.match(of(tensor(3, { dtype: 'int32' })), 'the function returned i32[], not a scalar float');
  assert.match(of(tensor(true)), 'the function returned bool[], not a scalar float');
  assert.match(of(3), 'the function returned a number, not a scalar float');
  assert.match(of([t(1)]), 'the function returned a list, not a scalar float');
  assert.match(of({ loss: t(1) }), 'the function returned an object, not a scalar float');
  assert.match(of(undefined), 'the function returned undefined, not a scalar float');
});

test('target of grad: integers take no gradient', () => {
  const labels = tensor([1, 2], { dtype: 'int32' });
  assert.is(
    errorOf(() => grad((x: Tensor) => sum(cast(x, 'float32')))(labels)),
    "GradientError: grad: the root is int32, which takes no gradient (shape [2]); close over it, leave it out of argnums, or convert it with cast(x, 'float32')",
  );
});

test('target of grad: the gradient has the element type of its input', () => {
  for (const dtype of ['float32', 'float64'] as const)
    assert.is(grad((x: Tensor) => sum(cast(mul(x, x), 'float32')))(tensor([1, 2], { dtype })).dtype, dtype);
});

test('target of grad: no gradient flows through an integer in between', () => {
  assert.equal(grad((x: Tensor) => sum(cast(cast(x, 'int32'), 'float64')))(t([1.5, 2.5])).toArray(), [0, 0]);
  assert.equal(grad((x: Tensor) => cast(argmax(x), 'float64'))(t([1.5, 2.5])).toArray(), [0, 0]);
});

test('value under a transform: equals the plain value bit for bit', () => {
  const f = (x: Tensor): Tensor =>
    sum(
      sin(
        matmul(
          mul(exp(x), x),
          t([
            [0.1, 0.7],
            [1.3, -0.2],
            [0.3, 1e-9],
          ]),
        ),
      ),
    );
  const x = t([
    [0.1, -0.2, 0.3],
    [1e-8, 17, -0.4],
  ]);
  const plain = f(x);
  const under: Record<string, Tensor> = {
    valueAndGrad: valueAndGrad(f)(x)[0],
    vjp: vjp(f, x)[0],
    jvp: jvp(f, [x], [x])[0],
    'grad of grad': valueAndGrad((y: Tensor) => valueAndGrad(f)(y)[0])(x)[0],
    'jvp of grad': jvp((y: Tensor) => valueAndGrad(f)(y)[0], [x], [x])[0],
    checkpoint: checkpoint(f)(x),
    'grad of checkpoint': valueAndGrad(checkpoint(f))(x)[0],
    customJvp: valueAndGrad(customJvp(f, ([y], [v]) => sum(mul(y, v))))(x)[0],
    customVjp: jvp(
      customVjp(
        f,
        (y: Tensor) => [f(y), y] as const,
        (y, g) => [mul(y, g)],
      ),
      [x],
      [x],
    )[0],
    debugNans: debugNans(f)(x),
  };
  for (const value of Object.values(under)) sameBits(value, plain);
});

test('value under a transform: vmap gives the bits of each example', () => {
  const f = (x: Tensor): Tensor => sum(mul(exp(x), sin(x)));
  const rows = [
    [0.1, -0.2, 0.3],
    [1e-8, 17, -0.4],
  ];
  assert.equal(
    vmap(f)(t(rows)).toArray(),
    rows.map((row) => f(t(row)).item()),
  );
});

test('broadcasting: un-broadcast once, in the tape', () => {
  // Row, column, scalar and missing axes at once: each cotangent is summed over exactly what was stretched.
  const ones = broadcastTo(t(1), [4, 2, 3]);
  const shapes = [[3], [2, 1], [], [4, 1, 1], [1, 2, 3], [4, 2, 3]];
  for (const shape of shapes) {
    const x = broadcastTo(t(2), shape);
    const gradient = grad((y: Tensor) => sum(mul(y, ones)))(x);
    assert.equal([gradient.shape, new Set(gradient.dataSync())], [shape, new Set([24 / x.size])]);
  }
});

test('broadcasting: both operands stretched at once', () => {
  const [column, row] = grad((a: Tensor, b: Tensor) => sum(add(a, b)), { argnums: [0, 1] })(
    t([[1], [2]]),
    t([1, 2, 3]),
  );
  assert.equal(
    [column.toArray(), row.toArray()],
    [
      [[3], [3]],
      [2, 2, 2],
    ],
  );
});
