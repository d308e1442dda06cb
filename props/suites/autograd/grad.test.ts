/** grad, valueAndGrad and vjp: what they differentiate, and what they return. */

import { grad, valueAndGrad, vjp } from '../../../autograd/index.js';
import {
  add,
  cast,
  exp,
  matmul,
  mul,
  neg,
  reshape,
  sin,
  stopGradient,
  sum,
  type Tensor,
  tensor,
} from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { close, errorOf, numbers, sameBits, t } from './support.js';

interface Layer {
  weight: Tensor;
  bias: Tensor;
}
interface Model {
  layers: Layer[];
  scale: Tensor;
}

const model = (): Model => ({
  layers: [
    {
      weight: t([
        [1, 2],
        [3, 4],
      ]),
      bias: t([0.5, -0.5]),
    },
    { weight: t([[1], [-1]]), bias: t([0.25]) },
  ],
  scale: t(2),
});

const predict = ({ layers, scale }: Model, x: Tensor): Tensor =>
  mul(
    layers.reduce((h, { weight, bias }) => add(matmul(h, weight), bias), x),
    scale,
  );

test('grad: a tree of interface types comes back as a tree of the same type', () => {
  const gradient: Model = grad((m: Model) => sum(predict(m, t([[1, 2]]))))(model());
  // y = s·((xW₁ + b₁)W₂ + b₂) with x = (1, 2): ∂W₁ = xᵀ·s·W₂ᵀ, ∂b₁ = s·W₂ᵀ, ∂W₂ = (xW₁ + b₁)ᵀ·s, ∂b₂ = s.
  close(gradient, {
    layers: [
      {
        weight: t([
          [2, -2],
          [4, -4],
        ]),
        bias: t([2, -2]),
      },
      { weight: t([[15], [19]]), bias: t([2]) },
    ],
    scale: t(-1.75),
  });
});

test('grad: a tuple comes back as a tuple', () => {
  const gradient: [Tensor, Tensor] = grad(([a, b]: [Tensor, Tensor]) => mul(a, b))([t(3), t(5)]);
  assert.equal(numbers(gradient), [5, 3]);
});

test('grad: empty branches, null and undefined come back as they are', () => {
  const tree = { a: t(2), b: null, c: undefined, d: [], e: {}, f: [null, { g: t(3) }] as const };
  const gradient = grad((x: typeof tree) => mul(x.a, x.f[1].g))(tree);
  assert.equal(numbers(gradient), { a: 3, b: null, c: undefined, d: [], e: {}, f: [null, { g: 2 }] });
});

test('grad: a tree without tensors has a gradient without tensors', () => {
  assert.equal(grad((_: { a: null }) => t(1))({ a: null }), { a: null });
});

test('grad: keys in another order give the same bits', () => {
  const f = (p: { a: Tensor; b: Tensor; c: Tensor }): Tensor => sum(mul(exp(mul(p.a, p.b)), sin(mul(p.b, p.c))));
  const [a, b, c] = [t([0.1, 0.2]), t([0.3, 0.4]), t([0.5, 0.6])];
  const forwards = grad(f)({ a, b, c });
  const backwards = grad(f)({ c, b, a });
  assert.equal(Object.keys(backwards), ['c', 'b', 'a']);
  sameBits(backwards, forwards);
});

test('grad: the other arguments are passed on untouched, whatever they are', () => {
  const f = (x: Tensor, power: number, options: { negate: boolean }): Tensor => {
    const y = power === 2 ? mul(x, x) : x;
    return options.negate ? neg(y) : y;
  };
  assert.is(grad(f)(t(3), 2, { negate: true }).item(), -6);
});

test('argnums: one position gives one gradient, a list a list in its own order', () => {
  const f = (x: Tensor, n: number, y: Tensor): Tensor => mul(mul(x, n), mul(y, y));
  assert.is(grad(f, { argnums: 2 })(t(3), 2, t(5)).item(), 60);
  const [dy, dx] = grad(f, { argnums: [2, 0] })(t(3), 2, t(5));
  assert.equal([dy.item(), dx.item()], [60, 50]);
  const [value, [only]] = valueAndGrad(f, { argnums: [0] })(t(3), 2, t(5));
  assert.equal([value.item(), only.item()], [150, 50]);
});

test('argnums: a position that does not exist, or one named twice, is an error', () => {
  const f = (x: Tensor): Tensor => x;
  assert.is(
    errorOf(() =>
      grad(f as (x: Tensor, y: Tensor) => Tensor, { argnums: 1 })(...([t(1)] as unknown as [Tensor, Tensor])),
    ),
    'ArgumentError: grad: there is no argument 1; the function was called with 1 arguments, counted from 0; name each once',
  );
  assert.is(
    errorOf(() => grad(f, { argnums: [0, 0] })(t(1))),
    'ArgumentError: grad: argnums names argument 0 twice; the function was called with 1 arguments, counted from 0; name each once',
  );
});

