/** Boundary points of matrices: what a number that is none does to every factorisation. */

import { grad, jvp } from '../../../autograd/index.js';
import {
  type Backend,
  bind,
  cast,
  cholesky,
  conditionNumber,
  createWasmBackend,
  defaultBackend,
  det,
  diagonal,
  eigh,
  eye,
  fromData,
  inverse,
  logabsdet,
  lstsq,
  lu,
  matmul,
  matrixExp,
  matrixRank,
  mul,
  ones,
  pinv,
  primitives,
  qr,
  referenceBackend,
  setDefaultBackend,
  solve,
  sum,
  svd,
  type Tensor,
  tensor,
  transpose,
  triangularSolve,
  zeros,
} from '../../../core/index.js';
import { assertLaw, nanLaw } from '../../index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

type Float = 'float32' | 'float64';
const dtypes: readonly Float[] = ['float32', 'float64'];

/** Runs `body` with each backend as the default, and puts the one before back. */
const onBoth = (body: () => void): void => {
  const before = defaultBackend();
  for (const backend of [createWasmBackend(), referenceBackend] as Backend[]) {
    setDefaultBackend(backend);
    try {
      body();
    } finally {
      setDefaultBackend(before);
    }
  }
};

/** A matrix that has all of the decompositions. */
const definite = (n: number, dtype: Float): Tensor =>
  tensor(
    Array.from({ length: n }, (_, i) =>
      Array.from({ length: n }, (_, j) =>
        i === j ? n + 1 : Math.sin(3 * i + 5 * j + 1) + Math.sin(3 * j + 5 * i + 1),
      ),
    ),
    { dtype },
  );

const cofactors = (x: Tensor): Tensor => bind(primitives.cofactor, [x], null);

test('a NaN in a matrix: reaches all that depends on its place, in every factorisation, on both backends', () => {
  onBoth(() => {
    for (const dtype of dtypes)
      for (const n of [2, 3, 5]) {
        const a = definite(n, dtype);
        const b = tensor(
          Array.from({ length: n }, (_, i) => [Math.cos(i), 1 + i]),
          { dtype },
        );
        for (const f of [cholesky, det, inverse, logabsdet, cofactors]) assertLaw(nanLaw((x: Tensor) => f(x), [a]));
        assertLaw(nanLaw((x: Tensor, y: Tensor) => solve(x, y), [a, b]));
        for (const lower of [true, false])
          assertLaw(nanLaw((x: Tensor, y: Tensor) => triangularSolve(x, y, { lower }), [a, b]));
      }
  });
});

test('a NaN in a matrix: is not taken for singular, wherever zeros stand', () => {
  const matrices = {
    identity: (i: number, j: number) => Number(i === j),
    zero: () => 0,
    ones: () => 1,
    'first column 0': (i: number, j: number) => Number(i === j && j > 0),
    anti: (i: number, j: number, n: number) => Number(i + j === n - 1),
  };
  onBoth(() => {
    for (const dtype of dtypes)
      for (const [name, element] of Object.entries(matrices))
        for (const n of [1, 2, 3, 5])
          for (let place = 0; place < n * n; place++) {
            const rows = Array.from({ length: n }, (_, i) =>
              Array.from({ length: n }, (_, j) => (i * n + j === place ? Number.NaN : element(i, j, n))),
            );
            const a = tensor(rows, { dtype });
            const b = tensor(
              rows.map(() => 1),
              { dtype },
            );
            for (const y of [det(a), logabsdet(a), inverse(a), solve(a, b)])
              assert.ok(
                Array.from(y.dataSync()).some(Number.isNaN),
                `${name} of ${n} rows with NaN at ${place}: ${y.dataSync()}`,
              );
          }
  });
});

const f64 = (rows: number[][]): Tensor => tensor(rows, { dtype: 'float64' });
const numbers = (x: Tensor): number[] => Array.from(x.dataSync());
const firstLarge = (vector: readonly number[]): number => {
  const most = Math.max(...vector.map(Math.abs));
  return vector.find((x) => Math.abs(x) >= 0.9 * most) ?? 0;
};
const columnsOf = (x: Tensor): number[][] => {
  const rows = x.toArray() as number[][];
  return (rows[0] ?? []).map((_, j) => rows.map((row) => row[j] ?? 0));
};

