/** Pseudo-inverses, least squares, exponentials and what else factorisations are asked for: definitions, known values and derivatives. */
import { compile, grad, hessian, jvp, vmap } from '../../../autograd/index.js';
import {
  abs,
  add,
  cholesky,
  choleskySolve,
  conditionNumber,
  det,
  eigvalsh,
  eye,
  fromData,
  inverse,
  logabsdet,
  lstsq,
  matmul,
  matrixExp,
  matrixRank,
  max,
  mul,
  pinv,
  ShapeError,
  slice,
  slogdet,
  solve,
  sub,
  sum,
  type Tensor,
  tensor,
  transpose,
  zeros,
} from '../../../core/index.js';
import { adjointLaw, assertLaw, finiteDifferenceLaw, higherOrderLaw } from '../../index.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { refuses } from '../../runner/fails.js';
import { test } from '../../runner/testing.js';

type Rows = readonly (readonly number[])[];
const f64 = (values: Rows | readonly number[]): Tensor => tensor(values as number[][], { dtype: 'float64' });

const close = (got: Tensor, want: Tensor | Rows | readonly number[], tolerance = 1e-12): void => {
  const wanted = 'dtype' in want ? want : f64(want);
  assertClose(got, { shape: wanted.shape, data: Array.from(wanted.dataSync()) }, tolerance);
};

const waves = (shape: readonly number[], phase = 1): Tensor =>
  fromData(
    Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(phase + 7.3 * i * i)),
    shape,
  );

/** Of so low a rank. */
const ofRank = (m: number, n: number, rank: number): Tensor => matmul(waves([m, rank], 2), waves([rank, n], 3));

const largest = (x: Tensor): number => (x.size === 0 ? 0 : max(abs(x)).item());

test('pinv: the four conditions of Penrose, for matrices of every shape and rank', () => {
  for (const [m, n] of [
    [1, 1],
    [4, 4],
    [6, 3],
    [3, 6],
    [20, 12],
  ] as const)
    for (let rank = 0; rank <= Math.min(m, n); rank += Math.max(1, Math.min(m, n) - 2)) {
      const a = ofRank(m, n, rank);
      const p = pinv(a);
      const [ap, pa] = [matmul(a, p), matmul(p, a)];
      const where = `${m} × ${n} of rank ${rank}`;
      for (const [got, want] of [
        [matmul(ap, a), a],
        [matmul(pa, p), p],
        [transpose(ap), ap],
        [transpose(pa), pa],
      ] as const)
        assert.ok(largest(sub(got, want)) <= 1e-11 * (1 + largest(want)), where);
      assert.is(matrixRank(a).item(), rank, where);
    }
});

test('pinv: is the inverse where there is one, has the shape of the transpose, and NaN spreads', () => {
  const a = add(waves([3, 3]), mul(eye(3, { dtype: 'float64' }), 3));
  close(pinv(a), inverse(a));
  assert.equal(pinv(zeros([2, 0, 3])).shape, [2, 3, 0]);
  assert.equal(pinv(zeros([2, 3])).toArray(), [
    [0, 0],
    [0, 0],
    [0, 0],
  ]);
  assert.ok(
    pinv(
      f64([
        [1, Number.NaN],
        [0, 1],
      ]),
    )
      .dataSync()
      .every(Number.isNaN),
  );
  assert.equal(
    pinv(
      f64([
        [1, 0],
        [0, 1e-3],
      ]),
      { rtol: 0.01 },
    ).toArray(),
    [
      [1, 0],
      [0, 0],
    ],
  );
  assert.throws(() => pinv(f64([[1]]), { rtol: -1 }), /tolerance -1/);
});

test('pinv: equal singular values take nothing from its derivatives, which are those of the inverse', () => {
  const one = eye(3, { dtype: 'float64' });
  const t = waves([3, 3], 5);
  close(jvp((x: Tensor) => pinv(x), [one], [t])[1], mul(t, -1));
  const weights = waves([3, 3], 4);
  const of = (f: (x: Tensor) => Tensor): Tensor => hessian((x: Tensor) => sum(mul(f(x), weights)))(one);
  close(
    of((x) => pinv(x)),
    of((x) => inverse(x)),
    1e-11,
  );
  assertLaw(higherOrderLaw((x: Tensor) => pinv(x), [mul(one, 2)]));
});

test('pinv: short of full rank, its derivative is that of matrices of that rank', () => {
  // A path on which the rank stays 2: both factors move.
  const [left, right] = [waves([4, 2], 2), waves([2, 5], 3)];
  assertLaw(finiteDifferenceLaw((l: Tensor, r: Tensor) => pinv(matmul(l, r)), [left, right], { tolerance: 1e-8 }));
  assertLaw(adjointLaw((x: Tensor) => pinv(x), [ofRank(4, 5, 2)]));
});

