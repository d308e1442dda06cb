/** Compiled functions: the same values and gradients as plain ones, traced once a signature, simplified. */
import * as fc from 'fast-check';
import {
  add,
  bind,
  compile,
  exp,
  full,
  GradientError,
  grad,
  hessian,
  key,
  mul,
  normal,
  primitives,
  sin,
  sum,
  type Tensor,
  tensor,
  trace,
  uniform,
  vmap,
  zeros,
} from '../../../autograd/index.js';
import { mergeCommonSubexpressions } from '../../../core/program/passes/common-subexpressions.js';
import { removeDeadCode } from '../../../core/program/passes/dead-code.js';
import { crossEntropy, linear, relu, sequential } from '../../../nn/index.js';
import { programs, runProgram } from '../../arbitraries/programs.js';
import { tensorOf } from '../../arbitraries/tensors.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const f = (x: Tensor): Tensor => sum(mul(sin(x), exp(x)));

test('compile: the same bits as the plain function, for values, gradients and Hessians', () => {
  const x = uniform(key(0), [5], { dtype: 'float64' });
  for (const g of [f, grad(f), (v: Tensor) => hessian(f)(v) as Tensor])
    assert.equal(compile(g)(x).toArray(), g(x).toArray());
});

test('compile: a whole training step with trees of parameters', () => {
  const net = sequential(linear(4, 8), relu, linear(8, 3));
  const { params } = net.init(key(1));
  const step = (p: typeof params, x: Tensor, y: Tensor) =>
    grad((q: typeof params) => crossEntropy(net.apply({ params: q }, x)[0], y))(p);
  const x = normal(key(2), [5, 4]);
  const y = tensor([0, 1, 2, 1, 0], { dtype: 'int32' });
  const plain = step(params, x, y);
  const compiled = compile(step)(params, x, y);
  assert.equal(compiled[0].weight.toArray(), plain[0].weight.toArray());
  assert.equal(compiled[2].bias.toArray(), plain[2].bias.toArray());
});

test('compile: traces once a signature; shapes, element types, structures and plain values make signatures', () => {
  let traced = 0;
  const g = compile((x: { readonly a: Tensor; readonly b?: Tensor | null }, factor: number) => {
    traced++;
    return mul(x.a, factor);
  });
  const calls: [{ a: Tensor; b?: Tensor | null }, number][] = [
    [{ a: zeros([2]) }, 2],
    [{ a: zeros([3]) }, 2],
    [{ a: zeros([2], 'float64') }, 2],
    [{ a: zeros([2]), b: null }, 2],
    [{ a: zeros([2]), b: zeros([1]) }, 2],
    [{ a: zeros([2]) }, 3],
    [{ a: zeros([2]) }, Number.NaN],
  ];
  for (const call of calls) g(...call);
  assert.is(traced, calls.length);
  for (const call of calls) g(...call);
  assert.is(traced, calls.length);
  assert.equal(g({ a: tensor([1, 2]) }, 3).toArray(), [3, 6]);
  assert.is(traced, calls.length, 'other numbers in the same shapes are the same signature');
});

test('compile: the cache is bounded, and the least recently used signature goes first', () => {
  let traced = 0;
  const g = compile(
    (x: Tensor) => {
      traced++;
      return exp(x);
    },
    { cacheSize: 2 },
  );
  for (const size of [1, 2, 1, 3, 1]) g(zeros([size]));
  assert.is(traced, 3);
  g(zeros([2]));
  assert.is(traced, 4);
});

test('compile: runs as it is under another transform', () => {
  const g = compile(f);
  const x = tensor([0.5, 1], { dtype: 'float64' });
  assert.equal(grad(g)(x).toArray(), grad(f)(x).toArray());
  assert.equal(
    vmap(g)(
      tensor([
        [1, 2],
        [3, 4],
      ]),
    ).toArray(),
    vmap(f)(
      tensor([
        [1, 2],
        [3, 4],
      ]),
    ).toArray(),
  );
});

test('compile: reading a value while tracing is a typed error', () => {
  assert.throws(
    () => compile((x: Tensor) => (x.item() > 0 ? x : mul(x, 2)))(tensor(1)),
    (error: unknown) => error instanceof GradientError,
  );
});

test('passes: repeated operations are merged, unread ones dropped', () => {
  const program = trace((x: Tensor) => {
    exp(mul(x, x));
    return add(sin(mul(x, x)), sin(mul(x, x)));
  })(zeros([2]));
  assert.is(
    String(removeDeadCode(mergeCommonSubexpressions(program))),
    `program (x0: f32[2]) {
  v0: f32[2] = mul(x0, x0)
  v1: f32[2] = sin(v0)
  v2: f32[2] = add(v1, v1)
  return v2
}`,
  );
});

test('passes: what only looks alike is kept apart: NaN and infinities as parameters, an altered primitive of one name', () => {
  const altered = { ...primitives.exp };
  const program = trace((x: Tensor) => [
    full([], Number.NaN),
    full([], Number.POSITIVE_INFINITY),
    full([], Number.NEGATIVE_INFINITY),
    full([], 0),
    full([], -0),
    exp(x),
    bind(altered, [x], null),
  ])(zeros([2]));
  assert.is(mergeCommonSubexpressions(program).nodes.length, program.nodes.length);
});

test('compile: random programs and their gradients give the same bits compiled and plain', () => {
  check(
    fc.property(programs(), (program) => {
      const run = runProgram(program.steps);
      const args = program.inputs.map(tensorOf);
      const whole = (...x: readonly Tensor[]): Tensor =>
        run(...x).reduce((total: Tensor, y) => add(total, sum(y)), zeros([], 'float64'));
      const gradient = (x: readonly Tensor[]): readonly Tensor[] => grad((y: readonly Tensor[]) => whole(...y))(x);
      assert.equal(compile(whole)(...args).toArray(), whole(...args).toArray());
      assert.equal(compile(gradient)(args).map(String), gradient(args).map(String));
    }),
    { numRuns: 60, seed: 1 },
  );
});
