/** Matrix products against index loops, for every combination of ranks. */
import * as fc from 'fast-check';
import { grad, vmap } from '../../../autograd/index.js';
import { broadcastStrides, type Shape, sizeOf, tryBroadcast, walk } from '../../../core/base/shape.js';
import { DtypeError, fromData, matmul, ShapeError, sum, type Tensor, tensor, zeros } from '../../../core/index.js';
import { broadcastable } from '../../arbitraries/shapes.js';
import { draw } from '../../arbitraries/values.js';
import * as assert from '../../runner/assert.js';
import { assertClose, type Numbers } from '../../runner/close.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

/** NumPy's definition by loops; operands as they are given, ranks 1 and up. */
const naive = (a: Numbers, b: Numbers): Numbers => {
  const shapeA = a.shape.length === 1 ? [1, ...a.shape] : a.shape;
  const shapeB = b.shape.length === 1 ? [...b.shape, 1] : b.shape;
  const [m = 0, k = 0] = shapeA.slice(-2);
  const n = shapeB.at(-1) ?? 0;
  const batch = tryBroadcast(shapeA.slice(0, -2), shapeB.slice(0, -2)) ?? [];
  const places = (own: Shape): number[] => {
    const out: number[] = [];
    walk(batch, broadcastStrides(own, batch), (place) => out.push(place));
    return out;
  };
  const [placesA, placesB] = [places(shapeA.slice(0, -2)), places(shapeB.slice(0, -2))];
  const data = placesA.flatMap((placeA, at) =>
    Array.from({ length: m * n }, (_, cell) => {
      const [i, j] = [Math.floor(cell / n), cell % n];
      let total = 0;
      for (let l = 0; l < k; l++)
        total += (a.data[(placeA * m + i) * k + l] ?? 0) * (b.data[((placesB[at] ?? 0) * k + l) * n + j] ?? 0);
      return total;
    }),
  );
  const shape = [...batch, ...(a.shape.length === 1 ? [] : [m]), ...(b.shape.length === 1 ? [] : [n])];
  return { shape, data };
};

/** Shapes of two operands that multiply, with ranks 1 to 4, zero sizes and broadcast batches among them. */
const operandShapes = fc
  .record({
    batches: broadcastable(2, { maxRank: 2, maxSize: 3 }),
    m: fc.nat(3),
    k: fc.nat(4),
    n: fc.nat(3),
    vectorA: fc.boolean(),
    vectorB: fc.boolean(),
  })
  .map(({ batches: [left = [], right = []], m, k, n, vectorA, vectorB }) => [
    vectorA ? [k] : [...left, m, k],
    vectorB ? [k] : [...right, k, n],
  ]);

test('matmul: equals the index loops for all ranks, batches and zero sizes', () => {
  check(
    fc.property(
      operandShapes.chain(([a = [], b = []]) => fc.tuple(draw(a), draw(b))),
      ([a, b]) => {
        const y = matmul(fromData(Float64Array.from(a.data), a.shape), fromData(Float64Array.from(b.data), b.shape));
        assertClose(y, naive(a, b), 1e-14);
      },
    ),
    { numRuns: 300 },
  );
});

test('matmul: every pair of ranks from 1 to 4 gives the shape and the numbers of the definition', () => {
  for (let left = 1; left <= 4; left++)
    for (let right = 1; right <= 4; right++) {
      const a = left === 1 ? [3] : [...[2, 1].slice(4 - left), 2, 3];
      const b = right === 1 ? [3] : [...[1, 3].slice(4 - right), 3, 4];
      const fill = (shape: number[]): Tensor =>
        fromData(
          Float64Array.from({ length: sizeOf(shape) }, (_, i) => (i % 7) - 3),
          shape,
        );
      const [x, y] = [fill(a), fill(b)];
      assertClose(matmul(x, y), naive({ shape: a, data: x.dataSync() }, { shape: b, data: y.dataSync() }), 0);
    }
});

