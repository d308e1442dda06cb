/** Factorisations: what defines their factors, for matrices of every kind and shape; known derivatives; errors. */
import { grad, jvp, vmap } from '../../../autograd/index.js';
import { referenceBackend } from '../../../core/backends/reference/backend.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import {
  abs,
  DtypeError,
  diagEmbed,
  diagonal,
  eigh,
  eye,
  fromData,
  gather,
  lu,
  matmul,
  max,
  mul,
  norm,
  qr,
  ShapeError,
  slice,
  sub,
  sum,
  svd,
  type Tensor,
  tensor,
  transpose,
  tril,
  triu,
  unsqueeze,
  zeros,
} from '../../../core/index.js';
import { broadcastTo } from '../../../core/primitives/shape/broadcast-to.js';
import { onBackend } from '../../laws/backend.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { refuses } from '../../runner/fails.js';
import { test } from '../../runner/testing.js';

const f64 = (rows: readonly (readonly number[])[]): Tensor => tensor(rows as number[][], { dtype: 'float64' });

const close = (got: Tensor, want: Tensor | readonly (readonly number[])[], tolerance = 1e-12): void => {
  const wanted = 'dtype' in want ? want : f64(want);
  assertClose(got, { shape: wanted.shape, data: Array.from(wanted.dataSync()) }, tolerance);
};

const largest = (x: Tensor): number => (x.size === 0 ? 0 : max(abs(x)).item());

/** Matrices of every kind: element (i, j) of so many rows and columns. */
const kinds: Readonly<Record<string, (i: number, j: number) => number>> = {
  waves: (i, j) => Math.sin(1 + 7.3 * i + 3.1 * j * j),
  'of rank one': (i, j) => Math.sin(1 + i) * Math.cos(2 + 3 * j),
  ones: () => 1,
  zeros: () => 0,
  identity: (i, j) => Number(i === j),
  'columns of falling size': (i, j) => Math.sin(1 + 5 * i + 7 * j) * 10 ** (-4 * j),
  'at the end of the range': (i, j) => (1 + 0.01 * i * j) * 2e306 * (i === j ? -1 : 1),
  huge: (i, j) => 1e300 * Math.cos(i * i + 5 * j),
  tiny: (i, j) => 1e-300 * Math.cos(i * i + 5 * j),
  'nearly singular': (i, j) => 1 / (1 + i + j),
  'a shift': (i, j) => Number(i + 1 === j) - 2 * Number(i === 4 && j === 0),
};

const sizes: readonly (readonly [number, number])[] = [
  [1, 1],
  [2, 2],
  [5, 5],
  [7, 3],
  [3, 7],
  [24, 24],
  [30, 11],
];

/** Runs `body` for every kind and size, on both backends. */
const everyMatrix = (body: (a: Tensor, tolerance: number, where: string) => void, square = false): void => {
  for (const backend of [createWasmBackend(), referenceBackend])
    onBackend(backend, () => {
      for (const [kind, element] of Object.entries(kinds))
        for (const [m, n] of sizes.filter(([rows, columns]) => !square || rows === columns)) {
          const data = Float64Array.from({ length: m * n }, (_, p) => element(Math.floor(p / n), p % n));
          body(fromData(data, [m, n]), 1e-13 * Math.max(m, n), `${kind}, ${m} × ${n}, ${backend.name}`);
        }
    });
};

const assertNear = (got: Tensor, want: Tensor, tolerance: number, where: string): void => {
  const [scale, off] = [largest(want), largest(sub(got, want))];
  assert.ok(off <= tolerance * scale, `${where}: ${off} apart`);
};

const assertOrthonormal = (columns: Tensor, tolerance: number, where: string): void => {
  const k = columns.shape.at(-1) as number;
  assertNear(matmul(transpose(columns), columns), eye(k, { dtype: 'float64' }), tolerance, `${where}: the columns`);
};

test('qr: the factors multiply to the matrix, Q has orthonormal columns, R is upper with a diagonal ≥ 0', () => {
  everyMatrix((a, tolerance, where) => {
    const { q, r } = qr(a);
    assertNear(matmul(q, r), a, tolerance, where);
    assertOrthonormal(q, tolerance, where);
    assert.is(largest(tril(r, -1)), 0, where);
    assert.ok(
      diagonal(r)
        .dataSync()
        .every((x) => x >= 0),
      where,
    );
  });
});

