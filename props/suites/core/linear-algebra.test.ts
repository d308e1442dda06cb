/** Solves, factorizations and determinants: definitions, known values, derivatives at singular matrices, errors. */
import * as fc from 'fast-check';
import { grad, hessian, jvp, vjp, vmap } from '../../../autograd/index.js';
import {
  add,
  bind,
  cholesky,
  cofactor,
  det,
  dot,
  eye,
  fromData,
  inverse,
  kron,
  logabsdet,
  matmul,
  matrixPower,
  matrixTrace,
  mul,
  ones,
  outer,
  primitives,
  reshape,
  solve,
  sub,
  sum,
  type Tensor,
  tensor,
  transpose,
  triangularSolve,
  zeros,
} from '../../../core/index.js';
import { type Draw, draw } from '../../arbitraries/values.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { linearAlgebraSpecs } from '../../specs/linear-algebra.js';
import { cofactors, laplace, type Matrix } from '../../specs/matrix-oracles.js';

const float64 = (x: Draw): Tensor => fromData(Float64Array.from(x.data), x.shape);
const matrix = (rows: Matrix): Tensor => fromData(Float64Array.from(rows.flat()), [rows.length, rows[0]?.length ?? 0]);

/** A fixed float64 tensor of irrational-looking numbers in [−1, 1]. */
const waves = (shape: readonly number[], phase = 1): Tensor =>
  fromData(
    Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(phase + 7.3 * i)),
    shape,
  );

const messageOf = (f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    return String(error);
  }
  return 'nothing was thrown';
};

for (const [name, spec] of Object.entries(linearAlgebraSpecs))
  test(`${name}: equals its definition by index sums, Laplace expansion or Cramer's rule`, () => {
    const primitive = primitives[name as keyof typeof linearAlgebraSpecs];
    check(
      fc.property(spec.cases, (call) => {
        const y = bind(primitive, call.inputs.map(float64), call.params);
        assertClose(y, { shape: y.shape, data: spec.oracle?.(call) ?? [] }, 1e-10);
      }),
      { numRuns: 100 },
    );
  });

/** A well-conditioned matrix or stack of them that needs pivoting: a cyclic shift plus noise. */
const general = (batch: readonly number[], n: number, phase = 1): Tensor => {
  const shift = fromData(
    Float64Array.from({ length: n * n }, (_, i) => ((Math.floor(i / n) + 1) % n === i % n ? n : 0)),
    [n, n],
  );
  return add(waves([...batch, n, n], phase), shift);
};

test('solve: b is a vector, a stack of vectors beside a stack of matrices, or a matrix that broadcasts', () => {
  const a = general([], 3);
  const stack = general([2], 3);
  const v = waves([3]);
  assertClose(matmul(a, solve(a, v)), v);
  assertClose(matmul(a, solve(a, waves([3, 2]))), waves([3, 2]));
  const vectors = waves([2, 3]);
  assert.equal(solve(stack, vectors).shape, [2, 3]);
  assertClose(reshape(matmul(stack, reshape(solve(stack, vectors), [2, 3, 1])), [2, 3]), vectors);
  assertClose(matmul(stack, solve(stack, waves([3, 4]))), add(zeros([2, 3, 4], 'float64'), waves([3, 4])));
  assertClose(matmul(a, solve(a, waves([5, 3, 1]))), waves([5, 3, 1]));
  assert.equal(solve(stack, v).shape, [2, 3], 'a single vector serves every matrix');
  assert.equal(solve(zeros([0, 0]), zeros([0])).shape, [0]);
  assert.equal(solve(zeros([4, 0, 0]), zeros([4, 0, 2])).shape, [4, 0, 2]);
  assert.equal(solve(zeros([0, 3, 3]), zeros([3, 2])).shape, [0, 3, 2]);
});

test('solve, inverse, logabsdet, det: agree with each other', () => {
  const a = general([3], 4);
  const b = waves([3, 4, 2]);
  assertClose(solve(a, b), matmul(inverse(a), b));
  assertClose(inverse(inverse(a)), a);
  assertClose(det(matmul(a, a)), mul(det(a), det(a)), 1e-11);
  assertClose(logabsdet(a), {
    shape: [3],
    data: det(a)
      .dataSync()
      .map((d) => Math.log(Math.abs(d))),
  });
  assertClose(cofactor(a), mul(reshape(det(a), [3, 1, 1]), transpose(inverse(a))));
});