test('lstsq: short of full rank the shortest solution, and the derivatives of a wide system', () => {
  close(
    lstsq(
      f64([
        [1, 1],
        [1, 1],
      ]),
      f64([2, 4]),
    ),
    [1.5, 1.5],
  );
  const [a, b] = [f64([[1, 2]]), f64([5])];
  close(lstsq(a, b), [1, 2]);
  const first = (x: Tensor, y: Tensor): Tensor => sum(slice(lstsq(x, y), [[0, 1]]));
  const [da, db] = grad(first, { argnums: [0, 1] })(a, b) as unknown as [Tensor, Tensor];
  close(da, [[0.6, -0.8]]);
  close(db, [0.2]);
});

test('lstsq: right sides as vectors, stacks of vectors and matrices; the residual is orthogonal to the columns', () => {
  const a = waves([2, 5, 3]);
  const vectors = waves([2, 5], 2);
  const matrices = waves([2, 5, 4], 3);
  assert.equal(lstsq(a, vectors).shape, [2, 3]);
  assert.equal(lstsq(a, matrices).shape, [2, 3, 4]);
  assert.equal(lstsq(slice(a, [[0, 1]]).reshape([5, 3]), matrices).shape, [2, 3, 4]);
  const x = lstsq(a, matrices);
  assert.ok(largest(matmul(transpose(a), sub(matmul(a, x), matrices))) < 1e-13);
  close(vmap((m: Tensor, v: Tensor) => lstsq(m, v))(a, vectors), lstsq(a, vectors));
  refuses(() => lstsq(a, waves([4])), ShapeError);
  assert.throws(() => lstsq(waves([2, 3]), tensor([1, 2])), /lstsq: float64 and float32 do not mix/);
});

test('matrixExp: known values, for elements of any size', () => {
  assert.equal(matrixExp(zeros([2, 2])).toArray(), [
    [1, 0],
    [0, 1],
  ]);
  assert.equal(matrixExp(zeros([3, 0, 0])).shape, [3, 0, 0]);
  for (const a of [1e-9, 1, 40, 1e5, 1e9, 1e300]) {
    const decayed = -Math.expm1(-a);
    close(
      matrixExp(
        f64([
          [-a, a],
          [0, 0],
        ]),
      ),
      [
        [Math.exp(-a), decayed],
        [0, 1],
      ],
      1e-12,
    );
  }
  for (const angle of [0.1, 3, 50]) {
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    close(
      matrixExp(
        f64([
          [0, -angle],
          [angle, 0],
        ]),
      ),
      [
        [c, -s],
        [s, c],
      ],
      1e-13,
    );
  }
  // What is far from normal is not scaled by its elements: [[1, b], [0, −1]] has e^A = [[e, b·sinh 1], [0, 1/e]].
  for (const b of [1, 1e6, 1e100])
    for (const [i, want] of [Math.E, b * Math.sinh(1), 0, 1 / Math.E].entries())
      assert.ok(
        Math.abs(
          (matrixExp(
            f64([
              [1, b],
              [0, -1],
            ]),
          ).dataSync()[i] as number) - want,
        ) <=
          4e-15 * want,
      );
  close(
    matrixExp(
      f64([
        [0, 1e200],
        [0, 0],
      ]),
    ),
    [
      [1, 1e200],
      [0, 1],
    ],
  );
  assert.equal(
    matrixExp(
      f64([
        [1000, 0],
        [0, -1000],
      ]),
    ).toArray(),
    [
      [Number.POSITIVE_INFINITY, 0],
      [0, 0],
    ],
  );
  assert.ok(
    matrixExp(
      f64([
        [1, Number.NaN],
        [0, 1],
      ]),
    )
      .dataSync()
      .every(Number.isNaN),
  );
  const a = waves([4, 4]);
  close(matmul(matrixExp(a), matrixExp(mul(a, -1))), eye(4, { dtype: 'float64' }), 1e-13);
  close(
    det(matrixExp(a)),
    fromData([Math.exp([0, 5, 10, 15].reduce((t, i) => t + (a.dataSync()[i] as number), 0))], [], 'float64'),
  );
});