test('lu: the factors multiply to the matrix with its rows in their order, and no multiplier is above 1', () => {
  everyMatrix((a, tolerance, where) => {
    const { permutation, lower, upper } = lu(a);
    assert.is(permutation.dtype, 'int32');
    assert.equal(
      [...permutation.dataSync()].sort((x, y) => x - y),
      Array.from({ length: a.shape[0] as number }, (_, i) => i),
    );
    const ordered = gather(a, broadcastTo(unsqueeze(permutation, 1), a.shape), 0);
    assertNear(matmul(lower, upper), ordered, tolerance, where);
    assert.ok(
      diagonal(lower)
        .dataSync()
        .every((x) => x === 1),
      where,
    );
    assert.ok(largest(lower) <= 1, where);
    assert.is(largest(triu(lower, 1)), 0, where);
    assert.is(largest(tril(upper, -1)), 0, where);
  });
});

test('eigh: the vectors are orthonormal, and the matrix stretches them by the values, which ascend', () => {
  everyMatrix((general, tolerance, where) => {
    const a = mul(sub(general, mul(transpose(general), -1)), 0.5);
    const { values, vectors } = eigh(general);
    assertOrthonormal(vectors, tolerance, where);
    assertNear(matmul(mul(vectors, unsqueeze(values, 0)), transpose(vectors)), a, tolerance, where);
    const found = values.dataSync();
    assert.ok(
      found.every((x, i) => i === 0 || x >= (found[i - 1] as number)),
      where,
    );
  }, true);
});

test('svd: orthonormal vectors on both sides, values that descend and are not negative, and the matrix again', () => {
  everyMatrix((a, tolerance, where) => {
    const { u, s, vt } = svd(a);
    assertOrthonormal(u, tolerance, where);
    assertOrthonormal(transpose(vt), tolerance, where);
    assertNear(matmul(mul(u, unsqueeze(s, 0)), vt), a, tolerance, where);
    const found = s.dataSync();
    assert.ok(
      found.every((x, i) => x >= 0 && (i === 0 || x <= (found[i - 1] as number))),
      where,
    );
  });
});

test('svd: small values beside large ones keep their digits where columns are of unlike size', () => {
  // diag(1, 1e-8, 1e-16) times an orthogonal matrix from the left.
  const { q } = qr(
    f64([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 10],
    ]),
  );
  const s = svd(mul(q, f64([[1, 1e-8, 1e-16]]))).s.dataSync();
  for (const [i, want] of [1, 1e-8, 1e-16].entries()) assert.ok(Math.abs((s[i] as number) / want - 1) < 1e-14);
});

test('factorisations: a stack is factored matrix by matrix, in float32 as in float64', () => {
  for (const dtype of ['float32', 'float64'] as const) {
    const stack = fromData(
      Float64Array.from({ length: 2 * 3 * 4 * 4 }, (_, i) => Math.sin(1 + 3 * i)),
      [2, 3, 4, 4],
      dtype,
    );
    const one = (i: number, j: number): Tensor =>
      slice(
        stack,
        [i, j].map((k) => [k, k + 1]),
      ).reshape([4, 4]);
    for (const f of [qr, lu, eigh, svd]) {
      const all: Readonly<Record<string, Tensor>> = { ...f(stack) };
      const mapped: Readonly<Record<string, Tensor>> = { ...vmap((x: Tensor) => ({ ...f(x) }))(stack) };
      for (const [name, tensors] of Object.entries(all)) {
        assert.equal(mapped[name]?.dataSync(), tensors.dataSync());
        const single: Readonly<Record<string, Tensor>> = { ...f(one(1, 2)) };
        assert.equal(
          slice(tensors, [
            [1, 2],
            [2, 3],
          ]).dataSync(),
          single[name]?.dataSync(),
        );
        assert.is(tensors.dtype, name === 'permutation' ? 'int32' : dtype);
      }
    }
  }
});