test('cholesky: the factor is lower triangular and its square is the matrix', () => {
  const x = waves([2, 4, 4]);
  const a = add(matmul(x, transpose(x)), eye(4, { dtype: 'float64' }));
  const l = cholesky(a);
  assertClose(matmul(l, transpose(l)), a);
  for (let i = 0; i < 4; i++) for (let j = i + 1; j < 4; j++) assert.is(l.dataSync()[i * 4 + j], 0);
});

test('cholesky: counts the symmetric part, so the gradient is symmetric', () => {
  const a = matrix([
    [4, 1],
    [3, 5],
  ]);
  assertClose(
    cholesky(a),
    cholesky(
      matrix([
        [4, 2],
        [2, 5],
      ]),
    ),
    0,
  );
  const weight = matrix([
    [0.3, 0.9],
    [-0.7, 1.1],
  ]);
  const g = grad((x: Tensor) => sum(mul(weight, cholesky(x))))(a);
  assertClose(g, transpose(g), 0);
  assertClose(grad((x: Tensor) => sum(cholesky(x)))(matrix([[9]])), matrix([[1 / 6]]));
});

test('triangularSolve: the other triangle and a unit diagonal are never read, in value and in gradient', () => {
  const nan = Number.NaN;
  const a = matrix(
    [
      [nan, 9, nan],
      [0.5, nan, 9],
      [-1, 2, nan],
    ].map((row, i) => row.map((x, j) => (j > i ? nan : x))),
  );
  const b = waves([3, 2]);
  const y = triangularSolve(a, b, { unitDiagonal: true });
  assertClose(
    matmul(
      matrix([
        [1, 0, 0],
        [0.5, 1, 0],
        [-1, 2, 1],
      ]),
      y,
    ),
    b,
  );
  const g = grad((t: Tensor) => sum(triangularSolve(t, b, { unitDiagonal: true })))(a);
  assert.ok(g.dataSync().every(Number.isFinite));
  for (let i = 0; i < 3; i++) for (let j = i; j < 3; j++) assert.is(Math.abs(g.dataSync()[i * 3 + j] ?? nan), 0);
});

test('triangularSolve: all eight readings solve the system they name', () => {
  const full = general([], 3);
  for (const lower of [true, false])
    for (const flip of [true, false])
      for (const unitDiagonal of [true, false]) {
        const rows = (full.toArray() as number[][]).map((row, i) =>
          row.map((x, j) => (i === j ? (unitDiagonal ? 1 : x + 2) : i > j === lower ? x : 0)),
        );
        const a = matrix(rows);
        const x = triangularSolve(a, waves([3, 2]), { lower, transpose: flip, unitDiagonal });
        assertClose(matmul(flip ? transpose(a) : a, x), waves([3, 2]));
      }
});

/** Singular matrices with whole elements, so that cofactors are whole numbers too. */
const singular: readonly (readonly [name: string, rows: Matrix])[] = [
  [
    '2×2 of rank 1',
    [
      [1, 2],
      [2, 4],
    ],
  ],
  [
    '2×2 of zeros',
    [
      [0, 0],
      [0, 0],
    ],
  ],
  [
    '3×3 of rank 2',
    [
      [1, 2, 3],
      [4, 5, 6],
      [5, 7, 9],
    ],
  ],
  [
    '3×3 of rank 2 with a zero column',
    [
      [0, 2, 1],
      [0, 1, 1],
      [0, 3, 5],
    ],
  ],
  [
    '3×3 of rank 1',
    [
      [1, 2, 3],
      [2, 4, 6],
      [-1, -2, -3],
    ],
  ],
  [
    '3×3 of zeros',
    [
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ],
  ],
  [
    '4×4 of rank 2',
    [
      [1, 0, 2, 1],
      [0, 1, 1, 1],
      [1, 1, 3, 2],
      [1, -1, 1, 0],
    ],
  ],
];

