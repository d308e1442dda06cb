/** Laws of numbers over families of operations: any order, any size, any collision, any NaN, and saturated lines. */
import * as fc from 'fast-check';
import { hessian, jacfwd, jacrev } from '../../../autograd/index.js';
import { isFloat } from '../../../core/base/dtype.js';
import {
  abs,
  atan2,
  bind,
  createWasmBackend,
  cumsum,
  det,
  div,
  hypot,
  inverse,
  logSoftmax,
  logsumexp,
  matmul,
  max,
  maximum,
  mean,
  median,
  min,
  mul,
  norm,
  type Primitive,
  primitives,
  quantile,
  relu,
  reshape,
  scatterAdd,
  slice,
  softmax,
  solve,
  sort,
  sqrt,
  std,
  sub,
  sum,
  type Tensor,
  tensor,
  variance,
} from '../../../core/index.js';
import { cosineSimilarity } from '../../../nn/index.js';
import { tensorOf } from '../../arbitraries/tensors.js';
import { assertLaw, backendLaw, homogeneityLaw, lawTally, permutationLaw } from '../../index.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { specs } from '../../specs/index.js';

type Float = 'float32' | 'float64';
const dtypes: readonly Float[] = ['float32', 'float64'];
const dtype = fc.constantFrom<Float>(...dtypes);

test('permutation: sums, means, logsumexp and softmax do not depend on the order of a line, to a unit in the last place', () => {
  const numbers = fc.array(fc.double({ noNaN: true, min: -30, max: 30 }), { minLength: 1, maxLength: 70 });
  const wide = fc.array(
    fc
      .tuple(fc.double({ noNaN: true, min: -1, max: 1 }), fc.integer({ min: -25, max: 25 }))
      .map(([x, e]) => x * 10 ** e),
    { minLength: 1, maxLength: 70 },
  );
  check(
    fc.property(dtype, fc.oneof(numbers, wide), (dtype, values) => {
      const x = tensor(values, { dtype });
      // Terms that cancel leave what was rounded of the largest partial sum.
      const magnitude = values.reduce((total, value) => total + Math.abs(value), 0);
      assertLaw(permutationLaw((v) => sum(v), x, { magnitude }));
      assertLaw(permutationLaw((v) => mean(v), x, { magnitude: magnitude / values.length }));
    }),
  );
  check(
    fc.property(dtype, numbers, (dtype, values) => {
      const x = tensor(values, { dtype });
      // The sum of exponentials is rounded once in float32, and with its terms in float64.
      const tolerance = dtype === 'float32' ? 2 : 8;
      const magnitude = Math.max(...values.map(Math.abs));
      assertLaw(permutationLaw((v) => logsumexp(v), x, { magnitude, tolerance }));
      assertLaw(permutationLaw((v) => softmax(v), x, { tolerance }));
      assertLaw(permutationLaw((v) => logSoftmax(v), x, { magnitude: 2 * magnitude, tolerance }));
    }),
  );
});

