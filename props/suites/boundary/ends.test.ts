/** Boundary points at the ends of a range: saturation, the ends of a domain, quotients that round up, interpolation, limits. */
import * as fc from 'fast-check';
import { compile, grad, hessian, hvp, jacfwd, jacrev, jvp } from '../../../autograd/index.js';
import {
  acos,
  acosh,
  asin,
  atanh,
  clamp,
  cumprod,
  cumsum,
  dot,
  einsum,
  erf,
  exp,
  expm1,
  floorDivide,
  hypot,
  log,
  log1p,
  log2,
  logsumexp,
  matmul,
  median,
  mul,
  norm,
  pow,
  prod,
  quantile,
  reciprocal,
  recurrence,
  relu,
  remainder,
  rsqrt,
  safeSqrt,
  sigmoid,
  softplus,
  sqrt,
  std,
  sum,
  type Tensor,
  tanh,
  tensor,
} from '../../../core/index.js';
import { functional } from '../../../nn/index.js';
import { apartLaw, assertLaw, divisionLaw, homogeneityLaw, nestingLaw } from '../../index.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { backward, forward, type Unary } from './derivatives.js';

const nan = Number.NaN;
const infinity = Number.POSITIVE_INFINITY;
const f64 = (values: Parameters<typeof tensor>[0]): Tensor => tensor(values, { dtype: 'float64' });
const i32 = (values: Parameters<typeof tensor>[0]): Tensor => tensor(values, { dtype: 'int32' });

/** f″ in all four nestings. */
const seconds = (f: Unary, x: Tensor): number[] =>
  [backward, forward].flatMap((outer) => [backward, forward].map((inner) => outer(inner(f))(x).item()));

const near = (got: number, want: number, relative: number): void =>
  assert.ok(Math.abs(got - want) <= relative * Math.abs(want), `${got} is not ${want}`);

test('saturated ends: second derivatives keep their digits in every nesting, where the output is rounded to its limit', () => {
  // σ″(x) = σ(x)σ(−x)(σ(−x) − σ(x)) ≈ −e⁻ˣ, and so on.
  const cases: readonly [Unary, number, number][] = [
    [sigmoid, 20, -Math.exp(-20)],
    [sigmoid, -20, Math.exp(-20)],
    [softplus, 20, Math.exp(-20)],
    [softplus, -20, Math.exp(-20)],
    [tanh, 12, -8 * Math.exp(-24)],
    [expm1, -20, Math.exp(-20)],
    [erf, 4, (-2 * 4 * 2 * Math.exp(-16)) / Math.sqrt(Math.PI)],
  ];
  for (const [f, x, want] of cases)
    for (const dtype of ['float32', 'float64'] as const)
      for (const got of seconds(f, tensor(x, { dtype }))) near(got, want, dtype === 'float32' ? 1e-5 : 1e-7);
});

test('saturated ends: hessian is jacrev of jacrev is jacfwd of jacrev for the loss of a logit', () => {
  const loss = (z: Tensor): Tensor => sum(functional.bceWithLogits(z, tensor([0], { dtype: z.dtype })));
  for (const [z, want] of [
    [17, 4.1399373760035016e-8],
    [20, 2.061153613941849e-9],
    [60, 8.75651076269652e-27],
  ] as const)
    for (const dtype of ['float32', 'float64'] as const) {
      const at = tensor([z], { dtype });
      for (const second of [hessian(loss), jacrev(jacrev(loss)), jacfwd(jacrev(loss)), jacrev(jacfwd(loss))])
        near((second(at) as Tensor).item(), want, dtype === 'float32' ? 1e-5 : 1e-13);
    }
});

test('the ends of a domain: second derivatives are those that the inside tends to, in every nesting', () => {
  const cases: readonly [Unary, number, number][] = [
    [asin, 1, infinity],
    [asin, -1, -infinity],
    [acos, 1, -infinity],
    [acos, -1, infinity],
    [atanh, 1, infinity],
    [atanh, -1, -infinity],
    [acosh, 1, -infinity],
    [log1p, -1, -infinity],
    [sqrt, 0, -infinity],
  ];
  for (const [f, x, want] of cases) {
    assert.equal(seconds(f, f64(x)), [want, want, want, want]);
    for (const order of [2, 3]) assertLaw(nestingLaw(f, [f64([x])], { order }));
  }
});

