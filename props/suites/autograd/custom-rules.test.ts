/** customVjp and customJvp: the rule is used, wherever the function stands. */

import {
  customJvp,
  customVjp,
  grad,
  hessian,
  jvp,
  linearize,
  valueAndGrad,
  vjp,
  vmap,
} from '../../../autograd/index.js';
import {
  add,
  cast,
  exp,
  log1p,
  matmul,
  mul,
  round,
  sigmoid,
  sin,
  stack,
  sum,
  type Tensor,
  tensor,
} from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { close, errorOf, numbers, sameBits, t } from './support.js';

/** x², with a wrong derivative on purpose (3x instead of 2x), so that one sees whether the rule was used. */
const squareByVjp = customVjp(
  (x: Tensor) => mul(x, x),
  (x: Tensor) => [mul(x, x), { x, note: 'kept' }] as const,
  ({ x, note }, g) => [note === 'kept' ? mul(g, mul(x, 3)) : null],
);
const squareByJvp = customJvp(
  (x: Tensor) => mul(x, x),
  ([x], [v]) => mul(v, mul(x, 3)),
);

for (const [name, square] of [
  ['customVjp', squareByVjp],
  ['customJvp', squareByJvp],
] as const) {
  test(`${name}: reverse and forward mode follow the rule`, () => {
    assert.is(grad(square)(t(5)).item(), 15);
    assert.is(jvp(square, [t(5)], [t(2)])[1].item(), 30);
    assert.is(linearize(square, t(5))[1](t(2)).item(), 30);
  });

  test(`${name}: the value is that of the function`, () => {
    sameBits(valueAndGrad(square)(t(5))[0], square(t(5)));
    sameBits(jvp(square, [t(5)], [t(2)])[0], square(t(5)));
  });

  test(`${name}: vmap keeps the rule, within and around the derivative`, () => {
    assert.equal(grad((x: Tensor) => sum(vmap(square)(x)))(t([1, 2])).toArray(), [3, 6]);
    assert.equal(vmap(grad(square))(t([1, 2])).toArray(), [3, 6]);
    assert.equal(jvp(vmap(square), [t([1, 2])], [t([1, 1])])[1].toArray(), [3, 6]);
    const nested = (x: Tensor): Tensor => sum(vmap(vmap(square))(x));
    assert.equal(
      grad(nested)(
        t([
          [1, 2],
          [3, 4],
        ]),
      ).toArray(),
      [
        [3, 6],
        [9, 12],
      ],
    );
  });

  test(`${name}: the second derivative is that of the rule, in every order`, () => {
    assert.is(grad(grad(square))(t(5)).item(), 3);
    assert.is(hessian(square)(t(5)).item(), 3);
    assert.is(jvp((x: Tensor) => jvp(square, [x], [t(1)])[1], [t(5)], [t(1)])[1].item(), 3);
    assert.is(grad((x: Tensor) => jvp(square, [x], [t(1)])[1])(t(5)).item(), 3);
  });

  test(`${name}: an outer derivative sees the rule in the value too, not what the function did`, () => {
    // d/dx of (value + inner gradient) = 3x + 3
    const f = (x: Tensor): Tensor => {
      const [value, gradient] = valueAndGrad(square)(x);
      return add(value, gradient);
    };
    assert.is(grad(f)(t(5)).item(), 18);
    assert.is(jvp(f, [t(5)], [t(1)])[1].item(), 18);
  });

  test(`${name}: an unbatched argument under vmap receives the sum over the batch`, () => {
    const f = (x: Tensor): Tensor => sum(vmap((n: Tensor) => mul(n, square(x)))(t([1, 10])));
    assert.is(grad(f)(t(5)).item(), 165);
  });
}

test('customVjp: several arguments, trees, integers and plain values among them', () => {
  interface Params {
    w: Tensor;
    b: Tensor;
  }
  const f = (p: Params, x: Tensor, n: Tensor, power: number): { y: Tensor } => ({
    y: mul(add(mul(p.w, x), p.b), mul(cast(n, 'float64'), power)),
  });
  const ruled = customVjp(
    f,
    (p: Params, x: Tensor, n: Tensor, power: number) => [f(p, x, n, power), { p, x, n, power }] as const,
    ({ p, x, n, power }, { y: g }) => {
      const scaled = mul(g, mul(cast(n, 'float64'), power));
      return [{ w: mul(scaled, x), b: null }, mul(scaled, p.w), null, undefined];
    },
  );
  const n = tensor(2, { dtype: 'int32' });
  const args = [{ w: t(3), b: t(4) }, t(5), n, 10] as const;
  assert.equal(numbers(ruled(...args)), { y: 380 });
  const [dp, dx] = grad((p: Params, x: Tensor) => ruled(p, x, n, 10).y, { argnums: [0, 1] })(args[0], args[1]);
  assert.equal([numbers(dp), dx.item()], [{ w: 100, b: 0 }, 60]);
  const tangent = jvp((p: Params, x: Tensor) => ruled(p, x, n, 10).y, [args[0], args[1]], [{ w: t(1), b: t(7) }, t(1)]);
  assert.is(tangent[1].item(), 160);
});