test('the sign of a factor: is fixed by the diagonal of R and by the first large element of a vector, on both backends', () => {
  onBoth(() => {
    for (const n of [1, 2, 3, 5])
      for (const sign of [1, -1]) {
        const a = mul(definite(n, 'float64'), sign);
        assert.ok(numbers(diagonal(qr(a).r)).every((x) => x > 0));
        for (const vectors of [eigh(a).vectors, svd(a).u])
          assert.ok(columnsOf(vectors).every((v) => firstLarge(v) > 0));
      }
    // Elements of one size up to rounding: the first of them counts, whichever was rounded up.
    assert.ok(
      columnsOf(
        eigh(
          f64([
            [0, 1, 1],
            [1, 0, 1],
            [1, 1, 0],
          ]),
        ).vectors,
      ).every((v) => firstLarge(v) > 0),
    );
    assert.ok(
      (columnsOf(
        eigh(
          f64([
            [2, 1],
            [1, 2],
          ]),
        ).vectors,
      )[0]?.[0] ?? 0) > 0,
    );
    // Of a value that is 0 both sides are fixed by themselves.
    const { u, vt } = svd(
      f64([
        [0, 0],
        [0, -2],
      ]),
    );
    assert.equal(columnsOf(u), [
      [0, 1],
      [1, 0],
    ]);
    assert.equal(vt.toArray(), [
      [0, -1],
      [1, 0],
    ]);
  });
});

test('equal eigenvalues or singular values: values are right, and vectors stand still within the space that they span', () => {
  onBoth(() => {
    const one = eye(3, { dtype: 'float64' });
    const total = (x: Tensor): Tensor => sum(x);
    assert.equal(grad((x: Tensor) => total(eigh(x).values))(one).toArray(), one.toArray());
    assert.equal(grad((x: Tensor) => total(svd(x).s))(mul(one, 2)).toArray(), one.toArray());
    const t = f64([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ]);
    const [, dv] = jvp((x: Tensor) => eigh(x).vectors, [one], [t]);
    assert.ok(numbers(dv).every((x) => x === 0));
    // A turned matrix whose values are equal up to rounding, and one other value: derivatives stay finite.
    const { q } = qr(
      t.mul(
        f64([
          [1, -2, 1],
          [1, 3, 2],
          [2, 1, 1],
        ]),
      ),
    );
    const turned = matmul(mul(q, f64([[2, 2, 5]])), transpose(q));
    const slope = grad((x: Tensor) => sum(mul(eigh(x).vectors, t)))(turned);
    assert.ok(numbers(slope).every((x) => Math.abs(x) < 100));
    assert.ok(numbers(grad((x: Tensor) => sum(mul(svd(x).u, t)))(turned)).every((x) => Math.abs(x) < 100));
    assert.ok(
      numbers(grad((x: Tensor) => sum(mul(svd(cast(x, 'float32')).u, cast(t, 'float32'))))(turned)).every(
        (x) => Math.abs(x) < 100,
      ),
    );
  });
});

test('a singular value of 0: has derivative 0, as a norm, and its vectors move only within the others', () => {
  onBoth(() => {
    const nuclear = grad((x: Tensor) => sum(svd(x).s));
    assert.equal(nuclear(zeros([2, 3], { dtype: 'float64' })).toArray(), [
      [0, 0, 0],
      [0, 0, 0],
    ]);
    const slope = nuclear(
      f64([
        [1, 1],
        [1, 1],
      ]),
    );
    assert.ok(numbers(slope).every((x) => Math.abs(x - 0.5) < 1e-12));
    for (const shape of [
      [2, 3],
      [3, 2],
      [3, 3],
    ])
      for (const pick of ['u', 's', 'vt'] as const) {
        const weights = (y: Tensor): Tensor =>
          mul(
            y,
            fromData(
              Float64Array.from({ length: y.size }, (_, i) => Math.sin(i)),
              y.shape,
            ),
          );
        for (const a of [zeros(shape, { dtype: 'float64' }), ones(shape, { dtype: 'float64' })]) {
          const g = grad((x: Tensor) => sum(weights(svd(x)[pick])))(a);
          assert.ok(
            numbers(g).every((x) => Math.abs(x) < 100),
            `${pick} of [${shape}]: ${numbers(g)}`,
          );
        }
      }
  });
});

test('a factorisation without a pivot: has factors, and NaN for derivatives', () => {
  onBoth(() => {
    const a = f64([
      [0, 0],
      [0, 3],
    ]);
    assert.equal(qr(a).r.toArray(), [
      [0, 0],
      [0, 3],
    ]);
    assert.equal(lu(a).upper.toArray(), [
      [0, 0],
      [0, 3],
    ]);
    for (const f of [
      (x: Tensor) => qr(x).r,
      (x: Tensor) => qr(x).q,
      (x: Tensor) => lu(x).upper,
      (x: Tensor) => lu(x).lower,
    ])
      assert.ok(numbers(grad((x: Tensor) => sum(f(x)))(a)).some(Number.isNaN));
    // Beside it in a stack, a matrix that has its pivots keeps its derivative.
    const stack = tensor(
      [
        [
          [0, 0],
          [0, 3],
        ],
        [
          [2, 1],
          [1, 3],
        ],
      ],
      { dtype: 'float64' },
    );
    for (const f of [(x: Tensor) => qr(x).r, (x: Tensor) => lu(x).upper])
      assert.ok(
        numbers(grad((x: Tensor) => sum(f(x)))(stack))
          .slice(4)
          .every(Number.isFinite),
      );
  });
});

