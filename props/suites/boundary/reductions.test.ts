/** Boundary points of reductions, scans, softmax and order: one test or more a row of the table. */
import * as fc from 'fast-check';
import { grad, hessian, jvp, valueAndGrad } from '../../../autograd/index.js';
import {
  argmax,
  argsort,
  cumprod,
  fromData,
  logSoftmax,
  logsumexp,
  max,
  mean,
  min,
  mul,
  norm,
  prod,
  recurrence,
  softmax,
  sort,
  std,
  sum,
  type Tensor,
  tensor,
  topk,
  variance,
} from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const f64 = (values: Parameters<typeof tensor>[0]): Tensor => tensor(values, { dtype: 'float64' });

const close = (got: Tensor, want: readonly number[], tolerance = 1e-12): void => {
  const numbers = [...got.dataSync()];
  assert.is(numbers.length, want.length);
  for (const [i, expected] of want.entries())
    assert.ok(
      Math.abs((numbers[i] ?? Number.NaN) - expected) <= tolerance * Math.max(1, Math.abs(expected)),
      `element ${i} of [${numbers.join(', ')}] should be ${expected}`,
    );
};

const gradOf = (f: (x: Tensor) => Tensor, x: Tensor): unknown => grad(f)(x).toArray();
const hessianOf = (f: (x: Tensor) => Tensor, x: Tensor): unknown => hessian(f)(x).toArray();
const infinity = Number.POSITIVE_INFINITY;

test('reduce max/min tie: the cotangent is divided by the number of ties', () => {
  assert.equal(
    gradOf((x) => max(x), f64([1, 3, 3, 0])),
    [0, 0.5, 0.5, 0],
  );
  assert.equal(
    gradOf((x) => min(x), f64([5, 2, 2, 2])),
    [0, 1 / 3, 1 / 3, 1 / 3],
  );
  const weights = f64([6, 10]);
  const rows = f64([
    [7, 7, 7],
    [1, 2, 2],
  ]);
  assert.equal(
    gradOf((x) => sum(mul(max(x, { axes: 1 }), weights)), rows),
    [
      [2, 2, 2],
      [0, 5, 5],
    ],
  );
});

test('reduce max/min tie: the tangent is the mean of the tangents of the ties', () => {
  const [, tangent] = jvp((x: Tensor) => max(x), [f64([3, 1, 3])], [f64([10, 100, 20])]);
  assert.is(tangent.item(), 15);
});

test('reduce max/min tie: the sum of the gradient is the cotangent, whatever the ties', () => {
  check(
    fc.property(fc.array(fc.integer({ min: -1, max: 1 }), { minLength: 1, maxLength: 9 }), (values) => {
      const total = (f: (x: Tensor) => Tensor): number => sum(grad(f)(f64(values))).item();
      assert.ok(Math.abs(total((x) => max(x)) - 1) < 1e-14);
      assert.ok(Math.abs(total((x) => min(x)) - 1) < 1e-14);
    }),
    { numRuns: 100 },
  );
});

test('reduce max/min tie: the second derivative is 0, and infinities make no NaN', () => {
  assert.equal(
    hessianOf((x) => max(x), f64([3, 3])),
    [
      [0, 0],
      [0, 0],
    ],
  );
  assert.equal(
    gradOf((x) => mul(max(x), infinity), f64([1, 2])),
    [0, infinity],
  );
  assert.equal(
    gradOf((x) => max(x), f64([-infinity, -infinity])),
    [0.5, 0.5],
  );
});

test('reduce max/min tie: a NaN is the largest and the smallest, and takes the gradient', () => {
  const x = f64([1, Number.NaN, 2]);
  assert.equal(max(x).item(), Number.NaN);
  assert.equal(min(x).item(), Number.NaN);
  assert.equal(
    gradOf((z) => max(z), x),
    [0, 1, 0],
  );
});

