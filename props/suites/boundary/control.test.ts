/** Boundary points of loops and branches. */
import { checkpoint, compile, grad, jvp, vmap } from '../../../autograd/index.js';
import { referenceBackend } from '../../../core/backends/reference/backend.js';
import {
  add,
  cast,
  cond,
  div,
  dynamicSlice,
  dynamicUpdateSlice,
  forLoop,
  greater,
  less,
  log,
  mul,
  reshape,
  scan,
  sin,
  sqrt,
  sub,
  sum,
  switchCase,
  type Tensor,
  take,
  tensor,
  whileLoop,
  zeros,
} from '../../../core/index.js';
import { onBackend } from '../../laws/backend.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const double = (values: number | readonly number[]): Tensor => tensor(values as number[], { dtype: 'float64' });
const whole = (values: number | readonly number[]): Tensor => tensor(values as number[], { dtype: 'int32' });

/** A test on both backends. */
const everywhere = (name: string, body: () => void): void =>
  test(name, () => {
    body();
    onBackend(referenceBackend, body);
  });

/** Numbers of the values of an eager call, and of the same compiled. */
const both = (f: (...x: Tensor[]) => unknown, ...args: Tensor[]): unknown[] => {
  const shown = (value: unknown): unknown => JSON.parse(JSON.stringify(value)).data;
  return [f, compile(f)].map((g) => shown(g(...args)));
};

const twice = <T>(x: T): T[] => [x, x];

const logAbove = (x: Tensor): Tensor =>
  cond(
    greater(x, 0) as Tensor,
    (y: Tensor) => log(y) as Tensor,
    (y: Tensor) => mul(y, 0) as Tensor,
    x,
  );

everywhere('cond under vmap, the branch not taken: neither its NaN nor its error reaches value or gradient', () => {
  const x = double([2, 0]);
  assert.equal(both(vmap(logAbove) as () => unknown, x), twice([Math.log(2), 0]));
  assert.equal(both(vmap(grad(logAbove)) as () => unknown, x), twice([0.5, 0]));
  assert.equal(both(grad((y: Tensor) => sum(vmap(logAbove)(y)) as Tensor) as () => unknown, x), twice([0.5, 0]));
  const table = double([10, 20]);
  const looked = (i: Tensor): Tensor =>
    cond(
      less(i, 2) as Tensor,
      (k: Tensor) => take(table, k) as Tensor,
      () => double(-1),
      i,
    );
  assert.equal(both(vmap(looked) as () => unknown, whole([1, 5, 0])), twice([20, -1, 10]));
});

everywhere('switchCase, an index out of range: the branch at that end', () => {
  const f = (i: Tensor, x: Tensor): Tensor =>
    switchCase(
      i,
      [(y: Tensor) => mul(y, y), (y: Tensor) => mul(y, mul(y, y)), (y: Tensor) => sin(y)] as ((y: Tensor) => Tensor)[],
      x,
    );
  const indices = whole([2, 0, -1, 7]);
  const values = [Math.sin(2), 4, 4, Math.sin(2)];
  assert.equal(
    [2, 0, -1, 7].map((i) => f(whole(i), double(2)).item()),
    values,
  );
  assert.equal(both(vmap(f, { in: [0, null] }) as () => unknown, indices, double(2)), twice(values));
  const slopes = vmap(grad(f, { argnums: 1 }), { in: [0, null] })(indices, double(2)) as Tensor;
  assert.equal(slopes.toArray(), [Math.cos(2), 4, 4, Math.cos(2)]);
});

everywhere('dynamicSlice, dynamicUpdateSlice, a start out of range: the block is moved inside', () => {
  const p = double([10, 20, 30, 40]);
  assert.equal(dynamicSlice(p, [3], [2]).toArray(), [30, 40]);
  assert.equal(dynamicSlice(p, [-5], [2]).toArray(), [10, 20]);
  const total = (start: Tensor, x: Tensor): Tensor =>
    sum(dynamicSlice(x, reshape(start, [1]) as Tensor, [2])) as Tensor;
  assert.equal(grad(total, { argnums: 1 })(whole(3), p).toArray(), [0, 0, 1, 1]);
  const mapped = (x: Tensor): Tensor => sum(vmap((start: Tensor) => total(start, x))(whole([1, 3]))) as Tensor;
  assert.equal(grad(mapped)(p).toArray(), [0, 1, 2, 1]);
  assert.equal(dynamicUpdateSlice(p, double([7, 8]), [9]).toArray(), [10, 20, 7, 8]);
});

