/** Boundary points of elementwise operations: each by grad, by jvp, under vmap, and at higher orders where that says something. */

import { grad, jvp, trace, vmap } from '../../../autograd/index.js';
import {
  abs,
  acos,
  acosh,
  add,
  argmax,
  asin,
  atanh,
  broadcastTo,
  ceil,
  clamp,
  div,
  equal,
  floor,
  floorDivide,
  greater,
  less,
  log,
  log1p,
  maximum,
  minimum,
  mul,
  neg,
  ones,
  pow,
  relu,
  round,
  rsqrt,
  safeDiv,
  safeLog,
  safeSqrt,
  sigmoid,
  sign,
  softplus,
  sqrt,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  where,
} from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

type Unary = (x: Tensor) => Tensor;

const nan = Number.NaN;
const infinity = Number.POSITIVE_INFINITY;

const f64 = (values: Parameters<typeof tensor>[0]): Tensor => tensor(values, { dtype: 'float64' });

const derivative =
  (f: Unary): Unary =>
  (x) =>
    grad(f)(x);

/** The derivative of order `order` of a function of one number, each order by reverse mode. */
const derivatives = (f: Unary, x: number, order: number): number[] => {
  const out: number[] = [];
  let g = f;
  for (let k = 0; k < order; k++) {
    g = derivative(g);
    out.push(g(f64(x)).item());
  }
  return out;
};

/** Asserts f′ at many points: by grad one by one, by grad of the sum, by jvp, and by vmap of grad. */
const slopes = (f: Unary, points: readonly number[], expected: readonly number[]): void => {
  const x = f64(points);
  assert.equal(
    points.map((point) => derivatives(f, point, 1)[0]),
    expected,
    'grad',
  );
  assert.equal(grad((v: Tensor) => sum(f(v)))(x).toArray(), expected, 'grad of the sum');
  assert.equal(jvp(f, [x], [f64(points.map(() => 1))])[1].toArray(), expected, 'jvp');
  assert.equal(vmap(derivative(f))(x).toArray(), expected, 'vmap of grad');
};

test("relu'(0): 0; relu(nan) = NaN", () => {
  assert.equal(relu(f64([-1, -0, 0, 2, nan, infinity, -infinity])).toArray(), [0, 0, 0, 2, nan, infinity, 0]);
  slopes(relu, [-1, -0, 0, 2, infinity, -infinity], [0, 0, 0, 1, 1, 0]);
  assert.equal(derivatives(relu, 0, 3), [0, 0, 0]);
  assert.equal(derivatives(relu, 2, 3), [1, 0, 0]);
});

test("relu'(0): an infinite cotangent is selected away, not multiplied by 0", () => {
  assert.equal(grad((x: Tensor) => sum(sqrt(relu(x))))(f64([-1, 0, 4])).toArray(), [0, 0, 0.25]);
});

test("abs'(0): 0", () => {
  slopes(abs, [-2, -0, 0, 3, -infinity], [-1, 0, 0, 1, -1]);
  assert.equal(derivatives(abs, 0, 2), [0, 0]);
  assert.equal(abs(f64([-0, nan, -infinity])).toArray(), [0, nan, infinity]);
});

test('maximum/minimum tie: ½ and ½', () => {
  for (const f of [maximum, minimum]) {
    const [a, b] = grad(([x, y]: readonly [Tensor, Tensor]) => f(x, y))([f64(3), f64(3)]);
    assert.equal([a.item(), b.item()], [0.5, 0.5]);
    slopes((x) => f(x, x), [-1, 0, infinity], [1, 1, 1]);
    assert.equal(
      derivatives((x) => f(x, 3), 3, 2),
      [0.5, 0],
    );
  }
  slopes((x) => maximum(x, 0), [-1, -0, 0, 1], [0, 0.5, 0.5, 1]);
  slopes((x) => minimum(x, 0), [-1, -0, 0, 1], [1, 0.5, 0.5, 0]);
  slopes((x) => maximum(0, x), [-1, 0, 1], [0, 0.5, 1]);
});

test('maximum/minimum tie: NaN on either side gives nan, and the cotangent is selected', () => {
  assert.equal(maximum(f64([nan, 1, nan]), f64([1, nan, nan])).toArray(), [nan, nan, nan]);
  assert.equal(minimum(f64([nan, 1, nan]), f64([1, nan, nan])).toArray(), [nan, nan, nan]);
  assert.equal(
    derivatives((x) => sqrt(maximum(neg(x), 0)), 2, 1),
    [0],
  );
});

