/** What the transforms refuse, and with which words. */

import {
  checkpoint,
  customJvp,
  customVjp,
  grad,
  hessian,
  hvp,
  jacfwd,
  jacrev,
  jvp,
  linearize,
  trace,
  vjp,
  vmap,
} from '../../../autograd/index.js';
import { add, bind, cast, concat, define, mul, sin, sum, type Tensor, tensor, zeros } from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { errorOf, t } from './support.js';

const integers = (): Tensor => tensor([1, 2], { dtype: 'int32' });

test('an integer to differentiate: named by its path, with the remedy', () => {
  const f = (p: { w: Tensor; labels: Tensor[] }): Tensor => sum(p.w);
  const tree = { w: t([1]), labels: [integers()] };
  const rest =
    "labels[0] is int32, which takes no gradient (shape [2]); close over it, leave it out of argnums, or convert it with cast(x, 'float32')";
  assert.is(
    errorOf(() => grad(f)(tree)),
    `GradientError: grad: ${rest}`,
  );
  assert.is(
    errorOf(() => jacrev(f)(tree)),
    `GradientError: jacrev: ${rest}`,
  );
  assert.is(
    errorOf(() => jacfwd(f)(tree)),
    `GradientError: jacfwd: ${rest}`,
  );
  assert.is(
    errorOf(() => hessian(f)(tree)),
    `GradientError: hessian: ${rest}`,
  );
  assert.is(
    errorOf(() => linearize(f, tree)),
    `GradientError: linearize: [0].${rest}`,
  );
});

test('a boolean to differentiate is refused like an integer', () => {
  assert.match(
    errorOf(() => grad((x: Tensor) => sum(cast(x, 'float32')))(tensor([true]))),
    'GradientError: grad: the root is bool, which takes no gradient (shape [1]); close over it',
  );
});

test('a leaf that is no tensor: named by its path', () => {
  const tree = { layers: [{ rate: 0.1 as unknown as Tensor }] };
  assert.is(
    errorOf(() => grad((_: typeof tree) => t(1))(tree)),
    'TreeError: grad: layers[0].rate is number, not a tensor; a tree holds tensors in plain objects and arrays; close over other values or turn numbers into tensors',
  );
  class Box {
    inside = t(1);
  }
  assert.match(
    errorOf(() => vjp((_: { 'a-b': Tensor }) => t(1), { 'a-b': new Box() as unknown as Tensor })),
    'TreeError: vjp: [0]["a-b"] is Box, not a tensor;',
  );
});

test('an async function: a transform ends when its function returns', async () => {
  const f = (async (x: Tensor) => mul(x, x)) as unknown as (x: Tensor) => Tensor;
  const tail =
    ': the function returned a promise; make it synchronous: await data before the transform, and read results after it';
  const attempts: Record<string, () => unknown> = {
    grad: () => grad(f)(t(1)),
    valueAndGrad: () => grad(f)(t(1)),
    vjp: () => vjp(f, t(1)),
    jvp: () => jvp(f, [t(1)], [t(1)]),
    vmap: () => vmap(f)(t([1])),
    trace: () => trace(f)(t(1)),
    checkpoint: () => checkpoint(f)(t(1)),
    customJvp: () => customJvp(f, (_, [v]) => v)(t(1)),
    customVjp: () =>
      customVjp(
        f,
        (x) => [f(x), x],
        (_, g) => [g],
      )(t(1)),
  };
  for (const [name, attempt] of Object.entries(attempts))
    assert.is(errorOf(attempt), `GradientError: ${name === 'valueAndGrad' ? 'grad' : name}${tail}`);
  await new Promise((resolve) => setTimeout(resolve));
});

test('a tensor that leaves grad is useless afterwards, and the error says where it came from', () => {
  let escaped: Tensor | null = null;
  grad((x: Tensor) => {
    escaped = mul(x, x);
    return escaped;
  })(t(3));
  assert.is(
    errorOf(() => add(escaped ?? t(0), 1)),
    'GradientError: add: a tensor from inside grad was used after that transform had ended (shape []); return it from the transformed function (see hasAux) instead of keeping it in an outer variable',
  );
});