test('hasAux: the second result is handed through, its tensors plain, anything else as it is', () => {
  const f = (x: Tensor) => {
    const square = mul(x, x);
    return [sum(square), { square, note: 'kept', list: [square, 3] as const }] as const;
  };
  const [gradient, aux] = grad(f, { hasAux: true })(t([1, 2]));
  assert.equal(gradient.toArray(), [2, 4]);
  assert.equal(mul(aux.square, 2).toArray(), [2, 8]);
  assert.equal([aux.note, aux.list[1]], ['kept', 3]);
  const [[value, same], again] = valueAndGrad(f, { hasAux: true })(t([1, 2]));
  assert.is(value.item(), 5);
  sameBits([same.square, again], [aux.square, gradient]);
});

test('hasAux: a function that returns no pair is an error', () => {
  const f = ((x: Tensor) => x) as unknown as (x: Tensor) => readonly [Tensor, null];
  assert.is(
    errorOf(() => grad(f, { hasAux: true })(t(1))),
    'GradientError: grad: with hasAux, the function must return [scalar, aux]; return a pair, or leave hasAux out',
  );
});

test('grad: the same tensor passed as two arguments is two variables', () => {
  const x = t(3);
  const [a, b] = grad((u: Tensor, v: Tensor) => mul(u, mul(v, v)), { argnums: [0, 1] })(x, x);
  assert.equal([a.item(), b.item()], [9, 18]);
});

test('grad: the same tensor twice in one tree is two variables', () => {
  const x = t(3);
  assert.equal(numbers(grad(({ u, v }: { u: Tensor; v: Tensor }) => mul(u, mul(v, v)))({ u: x, v: x })), {
    u: 9,
    v: 18,
  });
});

test('grad: the same tensor used twice by one operation receives both contributions', () => {
  assert.is(grad((x: Tensor) => mul(x, x))(t(3)).item(), 6);
  assert.is(grad((x: Tensor) => add(x, x))(t(3)).item(), 2);
});

test('grad: a function that returns its argument has gradient 1', () => {
  assert.is(grad((x: Tensor) => x)(t(7)).item(), 1);
});

test('grad: a function that returns a constant or a captured tensor has gradient 0', () => {
  const outer = t(5);
  assert.is(grad((_: Tensor) => t(3))(t(7)).item(), 0);
  assert.is(grad((_: Tensor) => outer)(t(7)).item(), 0);
  assert.is(valueAndGrad((_: Tensor) => outer)(t(7))[0].item(), 5);
});

test('grad: a captured tensor is a constant to the inner derivative and a variable to the outer', () => {
  const y = grad((x: Tensor) => grad((z: Tensor) => mul(mul(x, x), z))(t(1)))(t(3));
  assert.is(y.item(), 6);
});

test('grad: stopGradient makes a constant', () => {
  assert.is(grad((x: Tensor) => mul(x, stopGradient(x)))(t(3)).item(), 3);
});

test('grad: values may be read inside, so that data decides the path', () => {
  const f = (x: Tensor): Tensor => (x.item() > 0 ? mul(x, x) : neg(x));
  assert.is(grad(f)(t(3)).item(), 6);
  assert.is(grad(f)(t(-3)).item(), -1);
  assert.is(grad(grad(f))(t(3)).item(), 2);
});

test('grad: float32 stays float32', () => {
  const [value, gradient] = valueAndGrad((x: Tensor) => sum(mul(x, x)))(tensor([1, 2]));
  assert.equal([value.dtype, gradient.dtype], ['float32', 'float32']);
});

test('grad: through a cast the gradient has the element type of its input', () => {
  const gradient = grad((x: Tensor) => sum(mul(cast(x, 'float64'), t([3, 4]))))(tensor([1, 2]));
  assert.equal([gradient.dtype, gradient.toArray()], ['float32', [3, 4]]);
});

test('vjp: integers among the arguments are constants with zero cotangent', () => {
  const [, pullback] = vjp(
    (x: Tensor, n: Tensor) => mul(x, cast(n, 'float64')),
    t([1, 2]),
    tensor([3, 4], { dtype: 'int32' }),
  );
  const [dx, dn] = pullback(t([1, 1]));
  assert.equal([dx.toArray(), dn.toArray(), dn.dtype], [[3, 4], [0, 0], 'int32']);
});

test('vjp: the value is a tree, the pullback takes one like it', () => {
  const f = (x: Tensor) => ({ double: mul(x, 2), parts: [x, mul(x, x)] });
  const [value, pullback] = vjp(f, t([1, 2]));
  assert.equal(numbers(value), {
    double: [2, 4],
    parts: [
      [1, 2],
      [1, 4],
    ],
  });
  assert.equal(pullback({ double: t([1, 0]), parts: [t([10, 0]), t([100, 100])] })[0].toArray(), [212, 400]);
});

test('vjp: pulling twice gives the same bits', () => {
  const [y, pullback] = vjp((x: Tensor) => sin(mul(exp(x), x)), t([0.1, 0.2, 0.3]));
  const g = mul(y, 1.1);
  sameBits(pullback(g), pullback(g));
});

test('vjp: zero-length axes and rank 0 pass through', () => {
  const [y, pullback] = vjp((x: Tensor) => mul(x, x), t([]));
  assert.equal([y.shape, pullback(y)[0].shape], [[0], [0]]);
  assert.is(grad((x: Tensor) => sum(x))(t([])).size, 0);
  assert.is(grad((x: Tensor) => reshape(reshape(x, [1, 1]), []))(t(2)).item(), 1);
});