test('clamp at a bound: passes the gradient on the closed interval', () => {
  slopes((x) => clamp(x, { min: -1, max: 2 }), [-2, -1, 0, 2, 3], [0, 1, 1, 1, 0]);
  slopes((x) => clamp(x, { min: 0 }), [-1, -0, 0, 1], [0, 1, 1, 1]);
  slopes((x) => clamp(x, { max: 0 }), [-1, 0, 1], [1, 1, 0]);
  assert.equal(
    derivatives((x) => mul(clamp(x, { min: -1, max: 2 }), x), 2, 2),
    [4, 2],
  );
  assert.equal(clamp(f64([nan, -infinity, infinity]), { min: 0, max: 1 }).toArray(), [nan, 0, 1]);
});

test('clamp at a bound: a limit that is a tensor receives the cotangent only beyond it', () => {
  const limit = grad((max: Tensor) => sum(clamp(f64([1, 2, 3]), { max })))(f64(2));
  assert.is(limit.item(), 1);
});

test('floor, ceil, round, sign, comparisons, argmax: zero gradient, never an error', () => {
  const points = [-1.5, -1, -0, 0, 0.5, 2];
  const zeros = points.map(() => 0);
  for (const f of [floor, ceil, round, sign, (x: Tensor) => floorDivide(x, 2)]) {
    assert.equal(grad((x: Tensor) => sum(f(x)))(f64(points)).toArray(), zeros);
    assert.equal(jvp(f, [f64(points)], [ones([points.length], 'float64')])[1].toArray(), zeros);
    assert.equal(vmap(derivative(f))(f64(points)).toArray(), zeros);
    assert.equal(
      derivatives((x) => mul(x, f(x)), 1.5, 2),
      [f(f64(1.5)).item(), 0],
    );
  }
  for (const compare of [less, equal, greater])
    assert.equal(grad((x: Tensor) => sum(where(compare(x, 0), 2, 3)))(f64(points)).toArray(), zeros);
  assert.equal(
    grad((x: Tensor) => sum(mul(x, where(equal(argmax(x), 5), f64(2), 3))))(f64(points)).toArray(),
    [2, 2, 2, 2, 2, 2],
  );
});

test('a zero tangent through an infinite derivative: 0, so that both modes agree where relu selects', () => {
  for (const [f, offset] of [
    [sqrt, 0],
    [log, 0],
    [rsqrt, 0],
    [log1p, -1],
    [(x: Tensor) => pow(x, 0.5), 0],
    [(x: Tensor) => pow(x, f64([0.3, 0.3, 0.3])), 0],
    [acosh, 1],
    [atanh, -1],
    [asin, -1],
    [acos, -1],
  ] as const) {
    const composed = (x: Tensor): Tensor => f(add(relu(x), offset)) as Tensor;
    const x = f64([-1, 0, 0.25]);
    const [, forwards] = jvp(composed, [x], [f64([1, 1, 1])]);
    const backwards = grad((v: Tensor) => sum(composed(v)))(x).toArray() as number[];
    const tangents = forwards.toArray() as number[];
    assert.equal(tangents.slice(0, 2).map(Math.abs), [0, 0], String(f));
    assert.equal(backwards.slice(0, 2).map(Math.abs), [0, 0], String(f));
    const [a = nan, b = nan] = [tangents[2], backwards[2]];
    assert.ok(Math.abs(a - b) <= 1e-14 * Math.abs(b), `${a} and ${b}`);
  }
  // A tangent that is not 0 still meets the infinite derivative.
  assert.is(jvp(sqrt, [f64(0)], [f64(2)])[1].item(), infinity);
  // A slope that is no number moves nothing either, and a tangent that is none is lost nowhere.
  assert.equal(jvp(sqrt, [f64(-1)], [f64(0)])[1].item(), 0);
  assert.equal(jvp(sqrt, [f64([-1, 4])], [f64([1, nan])])[1].toArray(), [nan, nan]);
  // Nor does an operand that does not move: its slope may be NaN.
  assert.is(jvp((a: Tensor, b: Tensor) => pow(a, b) as Tensor, [f64(-2), f64(2)], [f64(1), f64(0)])[1].item(), -4);
});

test("sqrt'(0): +∞", () => {
  slopes(sqrt, [0, 4], [infinity, 0.25]);
  assert.equal(derivatives(sqrt, 0, 2), [infinity, -infinity]);
});

test('pow: d/dx = 0 where y = 0', () => {
  slopes((x) => pow(x, f64(0)), [-2, -0, 0, 1e-310, 3, infinity, nan], [0, 0, 0, 0, 0, 0, 0]);
  slopes((x) => pow(x, 0), [-2, 0, 3, infinity, nan], [0, 0, 0, 0, 0]);
  assert.equal(
    derivatives((x) => pow(x, f64(0)), 0, 3),
    [0, 0, 0],
  );
});