test('customVjp: an output that nobody uses has cotangent zero', () => {
  const pair = customVjp(
    (x: Tensor) => [x, mul(x, x)] as const,
    (x: Tensor) => [[x, mul(x, x)] as const, x] as const,
    (x, [g0, g1]) => [add(g0, mul(g1, mul(x, 2)))],
  );
  assert.is(grad((x: Tensor) => pair(x)[0])(t(3)).item(), 1);
  assert.is(grad((x: Tensor) => pair(x)[1])(t(3)).item(), 6);
  assert.is(grad((x: Tensor) => add(...(pair(x) as readonly [Tensor, Tensor])))(t(3)).item(), 7);
});

test('customVjp: a straight-through estimator rounds forwards and is the identity backwards, at every order', () => {
  const rounded = customVjp(
    (x: Tensor) => round(x),
    (x: Tensor) => [round(x), null] as const,
    (_, g) => [g],
  );
  assert.is(grad((x: Tensor) => mul(rounded(x), x))(t(2.25)).item(), 4.25);
  assert.is(grad(grad((x: Tensor) => mul(rounded(x), rounded(x))))(t(2.25)).item(), 2);
});

test('customJvp: log(1 + eˣ) keeps its derivative where the plain one overflows', () => {
  const plain = (x: Tensor): Tensor => log1p(exp(x));
  const ruled = customJvp(plain, ([x], [v]) => mul(v, sigmoid(x)));
  assert.ok(Number.isNaN(grad(plain)(t(1000)).item()));
  assert.is(grad(ruled)(t(1000)).item(), 1);
  assert.is(grad(grad(ruled))(t(1000)).item(), 0);
  close(grad(ruled)(t(1)), grad(plain)(t(1)));
});

test('customJvp: the rule may read the value', () => {
  const ruled = customJvp(
    (x: Tensor) => exp(x),
    (_, [v], y) => mul(v, y),
  );
  assert.is(grad(ruled)(t(1)).item(), Math.E);
  close(hessian(ruled)(t(1)), t(Math.E));
  close(vmap(hessian(ruled))(t([0, 1])), t([1, Math.E]));
});

test('customJvp: several arguments, and a linear map with its transpose found by itself', () => {
  const product = customJvp(
    (a: Tensor, b: Tensor) => matmul(a, b),
    ([a, b], [da, db]) => add(matmul(da, b), matmul(a, db)),
  );
  const a = t([
    [1, 2],
    [3, 4],
  ]);
  const b = t([
    [5, 6],
    [7, 8],
  ]);
  const [, pullback] = vjp(product, a, b);
  const [, plain] = vjp((x: Tensor, y: Tensor): Tensor => matmul(x, y), a, b);
  close(
    pullback(
      t([
        [1, 0],
        [2, 1],
      ]),
    ),
    plain(
      t([
        [1, 0],
        [2, 1],
      ]),
    ),
  );
});

test('customJvp: a tangent that is not like the value is an error', () => {
  const wrong = customJvp(
    (x: Tensor) => sin(x),
    (_, [v]) => sum(v),
  );
  assert.is(
    errorOf(() => jvp(wrong, [t([1, 2])], [t([1, 1])])),
    'ShapeError: customJvp: the tangent at the root has another shape than its value (shapes [] · [2]); give them the same shape; broadcastTo() stretches',
  );
});

test('custom rules: outside any transform the plain function runs, and nothing else', () => {
  let rules = 0;
  const f = customVjp(
    (x: Tensor) => mul(x, 2),
    (x: Tensor) => {
      rules++;
      return [mul(x, 2), null] as const;
    },
    (_, g) => [g],
  );
  assert.equal([f(t(3)).item(), rules], [6, 0]);
});

/** What rules give in plain JavaScript. */
type AnyRule = (...given: readonly unknown[]) => never;