test('a NaN in a matrix: reaches what depends on its place in qr and lu, and everything in eigh and svd', () => {
  onBoth(() => {
    for (const dtype of dtypes)
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
        for (let place = 0; place < 12; place++) {
          const data = Float64Array.from({ length: 12 }, (_, i) => (i === place ? value : Math.sin(1 + 5 * i)));
          const column = place % 3;
          const tall = fromData(data, [4, 3], dtype);
          for (const y of Object.values(svd(tall))) assert.ok(numbers(y).every(Number.isNaN));
          const square = fromData(data.subarray(0, 9), [3, 3], dtype);
          if (place < 9) for (const y of Object.values(eigh(square))) assert.ok(numbers(y).every(Number.isNaN));
          const { q, r } = qr(tall);
          for (const [j, v] of columnsOf(q).entries()) assert.is(v.every(Number.isNaN), j >= column);
          for (const [j, v] of columnsOf(r).entries()) assert.is(v.some(Number.isNaN), j >= column);
          assert.ok(columnsOf(lu(tall).upper)[column]?.some((x) => !Number.isFinite(x)));
        }
  });
});

test('rank and its tolerance: what counts as 0, by default and by choice, in float32 and float64', () => {
  onBoth(() => {
    const small = (least: number, dtype: Float): Tensor =>
      tensor(
        [
          [1, 0],
          [0, least],
        ],
        { dtype },
      );
    for (const [dtype, eps] of [
      ['float32', 2 ** -23],
      ['float64', 2 ** -52],
    ] as const) {
      assert.equal(pinv(small(2 * eps, dtype)).toArray(), [
        [1, 0],
        [0, 0],
      ]);
      assert.equal(pinv(small(4 * eps, dtype)).toArray(), [
        [1, 0],
        [0, 0.25 / eps],
      ]);
      assert.equal(
        [2 * eps, 4 * eps].map((least) => matrixRank(small(least, dtype)).item()),
        [1, 2],
      );
      assert.equal(lstsq(small(0.25, dtype), tensor([1, 1], { dtype }), { rtol: 0.25 }).toArray(), [1, 0]);
    }
    // At the identity all values are equal, and the derivative is that of the inverse.
    const one = eye(2, { dtype: 'float64' });
    const weights = f64([
      [1, 2],
      [3, 4],
    ]);
    assert.equal(grad((x: Tensor) => sum(mul(pinv(x), weights)))(one).toArray(), [
      [-1, -2],
      [-3, -4],
    ]);
    assert.is(
      matrixRank(
        f64([
          [Number.NaN, 0],
          [0, 0],
        ]),
      ).item(),
      2,
    );
  });
});

test('a condition number without a least value: is infinite', () => {
  onBoth(() => {
    for (const a of [
      f64([
        [0, 0],
        [0, 0],
      ]),
      f64([
        [1, 0],
        [0, 0],
      ]),
    ])
      assert.is(conditionNumber(a).item(), Number.POSITIVE_INFINITY);
  });
});

test('the exponential of a large matrix: keeps what stays small, and infinity beside 0', () => {
  onBoth(() => {
    for (const a of [1e5, 1e12, 1e300]) {
      const found = numbers(
        matrixExp(
          f64([
            [-a, a],
            [0, 0],
          ]),
        ),
      );
      assert.ok(
        found.every((x, i) => Math.abs(x - (i % 2)) <= 1e-15),
        `${a}: ${found}`,
      );
    }
    assert.equal(
      matrixExp(
        f64([
          [800, 0],
          [0, 0],
        ]),
      ).toArray(),
      [
        [Number.POSITIVE_INFINITY, 0],
        [0, 1],
      ],
    );
    const along = (scale: number): number[] =>
      numbers(
        jvp(
          (x: Tensor) => matrixExp(x),
          [
            f64([
              [1, 2],
              [3, 4],
            ]),
          ],
          [
            f64([
              [scale, 0],
              [0, -scale],
            ]),
          ],
        )[1],
      );
    assert.equal(
      along(2 ** 100).map((x) => x / 2 ** 100),
      along(1),
    );
  });
});