test('pow: d/dy = 0 where x = 0 and y ≥ 0', () => {
  slopes((y) => pow(f64(0), y), [0, 0.5, 2], [0, 0, 0]);
  slopes((y) => pow(0, y), [0, 0.5, 2], [0, 0, 0]);
  assert.equal(
    derivatives((y) => pow(f64(0), y), 2, 2),
    [0, 0],
  );
  assert.equal(
    derivatives((y) => pow(f64(0), y), -1, 1),
    [-infinity],
  );
  assert.equal(
    derivatives((y) => pow(f64(-2), y), 2, 1),
    [nan],
    'no power of a negative base beside this one',
  );
});

test('pow: x² at 0 has gradient 0, and x², x³, x¹ are right at 0 to the fourth order', () => {
  const expected: Record<number, number[]> = { 1: [1, 0, 0, 0], 2: [0, 2, 0, 0], 3: [0, 0, 6, 0] };
  for (const n of [1, 2, 3]) {
    assert.equal(
      derivatives((x) => pow(x, n), 0, 4),
      expected[n],
      `literal exponent ${n}`,
    );
    assert.equal(
      derivatives((x) => pow(x, f64(n)), 0, 4),
      expected[n],
      `tensor exponent ${n}`,
    );
    assert.equal(
      derivatives((x) => pow(x, tensor(n, { dtype: 'int32' })), 0, 4),
      expected[n],
      `int32 exponent ${n}`,
    );
  }
  slopes((x) => pow(x, 2), [-3, -0, 0, 3], [-6, -0, 0, 6]);
  slopes((x) => pow(x, f64(2)), [-3, 0, 3], [-6, 0, 6]);
});

test('pow: the mixed derivative at exponent 0 is 1/x, which a mask on y = 0 would lose', () => {
  const mixed = derivative((y) => grad((x: Tensor) => pow(x, y))(f64(4)));
  assert.is(mixed(f64(0)).item(), 0.25);
});

test('where: no gradient to the condition', () => {
  slopes((x) => where(greater(x, 1), mul(x, 3), mul(x, 5)), [0, 1, 2], [5, 5, 3]);
});

test('where: the cotangent is selected, never multiplied by a mask (0·∞ = NaN)', () => {
  const x = f64([1, 2, 3]);
  const [a, b] = grad(([p, q]: readonly [Tensor, Tensor]) =>
    sum(mul(where(tensor([true, false, true]), p, q), f64([infinity, nan, 1]))),
  )([x, x]);
  assert.equal(a.toArray(), [infinity, 0, 1]);
  assert.equal(b.toArray(), [0, nan, 0]);
  assert.equal(where(tensor([true, false]), f64([1, nan]), f64([infinity, 2])).toArray(), [1, 2]);
});

test('where with a NaN in the untaken branch: the chain rule gives 0·∞ = NaN, as documented', () => {
  assert.equal(
    derivatives((x) => where(greater(x, 0), sqrt(x), 0), 0, 1),
    [nan],
  );
  slopes((x) => where(greater(x, 0), sqrt(where(greater(x, 0), x, 1)), 0), [0, 4], [0, 0.25]);
});

test('where with a NaN in the untaken branch: safeLog, safeSqrt and safeDiv ship', () => {
  slopes(safeLog, [-1, 0, 2], [0, 0, 0.5]);
  slopes(safeSqrt, [-1, 0, 4], [0, 0, 0.25]);
  slopes((x) => safeDiv(x, f64(0)), [-1, 0, 4], [0, 0, 0]);
  slopes((x) => safeDiv(1, x), [-2, 0, 4], [-0.25, 0, -0.0625]);
  for (const f of [safeLog, safeSqrt, (x: Tensor) => safeDiv(1, x)]) {
    assert.equal(derivatives(f, 0, 3), [0, 0, 0]);
    assert.equal(f(f64(nan)).item(), nan);
  }
  assert.equal(safeLog(f64([0, 1]), -7).toArray(), [-7, 0]);
  assert.equal(safeDiv(f64([1, 0]), f64(0), 9).toArray(), [9, 9]);
});