test('matrixExp: its derivatives, of elements and of tangents of any size', () => {
  // d/dt e^(tA) = A·e^(tA).
  const a = mul(waves([3, 3]), 2);
  close(
    jvp((t: Tensor) => matrixExp(mul(a, t)), [f64([1]).reshape([])], [f64([1]).reshape([])])[1],
    matmul(a, matrixExp(a)),
    1e-11,
  );
  const t = waves([3, 3], 4);
  const slope = (scale: number): Tensor => jvp((x: Tensor) => matrixExp(x), [a], [mul(t, scale)])[1];
  for (const scale of [2 ** 60, 2 ** -60]) assert.equal(slope(scale).dataSync(), mul(slope(1), scale).dataSync());
  assertLaw(finiteDifferenceLaw((x: Tensor) => matrixExp(x), [mul(a, 3)], { tolerance: 1e-7 }));
  assert.equal(grad((x: Tensor) => sum(matrixExp(x)))(zeros([2, 2])).toArray(), [
    [1, 1],
    [1, 1],
  ]);
});

test('slogdet: sign and logarithm of determinants that overflow, of permutations and of singular matrices', () => {
  const shift = f64([
    [0, 1, 0],
    [0, 0, 1],
    [1, 0, 0],
  ]);
  const stack = tensor(
    [
      [
        [2, 0],
        [0, 3],
      ],
      [
        [0, 1],
        [1, 0],
      ],
      [
        [1, 2],
        [2, 4],
      ],
      [
        [-1, 0],
        [0, -5],
      ],
    ],
    { dtype: 'float64' },
  );
  assert.equal(slogdet(shift).sign.toArray(), 1);
  assert.equal(slogdet(stack).sign.toArray(), [1, -1, 0, 1]);
  close(slogdet(stack).logabsdet, [Math.log(6), 0, Number.NEGATIVE_INFINITY, Math.log(5)]);
  assert.is(slogdet(mul(eye(3, { dtype: 'float64' }), -1e200)).sign.item(), -1);
  assert.is(slogdet(zeros([0, 0])).sign.item(), 1);
  for (let n = 1; n < 8; n++) {
    const a = waves([n, n], n);
    assert.is(slogdet(a).sign.item(), Math.sign(det(a).item()), `order ${n}`);
  }
  const a = waves([3, 3]);
  close(grad((x: Tensor) => slogdet(x).logabsdet)(a), grad((x: Tensor) => logabsdet(x))(a));
});

test('conditionNumber, matrixRank, eigvalsh, choleskySolve: known values, and stacks', () => {
  assert.is(
    conditionNumber(
      f64([
        [4, 0],
        [0, 2],
      ]),
    ).item(),
    2,
  );
  assert.is(
    conditionNumber(
      f64([
        [0, 0],
        [0, 0],
      ]),
    ).item(),
    Number.POSITIVE_INFINITY,
  );
  assert.is(conditionNumber(f64([[3, 0, 0]])).item(), 1);
  refuses(() => conditionNumber(zeros([0, 2])), ShapeError);
  close(
    grad((x: Tensor) => conditionNumber(x))(
      f64([
        [4, 0],
        [0, 2],
      ]),
    ),
    [
      [0.5, 0],
      [0, -1],
    ],
  );
  const ranks = tensor(
    [
      [
        [1, 2],
        [2, 4],
      ],
      [
        [0, 0],
        [0, 0],
      ],
      [
        [1, 0],
        [0, 1e-3],
      ],
    ],
    { dtype: 'float64' },
  );
  assert.equal(matrixRank(ranks).toArray(), [1, 0, 2]);
  assert.equal(matrixRank(ranks, { rtol: 0.01 }).toArray(), [1, 0, 1]);
  assert.is(matrixRank(ranks).dtype, 'int32');
  assert.is(matrixRank(zeros([0, 3])).item(), 0);
  close(
    eigvalsh(
      f64([
        [2, 1],
        [1, 2],
      ]),
    ),
    [1, 3],
  );
  const a = f64([
    [4, 2],
    [2, 5],
  ]);
  const l = cholesky(a);
  for (const b of [
    f64([8, 9]),
    f64([
      [1, 2, 3],
      [4, 5, 6],
    ]),
  ])
    close(choleskySolve(l, b), solve(a, b));
  close(
    choleskySolve(
      add(
        l,
        f64([
          [0, 7],
          [0, 0],
        ]),
      ),
      f64([8, 9]),
    ),
    solve(a, f64([8, 9])),
  );
  refuses(() => choleskySolve(l, f64([1, 2, 3])), ShapeError);
});

test('decompositions: compiled, they give the same bits', () => {
  const a = waves([4, 4], 6);
  const all = (x: Tensor): Tensor[] => {
    const { sign, logabsdet: size } = slogdet(x);
    return [pinv(x), matrixExp(x), conditionNumber(x), matrixRank(x), eigvalsh(x), sign, size];
  };
  const want = all(a);
  for (const [i, got] of compile(all)(a).entries()) assert.equal(got.dataSync(), want[i]?.dataSync());
});
