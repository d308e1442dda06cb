/** Which loops are the same code: those that compute the same, whoever's rules they hold, and only those. */
import { compile, customVjp } from '../../../autograd/index.js';
import { keyOf } from '../../../core/backends/common/key.js';
import { withScope } from '../../../core/base/scope.js';
import { bind } from '../../../core/dispatch/interpreter.js';
import { trace } from '../../../core/dispatch/trace.js';
import { add, cond, mul, scan, type Tensor, take, tensor } from '../../../core/index.js';
import { define, type Primitive } from '../../../core/program/primitive.js';
import type { Aval } from '../../../core/program/program.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const double = (values: number | readonly number[]): Tensor => tensor(values as number[], { dtype: 'float64' });

test('scan: a body with a derivative rule made anew is the same code as before', () => {
  const keys = [2, 3].map((factor) => {
    const rule = customVjp(
      (x: Tensor) => mul(x, x) as Tensor,
      (x: Tensor) => [mul(x, x) as Tensor, x],
      (x: Tensor, g: Tensor) => [mul(g, mul(x, factor)) as Tensor],
    );
    return keyOf(
      trace((c: Tensor, xs: Tensor) => scan((s: Tensor, x: Tensor) => [add(rule(s), x), s], c, xs))(
        double(1),
        double([1, 2]),
      ),
    );
  });
  assert.ok(keys[0] !== null);
  assert.is(keys[0], keys[1]);
});

test('scan: an error within a body names the layer in which that loop stands, eagerly and compiled', () => {
  const table = double([1, 2, 3]);
  const looked =
    (layer: string) =>
    (indices: Tensor): Tensor =>
      withScope(layer, () =>
        scan((c: Tensor, i: Tensor) => [add(c, take(table, i)) as Tensor, null], double(0), indices),
      )[0];
  const indices = tensor([0, 7], { dtype: 'int32' });
  for (const layer of ['first', 'second'])
    for (const f of [looked(layer), compile(looked(layer))])
      assert.throws(
        () => f(indices),
        ({ message }) => message.startsWith(`take (${layer}):`),
      );
});

test('scan, cond: primitives of one name in their bodies stay what they are', () => {
  const times = (factor: number): Primitive =>
    define<readonly [Tensor]>()({
      name: 'times',
      family: 'unary',
      docs: 'y = factor·x',
      saves: 'none',
      infer: ([x]) => x as Aval,
      forward: (out, [x]) => {
        x?.data.forEach((value, i) => {
          out.data[i] = Number(value) * factor;
        });
      },
      vjp: [null],
      jvp: 'linear',
      batch: ({ x: [x], primitive }) => bind(primitive, [x], null),
    }) as Primitive;
  const [two, three] = [times(2), times(3)];
  const looped = (by: Primitive): Tensor =>
    scan((c: Tensor) => [bind(by, [c], null), null], double(1), null, { length: 2 })[0];
  const branched = (by: Primitive, x: Tensor): Tensor =>
    cond(
      tensor(true),
      (y: Tensor) => bind(by, [y], null),
      (y: Tensor) => y,
      x,
    );
  const both = (x: Tensor): readonly Tensor[] => [branched(two, x), branched(three, x)];
  assert.equal(
    [two, three].map((by) => looped(by).item()),
    [4, 9],
  );
  for (const f of [both, compile(both)])
    assert.equal(
      f(double(1)).map((y) => y.item()),
      [2, 3],
    );
});