test('a tensor that leaves vmap, jvp or trace names that transform', () => {
  const leak = (run: (f: (x: Tensor) => Tensor) => unknown): string => {
    let escaped = t(0);
    run((x) => {
      escaped = x;
      return x;
    });
    return errorOf(() => sin(escaped));
  };
  assert.match(
    leak((f) => vmap(f)(t([1]))),
    'sin: a tensor from inside vmap was used after',
  );
  assert.match(
    leak((f) => jvp(f, [t(1)], [t(1)])),
    'sin: a tensor from inside jvp was used after',
  );
  assert.match(
    leak((f) => trace(f)(t(1))),
    'sin: a tensor from inside trace was used after',
  );
  assert.match(
    leak((f) => vjp(f, t(1))),
    'sin: a tensor from inside vjp was used after',
  );
});

test('a tensor that left one grad is refused inside another', () => {
  let escaped = t(0);
  grad((x: Tensor) => {
    escaped = x;
    return x;
  })(t(1));
  assert.match(
    errorOf(() => grad((x: Tensor) => mul(x, escaped))(t(1))),
    'a tensor from inside grad was used after',
  );
});

test('reading a value inside vmap: which differs between examples', () => {
  assert.is(
    errorOf(() => vmap((x: Tensor) => (x.item() > 0 ? x : mul(x, 2)))(t([1, 2]))),
    'GradientError: item: the value is not known inside vmap (shape []); return the tensor and read it outside, or express the decision with where()',
  );
});

test('reading a value inside trace: which is not known yet, also through grad', () => {
  assert.match(
    errorOf(() => trace((x: Tensor) => mul(x, x.item()))(t(1))),
    'the value is not known inside trace',
  );
  assert.match(
    errorOf(() => trace(grad((x: Tensor) => mul(x, x.item())))(t(1))),
    'the value is not known inside trace',
  );
});

test('vjp: a cotangent that is not like the value', () => {
  const [, pullback] = vjp((x: Tensor) => ({ a: mul(x, x), b: [x] }), t([1, 2]));
  const wrong = (cotangent: unknown): string => errorOf(() => pullback(cotangent as { a: Tensor; b: Tensor[] }));
  assert.is(
    wrong({ a: t([1, 1]), b: [] }),
    'TreeError: vjp: the cotangent has no tensor at b[0]; give the cotangent the same keys and lengths as the value it belongs to',
  );
  assert.is(
    wrong({ a: t([1, 1]), b: [t([1, 1])], c: t(1) }),
    'TreeError: vjp: the cotangent has a tensor at c that does not belong there; give the cotangent the same keys and lengths as the value it belongs to',
  );
  assert.is(
    wrong({ a: t([1, 1]), b: [t(1)] }),
    'ShapeError: vjp: the cotangent at b[0] has another shape than its value (shapes [] · [2]); give them the same shape; broadcastTo() stretches',
  );
  assert.is(
    wrong({ a: tensor([1, 1]), b: [t([1, 1])] }),
    "DtypeError: vjp: the cotangent at a is float32, its value float64 (shape [2]); convert it with cast(x, 'float64')",
  );
});

test('jvp and hvp: arguments that are not in a list', () => {
  const [bare, list] = [t([1]), [t([1])]] as unknown as [[Tensor], [Tensor]];
  assert.is(
    errorOf(() => jvp((x: Tensor) => x, bare, list)),
    'ArgumentError: jvp: the primals are a tensor of shape [1], not a list; put them into one list, an entry an argument: jvp(f, [x], [v])',
  );
  assert.match(
    errorOf(() => hvp((x: Tensor) => sum(x), list, bare)),
    'ArgumentError: hvp: the tangents are a tensor of shape [1], not a list',
  );
});

test('jvp: tangents that are not like the primals', () => {
  const f = (x: Tensor, y: Tensor): Tensor => mul(x, y);
  assert.match(
    errorOf(() => jvp(f, [t(1), t(2)], [t(1)] as unknown as [Tensor, Tensor])),
    'TreeError: jvp: the tangent has no tensor at [1]; give the tangent the same keys',
  );
  assert.match(
    errorOf(() => jvp(f, [t(1), t(2)], [t(1), t([1])])),
    'ShapeError: jvp: the tangent at [1] has another shape than its value (shapes [1] · [])',
  );
  assert.match(
    errorOf(() => jvp(f, [t(1), t(2)], [t(1), tensor(1)])),
    'DtypeError: jvp: the tangent at [1] is float32, its value float64',
  );
});