test('customVjp: null, and only null, is a zero cotangent; anything else of another structure is a TreeError', () => {
  const gradientWith = (rule: () => unknown): string | number[] => {
    const f = customVjp(
      (x: Tensor, tree: { readonly w: Tensor; readonly list: readonly [Tensor, Tensor] }) => add(x, tree.w),
      (x, tree) => [add(x, tree.w), null] as const,
      rule as AnyRule,
    );
    try {
      const [g, { w, list }] = grad((x: Tensor, tree: { w: Tensor; list: [Tensor, Tensor] }) => f(x, tree), {
        argnums: [0, 1],
      })(t(1), { w: t(2), list: [t(3), t(4)] });
      return [g, w, ...list].map((x) => x.item());
    } catch (error) {
      return (error as Error).name;
    }
  };
  const g = t(7);
  assert.equal(
    gradientWith(() => [g, { w: g, list: [g, null] }]),
    [7, 7, 7, 0],
  );
  assert.equal(
    gradientWith(() => [null, { w: null, list: null }]),
    [0, 0, 0, 0],
  );
  assert.equal(
    gradientWith(() => [g, null]),
    [7, 0, 0, 0],
  );
  const tree = { w: g, list: [g, g] };
  const malformed: Readonly<Record<string, unknown>> = {
    'a bare tensor': g,
    null: null,
    undefined: undefined,
    'one too few': [g],
    'one too many': [g, tree, g],
    'an object for the list': { 0: g, 1: tree },
    'a tensor for a tree': [g, g],
    'a list for a tree': [g, [g, g]],
    'undefined for a tensor': [undefined, tree],
    'false for a tensor': [false, tree],
    'zero for a tensor': [0, tree],
    'a missing key': [g, { list: [g, g] }],
    'a key too many': [g, { ...tree, v: g }],
    'a shorter list': [g, { w: g, list: [g] }],
    'a longer list': [g, { w: g, list: [g, g, null] }],
    'a list within a list': [[g], tree],
  };
  for (const [name, returned] of Object.entries(malformed))
    assert.is(
      gradientWith(() => returned),
      'TreeError',
      name,
    );
  assert.is(
    gradientWith(() => [t([7, 7]), tree]),
    'GradientError',
  );
  assert.is(
    gradientWith(() => Promise.resolve([g, tree])),
    'GradientError',
  );
});

test('customVjp: in forward mode a malformed cotangent is an error, too', () => {
  const f = customVjp(
    (x: Tensor) => x,
    (x: Tensor) => [x, x] as const,
    ((_: unknown, g: Tensor) => g) as AnyRule,
  );
  assert.match(
    errorOf(() => jvp(f, [t(1)], [t(1)])),
    'TreeError: customVjp: the backward rule gave a tensor of shape [] for the arguments, not a list of 1',
  );
});

test('customVjp: a forward function that gives no pair is an error', () => {
  const f = customVjp(
    (x: Tensor) => x,
    ((x: Tensor) => x) as AnyRule,
    (_: unknown, g: Tensor) => [g] as const,
  );
  assert.match(
    errorOf(() => grad(f)(t(1))),
    'TreeError: customVjp: the forward function returned a tensor of shape [], not [value, residuals]',
  );
});

test('customJvp: a tangent that is not like the value is an error', () => {
  const tangentWith = (rule: () => unknown): string =>
    errorOf(() =>
      jvp(
        customJvp((x: Tensor) => [x, mul(x, 2)] as const, rule as AnyRule),
        [t(1)],
        [t(1)],
      ),
    );
  const g = t(1);
  assert.is(
    tangentWith(() => [g, g]),
    'no error',
  );
  for (const returned of [g, null, undefined, 0, [g], [g, g, g], [g, g, null], [g, null], { 0: g, 1: g }, [g, 0]])
    assert.match(
      tangentWith(() => returned),
      /^TreeError: customJvp: /,
    );
  assert.match(
    tangentWith(() => [g, t([1, 2])]),
    /^ShapeError: customJvp: /,
  );
  assert.match(
    tangentWith(() => [g, cast(g, 'float32')]),
    /^DtypeError: customJvp: /,
  );
});

test('vjp and jvp: what is given for a value must be like it, lists to their last null', () => {
  const f = (x: Tensor): readonly [Tensor, null] => [x, null];
  const [, pull] = vjp(f as (x: Tensor) => readonly unknown[], t(1));
  for (const cotangent of [t(1), [t(1)], [t(1), null, null], [null, null], null, [t(1), t(1)], { 0: t(1) }])
    assert.match(
      errorOf(() => pull(cotangent as readonly unknown[])),
      /^TreeError: vjp: /,
    );
  assert.is((pull([t(3), null])[0] as Tensor).item(), 3);
});

test('customVjp: a forward function whose value is another than the function gives is refused', () => {
  const doubled = customVjp(
    (x: Tensor): Tensor => x,
    (x: Tensor) => [stack([x, x]), null],
    (_, g) => [sum(g)],
  );
  assert.throws(
    () => grad((x: Tensor) => sum(doubled(x)))(tensor(1)),
    /^customVjp: the forward function gave the value f32\[2\], the function itself f32\[\]; return the same value from both/,
  );
  const nested = customVjp(
    (x: Tensor): unknown => [x, x],
    (x: Tensor): readonly [unknown, null] => [[[x], x], null],
    () => [null],
  );
  assert.throws(() => vjp((x: Tensor) => nested(x) as Tensor[], tensor(1)), /gave the value \[0\]\[0\]: f32\[\]/);
});
