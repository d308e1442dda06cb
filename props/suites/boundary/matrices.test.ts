/** Boundary points of matrices: what a number that is none does to every factorisation. */

import {
  type Backend,
  bind,
  cholesky,
  createWasmBackend,
  defaultBackend,
  det,
  inverse,
  logabsdet,
  primitives,
  referenceBackend,
  setDefaultBackend,
  solve,
  type Tensor,
  tensor,
  triangularSolve,
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
