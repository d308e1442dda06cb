/** S1.b: products and sums that `einsum` says in one line, held against the operations that it stands for; their gradients too. */
import {
  diagonal,
  einsum,
  foldIn,
  grad,
  key,
  matmul,
  matrixTrace,
  mul,
  norm,
  normal,
  outer,
  sub,
  sum,
  type Tensor,
} from '../autograd/index.js';
import type { Example } from './support/example.js';

type Plain = (a: Tensor, b: Tensor) => Tensor;

/** What it computes, in einsum's notation, for operands of these shapes, and the same by ordinary operations. */
const exercises: readonly (readonly [string, string, readonly (readonly number[])[], Plain])[] = [
  ['trace', 'ii', [[5, 5]], (a) => matrixTrace(a)],
  ['diagonal', 'ii->i', [[5, 5]], (a) => diagonal(a)],
  [
    'matrix product',
    'ij,jk->ik',
    [
      [5, 5],
      [5, 5],
    ],
    (a, b) => matmul(a, b),
  ],
  [
    'matrix product, implicit output',
    'ij,jk',
    [
      [5, 5],
      [5, 5],
    ],
    (a, b) => matmul(a, b),
  ],
  [
    'batched product',
    'ijk,ikl->ijl',
    [
      [3, 4, 5],
      [3, 5, 6],
    ],
    (a, b) => matmul(a, b),
  ],
  [
    'batched product, any batch',
    '...jk,...kl->...jl',
    [
      [2, 3, 4, 5],
      [2, 3, 5, 6],
    ],
    (a, b) => matmul(a, b),
  ],
  ['outer product', 'i,j->ij', [[5], [4]], (a, b) => outer(a, b)],
  ['matrix by vector', 'ij,j->i', [[5, 4], [4]], (a, b) => matmul(a, b)],
  ['sums of columns', 'ij->j', [[5, 4]], (a) => sum(a, { axes: 0 })],
  ['sums over all other axes', 'i...->i', [[5, 4, 3]], (a) => sum(a, { axes: [1, 2] })],
];

export const einsumExercises: Example = {
  name: 'einsum',
  system: 'S1.b',
  title: 'Einstein summation beside ordinary operations',
  asks: 'difference ≤ 1e-12 in double precision',
  data: null,
  epochs: null,
  async run(lab) {
    const draw = (number: number, shape: readonly number[]): Tensor =>
      normal(foldIn(key(lab.config.seed), number), shape, { dtype: 'float64' });

    const rows = exercises.map(([what, expression, shapes, plain], i) => {
      const [a, b] = [draw(3 * i, shapes[0] ?? []), draw(3 * i + 1, shapes[1] ?? [])];
      const byEinsum: Plain = (x, y) => (shapes.length === 1 ? einsum(expression, x) : einsum(expression, x, y));
      const value = byEinsum(a, b);
      const weights = draw(3 * i + 2, value.shape);
      const gradient = (f: Plain): Tensor => grad((x: Tensor) => sum(mul(f(x, b), weights)))(a);
      const difference = norm(sub(value, plain(a, b))).item();
      const ofGradients = norm(sub(gradient(byEinsum), gradient(plain))).item();
      return { what, expression, shape: value.shape, difference, ofGradients };
    });

    lab.table(
      ['', 'einsum', 'result', 'difference', 'of gradients'],
      rows.map(({ what, expression, shape, difference, ofGradients }) => [
        what,
        expression,
        `[${shape}]`,
        difference.toExponential(1),
        ofGradients.toExponential(1),
      ]),
    );
    const worst = Math.max(...rows.flatMap(({ difference, ofGradients }) => [difference, ofGradients]));
    lab.figure({ name: 'largest difference', value: worst, atMost: 1e-12, unit: 'number' });
  },
};