test('det: the gradient of a singular matrix is its matrix of cofactors', () => {
  for (const [name, rows] of singular) {
    assert.ok(Math.abs(det(matrix(rows)).item()) < 1e-14, name);
    assertClose(grad(det)(matrix(rows)), matrix(cofactors(rows)), 1e-14);
    assertClose(cofactor(matrix(rows)), matrix(cofactors(rows)), 1e-14);
  }
});

test('det: where the rank is two below full, the gradient is exactly zero', () => {
  for (const rows of [
    [
      [1, 2, 3],
      [2, 4, 6],
      [-1, -2, -3],
    ],
    [
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ],
  ])
    assert.ok(
      grad(det)(matrix(rows))
        .dataSync()
        .every((x) => x === 0),
    );
});

test('det: a stack of regular and singular matrices has each its own gradient', () => {
  const stack: Matrix[] = [
    [
      [1, 2, 3],
      [4, 5, 6],
      [5, 7, 9],
    ],
    [
      [2, 0, 1],
      [1, 3, 0],
      [0, 1, 1],
    ],
    [
      [1, 2, 3],
      [2, 4, 6],
      [3, 6, 9],
    ],
  ];
  const a = fromData(Float64Array.from(stack.flat(2)), [3, 3, 3]);
  assertClose(det(a), { shape: [3], data: stack.map(laplace) }, 1e-14);
  assertClose(
    grad((x: Tensor) => sum(det(x)))(a),
    { shape: [3, 3, 3], data: stack.flatMap((m) => cofactors(m).flat()) },
    1e-14,
  );
  assertClose(vmap(grad(det))(a), grad((x: Tensor) => sum(det(x)))(a), 1e-14);
});

test('det: the Hessian of a singular matrix is that of central differences of the gradient', () => {
  for (const [, rows] of singular) {
    const n = rows.length;
    const second = hessian(det)(matrix(rows)).dataSync();
    rows.forEach((row, i) => {
      row.forEach((_, j) => {
        // det is linear in each element, so central differences with h = 1 are exact.
        const moved = (h: number): number[] => cofactors(rows.with(i, row.with(j, (row[j] ?? 0) + h))).flat();
        const [up, down] = [moved(1), moved(-1)];
        const want = up.map((x, k) => (x - (down[k] ?? 0)) / 2);
        const at = (i * n + j) * n * n;
        assertClose({ shape: [n * n], data: second.slice(at, at + n * n) }, { shape: [n * n], data: want }, 1e-13);
      });
    });
  }
});

test('det: the third derivative at the zero matrix is the sign of the permutation', () => {
  const unit = (i: number, j: number): Tensor =>
    matrix(Array.from({ length: 3 }, (_, r) => Array.from({ length: 3 }, (_, c) => (r === i && c === j ? 1 : 0))));
  const along =
    (f: (x: Tensor) => Tensor, v: Tensor) =>
    (x: Tensor): Tensor =>
      jvp(f, [x], [v])[1];
  const third = (p: readonly number[]): number =>
    along(
      along((x) => grad(det)(x), unit(0, p[0] ?? 0)),
      unit(1, p[1] ?? 0),
    )(zeros([3, 3], 'float64')).dataSync()[6 + (p[2] ?? 0)] ?? Number.NaN;
  assert.is(third([0, 1, 2]), 1);
  assert.is(third([1, 0, 2]), -1);
  assert.is(third([1, 2, 0]), 1);
  assert.is(third([0, 2, 1]), -1);
  assert.is(third([0, 0, 1]), 0);
});

test('det, cofactor: nearly singular matrices keep their accuracy', () => {
  check(
    fc.property(draw([3, 3]), fc.integer({ min: -16, max: -1 }), (x, exponent) => {
      const rows = [
        x.data.slice(0, 3),
        x.data.slice(3, 6),
        x.data.slice(0, 3).map((v, j) => v + 10 ** exponent * (x.data[6 + j] ?? 0)),
      ];
      assertClose(cofactor(matrix(rows)), matrix(cofactors(rows)), 1e-13);
    }),
    { numRuns: 100 },
  );
});

