/** What doc comments promise of single points: poles, ends of domains, NaN, empty lines, ties, singular matrices, repeated indices. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { grad, jvp } from '../../../autograd/index.js';
import * as library from '../../../core/index.js';
import {
  acos,
  acosh,
  all,
  any,
  argmax,
  argmin,
  argsort,
  asin,
  atan2,
  atanh,
  cbrt,
  countNonZero,
  det,
  equal,
  erfinv,
  greater,
  greaterEqual,
  inverse,
  isFinite as isFiniteNumber,
  isNaN as isNotANumber,
  less,
  lessEqual,
  log,
  log1p,
  logabsdet,
  logSoftmax,
  logsumexp,
  max,
  mean,
  median,
  min,
  mul,
  norm,
  notEqual,
  prod,
  quantile,
  reciprocal,
  round,
  rsqrt,
  ShapeError,
  sign,
  softmax,
  solve,
  sort,
  sqrt,
  std,
  stopGradient,
  sum,
  type Tensor,
  take,
  tensor,
  topk,
  tril,
  triu,
  variance,
  zeros,
} from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

type Unary = (x: Tensor) => Tensor;

const nan = Number.NaN;
const infinity = Number.POSITIVE_INFINITY;
const f64 = (values: Parameters<typeof tensor>[0]): Tensor => tensor(values, { dtype: 'float64' });

/** The derivative at one number, in both modes, which must agree. */
const slope = (f: Unary, x: number): number => {
  const backwards = grad((v: Tensor) => sum(f(v)))(f64(x)).item();
  assert.equal(jvp(f, [f64(x)], [f64(1)])[1].item(), backwards, `${f} at ${x}: the modes`);
  return backwards;
};

test('outside of a domain: NaN, and infinite values and slopes at its ends', () => {
  // At the end of a domain: the function, its value and its derivative.
  const ends: readonly [Unary, number, number, number][] = [
    [log, 0, -infinity, infinity],
    [log1p, -1, -infinity, infinity],
    [sqrt, 0, 0, infinity],
    [rsqrt, 0, infinity, -infinity],
    [asin, 1, Math.PI / 2, infinity],
    [asin, -1, -Math.PI / 2, infinity],
    [acos, 1, 0, -infinity],
    [acos, -1, Math.PI, -infinity],
    [acosh, 1, 0, infinity],
    [atanh, 1, infinity, infinity],
    [atanh, -1, -infinity, infinity],
    [erfinv, 1, infinity, infinity],
    [erfinv, -1, -infinity, infinity],
    [cbrt, 0, 0, infinity],
  ];
  for (const [f, x, value, derivative] of ends) {
    assert.equal(f(f64(x)).item(), value);
    assert.equal(slope(f, x), derivative, `${f} at ${x}`);
  }
  for (const [f, x] of [
    [log, -1],
    [log1p, -2],
    [sqrt, -1],
    [rsqrt, -1],
    [asin, 1.5],
    [acos, -1.5],
    [acosh, 0.5],
    [atanh, 2],
    [erfinv, -1.5],
  ] as const)
    assert.equal(f(f64(x)).item(), nan);
  assert.equal(reciprocal(f64([0, -0])).toArray(), [infinity, -infinity]);
});

test('atan2 at the origin: 0 with derivatives that are NaN, for no angle is a limit there', () => {
  assert.is((atan2(f64(0), f64(0)) as Tensor).item(), 0);
  const [a, b] = grad(([y, x]: readonly [Tensor, Tensor]) => atan2(y, x) as Tensor)([f64(0), f64(0)]);
  assert.equal([a.item(), b.item()], [nan, nan]);
});

test('a comparison with NaN: false, but for notEqual', () => {
  const [x, y] = [f64([nan, 1, nan]), f64([1, nan, nan])];
  for (const f of [equal, less, lessEqual, greater, greaterEqual]) assert.equal(f(x, y).toArray(), [0, 0, 0]);
  assert.equal(notEqual(x, y).toArray(), [1, 1, 1]);
  assert.equal(isNotANumber(x).toArray(), [1, 0, 1]);
  assert.equal(isFiniteNumber(f64([nan, infinity, 1])).toArray(), [0, 0, 1]);
});

test('an element that is NaN: wins in max, min, argmax and argmin, and stands last in an order', () => {
  const x = f64([2, nan, 5, nan]);
  for (const f of [max, min, mean, std, norm, logsumexp, median] as readonly Unary[]) assert.equal(f(x).item(), nan);
  assert.equal(quantile(x, 0).item(), nan);
  assert.equal([argmax(x).item(), argmin(x).item()], [1, 1]);
  assert.equal(argsort(x).toArray(), [0, 2, 1, 3]);
  assert.equal(sort(x).values.toArray(), [2, 5, nan, nan]);
  assert.equal(topk(x, 3).values.toArray(), [nan, nan, 5]);
  assert.equal(sign(x).toArray(), [1, nan, 1, nan]);
  assert.is(countNonZero(x).item(), 4);
});

test('equal elements: the first is found, and an order keeps them as they stood', () => {
  const x = f64([1, 3, 1, 3]);
  assert.equal([argmax(x).item(), argmin(x).item()], [1, 0]);
  assert.equal(argsort(x).toArray(), [0, 2, 1, 3]);
  assert.equal(argsort(x, { descending: true }).toArray(), [1, 3, 0, 2]);
  assert.equal(topk(x, 1).indices.toArray(), [1]);
  assert.equal(grad((v: Tensor) => max(v))(x).toArray(), [0, 0.5, 0, 0.5]);
  assert.equal(grad((v: Tensor) => norm(v, { p: 'inf' }))(f64([-2, 2, 0])).toArray(), [-0.5, 0.5, 0]);
});

