/** Solutions of differential equations against closed forms, with derivatives through the steps and by the adjoint equation. */
import { compile, grad, jvp, odeint, vmap } from '../../../autograd/index.js';
import { cos, mul, neg, reshape, sin, slice, sum, type Tensor, tensor } from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { test } from '../../runner/testing.js';

const double = (values: unknown): Tensor => tensor(values as number[], { dtype: 'float64' });
const at = (ys: Tensor, k: number): Tensor => reshape(slice(ys, [[k, k + 1]]), []) as Tensor;

for (const gradient of ['steps', 'adjoint'] as const) {
  const options = { relative: 1e-10, absolute: 1e-10, gradient };

  test(`odeint (${gradient}): decay has the derivatives of e⁻ᵗ to its start, its times and its rate`, () => {
    const ts = double([0, 0.3, 0.5]);
    const total = (y: Tensor, times: Tensor): Tensor =>
      sum(odeint((u: Tensor) => neg(u) as Tensor, y, times, options)) as Tensor;
    const ys = odeint((u: Tensor) => neg(u) as Tensor, double(1), ts, options);
    assertClose(ys, double([1, Math.exp(-0.3), Math.exp(-0.5)]), 1e-8);
    const sums = 1 + Math.exp(-0.3) + Math.exp(-0.5);
    assertClose(grad(total)(double(1), ts), double(sums), 1e-8);
    assertClose(compile(grad(total))(double(1), ts), double(sums), 1e-8);
    const slopes = [Math.exp(-0.3) + Math.exp(-0.5), -Math.exp(-0.3), -Math.exp(-0.5)];
    assertClose(grad(total, { argnums: 1 })(double(1), ts), double(slopes), 1e-8);
  });

  test(`odeint (${gradient}): backwards in time, over nothing, and with what the right side closes over`, () => {
    const decay = (p: Tensor): Tensor =>
      odeint((y: Tensor) => neg(mul(p, y)) as Tensor, double(1), double([1, 0.5, 0]), options);
    assertClose(decay(double(2)), double([1, Math.E, Math.E ** 2]), 1e-8);
    assertClose(grad((p: Tensor) => sum(decay(p)) as Tensor)(double(2)), double(Math.E / 2 + Math.E ** 2), 1e-7);
    const growth = (p: Tensor, y: Tensor, ts: Tensor): Tensor =>
      odeint((u: Tensor) => mul(p, u) as Tensor, y, ts, options);
    const nowhere = double([1, 1]);
    assert.equal(growth(double(3), double(2), nowhere).toArray(), [2, 2]);
    const both = (p: Tensor, y: Tensor): Tensor => sum(growth(p, y, nowhere)) as Tensor;
    assert.equal(
      [0, 1].map((argnums) => grad(both, { argnums })(double(3), double(2)).item()),
      [0, 2],
    );
    const second = (ts: Tensor): Tensor => at(growth(double(3), double(2), ts), 1);
    assert.equal(grad(second)(nowhere).toArray(), [-6, 6]);
    const toOne = (p: Tensor): Tensor => at(growth(p, double(1), double([0, 1])), 1);
    assertClose(grad(toOne)(double(1)), double(Math.E), 1e-8);
  });

  test(`odeint (${gradient}): an oscillator as a tree, forced in time`, () => {
    // x″ = −x + cos 2t has x = (4/3)cos t − (1/3)cos 2t from x = 1, x′ = 0.
    const f = ({ x, v }: { x: Tensor; v: Tensor }, t: Tensor) => ({
      x: v,
      v: mul(neg(x), 1).add(cos(mul(t, 2))) as Tensor,
    });
    const times = [0, 0.7, 0.7, 2, 3.5];
    const { x } = odeint(f, { x: double([1]), v: double([0]) }, double(times), options);
    assertClose(x, double(times.map((t) => [(4 * Math.cos(t) - Math.cos(2 * t)) / 3])), 1e-7);
  });
}

test('odeint: forward derivatives and batches', () => {
  const f = (p: Tensor): Tensor =>
    at(
      odeint((y: Tensor) => mul(p, sin(y)) as Tensor, double(1), double([0, 1])),
      1,
    );
  const slope = grad(f)(double(0.5));
  assertClose(jvp(f, [double(0.5)], [double(1)])[1], slope, 1e-7);
  assertClose(vmap(f)(double([0.5, -0.2])), double([f(double(0.5)).item(), f(double(-0.2)).item()]), 1e-7);
});

test('odeint: too many steps are an error that names it', () => {
  assert.throws(
    () => odeint((y: Tensor) => mul(y, y) as Tensor, double(1), double([0, 2]), { maxSteps: 50 }),
    /^ArgumentError: odeint.*maxSteps|maxSteps/,
  );
});