test('solve, triangularSolve: under vmap with shared and with own operands they equal the loop', () => {
  const [a, b] = [general([3], 2), waves([3, 2, 2])];
  const one = general([], 2, 5);
  for (const f of [solve, (x: Tensor, y: Tensor) => triangularSolve(x, y, { lower: false })]) {
    assertClose(vmap((x: Tensor, y: Tensor) => f(x, y))(a, b), f(a, b), 1e-15);
    assertClose(vmap((y: Tensor) => f(one, y))(b), f(one, b), 1e-15);
    assertClose(vmap((x: Tensor) => f(x, one))(a), f(a, one), 1e-15);
    assert.equal(vmap((x: Tensor) => f(x, waves([5, 2, 1])))(a).shape, [3, 5, 2, 1]);
  }
});

test('every operation of linear algebra lets NaN through, and takes matrices of size 0', () => {
  const nan = matrix([
    [Number.NaN, 1],
    [2, 3],
  ]);
  for (const y of [det(nan), logabsdet(nan), cholesky(nan)]) assert.ok(y.dataSync().some(Number.isNaN));
  for (const y of [inverse(nan), solve(nan, ones([2], 'float64'))]) assert.ok(y.dataSync().every(Number.isNaN));
  const empty = zeros([3, 0, 0], 'float64');
  assert.equal(det(empty).toArray(), [1, 1, 1]);
  assert.equal(logabsdet(empty).toArray(), [0, 0, 0]);
  for (const f of [inverse, cholesky, cofactor]) assert.equal(f(empty).shape, [3, 0, 0]);
  const [, pull] = vjp(det, empty);
  assert.equal(pull(ones([3], 'float64'))[0].shape, [3, 0, 0]);
});

test('logabsdet: neither overflows nor underflows, and is −∞ for a singular matrix', () => {
  const big = mul(eye(200, { dtype: 'float64' }), 1e3);
  assertClose(logabsdet(big), { shape: [], data: [200 * Math.log(1e3)] });
  assert.is(
    logabsdet(
      matrix([
        [1, 2],
        [2, 4],
      ]),
    ).item(),
    Number.NEGATIVE_INFINITY,
  );
});

test('outer, dot, matrixTrace, kron, matrixPower: known values and gradients', () => {
  const [u, v] = [tensor([1, 2]), tensor([3, 4])];
  assert.equal(outer(u, tensor([3, 4, 5])).toArray(), [
    [3, 4, 5],
    [6, 8, 10],
  ]);
  assert.is(dot(u, v).item(), 11);
  assert.equal(grad(dot)(u, v).toArray(), [3, 4]);
  const m = tensor([
    [1, 2],
    [3, 4],
  ]);
  assert.is(matrixTrace(m).item(), 5);
  assert.is(matrixTrace(ones([2, 3])).item(), 2, 'of a matrix that is not square');
  assert.equal(matrixTrace(ones([4, 3, 3])).toArray(), [3, 3, 3, 3]);
  assert.equal(grad(matrixTrace)(m).toArray(), [
    [1, 0],
    [0, 1],
  ]);
  assert.equal(kron(tensor([[1, 2]]), m).toArray(), [
    [1, 2, 2, 4],
    [3, 4, 6, 8],
  ]);
  assert.equal(kron(zeros([5, 1, 2, 3]), zeros([4, 1, 6])).shape, [5, 4, 2, 18]);
  assert.equal(kron(zeros([2, 3, 4]), zeros([5, 6, 7])).shape, [10, 18, 28]);
  assert.equal(kron(tensor([1, 2]), tensor([1, 10])).toArray(), [1, 10, 2, 20]);
  assert.equal(kron(tensor([1, 2]), tensor([[1], [10]])).toArray(), [
    [1, 2],
    [10, 20],
  ]);
  assert.equal(kron(tensor(3), tensor([1, 2])).toArray(), [3, 6]);
  assert.is(kron(tensor(3), tensor(4)).item(), 12);
  assert.equal(kron(tensor([[[1, 2]], [[3, 4]]]), tensor([[[1], [2]]])).toArray(), [
    [
      [1, 2],
      [2, 4],
    ],
    [
      [3, 4],
      [6, 8],
    ],
  ]);
  assert.equal(matrixPower(m, 0).toArray(), [
    [1, 0],
    [0, 1],
  ]);
  assert.equal(matrixPower(m, 1).toArray(), m.toArray());
  assert.equal(matrixPower(m, 5).toArray(), matmul(m, matmul(matmul(m, m), matmul(m, m))).toArray());
  const a = general([2], 3);
  assertClose(matmul(matrixPower(a, -2), matmul(a, a)), matrixPower(a, 0), 1e-11);
  assertClose(
    sub(grad((x: Tensor) => sum(matrixPower(x, 3)))(a), grad((x: Tensor) => sum(matmul(x, matmul(x, x))))(a)),
    zeros([2, 3, 3], 'float64'),
  );
});