everywhere('scan, forLoop of no rounds: the first carry, and outputs of length 0', () => {
  const run = (init: Tensor, w: Tensor, xs: Tensor): readonly [Tensor, Tensor] =>
    scan((c: Tensor, x: Tensor) => [add(mul(c, w), x) as Tensor, c] as const, init, xs);
  const none = zeros([0], 'float64');
  const [carry, ys] = run(double(2), double(3), none);
  assert.equal([carry.item(), ys.shape, ys.dtype], [2, [0], 'float64']);
  const [toInit, toWeight, toXs] = grad((i: Tensor, w: Tensor, xs: Tensor) => run(i, w, xs)[0], { argnums: [0, 1, 2] })(
    double(2),
    double(3),
    none,
  ) as readonly [Tensor, Tensor, Tensor];
  assert.equal([toInit.item(), toWeight.item(), toXs.shape], [1, 0, [0]]);
  assert.is(forLoop(0, 0, (_, x: Tensor) => mul(x, 2) as Tensor, double(5)).item(), 5);
});

everywhere(
  'scan, a carry that begins without a derivative: it has one from the round on in which it depends on something',
  () => {
    const f =
      (length: number) =>
      (x: Tensor): Tensor =>
        scan(
          ([p, q]: readonly [Tensor, Tensor, Tensor]) => [[p, p, q], null] as const,
          [x, double(0), double(0)] as const,
          null,
          {
            length,
          },
        )[0][2];
    assert.equal(
      [1, 2, 3].map((n) => [
        f(n)(double(5)).item(),
        grad(f(n))(double(5)).item(),
        jvp(f(n), [double(5)], [double(1)])[1].item(),
      ]),
      [
        [0, 0, 0],
        [5, 1, 1],
        [5, 1, 1],
      ],
    );
    const filter = (a: Tensor): readonly [Tensor, Tensor] =>
      scan(
        (c: Tensor, x: Tensor) => {
          const next = add(mul(a, c), x) as Tensor;
          return [next, next] as const;
        },
        double(0),
        double([1, 2, 3]),
      );
    assert.equal(filter(double(0.5))[1].toArray(), [1, 2.5, 4.25]);
    assert.is(grad((a: Tensor) => filter(a)[0])(double(0.5)).item(), 3);
    assert.is(grad((a: Tensor) => sum(filter(a)[1]) as Tensor)(double(0.5)).item(), 4);
  },
);

everywhere('scan, integers beside floats in the carry: they stay integers, and take no derivative', () => {
  const run = (x: Tensor): readonly [readonly [Tensor, Tensor], Tensor] =>
    scan(
      ([i, s]: readonly [Tensor, Tensor]) => {
        const next = add(i, 1) as Tensor;
        return [[next, mul(s, cast(next, 'float64')) as Tensor] as const, i] as const;
      },
      [whole(0), x] as const,
      null,
      { length: 3 },
    );
  const [[i, s], ys] = run(double(2));
  assert.equal([i.item(), i.dtype, s.item(), ys.toArray(), ys.dtype], [3, 'int32', 12, [0, 1, 2], 'int32']);
  assert.is(grad((x: Tensor) => run(x)[0][1])(double(2)).item(), 6);
});

everywhere('scan, reverse: an output stands at the place of its input', () => {
  const run = (xs: Tensor): readonly [Tensor, Tensor] =>
    scan((c: Tensor, x: Tensor) => [add(mul(c, 2), x) as Tensor, c] as const, double(0), xs, { reverse: true });
  const [carry, ys] = run(double([1, 2, 3]));
  assert.equal([carry.item(), ys.toArray()], [17, [8, 3, 0]]);
  assert.equal(grad((xs: Tensor) => run(xs)[0])(double([1, 2, 3])).toArray(), [1, 2, 4]);
});