test('sort, argsort, topk: stable in both directions', () => {
  const x = f64([2, 1, 2, 1, 2]);
  assert.equal(argsort(x).toArray(), [1, 3, 0, 2, 4]);
  assert.equal(argsort(x, { descending: true }).toArray(), [0, 2, 4, 1, 3]);
  assert.equal(topk(x, 2).indices.toArray(), [0, 2]);
  assert.equal(topk(x, 3, { largest: false }).indices.toArray(), [1, 3, 0]);
});

test('sort, argsort, topk: values route the gradient to where they came from', () => {
  const x = f64([3, 1, 2]);
  const weights = f64([10, 20, 30]);
  assert.equal(
    gradOf((z) => sum(mul(sort(z).values, weights)), x),
    [30, 10, 20],
  );
  assert.equal(
    gradOf((z) => sum(mul(topk(z, 2).values, f64([10, 20]))), x),
    [10, 0, 20],
  );
});

test('sort, argsort, topk: indices take no gradient', () => {
  const indices = (x: Tensor): Tensor => sum(mul(x, 0 * sort(x).indices.rank));
  assert.equal(sort(f64([2, 1])).indices.dtype, 'int32');
  assert.equal(gradOf(indices, f64([2, 1])), [0, 0]);
  const [value, gradient] = valueAndGrad((x: Tensor) => {
    const { values, indices: order } = sort(x);
    return sum(mul(values, f64([...order.dataSync()])));
  })(f64([5, 4]));
  assert.is(value.item(), 4);
  assert.equal(gradient.toArray(), [0, 1]);
});

test('floor, ceil, round, sign, comparisons, argmax: argmax is int32 and stops the gradient without an error', () => {
  const f = (x: Tensor): Tensor => sum(mul(x, f64([...argmax(x, { axis: 0, keepDims: true }).dataSync()])));
  assert.is(argmax(f64([1, 3, 3])).item(), 1);
  assert.is(argmax(f64([1, 3, 3])).dtype, 'int32');
  assert.equal(gradOf(f, f64([1, 3, 2])), [1, 1, 1]);
});

test("norm'(0), std'(0): 0 to the first and second order", () => {
  const zero = f64([0, 0, 0]);
  const flat = f64([4, 4, 4]);
  const none = [
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ];
  for (const p of [1, 2, 3, 1.5, 0.5, 4, 'inf'] as const) {
    assert.equal(
      gradOf((x) => norm(x, { p }), zero),
      [0, 0, 0],
      `p = ${p}`,
    );
    assert.equal(
      hessianOf((x) => norm(x, { p }), zero),
      none,
      `p = ${p}`,
    );
  }
  assert.is(std(flat).item(), 0);
  assert.equal(
    gradOf((x) => std(x), flat),
    [0, 0, 0],
  );
  assert.equal(
    hessianOf((x) => std(x), flat),
    none,
  );
  assert.is(jvp((x: Tensor) => norm(x), [zero], [f64([1, 2, 3])])[1].item(), 0);
  assert.is(jvp((x: Tensor) => std(x), [flat], [f64([1, 2, 3])])[1].item(), 0);
});

test("norm'(0), std'(0): a zero lane does not spoil its neighbours", () => {
  const x = f64([
    [0, 0],
    [3, 4],
  ]);
  const gradient = grad((z: Tensor) => sum(norm(z, { axes: 1 })))(x);
  close(gradient, [0, 0, 0.6, 0.8]);
  close(grad((z: Tensor) => sum(std(z, { axes: 1 })))(x), [0, 0, -Math.SQRT1_2, Math.SQRT1_2]);
});

test("norm'(0), std'(0): a zero among other elements has its own derivative", () => {
  close(grad((x: Tensor) => norm(x, { p: 3 }))(f64([0, 2, 0])), [0, 1, 0]);
  assert.equal(
    gradOf((x) => norm(x, { p: 1 }), f64([0, -2, 3])),
    [0, -1, 1],
  );
  assert.equal(
    gradOf((x) => norm(x, { p: 'inf' }), f64([-3, 3, 1])),
    [-0.5, 0.5, 0],
  );
});