test('an empty line: sums to 0, multiplies to 1, has no mean and no extremum', () => {
  const x = f64([]);
  assert.equal(
    [sum, prod, mean, norm, logsumexp, any, all, countNonZero, variance].map((f) => (f as Unary)(x).item()),
    [0, 1, nan, 0, -infinity, 0, 1, 0, nan],
  );
  for (const f of [max, min, argmax, argmin, median] as readonly Unary[])
    assert.throws(
      () => f(x),
      (error: unknown) => error instanceof ShapeError,
    );
  assert.is(det(zeros([0, 0], 'float64')).item(), 1);
});

test('variance of no more numbers than its correction: a division by 0', () => {
  assert.equal(variance(f64([2])).item(), nan);
  assert.equal(variance(f64([1, 3]), { correction: 2 }).item(), infinity);
  assert.is(variance(f64([2]), { correction: 0 }).item(), 0);
});

test('a line of −∞: has logsumexp −∞ with gradient 0', () => {
  const x = f64([-infinity, -infinity]);
  assert.is(logsumexp(x).item(), -infinity);
  assert.equal(grad((v: Tensor) => logsumexp(v))(x).toArray(), [0, 0]);
  assert.equal(softmax(f64([-infinity, 0])).toArray(), [0, 1]);
  assert.equal(logSoftmax(f64([-infinity, 0])).toArray(), [-infinity, 0]);
});

test('a singular matrix: its determinant has the cofactors for a gradient, its logarithm is −∞ without one', () => {
  const a = f64([
    [1, 2],
    [2, 4],
  ]);
  assert.is(det(a).item() + 0, 0);
  assert.equal(grad((x: Tensor) => det(x))(a).toArray(), [
    [4, -2],
    [-2, 1],
  ]);
  assert.is(logabsdet(a).item(), -infinity);
  for (const f of [(x: Tensor) => grad((v: Tensor) => logabsdet(v))(x), inverse, (x: Tensor) => solve(x, f64([1, 1]))])
    assert.throws(() => f(a), /singular/);
});

test('stopGradient: no derivative of any mode or order passes', () => {
  const f = (x: Tensor): Tensor => mul(stopGradient(mul(x, x) as Tensor), x) as Tensor;
  assert.is(slope(f, 3), 9);
  assert.is(
    slope((x) => grad((v: Tensor) => f(v))(x), 3),
    0,
  );
});

test('round at a half: to the even neighbour', () => {
  assert.equal(
    (round(f64([-1.5, -0.5, 0.5, 1.5, 2.5])).toArray() as number[]).map((x) => x + 0),
    [-2, 0, 0, 2, 2],
  );
});

test('a repeated index: the gradients of its uses add up', () => {
  assert.equal(grad((x: Tensor) => sum(mul(take(x, [0, 0, 2]), f64([1, 2, 4]))))(f64([5, 6, 7])).toArray(), [3, 0, 4]);
});

test('what a triangle leaves out: is selected away, whatever it is', () => {
  const x = f64([
    [1, infinity],
    [nan, 2],
  ]);
  assert.equal(
    tril(
      f64([
        [1, infinity],
        [3, 2],
      ]),
    ).toArray(),
    [
      [1, 0],
      [3, 2],
    ],
  );
  assert.equal(triu(x).toArray(), [
    [1, infinity],
    [0, 2],
  ]);
});

const folder = (path: string): URL => new URL(`../../../${path}/`, import.meta.url);

/** Doc comments that stand before an exported name. */
const documented = ['core/ops', 'core/primitives'].flatMap((path) =>
  readdirSync(folder(path), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [
      ...readFileSync(new URL(file, folder(path)), 'utf8').matchAll(
        /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:\/\/[^\n]*\n)*export (?:const|function) (\w+)/g,
      ),
    ]),
);

/** What speaks of a single point: a derivative there, NaN, infinity, equal or empty. */
const promises =
  /\b(?:gradient at|gradient is 0|gradient 0|No gradient|[Nn]o derivative|derivative at|NaN|[Tt]ies?|[Tt]ie|first of)\b|∞/;

test('doc comments: what they promise of single points is tested by name among the boundary points', () => {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const tests = readdirSync(here)
    .map((file) => readFileSync(`${here}${file}`, 'utf8').replace(/import[^;]*;/g, ''))
    .join('\n');
  const promising = documented.flatMap(([, comment = '', name = '']) =>
    // Examples and errors are checked elsewhere.
    name in library && promises.test(comment.replace(/@(?:example|throws)[\s\S]*$/, '')) ? [name] : [],
  );
  assert.ok(promising.length > 30, `only ${promising} were found`);
  // What is imported under another name, or reached through another.
  const aliases: Readonly<Record<string, string>> = {
    constantPow: 'pow',
    isNaN: 'isNotANumber',
    isFinite: 'isFiniteNumber',
  };
  assert.equal(
    promising.filter((name) => !new RegExp(`\\b${aliases[name] ?? name}\\b`).test(tests)),
    [],
  );
});