everywhere('whileLoop under vmap, an example that is done: its value and its tangent do not change any more', () => {
  const f = (x: Tensor): Tensor =>
    whileLoop(
      (v: Tensor) => less(v, 10) as Tensor,
      (v: Tensor) => mul(v, 2) as Tensor,
      x,
      { maxSteps: 10 },
    );
  const x = double([1, 3, 20]);
  assert.equal(both(vmap(f) as () => unknown, x), twice([16, 12, 20]));
  const [, tangents] = jvp((y: Tensor) => vmap(f)(y), [x], [double([1, 1, 1])]);
  assert.equal(tangents.toArray(), [16, 4, 1]);
  assert.equal(both(vmap(grad(f)) as () => unknown, x), twice([16, 4, 1]));
  assert.equal(both(grad((y: Tensor) => sum(vmap(f)(y)) as Tensor) as () => unknown, x), twice([16, 4, 1]));
  const table = double([1, 2, 4]);
  // The one that is done first would read beyond the table if it went on.
  const walked = (start: Tensor): Tensor =>
    whileLoop(
      ([i]: readonly [Tensor, Tensor]) => less(i, 3) as Tensor,
      ([i, s]: readonly [Tensor, Tensor]) => [add(i, 1) as Tensor, add(s, take(table, i)) as Tensor] as const,
      [start, double(0)] as const,
    )[1];
  assert.equal(both(vmap(walked) as () => unknown, whole([2, 0, 1])), twice([4, 7, 6]));
});

everywhere('whileLoop, more rounds than maxSteps: an error, or what there is by then', () => {
  const f =
    (onLimit: 'throw' | 'return') =>
    (x: Tensor): Tensor =>
      whileLoop(
        (v: Tensor) => less(v, 10) as Tensor,
        (v: Tensor) => div(add(v, v), 1) as Tensor,
        x,
        { maxSteps: 2, onLimit },
      );
  for (const run of [f('throw'), compile(f('throw'))])
    assert.throws(() => run(double(1)), /still holds after 2 rounds; raise maxSteps/);
  assert.equal(both(f('return') as () => unknown, double(1)).map(Number), [4, 4]);
  assert.is(grad(f('return'))(double(1)).item(), 4);
  assert.throws(
    () =>
      grad((x: Tensor) =>
        whileLoop(
          (v: Tensor) => less(v, 10) as Tensor,
          (v: Tensor) => mul(v, 2) as Tensor,
          x,
        ),
      )(double(1)),
    /nothing says how many there may be; name the greatest number of rounds, \{ maxSteps \}/,
  );
});

everywhere(
  'a result of a loop, a branch or a call that nothing reads: nothing flows back from it, even where its derivative is infinite',
  () => {
    type Pair = readonly [Tensor, Tensor];
    const pair = ([a, b]: Pair): Pair => [mul(a, 2) as Tensor, sqrt(b) as Tensor];
    const start = (x: Tensor): Pair => [x, sub(x, x) as Tensor];
    const called = compile(pair);
    const cases: readonly (readonly [slope: number, f: (x: Tensor) => Tensor])[] = [
      [4, (x) => scan((c: Pair) => [pair(c), null], start(x), null, { length: 2 })[0][0]],
      [1, (x) => sum(scan((c: Pair) => [pair(c), c[0]], start(x), null, { length: 1 })[1]) as Tensor],
      [8, (x) => whileLoop((c: Pair) => less(c[0], 10) as Tensor, pair, start(x), { maxSteps: 5 })[0]],
      [2, (x) => cond(greater(x, 0) as Tensor, pair, (c: Pair) => c, start(x))[0]],
      [2, (x) => (checkpoint((y: Tensor) => pair(start(y)))(x) as Pair)[0]],
      [2, (x) => called(start(x))[0]],
    ];
    const x = double(2);
    for (const [slope, f] of cases) {
      assert.equal(both(grad(f) as () => unknown, x).map(Number), twice(slope));
      assert.equal(both(grad((y: Tensor) => compile(f)(y)) as () => unknown, x).map(Number), twice(slope));
      assert.equal(both(vmap(grad(f)) as () => unknown, double([2, 2])), twice([slope, slope]));
    }
  },
);