test('prod, cumprod: exact with zeros: one zero gives the product of the others, two give 0', () => {
  assert.equal(
    gradOf((x) => prod(x), f64([2, 0, 3])),
    [0, 6, 0],
  );
  assert.equal(
    gradOf((x) => prod(x), f64([0, 5, 0])),
    [0, 0, 0],
  );
  assert.equal(
    gradOf(
      (x) => sum(prod(x, { axes: 0 })),
      f64([
        [0, 2],
        [4, 0],
        [7, 3],
      ]),
    ),
    [
      [28, 0],
      [0, 6],
      [0, 0],
    ],
  );
  // y = (a, ab, abc) at (2, 0, 3): ∂Σy/∂a = 1 + b + bc, ∂Σy/∂b = a + ac, ∂Σy/∂c = ab
  assert.equal(
    gradOf((x) => sum(cumprod(x, 0)), f64([2, 0, 3])),
    [1, 8, 0],
  );
});

test('prod, cumprod: the Hessian and the third derivative are exact with zeros', () => {
  assert.equal(
    hessianOf((x) => prod(x), f64([2, 0, 3])),
    [
      [0, 3, 0],
      [3, 0, 2],
      [0, 2, 0],
    ],
  );
  assert.equal(
    hessianOf((x) => prod(x), f64([0, 5, 0])),
    [
      [0, 0, 5],
      [0, 0, 0],
      [5, 0, 0],
    ],
  );
  // ∂/∂a of (a + ab + abc) at (2, 0, 3), once more: ∂²/∂a∂b = 1 + c, ∂²/∂b∂c = a, ∂²/∂a∂c = b
  assert.equal(
    hessianOf((x) => sum(cumprod(x, 0)), f64([2, 0, 3])),
    [
      [0, 4, 0],
      [4, 0, 2],
      [0, 2, 0],
    ],
  );
  const mixed = (x: Tensor): Tensor =>
    sum(mul(grad((z: Tensor) => sum(mul(grad((w: Tensor) => prod(w))(z), f64([1, 0, 0]))))(x), f64([0, 1, 0])));
  assert.equal(gradOf(mixed, f64([0, 0, 0])), [0, 0, 1]);
});

test('prod, cumprod: a recurrence with zero coefficients is exact too', () => {
  // h = (b₀, a₁b₀ + b₁, a₂(a₁b₀ + b₁) + b₂) with a₁ = 0
  const f = (a: Tensor): Tensor => sum(recurrence(a, f64([2, 3, 5]), 0));
  assert.equal(gradOf(f, f64([9, 0, 4])), [0, 10, 3]);
  assert.equal(hessianOf(f, f64([9, 0, 4])), [
    [0, 0, 0],
    [0, 0, 2],
    [0, 2, 0],
  ]);
});

test('logsumexp: neither overflows nor underflows', () => {
  close(logsumexp(f64([1000, 1001, 999])), [1001 + Math.log(1 + Math.exp(-1) + Math.exp(-2))]);
  close(logsumexp(f64([-1000, -1000])), [-1000 + Math.LN2]);
  const x = fromData(Float32Array.of(1000, 1000, -1000), [3]);
  assert.equal(
    gradOf((z) => logsumexp(z), x),
    [0.5, 0.5, 0],
  );
});

test('logsumexp: all −∞ gives −∞ with gradient 0, to the second order', () => {
  const x = f64([-infinity, -infinity]);
  assert.is(logsumexp(x).item(), -infinity);
  assert.equal(
    gradOf((z) => logsumexp(z), x),
    [0, 0],
  );
  assert.equal(
    hessianOf((z) => logsumexp(z), x),
    [
      [0, 0],
      [0, 0],
    ],
  );
  assert.is(jvp((z: Tensor) => logsumexp(z), [x], [f64([1, 1])])[1].item(), 0);
  assert.is(logsumexp(f64([infinity, 0])).item(), infinity);
});