test('linear algebra: misuse has a typed error that names shapes and remedy', () => {
  const one = zeros([2, 3]);
  assert.is(
    messageOf(() => det(one)),
    'ShapeError: det: not a square matrix or a stack of them (shape [2,3]); the last two sizes must be equal',
  );
  assert.match(
    messageOf(() => inverse(zeros([3]))),
    /^ShapeError: inverse: not a square matrix/,
  );
  assert.match(
    messageOf(() => solve(zeros([3]), zeros([3]))),
    /^ShapeError: solve: not a square matrix/,
  );
  assert.is(
    messageOf(() =>
      solve(
        tensor([
          [1, 2],
          [2, 4],
        ]),
        tensor([1, 1]),
      ),
    ),
    'ArgumentError: solve: the matrix is singular: elimination finds no pivot in column 1 (shapes [2,2] · [2,1]); check that no row or column repeats others; adding a small multiple of eye(n) makes it invertible',
  );
  assert.match(
    messageOf(() => inverse(zeros([2, 2]))),
    /^ArgumentError: inverse: the matrix is singular: elimination finds no pivot in column 0 \(shape \[2,2\]\)/,
  );
  assert.match(
    messageOf(() => grad(logabsdet)(zeros([2, 2]))),
    /^ArgumentError: logabsdet \(gradient of logabsdet\): the matrix is singular/,
  );
  assert.is(
    messageOf(() => solve(zeros([3, 3]), zeros([2, 4]))),
    'ShapeError: solve: the right side needs 3 rows (shapes [3,3] · [2,4]); b is a vector of as many elements as a has rows, or a matrix with as many rows',
  );
  assert.match(
    messageOf(() => solve(general([2], 3), waves([3, 3, 1]))),
    /^ShapeError: solve: the axes before the last two do not broadcast/,
  );
  assert.is(
    messageOf(() =>
      cholesky(
        tensor([
          [1, 2],
          [2, 1],
        ]),
      ),
    ),
    'ArgumentError: cholesky: the matrix is not positive definite: its leading minor of order 2 is not positive (shape [2,2]); give a symmetric matrix with positive eigenvalues; adding a small multiple of eye(n) often helps',
  );
  assert.match(
    messageOf(() =>
      triangularSolve(
        tensor([
          [1, 0],
          [5, 0],
        ]),
        ones([2, 1]),
      ),
    ),
    /^ArgumentError: triangularSolve: the matrix is singular: diagonal element 1 is 0/,
  );
  assert.match(
    messageOf(() => triangularSolve(ones([2, 2]), ones([2]))),
    /^ShapeError: triangularSolve: the right side needs 2 rows/,
  );
  assert.match(
    messageOf(() => det(zeros([2, 2], 'int32'))),
    /^DtypeError: det: does not take int32/,
  );
  assert.is(
    messageOf(() => outer(one, one)),
    'ShapeError: outer: takes two vectors (shapes [2,3] · [2,3]); flatten with reshape(x, [-1]), or use matmul or einsum for more axes',
  );
  assert.is(
    messageOf(() => dot(zeros([2]), zeros([3]))),
    'ShapeError: dot: lengths differ: 2 and 3 (shapes [2] · [3]); give two vectors of one length',
  );
  assert.match(
    messageOf(() => matrixPower(zeros([2, 2]), 0.5)),
    /^ArgumentError: matrixPower: the exponent 0.5 is not whole/,
  );
  assert.match(
    messageOf(() => matrixTrace(zeros([2]))),
    /^AxisError: matrixTrace/,
  );
});