test('saturated ends: Jacobians and Hessians of softmax, logSoftmax and logsumexp keep their digits, in every nesting', () => {
  /** ∂ᵢⱼ logsumexp = pᵢ([i = j] − pⱼ), the difference as the sum of the others. */
  const exactly = (z: readonly number[]): number[] => {
    const largest = Math.max(...z);
    const parts = z.map((x) => Math.exp(x - largest));
    const total = parts.reduce((a, b) => a + b, 0);
    const p = parts.map((x) => x / total);
    return p.flatMap((pi, i) =>
      p.map((pj, j) => (i === j ? pi * p.reduce((rest, pk, k) => (k === i ? rest : rest + pk), 0) : -pi * pj)),
    );
  };
  const lse = (x: Tensor): Tensor => logsumexp(x);
  const pair = (x: Tensor): Tensor => logsumexp(mul(x, tensor([[1]], { dtype: x.dtype })) as Tensor, { axes: [0, 1] });
  for (const dtype of dtypes)
    for (const z of [
      [0, 20],
      [25, 0, -3],
      [-2, 40, 3, 1],
      [1, 2, 3],
    ]) {
      const x = tensor(z, { dtype });
      const want = exactly(z);
      const found: readonly [string, Tensor][] = [
        ['jacrev softmax', jacrev((v: Tensor) => softmax(v))(x) as Tensor],
        ['jacfwd softmax', jacfwd((v: Tensor) => softmax(v))(x) as Tensor],
        ...[lse, pair].flatMap((f): [string, Tensor][] => [
          ['hessian', hessian(f)(x) as Tensor],
          ['jacrev of jacrev', jacrev(jacrev(f))(x) as Tensor],
          ['jacfwd of jacrev', jacfwd(jacrev(f))(x) as Tensor],
          ['jacrev of jacfwd', jacrev(jacfwd(f))(x) as Tensor],
          ['jacfwd of jacfwd', jacfwd(jacfwd(f))(x) as Tensor],
        ]),
      ];
      for (const [name, got] of found)
        for (const [i, value] of Array.from(got.dataSync()).entries())
          assert.ok(
            Math.abs(value - (want[i] ?? 0)) <= (dtype === 'float32' ? 2e-6 : 1e-14) * Math.abs(want[i] ?? 0),
            `${name} at ${z}, ${dtype}: [${i}] is ${value}, not ${want[i]}`,
          );
      // ∂ᵢⱼ of logSoftmax: [i = j] − pⱼ.
      const rows = [jacrev, jacfwd].map((jacobian) =>
        Array.from((jacobian((v: Tensor) => logSoftmax(v))(x) as Tensor).dataSync()),
      );
      const p = Array.from(softmax(tensor(z, { dtype: 'float64' })).dataSync());
      for (const got of rows)
        z.forEach((_, i) => {
          const rest = p.reduce((total, pk, k) => (k === i ? total : total + pk), 0);
          const value = got[i * (z.length + 1)] ?? 0;
          assert.ok(
            Math.abs(value - rest) <= (dtype === 'float32' ? 2e-6 : 1e-14) * rest,
            `logSoftmax: ${value}, not ${rest}`,
          );
        });
    }
});

const positives = tensor([3, 4, 0.5, 2]);
const signed = tensor([3, -4, 0.5, -2]);
const square = tensor([
  [3, -1],
  [1, 2],
]);

const homogeneous: readonly [name: string, degree: number, f: (x: Tensor) => Tensor, x: Tensor][] = [
  ['abs', 1, (x) => abs(x), signed],
  ['relu', 1, (x) => relu(x), signed],
  ['max', 1, (x) => max(x), signed],
  ['min', 1, (x) => min(x), signed],
  ['maximum', 1, (x) => maximum(x, mul(x, tensor([2, 0.5, 1, 3]))) as Tensor, signed],
  ['sum', 1, (x) => sum(x), signed],
  ['mean', 1, (x) => mean(x), signed],
  ['cumsum', 1, (x) => cumsum(x, 0), signed],
  ['sort', 1, (x) => sort(x).values, signed],
  ['median', 1, (x) => median(x), signed],
  ['quantile', 1, (x) => quantile(x, 0.3), signed],
  ['norm', 1, (x) => norm(x), signed],
  ['std', 1, (x) => std(x), signed],
  ['hypot', 1, (x) => hypot(x, mul(x, tensor([2, -1, 0.25, 3]))) as Tensor, signed],
  ['sqrt', 0.5, (x) => sqrt(x), positives],
  ['div', 0, (x) => div(x, mul(x, tensor([2, -1, 0.25, 3]))) as Tensor, signed],
  ['div by a sum', 0, (x) => div(x, sum(abs(x))) as Tensor, signed],
  ['atan2', 0, (x) => atan2(x, mul(x, tensor([2, -1, 0.25, 3]))) as Tensor, signed],
  ['direction', 0, (x) => div(x, norm(x)) as Tensor, signed],
  ['cosine', 0, (x) => div(x, hypot(x, slice(x, [[null, null, -1]]))) as Tensor, signed],
  ['inverse', -1, (x) => inverse(x), square],
  ['solve', 0, (x) => solve(x, mul(x, tensor([[1], [2]])) as Tensor), square],
];