test('the ends of a domain: an element there spoils no derivative of the others, in any nesting', () => {
  const cases: readonly [Unary, readonly [end: number, inside: number], number][] = [
    [sqrt, [0, 4], -0.03125],
    [log, [0, 4], -0.0625],
    [log2, [0, 4], -0.0625 / Math.LN2],
    [reciprocal, [0, 4], 0.03125],
    [rsqrt, [0, 4], 0.0234375],
    [log1p, [-1, 1], -0.25],
    [acosh, [1, 2], -2 / 3 ** 1.5],
    [atanh, [1, 0.5], 16 / 9],
    [asin, [1, 0.5], 0.5 / 0.75 ** 1.5],
    [(x) => pow(x, 1.5), [0, 4], 0.375],
    [exp, [infinity, 0], 1],
  ];
  for (const [f, point, want] of cases) {
    const total = (x: Tensor): Tensor => sum(f(x));
    const x = f64(point);
    const along = f64([0, 1]);
    for (const second of [
      hessian(total),
      ...[jacrev, jacfwd].flatMap((o) => [jacrev, jacfwd].map((i) => o(i(total)))),
    ]) {
      const [, above, beside, inside = nan] = (second(x) as Tensor).dataSync();
      assert.equal([above, beside].map(Math.abs as (x?: number) => number), [0, 0], String(f));
      near(inside, want, 1e-14);
    }
    const products = [
      hvp(total, [x], [along])[0],
      jvp(grad(total), [x], [along])[1],
      grad((v: Tensor) => sum(mul(grad(total)(v), along)))(x),
      grad((v: Tensor) => jvp(total, [v], [along])[1])(x),
    ];
    for (const product of products) {
      const [beside = nan, inside = nan] = product.dataSync();
      assert.is(Math.abs(beside), 0);
      near(inside, want, 1e-14);
    }
    assertLaw(apartLaw(f, [x]));
  }
  for (const mode of [jacrev, jacfwd])
    assert.equal((mode((x: Tensor) => logsumexp(x))(f64([infinity, 1])) as Tensor).toArray(), [nan, 0]);
});

test('a zero tangent that is not constant: its own derivatives are kept, at every order', () => {
  // f = exp(xy): ∂x f = y·f is 0 at y = 0, and ∂y∂y∂x f = 2x.
  const f = ([x, y]: readonly [Tensor, Tensor]): Tensor => exp(mul(x, y) as Tensor);
  for (const byX of [backward, forward])
    for (const byY of [backward, forward])
      for (const again of [backward, forward]) {
        const first = (y: Tensor): Tensor => byX((x) => f([x, y]))(f64(2));
        assert.is(again(byY(first))(f64(0)).item(), 4);
      }
});

test('hypot at the origin: gradient and Hessian are 0, as those of abs and norm', () => {
  const length = ([a, b]: readonly [Tensor, Tensor]): Tensor => hypot(a, b) as Tensor;
  const second = hessian((x: Tensor) => length([sum(mul(x, f64([1, 0]))), sum(mul(x, f64([0, 1])))]));
  assert.equal(second(f64([0, 0])).toArray(), [
    [0, 0],
    [0, 0],
  ]);
  const [a, b] = grad(length)([f64(0), f64(0)]);
  assert.equal([a.item(), b.item()], [0, 0]);
  for (const f of [(x: Tensor) => hypot(x, 0) as Tensor, (x: Tensor) => norm(x)])
    assert.equal(seconds(f, f64(0)), [0, 0, 0, 0]);
  near(second(f64([3, 4])).dataSync()[0] ?? nan, 16 / 125, 1e-14);
});

test('sqrt(x⁴) at 0: 0 in forward mode, NaN in reverse mode, and 0 in both by safeSqrt', () => {
  for (const f of [(x: Tensor) => sqrt(pow(x, 4)), (x: Tensor) => sqrt(mul(mul(x, x), mul(x, x)))]) {
    assert.is(forward(f)(f64(0)).item(), 0);
    assert.equal(backward(f)(f64(0)).item(), nan);
  }
  const safe = (x: Tensor): Tensor => safeSqrt(pow(x, 4));
  assert.equal([forward(safe)(f64(0)).item(), backward(safe)(f64(0)).item()], [0, 0]);
  // What is selected away is 0 in both modes.
  const selected = (x: Tensor): Tensor => sqrt(relu(x));
  assert.equal([forward(selected)(f64(-1)).item(), backward(selected)(f64(-1)).item()], [0, 0]);
});