test('trace: a tensor of another transform that is no argument', () => {
  assert.is(
    errorOf(() => grad((x: Tensor) => sum(trace((y: Tensor) => mul(x, y))(t(1)).constants[0] ?? x))(t(1))),
    'GradientError: trace: the traced function uses a tensor of grad that is not an argument (shape []); pass that tensor to the traced function as an argument',
  );
});

test('custom rules: a function that closes over what is differentiated', () => {
  const tail =
    'differentiates, which its rule knows nothing about (shape []); pass the tensor as an argument, or close over stopGradient(x)';
  const viaVjp = (w: Tensor): Tensor =>
    customVjp(
      (x: Tensor) => mul(x, w),
      (x: Tensor) => [mul(x, w), null] as const,
      (_, g) => [g],
    )(t(2));
  const viaJvp = (w: Tensor): Tensor =>
    customJvp(
      (x: Tensor) => mul(x, w),
      (_, [v]) => v,
    )(t(2));
  assert.is(
    errorOf(() => grad(viaVjp)(t(3))),
    `GradientError: customVjp: the function closes over a tensor that grad ${tail}`,
  );
  assert.is(
    errorOf(() => grad(viaJvp)(t(3))),
    `GradientError: customJvp: the function closes over a tensor that grad ${tail}`,
  );
  assert.is(
    errorOf(() => jvp(viaVjp, [t(3)], [t(1)])),
    `GradientError: customVjp: the function closes over a tensor that jvp ${tail}`,
  );
});

test('customVjp: a cotangent that does not fit its argument', () => {
  const rule = (backward: (g: Tensor) => unknown) =>
    customVjp(
      (x: Tensor) => mul(x, 2),
      (x: Tensor) => [mul(x, 2), null] as const,
      (_, g) => [backward(g)] as unknown as [Tensor],
    );
  const run = (backward: (g: Tensor) => unknown): string =>
    errorOf(() => grad((x: Tensor) => sum(rule(backward)(x)))(t([1, 2])));
  assert.is(
    run((g) => sum(g)),
    'GradientError: customVjp (gradient of customVjp): the backward rule gave f64[] for an input f64[2]; a cotangent has the shape and element type of its value; correct the rule',
  );
  assert.match(
    run((g) => cast(g, 'float32')),
    'the backward rule gave f32[2] for an input f64[2]',
  );
  assert.match(
    run(() => 3),
    'TreeError: customVjp (gradient of customVjp): the backward rule gave 3 for argument [0], not a tensor or null; return a list of one cotangent an argument',
  );
});

test('a primitive whose backward rule gives a wrong shape is named', () => {
  const broken = define<readonly [Tensor]>()({
    name: 'broken',
    family: 'other',
    docs: 'y = x, with a rule that forgets to broadcast',
    saves: 'none',
    infer: ([x]) => ({ shape: x?.shape ?? [], dtype: x?.dtype ?? 'float32' }),
    forward: (out, [x]) => out.data.set(x?.data ?? []),
    vjp: [({ g }) => sum(g)],
    jvp: 'linear',
    batch: ({ x: [x], p, primitive }) => bind(primitive, [x], p),
  });
  assert.is(
    errorOf(() => grad((x: Tensor) => sum(bind(broken, [x], null)))(t([1, 2]))),
    'GradientError: broken (gradient of broken): the backward rule gave f64[] for an input f64[2]; a cotangent has the shape and element type of its value; correct the rule',
  );
});

test('errors inside a batch speak of one example', () => {
  assert.match(
    errorOf(() => vmap((x: Tensor) => add(x, zeros([3])))(zeros([5, 2]))),
    '(shapes [2] · [3])',
  );
});

test('an error inside a transform leaves no transform behind', () => {
  const before = errorOf(() => vmap((x: Tensor) => concat([x, t(1)], 4))(t([[1]])));
  assert.not.equal(before, 'no error');
  assert.is(mul(t(2), t(3)).item(), 6);
});
