/** Compiled functions within other transforms, and derivative rules of one's own within programs. */
import { compile, customJvp, customVjp, grad, jvp, replay, trace, vmap } from '../../../autograd/index.js';
import { add, cond, greater, mul, scan, sin, sum, type Tensor, tensor } from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const double = (values: number | readonly number[]): Tensor => tensor(values as number[], { dtype: 'float64' });

/** The identity, whose way back doubles. */
const doubling = customVjp(
  (x: Tensor) => x,
  (x: Tensor) => [x, null],
  (_, g: Tensor) => [mul(g, 2) as Tensor],
);

test('customVjp: its rule holds within loops, branches, traces and batches', () => {
  const loop = (x: Tensor): Tensor => scan((c: Tensor) => [doubling(c), null] as const, x, null, { length: 3 })[0];
  const branch = (x: Tensor): Tensor =>
    cond(
      greater(x, 0) as Tensor,
      (y: Tensor) => doubling(doubling(doubling(y))),
      (y: Tensor) => y,
      x,
    );
  const replayed =
    (f: (x: Tensor) => Tensor) =>
    (x: Tensor): Tensor =>
      replay(trace(f)(x), [x])[0] as Tensor;
  const x = double([1, 2]);
  for (const f of [loop, branch, replayed(loop), replayed(branch)]) {
    assert.is(grad(f)(double(1)).item(), 8);
    assert.is(compile(grad(f))(double(1)).item(), 8);
    assert.equal(vmap(grad(f))(x).toArray(), [8, 8]);
    assert.equal(grad((y: Tensor) => sum(vmap(f)(y)) as Tensor)(x).toArray(), [8, 8]);
  }
});

test('customJvp: its rule survives a trace', () => {
  const tripled = customJvp(
    (x: Tensor) => x,
    (_, [t]) => mul(t, 3) as Tensor,
  );
  const f = (x: Tensor): Tensor => replay(trace(tripled)(x), [x])[0] as Tensor;
  assert.is(jvp(f, [double(1)], [double(1)])[1].item(), 3);
  assert.is(grad(f)(double(1)).item(), 3);
});

test('compile within grad, jvp, vmap and compile: it is traced once, stays one operation, and has the derivatives of the function', () => {
  let runs = 0;
  const w = double([0.5, -1]);
  const f = (x: Tensor): Tensor => {
    runs++;
    return sum(mul(sin(mul(x, w)), x)) as Tensor;
  };
  const compiled = compile(f);
  const x = double([1, 2]);
  const want = grad(f)(x).toArray();
  runs = 0;
  for (let i = 0; i < 3; i++) assert.equal(grad(compiled)(x).toArray(), want);
  assert.is(runs, 1);
  assert.equal(compile(grad(compiled))(x).toArray(), want);
  assert.equal(jvp(compiled, [x], [double([1, 0])])[1].item(), jvp(f, [x], [double([1, 0])])[1].item());
  const rows = double([
    [1, 2],
    [3, 4],
  ] as never);
  assert.equal(vmap(grad(compiled))(rows).toArray(), vmap(grad(f))(rows).toArray());
  const second = (g: typeof f) => grad((y: Tensor) => sum(mul(grad(g)(y), y)) as Tensor)(x).toArray();
  assert.equal(second(compiled), second(f));
  assert.ok(
    String(trace(grad(compiled))(x)).includes('call(') &&
      String(compile(grad(compiled)).programFor(x)).includes('sin('),
  );
});

test('compile within grad: what it closes over is differentiated where a transform has it', () => {
  const slope = grad((a: Tensor) => compile((x: Tensor) => mul(a, add(x, 1)) as Tensor)(double(2)))(double(5));
  assert.is(slope.item(), 3);
});