test('remainder and floorDivide: a = b·q + r with one q in value, backward and forward rule, where the quotient rounds up', () => {
  const b = f64(0.1);
  assert.is(floorDivide(1, b).item(), 9);
  assert.is(grad((x: Tensor) => remainder(1, x) as Tensor)(b).item(), -9);
  assert.is(jvp((x: Tensor) => remainder(1, x) as Tensor, [b], [f64(1)])[1].item(), -9);
  const division = { quotient: floorDivide, remainder } as Parameters<typeof divisionLaw>[0];
  const steps = [0.1, 0.3, 0.7, 1 / 3, 1e-3, 3, 49, 1e10];
  const [dividends, divisors] = [
    steps.flatMap((b) => [1, 7, 10, 1000].flatMap((n) => [n * b, -n * b, n, -n])),
    steps.flatMap((b) => [1, 7, 10, 1000].flatMap(() => [b, b, -b, -b])),
  ];
  for (const dtype of ['float32', 'float64'] as const)
    assertLaw(divisionLaw(division, tensor(dividends, { dtype }), tensor(divisors, { dtype })));
  check(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: -999, max: 999 }), fc.integer({ min: 1, max: 99 })), { minLength: 1 }),
      (pairs) =>
        assertLaw(
          divisionLaw(
            division,
            f64(pairs.map(([n, d]) => (n * d) / 10)),
            f64(pairs.map(([n, d]) => (n < 0 ? -d : d) / 10)),
          ),
        ),
    ),
  );
});

test('remainder and floorDivide: a quotient by ±∞ is 0, or −1 where the signs differ, and the remainder a or the divisor', () => {
  const a = f64([1, -1, 1, -1, 0, -0]);
  const b = f64([infinity, infinity, -infinity, -infinity, -infinity, infinity]);
  assert.equal(
    (floorDivide(a, b).toArray() as number[]).map((x) => x + 0),
    [0, -1, -1, 0, 0, 0],
  );
  assert.equal(
    (remainder(a, b).toArray() as number[]).map((x) => x + 0),
    [1, infinity, -infinity, -1, 0, 0],
  );
  assertLaw(divisionLaw({ quotient: floorDivide, remainder } as Parameters<typeof divisionLaw>[0], a, b));
  assert.equal(floorDivide(f64([infinity, nan]), f64([1, -infinity])).toArray(), [infinity, nan]);
  for (const f of [floorDivide, remainder])
    assert.equal(f(f64([nan, 1, -1, nan, 0]), f64([1, nan, nan, -infinity, nan])).toArray(), [nan, nan, nan, nan, nan]);
});

const rising = (values: readonly number[]): void => {
  for (let i = 1; i < values.length; i++)
    assert.ok((values[i] ?? nan) >= (values[i - 1] ?? nan), `${values[i]} after ${values[i - 1]}`);
};

test('quantile: lies between its neighbours and does not fall as q grows; its gradient is the weights', () => {
  assert.is(quantile(tensor([0.1, 0.1]), 0.1).item(), Math.fround(0.1));
  const shares = [0, 1e-9, 0.1, 0.3, 0.49, 0.5 - 1e-9, 0.5, 0.5 + 1e-9, 0.51, 0.7, 0.9, 1 - 1e-9, 1];
  check(
    fc.property(
      fc.constantFrom('float32' as const, 'float64' as const),
      fc.array(fc.double({ noNaN: true, min: -3e38, max: 3e38 }), { minLength: 2, maxLength: 2 }),
      fc.boolean(),
      (dtype, pair, close) => {
        const [a = 0] = pair;
        const x = tensor(close ? [a, a * (1 + 2 ** -22)] : pair, { dtype });
        const values = shares.map((q) => quantile(x, q).item());
        rising(values);
        const [low = nan, high = nan] = Array.from(x.dataSync()).sort((p, q) => p - q);
        assert.equal([values[0], values.at(-1)], [low, high]);
      },
    ),
  );
  assert.equal(grad((x: Tensor) => quantile(x, 0.25))(f64([1, 1])).toArray(), [0.75, 0.25]);
  assert.equal(grad((x: Tensor) => median(x))(f64([4, 1])).toArray(), [0.5, 0.5]);
  assert.is(median(tensor([-3e38, 3e38])).item(), 0);
  assert.equal(
    [0.3, 0.7].flatMap((q) =>
      [
        [-infinity, 1],
        [1, infinity],
        [infinity, infinity],
      ].map((x) => quantile(f64(x), q).item()),
    ),
    [-infinity, infinity, infinity, -infinity, infinity, infinity],
  );
});