test("matmul: a zero-length inner axis gives zeros, and gradients of the inputs' shapes", () => {
  assert.equal(matmul(zeros([2, 0]), zeros([0, 3])).toArray(), [
    [0, 0, 0],
    [0, 0, 0],
  ]);
  assert.equal(matmul(zeros([0]), zeros([0])).toArray(), 0);
  const g = grad((a: Tensor, b: Tensor) => sum(matmul(a, b)), { argnums: [0, 1] })(zeros([2, 0]), zeros([0, 3]));
  assert.equal(
    g.map((t) => t.shape),
    [
      [2, 0],
      [0, 3],
    ],
  );
});

test('matmul: zeros are multiplied like any other number, so that 0·NaN and 0·∞ are NaN', () => {
  const y = matmul(
    tensor([
      [0, 1],
      [1, 0],
    ]),
    tensor([
      [Number.NaN, 1],
      [2, Number.POSITIVE_INFINITY],
    ]),
  );
  assert.equal(Array.from(y.dataSync()), [Number.NaN, Number.POSITIVE_INFINITY, Number.NaN, Number.NaN]);
});

test('matmul: integers multiply as integers', () => {
  const a = fromData(Int32Array.of(1, 2, 3, 4), [2, 2]);
  const y = matmul(a, a);
  assert.is(y.dtype, 'int32');
  assert.equal(y.toArray(), [
    [7, 10],
    [15, 22],
  ]);
});

test('matmul: the same tensor on both sides receives both gradients', () => {
  const a = tensor([
    [1, 2],
    [3, 4],
  ]);
  // d/dA Σ A² = 1·(row sums of A) + (column sums of A)·1: entry (i,j) is Σₗ a[j,l] + Σₖ a[k,i].
  assert.equal(grad((x: Tensor) => sum(matmul(x, x)))(a).toArray(), [
    [7, 11],
    [9, 13],
  ]);
});

test('matmul: under vmap with a matrix of its own or a shared one it equals the loop over examples', () => {
  const [a, b] = [
    fromData(
      Float64Array.from({ length: 12 }, (_, i) => Math.sin(i)),
      [2, 2, 3],
    ),
    fromData(
      Float64Array.from({ length: 12 }, (_, i) => Math.cos(i)),
      [2, 3, 2],
    ),
  ];
  assertClose(vmap((x: Tensor, y: Tensor) => matmul(x, y))(a, b), matmul(a, b), 0);
  const shared = fromData(
    Float64Array.from({ length: 6 }, (_, i) => i - 2),
    [3, 2],
  );
  assertClose(vmap((x: Tensor) => matmul(x, shared))(a), matmul(a, shared), 0);
  const stack = fromData(
    Float64Array.from({ length: 8 }, (_, i) => i * i),
    [4, 1, 1, 2],
  );
  const right = fromData(Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8), [2, 2, 2]);
  assert.equal(vmap((x: Tensor) => matmul(x, right))(stack).shape, [4, 2, 1, 2]);
});

const messageOf = (f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    return String(error);
  }
  return 'nothing was thrown';
};

test('matmul: errors name the operands as they were given, and the remedy', () => {
  const x = (shape: number[]): Tensor => zeros(shape);
  assert.is(
    messageOf(() => matmul(x([2, 3]), x([5, 4]))),
    "ShapeError: matmul: inner dimensions differ: 3 and 5 (shapes [2,3] · [5,4]); the first operand's columns must equal the second's rows; transpose one or check the previous layer's width",
  );
  assert.match(
    messageOf(() => matmul(x([4]), x([3]))),
    /4 and 3 \(shapes \[4\] · \[3\]\)/,
  );
  assert.match(
    messageOf(() => matmul(x([2, 7, 3]), x([4, 2]))),
    /shapes \[2,7,3\] · \[4,2\]/,
  );
  assert.is(
    messageOf(() => matmul(x([2, 1, 3]), x([3, 3, 1]))),
    'ShapeError: matmul: the axes before the last two do not broadcast (shapes [2,1,3] · [3,3,1]); their sizes must be equal or 1, aligned at the last of them; reshape or unsqueeze an operand',
  );
  assert.throws(
    () => matmul(x([]), x([3])),
    (error: unknown) => error instanceof ShapeError,
  );
  assert.throws(
    () => matmul(x([2, 2]), zeros([2, 2], 'float64') as Tensor),
    (error: unknown) => error instanceof DtypeError,
  );
});