test('sigmoid, softplus, tanh, logsigmoid: finite at ±1000 and ±∞, to the third order', () => {
  const logSigmoid = (x: Tensor): Tensor => neg(softplus(neg(x)));
  const at = (f: Unary): unknown => f(f64([-infinity, -1000, 1000, infinity])).toArray();
  assert.equal(at(sigmoid), [0, 0, 1, 1]);
  assert.equal(at(tanh), [-1, -1, 1, 1]);
  assert.equal(at(softplus), [0, 0, 1000, infinity]);
  assert.equal(at(logSigmoid), [-infinity, -1000, -0, -0]);
  slopes(sigmoid, [-infinity, -1000, 1000, infinity], [0, 0, 0, 0]);
  slopes(tanh, [-infinity, -1000, 1000, infinity], [0, 0, 0, 0]);
  slopes(softplus, [-infinity, -1000, 1000, infinity], [0, 0, 1, 1]);
  slopes(logSigmoid, [-infinity, -1000, 1000, infinity], [1, 1, 0, 0]);
  for (const f of [sigmoid, tanh, softplus, logSigmoid])
    for (const x of [-1000, 1000]) assert.equal(derivatives(f, x, 3).slice(1).map(Math.abs), [0, 0]);
});

test('sigmoid, softplus, tanh, logsigmoid: derivatives at 0 are exact', () => {
  slopes(sigmoid, [0], [0.25]);
  slopes(tanh, [0], [1]);
  slopes(softplus, [0], [0.5]);
  assert.equal(derivatives(softplus, 0, 3).map(Math.abs), [0.5, 0.25, 0]);
  assert.equal(derivatives(tanh, 0, 3).map(Math.abs), [1, 0, 2]);
});

test('sigmoid, softplus, tanh, logsigmoid: small derivatives keep their digits where 1 − σ and 1 − tanh² cancel', () => {
  for (const [f, x, expected] of [
    [sigmoid, 40, 4.248354255291589e-18],
    [sigmoid, -40, 4.248354255291589e-18],
    [tanh, 40, 7.21940555138166e-35],
    [tanh, -40, 7.21940555138166e-35],
  ] as const) {
    const [slope = nan] = derivatives(f, x, 1);
    assert.ok(Math.abs(slope - expected) <= 1e-14 * expected, `${slope} should be ${expected}`);
  }
});

test('multiplication by a literal 0: 0·NaN = NaN, 0·∞ = NaN: never folded away', () => {
  assert.equal(mul(f64([nan, infinity, -infinity, 2]), 0).toArray(), [nan, nan, nan, 0]);
  assert.equal(mul(0, f64([nan, infinity])).toArray(), [nan, nan]);
  const scaled = (x: Tensor): Tensor => mul(mul(x, 0), infinity) as Tensor;
  assert.equal(scaled(f64([1, 2])).toArray(), [nan, nan]);
  assert.equal(grad((x: Tensor) => sum(scaled(x)))(f64([1, 2])).toArray(), [nan, nan]);
  assert.equal(
    derivatives((x) => mul(sqrt(x), 0), 0, 1),
    [nan],
  );
  assert.match(String(trace((x: Tensor) => mul(x, 0))(f64(1))), 'mul');
});

test("broadcasting: NumPy's, right-aligned, on both sides, with the cotangent summed back once", () => {
  const a = f64([[1], [2], [3]]);
  const b = f64([10, 20]);
  assert.equal(add(a, b).toArray(), [
    [11, 21],
    [12, 22],
    [13, 23],
  ]);
  const [da, db] = grad(([x, y]: readonly [Tensor, Tensor]) => sum(mul(x, y)))([a, b]);
  assert.equal(da.toArray(), [[30], [30], [30]]);
  assert.equal(db.toArray(), [6, 6]);
  const scalar = grad((x: Tensor) => sum(div(broadcastTo(f64(6), [2, 3]), x)))(f64(2));
  assert.equal([scalar.shape, scalar.item()], [[], -9]);
  const empty = grad((x: Tensor) => sum(sub(x, f64([[], []]))))(f64([[1], [2]]));
  assert.equal(empty.toArray(), [[0], [0]]);
  const [p, q, r] = grad(([x, y, z]: readonly [Tensor, Tensor, Tensor]) => sum(pow(add(x, y), z)))([
    f64(1),
    b,
    f64([[2], [1]]),
  ]);
  assert.equal([p.shape, q.shape, r.shape], [[], [2], [2, 1]]);
  assert.is(p.item(), 2 * 11 + 2 * 21 + 1 + 1);
});

test('broadcasting: an example of a batch keeps its axes apart from those of an unbatched operand', () => {
  const rows = f64([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  const matrix = f64([
    [1, 10],
    [2, 20],
  ]);
  const each = vmap((row: Tensor) => where(greater(row, 1), mul(row, matrix), log(row)))(rows);
  assert.equal(each.shape, [3, 2, 2]);
  assert.equal(each.toArray(), [
    [
      [0, 20],
      [0, 40],
    ],
    [
      [3, 40],
      [6, 80],
    ],
    [
      [5, 60],
      [10, 120],
    ],
  ]);
});
