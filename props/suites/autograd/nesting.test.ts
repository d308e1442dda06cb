/**
 * Every transform inside every other. Derivatives (`grad`, `jvp`, …) take one from the order of a known function;
 * wrappers (`checkpoint`, custom rules, `vmap`, a traced program, …) must leave it as it is.
 */

import {
  checkpoint,
  customJvp,
  customVjp,
  debugNans,
  grad,
  hvp,
  jacfwd,
  jacrev,
  jvp,
  linearize,
  replay,
  trace,
  vjp,
  vmap,
} from '../../../autograd/index.js';
import { add, mul, onesLike, reshape, sin, sum, type Tensor } from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { close, t } from './support.js';

type Scalar = (x: Tensor) => Tensor;
type Transform = (f: Scalar) => Scalar;

const derivatives: Record<string, Transform> = {
  grad: (f) => grad(f),
  'jvp with tangent 1': (f) => (x) => jvp(f, [x], [onesLike(x)])[1],
  'vjp with cotangent 1': (f) => (x) => {
    const [y, pullback] = vjp(f, x);
    return pullback(onesLike(y))[0];
  },
  jacfwd: (f) => (x) => jacfwd(f)(x) as Tensor,
  jacrev: (f) => (x) => jacrev(f)(x) as Tensor,
  'linearize at direction 1': (f) => (x) => linearize(f, x)[1](onesLike(x)),
};

const wrappers: Record<string, Transform> = {
  nothing: (f) => f,
  checkpoint: (f) => checkpoint(f),
  'checkpoint of checkpoint': (f) => checkpoint((x: Tensor) => checkpoint(f)(x)),
  customVjp: (f) =>
    customVjp(
      f,
      (x: Tensor) => [f(x), x] as const,
      (x, g) => [mul(g, jvp(f, [x], [onesLike(x)])[1])],
    ),
  customJvp: (f) => customJvp(f, ([x], [v]) => mul(v, grad(f)(x))),
  'vmap over one example': (f) => (x) => reshape(vmap(f)(reshape(x, [1])), []),
  'vmap over one example of checkpoint': (f) => (x) => reshape(vmap(checkpoint(f))(reshape(x, [1])), []),
  'a traced program': (f) => (x) => replay(trace(f)(onesLike(x)), [x])[0] ?? x,
  debugNans: (f) => debugNans(f),
};

/** dᵏ/dxᵏ sin(3x + 1) = 3ᵏ sin(3x + 1 + kπ/2). */
const wave: Scalar = (x) => sin(add(mul(x, 3), 1));
const waveAt = (x: number, order: number): number => 3 ** order * Math.sin(3 * x + 1 + (order * Math.PI) / 2);
const at = 0.7;

for (const [outer, d1] of Object.entries(derivatives))
  for (const [inner, d2] of Object.entries(derivatives))
    test(`${outer} of ${inner}: the second derivative, whatever stands between, within and around`, () => {
      for (const [around, w1] of Object.entries(wrappers))
        for (const [between, w2] of Object.entries(wrappers)) {
          const y = w1(d1(w2(d2(w1(wave)))))(t(at));
          assert.ok(Math.abs(y.item() - waveAt(at, 2)) < 1e-11, `${around}, ${between}: ${y.item()}`);
        }
    });

for (const [name, d] of Object.entries(derivatives))
  test(`${name} of every pair of wrappers: the first derivative`, () => {
    for (const [outer, w1] of Object.entries(wrappers))
      for (const [inner, w2] of Object.entries(wrappers)) {
        const y = d(w1(w2(wave)))(t(at));
        assert.ok(Math.abs(y.item() - waveAt(at, 1)) < 1e-12, `${outer} of ${inner}: ${y.item()}`);
      }
  });

test('third derivatives: every order of three transforms agrees', () => {
  const list = Object.values(derivatives);
  for (const d1 of list)
    for (const d2 of list)
      for (const d3 of list) assert.ok(Math.abs(d1(d2(d3(wave)))(t(at)).item() - waveAt(at, 3)) < 1e-10);
});

test('vmap of every derivative: one derivative an example', () => {
  const points = [-1, 0, 0.4];
  for (const d of Object.values(derivatives))
    for (const w of Object.values(wrappers)) close(vmap(d(w(wave)))(t(points)), t(points.map((x) => waveAt(x, 1))));
});

test('every derivative of a sum over vmap: one derivative an element', () => {
  const points = [-1, 0, 0.4];
  for (const w of Object.values(wrappers))
    close(grad((x: Tensor) => sum(vmap(w(wave))(x)))(t(points)), t(points.map((x) => waveAt(x, 1))));
});

test('vmap of vmap: rows and columns', () => {
  const table = vmap((x: Tensor) => vmap((y: Tensor) => mul(x, y))(t([1, 2, 3])))(t([1, 10]));
  assert.equal(table.toArray(), [
    [1, 2, 3],
    [10, 20, 30],
  ]);
});

test('hvp inside grad: the third derivative of a sum of cubes', () => {
  const cubes = (x: Tensor): Tensor => sum(mul(x, mul(x, x)));
  const y = grad((x: Tensor) => sum(hvp(cubes, [x], [t([1, 2])])[0]))(t([3, 4]));
  assert.equal(y.toArray(), [6, 12]);
});

test('perturbation confusion: d/dx [x · d/dy (x + y)] = 1, in every pair of derivatives', () => {
  for (const d1 of Object.values(derivatives))
    for (const d2 of Object.values(derivatives))
      assert.is(d1((x) => mul(x, d2((y) => add(x, y))(t(5))))(t(3)).item(), 1);
});

test('perturbation confusion: d/dx [x · d/dy (x · y)] = 2x, in every pair of derivatives and wrappers', () => {
  for (const d1 of Object.values(derivatives))
    for (const d2 of Object.values(derivatives))
      for (const w of [wrappers.checkpoint, wrappers['vmap over one example'], wrappers.debugNans])
        assert.is(d1((x) => mul(x, d2((w ?? ((f) => f))((y) => mul(x, y)))(t(5))))(t(3)).item(), 6);
});