for (const [name, degree, f, x] of homogeneous)
  test(`homogeneity: ${name} is of degree ${degree} at every size, and its gradient of one less`, () => {
    assertLaw(homogeneityLaw(f, [x], { degree, tolerance: 4 }));
  });

for (const [name, f] of [
  ['variance', (x: Tensor) => variance(x)],
  ['product', (x: Tensor) => mul(x, x) as Tensor],
  ['matmul', (x: Tensor) => matmul(x, x) as Tensor],
  ['det', (x: Tensor) => det(x)],
] as const)
  test(`homogeneity: ${name} is of degree 2 as far as squares go`, () => {
    const x = name === 'matmul' || name === 'det' ? square : signed;
    assertLaw(homogeneityLaw(f, [x], { degree: 2, exponents: [-50, -10, 10, 50] }));
  });

test('homogeneity: every linear primitive is of degree 1 at every size, and every product in each of its factors', () => {
  let held = 0;
  for (const [name, spec] of Object.entries(specs)) {
    const primitive: Primitive = primitives[name as keyof typeof primitives] as Primitive;
    if (primitive.jvpKind === 'rules' || spec.derivative === 'none') continue;
    const tally = lawTally();
    for (const { inputs, params } of fc.sample(spec.cases, { numRuns: 4, seed: 7 })) {
      const args = inputs.map((input) => tensorOf(input));
      const f = (...x: Tensor[]): Tensor => bind(primitive, x, params);
      const together = [args.map(() => true)];
      const apart = args.map((_, k) => args.map((_, i) => i === k));
      for (const scaled of primitive.jvpKind === 'linear' ? together : apart)
        if (args.some((x, k) => scaled[k] && isFloat(x.dtype)))
          tally.assert(homogeneityLaw(f, args, { degree: 1, scaled, exponents: [-100, -60, 60, 100] }));
    }
    if (tally.checked > 0) held++;
  }
  assert.ok(held >= 15, `only ${held} primitives were held`);
});

test('homogeneity: cosineSimilarity and standardised numbers are of degree 0', () => {
  const y = tensor([[1, 2, -1, 0.5]]);
  const row = (x: Tensor): Tensor => reshape(x, [1, 4]) as Tensor;
  assertLaw(homogeneityLaw((x: Tensor) => cosineSimilarity(row(x), y), [signed], { degree: 0, tolerance: 8 }));
  assertLaw(
    homogeneityLaw((x: Tensor) => div(sub(x, mean(x)), std(x)) as Tensor, [signed], { degree: 0, tolerance: 16 }),
  );
});

test('law 11: many additions to few places are on wasm what they are on the reference', () => {
  const backend = createWasmBackend();
  const value = fc.double({ noNaN: true, min: -100, max: 100 });
  check(
    fc.property(
      fc.constantFrom('float32' as const, 'float64' as const, 'int32' as const),
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.tuple(fc.nat(1_000_000), value, value), { minLength: 1, maxLength: 300 }),
      (dtype, places, drawn) => {
        const data = (k: 1 | 2): number[] =>
          drawn.map((row) => (dtype === 'int32' ? Math.round(row[k] * 2e7) : row[k]));
        const index = tensor(
          drawn.map(([n]) => (n % places) - (n % 2 === 0 ? places : 0)),
          { dtype: 'int32' },
        );
        const along = tensor(data(1), { dtype });
        const rows = tensor(
          data(1).map((x, i) => [x, data(2)[i] ?? 0]),
          { dtype },
        );
        const onto = tensor(
          Array.from({ length: places }, () => 1),
          { dtype },
        );
        const ulp = dtype === 'float32' ? 1 : 0;
        assertLaw(backendLaw((x: Tensor, y: Tensor) => scatterAdd(x, index, y, 0), [onto, along], { backend, ulp }));
        assertLaw(
          backendLaw((y: Tensor) => bind(primitives.takeTranspose, [y, index], { axis: 0, size: places }), [rows], {
            backend,
            ulp,
          }),
        );
      },
    ),
  );
});