test('clamp with a limit that is NaN: NaN, as maximum and minimum have it', () => {
  for (const limits of [{ min: nan }, { max: nan }, { min: 0, max: nan }, { min: nan, max: 2 }])
    assert.equal(clamp(f64([1, nan, 5]), limits).toArray(), [nan, nan, nan]);
  assert.equal(clamp(f64([1, 1]), { min: f64([nan, 3]) }).toArray(), [nan, 3]);
  assert.equal(clamp(f64([1, 1]), { max: f64([nan, 0]) }).toArray(), [nan, 0]);
  assert.equal(clamp(i32([1, 7]), { max: i32(5) }).toArray(), [1, 5]);
});

test('int32 sums and products: wrap modulo 2³² at every step, with no digit rounded', () => {
  const wrapped = (x: bigint): number => Number(BigInt.asIntN(32, x));
  const integer = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  assert.is(dot(i32([123456789]), i32([987654321])).item(), -67153019);
  check(
    fc.property(fc.array(fc.tuple(integer, integer), { minLength: 1, maxLength: 9 }), (pairs) => {
      const [left, right] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
      const [a, b] = [i32(left), i32(right)];
      const product = wrapped(pairs.reduce((total, [x, y]) => total + BigInt(x) * BigInt(y), 0n));
      const row = i32([left, right]);
      assert.equal(
        [
          dot(a, b),
          einsum('i,i->', a, b),
          sum(mul(a, b)),
          compile((x: Tensor, y: Tensor) => dot(x, y) as Tensor)(a, b),
        ].map((y) => (y as Tensor).item()),
        [product, product, product, product],
      );
      for (const transposed of [matmul(row, b), matmul(row, i32(right.map((y) => [y]))) as Tensor])
        assert.is(transposed.dataSync()[0], product);
      assert.is(prod(a).item(), wrapped(left.reduce((total, x) => total * BigInt(x), 1n)));
      assert.is(sum(a).item(), wrapped(left.reduce((total, x) => total + BigInt(x), 0n)));
      let [running, total, term] = [1n, 0n, 0n];
      const wanted = pairs.map(([x, y], i) => {
        running *= BigInt(x);
        total += BigInt(x);
        term = (i === 0 ? 0n : BigInt(x) * term) + BigInt(y);
        return [running, total, term].map(wrapped);
      });
      const column = (k: number): (number | undefined)[] => wanted.map((row) => row[k]);
      assert.equal(cumprod(a, 0).toArray(), column(0));
      assert.equal(cumsum(a, 0).toArray(), column(1));
      assert.equal(recurrence(a, b, 0).toArray(), column(2));
      assert.equal(
        prod(row, { axes: 0 }).toArray(),
        pairs.map(([x, y]) => Math.imul(x, y)),
      );
    }),
    { numRuns: 20 },
  );
});

test('lengths of any size: norm, hypot and std neither overflow nor vanish on the way, nor do their gradients', () => {
  const x = tensor([3, -4, 0.5]);
  const cases: readonly [string, Unary][] = [
    ['norm', (v) => norm(v)],
    ['norm, p = 3', (v) => norm(v, { p: 3 })],
    ['norm, p = 1', (v) => norm(v, { p: 1 })],
    ['norm, p = inf', (v) => norm(v, { p: 'inf' })],
    ['norm over an axis', (v) => norm(mul(v, tensor([[1], [2]])) as Tensor, { axes: 1 })],
    ['std', (v) => std(v)],
    ['hypot', (v) => hypot(v, mul(v, tensor([2, -1, 0.25]))) as Tensor],
  ];
  for (const [name, f] of cases) {
    const report = homogeneityLaw(f, [x], { degree: 1, tolerance: name.includes('3') ? 64 : 4 });
    assert.ok(report.holds, `${name}: ${report.where}, got ${report.got}, want ${report.want}`);
  }
  assert.equal(norm(tensor([infinity, 1])).item(), infinity);
  assert.equal(norm(tensor([nan, infinity])).item(), nan);
  assert.is(norm(tensor([])).item(), 0);
  assert.is(norm(tensor([3e38, -0])).item(), Math.fround(3e38));
  assert.is(norm(tensor([1e-45])).item(), tensor([1e-45]).item());
});