test('factorisations: matrices without rows or columns have factors without numbers', () => {
  const { q, r } = qr(zeros([2, 0, 3]));
  assert.equal(
    [q.shape, r.shape],
    [
      [2, 0, 0],
      [2, 0, 3],
    ],
  );
  const { permutation, lower, upper } = lu(zeros([3, 0]));
  assert.equal(
    [lower.shape, upper.shape],
    [
      [3, 0],
      [0, 0],
    ],
  );
  assert.equal(permutation.toArray(), [0, 1, 2]);
  assert.equal(eigh(zeros([0, 0])).values.shape, [0]);
  const { u, s, vt } = svd(zeros([4, 0]));
  assert.equal([u.shape, s.shape, vt.shape], [[4, 0], [0], [0, 0]]);
});

test('factorisations: what is no matrix, no square one or not float is refused', () => {
  for (const f of [qr, lu, eigh, svd]) {
    refuses(() => f(tensor([1, 2])), ShapeError);
    refuses(
      () =>
        f(
          tensor(
            [
              [1, 2],
              [3, 4],
            ],
            { dtype: 'int32' },
          ),
        ),
      DtypeError,
    );
  }
  refuses(() => eigh(zeros([2, 3])), ShapeError);
});

const gradient = (f: (x: Tensor) => Tensor, rows: readonly (readonly number[])[]): Tensor => grad(f)(f64(rows));
const entry = (x: Tensor, i: number, j: number): Tensor =>
  sum(
    slice(x, [
      [i, i + 1],
      [j, j + 1],
    ]),
  );

test('qr: the gradient of a wide matrix reaches its last columns', () => {
  const g = gradient(
    (x) => {
      const corner = entry(qr(x).r, 0, 2);
      return mul(corner, corner);
    },
    [
      [3, 1, 2],
      [4, 2, 0],
    ],
  );
  close(g, [
    [0.6144, 0, 1.44],
    [-0.4608, 0, 1.92],
  ]);
});

test('lu: the gradient goes back to the rows as they stood', () => {
  const { upper } = lu(
    f64([
      [0, 1],
      [2, 3],
    ]),
  );
  close(upper, [
    [2, 3],
    [0, 1],
  ]);
  close(
    gradient(
      (x) => entry(lu(x).upper, 1, 1),
      [
        [0, 1],
        [2, 3],
      ],
    ),
    [
      [-1.5, 1],
      [0, 0],
    ],
  );
});

test('eigh: the gradient of a value is the projection onto its vector, which is symmetric', () => {
  const last = (x: Tensor): Tensor => sum(slice(eigh(x).values, [[-1]]));
  close(
    gradient(last, [
      [2, 1],
      [1, 3],
    ]),
    [
      [0.2763932022500211, 0.447213595499958],
      [0.447213595499958, 0.723606797749979],
    ],
  );
});

test('svd: the gradient of a wide matrix has its part outside of the row space', () => {
  const polar = (x: Tensor): Tensor => {
    const { u, vt } = svd(x);
    return entry(matmul(u, vt), 0, 2);
  };
  close(
    gradient(polar, [
      [2, 0, 0],
      [0, 1, 0],
    ]),
    [
      [0, 0, 0.5],
      [0, 0, 0],
    ],
  );
});

test('svd: where values are equal, what does not depend on the choice of vectors keeps its derivative', () => {
  const a = [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 2, 0],
    [0, 0, 0, 3],
  ];
  const length = (x: Tensor): Tensor => {
    const { u, s, vt } = svd(x);
    return norm(matmul(matmul(u, diagEmbed(s)), vt));
  };
  close(gradient(length, a), mul(f64(a), 1 / Math.sqrt(15)));
  // The nearest orthogonal matrix, by its definition through the differential: dP = the skew part at the identity.
  const polar = (x: Tensor): Tensor => {
    const { u, vt } = svd(x);
    return matmul(u, vt);
  };
  const t = f64([
    [1, 2],
    [-3, 5],
  ]);
  close(jvp(polar, [eye(2, { dtype: 'float64' })], [t])[1], [
    [0, 2.5],
    [-2.5, 0],
  ]);
});