test('logsumexp: −∞ beside a number counts for nothing', () => {
  const x = f64([-infinity, 3]);
  assert.is(logsumexp(x).item(), 3);
  assert.equal(
    gradOf((z) => logsumexp(z), x),
    [0, 1],
  );
});

test('logsumexp: the subtracted maximum takes no gradient where it is attained twice', () => {
  close(
    grad((x: Tensor) => logsumexp(x))(f64([2, 2, 0])),
    [1, 1, Math.exp(-2)].map((e) => e / (2 + Math.exp(-2))),
  );
});

test('softmax: its gradient is y⊙(g − Σ g⊙y), also where exp would overflow', () => {
  const y = softmax(f64([1000, 1001])).dataSync();
  const g = [3, -1];
  const inner = 3 * (y[0] ?? 0) - (y[1] ?? 0);
  close(
    grad((x: Tensor) => sum(mul(softmax(x), f64(g))))(f64([1000, 1001])),
    g.map((gi, i) => (y[i] ?? 0) * (gi - inner)),
  );
});

test('softmax: −∞ has probability 0 and gradient 0; a lane of nothing else is NaN', () => {
  const f = (x: Tensor): Tensor => sum(mul(softmax(x), f64([1, 2, 3])));
  assert.equal(softmax(f64([0, -infinity, 0])).toArray(), [0.5, 0, 0.5]);
  assert.equal(gradOf(f, f64([0, -infinity, 0])), [-0.5, 0, 0.5]);
  assert.equal(softmax(f64([-infinity, -infinity])).toArray(), [Number.NaN, Number.NaN]);
});

test('softmax: its logarithm is finite where it underflows', () => {
  assert.equal(softmax(f64([0, -2000])).toArray(), [1, 0]);
  assert.equal(logSoftmax(f64([0, -2000])).toArray(), [0, -2000]);
  assert.equal(
    gradOf((x) => sum(mul(logSoftmax(x), f64([0, 1]))), f64([0, -2000])),
    [-1, 1],
  );
});

test('variance: in two passes, so that a large mean does not cancel', () => {
  const data = [4, 7, 13, 16];
  assert.is(variance(f64(data.map((x) => x + 1e9))).item(), 30);
  assert.is(variance(f64(data)).item(), 30);
  assert.is(
    variance(
      fromData(
        Float32Array.from(data, (x) => x + 1e6),
        [4],
      ),
    ).item(),
    30,
  );
  close(grad((x: Tensor) => variance(x))(f64(data)), [-4, -2, 2, 4]);
});

test('variance: without degrees of freedom it is a division by 0', () => {
  assert.equal(variance(f64([1])).item(), Number.NaN);
  assert.equal(variance(f64([]), { correction: 0 }).item(), Number.NaN);
  assert.is(variance(f64([1, 2]), { correction: 2 }).item(), infinity);
  assert.is(variance(f64([1, 2]), { correction: 3 }).item(), infinity);
  assert.is(variance(f64([1]), { correction: 0 }).item(), 0);
});

test('sums: 2^20 float32 numbers sum to within 1e-6 relative', () => {
  let state = 1;
  const random = Float32Array.from({ length: 2 ** 20 }, () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  });
  let exact = 0n;
  for (const x of random) exact += BigInt(Math.round(x * 2 ** 52));
  const want = Number(exact) / 2 ** 52;
  const x = fromData(random, [2 ** 20]);
  assert.ok(Math.abs(sum(x).item() - want) <= 1e-6 * want);
  assert.ok(Math.abs(mean(x).item() - want / 2 ** 20) <= 1e-6 * (want / 2 ** 20));
});
